#pragma once
// Calls outside of a block, for views (alkanes-vm.md 7.1): state changes are dropped.

#include <limits>

#include "alkanes/code_cache.hpp"
#include "alkanes/response.hpp"
#include "bitcoin/block.hpp"
#include "store/block_state.hpp"

namespace warpshrew::alkanes {

/// The call: the fields of a MessageContextParcel that matter (alkanes-vm.md 7). Code and prices follow `height`.
struct Parcel {
    std::vector<protorune::RuneTransfer> alkanes;       ///< as they come, in the request's order
    const bitcoin::Transaction* transaction = nullptr;  ///< absent: of version 0, without inputs and outputs
    const bitcoin::Block* block = nullptr;              ///< absent: version 1, all else zero, no transactions
    std::uint64_t height = 0;
    BytesView calldata;
    std::uint32_t vout = 0;
};

/// What a call sees that names no transaction or block.
[[nodiscard]] const bitcoin::Transaction& default_transaction();
[[nodiscard]] const bitcoin::Block& default_block();

struct Simulation {
    Response response;
    std::uint64_t gas_used = 0;
};

/// Runs the call over `state`: contracts' writes are dropped, appends to inventories stay in `state` (alkanes-vm.md
/// 5.2), which a view throws away as a whole. An error has the reference's text. Only on a thread of
/// Engine::run_deep; throws std::runtime_error where the machine fails (no memory, no free instance).
[[nodiscard]] Result<Simulation> simulate(const Environment& environment, store::BlockState& state,
                                          const Parcel& parcel,
                                          std::uint64_t fuel = std::numeric_limits<std::uint64_t>::max());

/// The same for one of many calls: code comes out of `codes`, which the calls share, and `writes` gets what a call that
/// succeeded would write, ascending by key, without appends to inventories. `state` must be without writes; the call
/// uses it up.
[[nodiscard]] Result<Simulation> simulate(const Environment& environment, CodeCache& codes, store::BlockState& state,
                                          const Parcel& parcel, std::uint64_t fuel, StorageMap& writes);

/// What the contract's `__meta` export gives, with a fuel of 100,000,000 (alkanes-vm.md 3.3, 7). As simulate otherwise.
[[nodiscard]] Result<Bytes> meta(const Environment& environment, store::BlockState& state, const Parcel& parcel);

/// The decompressed code of a contract, aliases and built-ins resolved, at a height (alkanes-vm.md 1.5).
[[nodiscard]] Result<Bytes> contract_code(const Environment& environment, store::BlockState& state,
                                          const protorune::RuneId& id, std::uint64_t height);

}  // namespace warpshrew::alkanes
