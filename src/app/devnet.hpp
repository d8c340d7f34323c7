#pragma once
// An embedded chain: blocks with deployments, mints, transfers, swaps, nested calls, reverts and calls that run out of
// fuel, made over the project's own contracts, together with what each call is meant to do.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/chain_builder.hpp"

namespace warpshrew::app {

/// Names of the mixes that --mix takes.
[[nodiscard]] std::span<const std::string_view> devnet_mixes();

struct DevnetOptions {
    std::uint64_t blocks = 20;  ///< blocks with calls, behind those that set the contracts up
    std::uint64_t calls_per_block = 250;
    std::string_view mix = "everything";
    std::uint64_t seed = 1;
    unsigned candidates = 100;  ///< percentage of the messages that carry the (8,8) prefix
};

/// What a transaction of the chain is meant to do.
struct DevnetCall {
    std::string_view kind;  ///< "mint", "swap", …
    Outpoint trace;  ///< where its message's trace is: txid and shadow vout; for a transfer, which has no message, its
                     ///< output 0
    bool is_message = true;
    bool succeeds = true;
};

/// A token of the chain, and how many units of it there must be. Shares of pools are counted by their contract alone.
struct DevnetToken {
    std::string name;
    protorune::RuneId id;
    std::optional<u128> supply;
};

struct DevnetChain {
    std::vector<Bytes> blocks;  ///< from height 0
    std::uint64_t set_up_blocks = 0;
    std::vector<DevnetCall> calls;
    std::vector<DevnetToken> tokens;
    std::vector<Outpoint> unspent;             ///< every output of the chain that may hold tokens
    std::vector<protorune::RuneId> contracts;  ///< those that may hold tokens
};

/// Makes a chain. Equal options give equal chains.
[[nodiscard]] DevnetChain make_devnet_chain(const DevnetOptions& options);

}  // namespace warpshrew::app
