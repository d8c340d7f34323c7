#pragma once
// Makes blocks with contract calls: what devnet, tests and benchmarks index. Nothing is signed and no work is proved;
// an indexer does not look at either.

#include <cstdint>
#include <span>
#include <vector>

#include "bitcoin/encode.hpp"
#include "protorune/encode.hpp"

namespace warpshrew::app {

/// A transaction's output.
struct Outpoint {
    Digest txid{};
    std::uint32_t vout = 0;
};

/// A transaction with protostones, as the builder has encoded it.
struct BuiltTransaction {
    Digest txid{};
    std::uint32_t first_stone_vout = 0;  ///< shadow vout of the first protostone; its message's trace is under it
};

/// Collects transactions and closes them into blocks, one behind the other.
class ChainBuilder {
 public:
    /// Equal seeds give equal blocks.
    ChainBuilder(std::uint64_t start_height, std::uint64_t seed) : height_(start_height), seed_(seed) {}

    /// Height of the block that is being collected.
    [[nodiscard]] std::uint64_t height() const noexcept { return height_; }
    [[nodiscard]] std::size_t transactions() const noexcept { return transactions_.size(); }

    /// Adds a transaction that spends `inputs` (a fresh outpoint that nobody knows, if there are none), pays to
    /// `payments` P2TR outputs and carries `stones` in an OP_RETURN behind them. A contract in `envelope` (gzip form)
    /// is revealed by the first input.
    BuiltTransaction add(std::span<const Outpoint> inputs, std::uint32_t payments,
                         std::span<const protorune::Protostone> stones, BytesView envelope = {});

    /// Closes the block and begins the next; the bytes of the closed one.
    [[nodiscard]] Bytes close_block();

 private:
    [[nodiscard]] Bytes payment_script();

    std::uint64_t height_;
    std::uint64_t seed_;
    std::uint64_t salt_ = 0;
    Digest previous_{};
    std::vector<bitcoin::NewTransaction> transactions_;
};

/// A message protostone: the cellpack's integers, and pointer and refund both to output 0.
[[nodiscard]] protorune::Protostone call_stone(std::span<const u128> cellpack);

/// A protostone without message that moves `amount` (0: all) of `id` to output `output` and the rest to output 0.
[[nodiscard]] protorune::Protostone edict_stone(const protorune::RuneId& id, u128 amount, std::uint32_t output);

}  // namespace warpshrew::app
