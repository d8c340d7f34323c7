#pragma once
// The block's fuel and how transactions share it (alkanes-vm.md 4.2, 4.3).

#include <span>
#include <vector>

#include "base/result.hpp"
#include "bitcoin/block.hpp"
#include "protorune/network.hpp"
#include "protorune/protostone.hpp"

namespace warpshrew::alkanes {

/// vfsize: the virtual bytes with which a transaction takes part in sharing the fuel; 0 without a message of at least
/// two integers, behind the (8,8) prefix where it counts. A message that deploys does not count the witness of input 0.
[[nodiscard]] std::uint64_t fuel_size(const bitcoin::Transaction& tx, const protorune::TransactionStones& stones,
                                      bool prefix_counts);

/// The tank of one block. All arithmetic is of u64, as the reference's.
class FuelTank {
 public:
    /// `stones` are the block's.
    FuelTank(const protorune::Network& network, std::uint64_t height, const bitcoin::Block& block,
             std::span<const protorune::TransactionStones> stones);

    /// The fuel that a message of transaction `tx_index` starts with. The first of a transaction closes the one before.
    std::uint64_t enter(std::uint32_t tx_index);
    /// What enter() would return.
    [[nodiscard]] std::uint64_t fuel_of(std::uint32_t tx_index) const noexcept;

    /// Takes what a message used. An error, in the words that its trace shows, if there is less.
    [[nodiscard]] Result<void> consume(std::uint64_t n);

    /// A failed message leaves nothing to the rest of its transaction, nor to the block.
    void drain() noexcept { fuel_ = metered_ = 0; }

 private:
    static constexpr std::uint32_t none = 0xffffffff;

    /// What a transaction gets of the block's fuel if it is the next.
    struct Share {
        std::uint64_t block_fuel = 0, size = 0;  ///< of the block, once the transaction before is closed
        std::uint64_t metered = 0, fuel = 0;
    };
    [[nodiscard]] Share share_of(std::uint32_t tx_index) const noexcept;

    std::vector<std::uint64_t> sizes_;  // of each transaction
    std::uint64_t minimum_ = 0;
    bool minimum_always_ = false;
    std::uint32_t current_ = none;
    std::uint64_t size_ = 0, tx_size_ = 0;
    std::uint64_t block_fuel_ = 0;
    std::uint64_t fuel_ = 0, metered_ = 0;  // left to the transaction; of it, what came out of the block's fuel
};

}  // namespace warpshrew::alkanes
