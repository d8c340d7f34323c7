#pragma once
// Compares the store of a devnet chain with what the chain was meant to do.

#include "alkanes/views.hpp"
#include "app/devnet.hpp"
#include "store/key_value.hpp"

namespace warpshrew::app {

struct DevnetKind {
    std::string_view name;
    std::uint64_t calls = 0, succeeded = 0, as_meant = 0;
};

struct DevnetSupply {
    std::string name;
    protorune::RuneId id;
    u128 expected = 0;  ///< by the generator's books; by the contract for shares of pools
    u128 claimed = 0;   ///< by the contract's opcode 101
    u128 held = 0;      ///< by unspent outputs and contracts
};

struct DevnetFindings {
    std::vector<DevnetKind> kinds;  ///< in the order of their first call
    std::vector<DevnetSupply> supplies;
    bool sound = true;  ///< every call did what it was meant to, every supply agrees
};

/// `genesis` is the outpoint that holds what the set-ups of the built-in contracts made; `state` is the state after the
/// last block, at `height`. An error where a view fails that must not.
[[nodiscard]] Result<DevnetFindings> check_devnet(const DevnetChain& chain, const Outpoint& genesis,
                                                  const alkanes::Views& views, const store::StateReader& state,
                                                  std::uint64_t height);

}  // namespace warpshrew::app
