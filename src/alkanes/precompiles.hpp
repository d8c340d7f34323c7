#pragma once
// The block as precompiled contracts see it: calls to 800000000 (alkanes-vm.md 6.1).

#include <mutex>
#include <vector>

#include "base/result.hpp"
#include "bitcoin/block.hpp"
#include "protorune/network.hpp"
#include "protorune/protostone.hpp"

namespace warpshrew::alkanes {

inline constexpr u128 precompile_block = 800'000'000;

/// A block, with what is computed of it when a contract asks. Safe from several threads.
class BlockInfo {
 public:
    /// `stones`: the block's, or null where they are to be decoded if needed. All must outlive it. `height` decides
    /// whether the (8,8) prefix counts.
    BlockInfo(const bitcoin::Block& block, const protorune::Network& network, std::uint64_t height,
              const std::vector<protorune::TransactionStones>* stones)
        : block_(block), network_(network), height_(height), stones_(stones) {}

    [[nodiscard]] const bitcoin::Block& block() const noexcept { return block_; }

    /// Transactions with a message to (2, 0) whose opcode is 77, whether it succeeds or not.
    [[nodiscard]] std::uint64_t diesel_mints() const;

 private:
    const bitcoin::Block& block_;
    const protorune::Network& network_;
    std::uint64_t height_;
    const std::vector<protorune::TransactionStones>* stones_;
    mutable std::once_flag counted_;
    mutable std::uint64_t mints_ = 0;
};

/// The data that a call to `target` gives, whose block is precompile_block.
[[nodiscard]] Result<Bytes> call_precompile(const BlockInfo& info, const protorune::RuneId& target);

}  // namespace warpshrew::alkanes
