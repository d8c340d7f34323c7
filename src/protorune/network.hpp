#pragma once
// What differs between networks: heights of the rules' changes, fuel, addresses, built-in contracts (protorune.md 5,
// alkanes-vm.md 4.1, 6.2, 6.3).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bitcoin/address.hpp"
#include "bitcoin/block.hpp"
#include "protorune/ids.hpp"

namespace warpshrew::protorune {

/// A built-in contract: what marks it as stored, which code runs, and its set-up call (alkanes-vm.md 6.3, 6.4).
struct BuiltinContract {
    RuneId id;
    std::string marker_sha256;  ///< hex digest of the code that is stored, compressed, under the id
    struct Version {
        std::uint64_t from = 0;  ///< first height
        std::string sha256;      ///< hex digest of the code
    };
    std::vector<Version> versions;    ///< ascending by height
    std::vector<u128> set_up_inputs;  ///< of the cellpack that sets it up
    bool keeps_tokens = true;   ///< whether the set-up's tokens go to the genesis outpoint; if not they are dropped
    std::optional<Bytes> code;  ///< a profile's own code: marker and code at all heights, instead of the digests
};

/// Parameters of a network. `name` is what --network takes.
struct Network {
    std::string name;
    bitcoin::AddressPrefixes addresses;
    bitcoin::BlockFormat block_format = bitcoin::BlockFormat::bitcoin;
    bool dogecoin_runestones = false;  ///< a push of "D" instead of OP_13 behind OP_RETURN

    std::uint64_t genesis_block = 0;            ///< first height at which messages run
    Bytes genesis_txid;                         ///< 32 bytes, internal order; the output is 0
    std::uint64_t genesis_outpoint_height = 0;  ///< height under which that outpoint is recorded

    std::uint64_t v217_fix_height = 0;  ///< split edicts skip OP_RETURN; host calls are charged
    std::uint64_t fuel_change1_height = 0;
    std::uint64_t v220_fork_height = 0;     ///< a failing extcall is contained
    bool freezes_storage = false;           ///< mainnet's hard-coded edits (protorune.md 2.9)
    bool minimum_fuel_always = false;       ///< a transaction's fuel is the minimum, not its share of the block's
    std::uint64_t total_fuel_before = 0;    ///< of a block, below fuel_change1_height
    std::uint64_t total_fuel_after = 0;     ///< from then on
    std::uint64_t minimum_fuel_before = 0;  ///< of a transaction
    std::uint64_t minimum_fuel_after = 0;
    std::optional<std::uint64_t> parallel_activation_height;  ///< of the (8,8) prefix; never where absent

    std::vector<BuiltinContract> builtins;  ///< in the order of their set-up

    [[nodiscard]] bool active(std::uint64_t height) const noexcept { return height >= genesis_block; }
    /// Whether the (8,8) prefix counts (docs/consensus.md).
    [[nodiscard]] bool parallel_active(std::uint64_t h) const noexcept {
        return parallel_activation_height && h >= *parallel_activation_height;
    }
    [[nodiscard]] std::uint64_t per_store_byte(std::uint64_t h) const noexcept {
        return h >= fuel_change1_height ? 40 : 8;
    }
    [[nodiscard]] std::uint64_t deploy_fee(std::uint64_t h) const noexcept {
        return h >= fuel_change1_height ? 100'000 : 10'000;
    }
    [[nodiscard]] std::uint64_t minimum_fuel(std::uint64_t h) const noexcept {
        return h >= fuel_change1_height ? minimum_fuel_after : minimum_fuel_before;
    }
    [[nodiscard]] std::uint64_t total_fuel(std::uint64_t h) const noexcept {
        return h >= fuel_change1_height ? total_fuel_after : total_fuel_before;
    }
};

/// The network of that name: mainnet, testnet, signet, regtest, devnet, fractal, dogecoin, luckycoin, bellscoin.
[[nodiscard]] std::optional<Network> find_network(std::string_view name);

/// The names that find_network knows.
[[nodiscard]] const std::vector<std::string>& network_names();

}  // namespace warpshrew::protorune
