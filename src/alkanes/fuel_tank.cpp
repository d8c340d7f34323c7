#include "alkanes/fuel_tank.hpp"

#include <algorithm>

#include "alkanes/candidate.hpp"

namespace warpshrew::alkanes {

std::uint64_t fuel_size(const bitcoin::Transaction& tx, const protorune::TransactionStones& stones,
                        bool prefix_counts) {
    if (!stones.protostones) return 0;
    bool calls = false, deploys = false;
    for (const auto& stone : *stones.protostones) {
        if (stone.protocol_tag != protorune::alkanes_protocol_tag || stone.message.empty()) continue;
        const auto words = message_integers(stone.message, prefix_counts);
        if (!words || words->size() < 2) continue;
        calls = true;
        deploys = deploys || ((*words)[0] == 1 && (*words)[1] == 0) || (*words)[0] == 3;
    }
    return calls ? tx.vsize(deploys) : 0;
}

FuelTank::FuelTank(const protorune::Network& network, std::uint64_t height, const bitcoin::Block& block,
                   std::span<const protorune::TransactionStones> stones)
    : minimum_(network.minimum_fuel(height)),
      minimum_always_(network.minimum_fuel_always),
      block_fuel_(network.total_fuel(height)) {
    const auto transactions = block.transactions();
    const bool prefix_counts = network.parallel_active(height);
    sizes_.reserve(transactions.size());
    for (std::size_t i = 0; i < transactions.size(); i++) {
        sizes_.push_back(fuel_size(transactions[i], stones[i], prefix_counts));
        size_ += sizes_.back();
    }
}

FuelTank::Share FuelTank::share_of(std::uint32_t tx_index) const noexcept {
    Share share;
    share.block_fuel = block_fuel_;
    share.size = size_;
    if (current_ != none) {
        share.block_fuel += metered_;
        share.size -= tx_size_;
    }
    // A message that comes here has a size, so the divisor is not 0.
    share.metered = share.size == 0 ? 0 : share.block_fuel * sizes_[tx_index] / share.size;
    share.fuel = minimum_always_ ? minimum_ : std::max(minimum_, share.metered);
    return share;
}

std::uint64_t FuelTank::fuel_of(std::uint32_t tx_index) const noexcept {
    return current_ == tx_index ? fuel_ : share_of(tx_index).fuel;
}

std::uint64_t FuelTank::enter(std::uint32_t tx_index) {
    if (current_ == tx_index) return fuel_;
    const Share share = share_of(tx_index);
    current_ = tx_index;
    tx_size_ = sizes_[tx_index];
    size_ = share.size;
    metered_ = share.metered;
    fuel_ = share.fuel;
    block_fuel_ = share.block_fuel - std::min(share.block_fuel, metered_);
    return fuel_;
}

Result<void> FuelTank::consume(std::uint64_t n) {
    if (fuel_ < n)
        return fail("all fuel consumed by WebAssembly: requested " + std::to_string(n) + " units, but only " +
                    std::to_string(fuel_) + " remaining. Transaction index: " + std::to_string(current_) +
                    ", Block metered fuel: " + std::to_string(metered_) + ", Block fuel remaining: " +
                    std::to_string(block_fuel_) + ", Transaction size: " + std::to_string(tx_size_) +
                    " bytes, Block size: " + std::to_string(size_) + " bytes");
    fuel_ -= n;
    metered_ -= std::min(metered_, n);
    return {};
}

}  // namespace warpshrew::alkanes
