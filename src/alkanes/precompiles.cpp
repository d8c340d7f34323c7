#include "alkanes/precompiles.hpp"

#include <algorithm>

#include "alkanes/candidate.hpp"

namespace warpshrew::alkanes {

static constexpr u128 mint_opcode = 77;

static bool mints_diesel(const protorune::TransactionStones& stones, bool prefix_counts) {
    if (!stones.protostones) return false;
    return std::any_of(stones.protostones->begin(), stones.protostones->end(), [&](const auto& stone) {
        if (stone.protocol_tag != protorune::alkanes_protocol_tag) return false;
        const auto words = message_integers(stone.message, prefix_counts);
        return words && words->size() >= 3 && (*words)[0] == 2 && (*words)[1] == 0 && (*words)[2] == mint_opcode;
    });
}

std::uint64_t BlockInfo::diesel_mints() const {
    std::call_once(counted_, [this] {
        const bool prefix_counts = network_.parallel_active(height_);
        const auto count = [&](const auto& stones) {
            return static_cast<std::uint64_t>(std::count_if(
                stones.begin(), stones.end(), [&](const auto& s) { return mints_diesel(s, prefix_counts); }));
        };
        mints_ = stones_ ? count(*stones_) : count(protorune::decode_stones(block_, network_));
    });
    return mints_;
}

Result<Bytes> call_precompile(const BlockInfo& info, const protorune::RuneId& target) {
    const auto& block = info.block();
    const auto transactions = block.transactions();
    if (target.tx == 0) return Bytes(block.header());
    if (target.tx == 2) return to_le(u128{info.diesel_mints()});
    if (target.tx > 3)
        return fail("Unknown precompiled contract: [" + to_decimal(target.block) + ", " + to_decimal(target.tx) + "]");
    if (transactions.empty()) return fail("Block has no transactions");
    if (target.tx == 1) return Bytes(transactions[0].raw);
    u128 sum = 0;
    for (const auto& output : transactions[0].outputs) sum += output.value;
    return to_le(sum);
}

}  // namespace warpshrew::alkanes
