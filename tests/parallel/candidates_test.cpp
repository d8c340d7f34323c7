// Which messages may be executed ahead, and how much is run for it (design.md 2).
#include "parallel/candidates.hpp"

#include <gtest/gtest.h>

#include "alkanes/code_cache.hpp"
#include "bitcoin/encode.hpp"
#include "protorune/encode.hpp"
#include "store/memory_state.hpp"
#include "support/plan_world.hpp"

namespace warpshrew::test {
namespace {

using parallel::Demotion;

protorune::Protostone stone(std::vector<u128> message, std::vector<protorune::Edict> edicts = {}) {
    protorune::Protostone s;
    s.protocol_tag = protorune::alkanes_protocol_tag;
    s.pointer = s.refund = 0;
    s.edicts = std::move(edicts);
    if (!message.empty()) s.message = protorune::encode_cellpack(message);
    return s;
}

/// How many of so many calls are demoted, and the first reason, where each spends an output of one transfer that makes
/// `splits` moves to all of them.
std::pair<std::size_t, Demotion> demoted(std::size_t calls, std::size_t splits) {
    const protorune::Network network = plan_network(PlanRules::devnet);
    const alkanes::Builtins builtins(network, {});
    const alkanes::Environment environment{network, builtins, plan_engine()};
    alkanes::CodeCache codes(environment);

    bitcoin::NewTransaction transfer;
    transfer.inputs.emplace_back().txid = Bytes(32, 'u');
    for (std::size_t i = 0; i < calls; i++) transfer.outputs.push_back({546, "\x51"});
    std::vector<protorune::Edict> edicts(splits, {{2, 1}, 0, calls + 1});
    transfer.outputs.push_back({0, protorune::encode_runestone(std::vector{stone({}, edicts)})});
    std::vector<bitcoin::NewTransaction> transactions{bitcoin::coinbase(1, {{1, "\x51"}}), transfer};
    const Digest id = bitcoin::txid(transfer);
    for (std::size_t i = 0; i < calls; i++) {
        bitcoin::NewTransaction& t = transactions.emplace_back();
        auto& input = t.inputs.emplace_back();
        input.txid = Bytes(view(id));
        input.vout = static_cast<std::uint32_t>(i);
        t.outputs = {{546, "\x51"}, {0, protorune::encode_runestone(std::vector{stone({8, 8, 2, 1, 77})})}};
    }
    const auto block = bitcoin::Block::decode(bitcoin::serialize_block({}, transactions));
    if (!block) throw std::runtime_error(block.error().reason);
    const auto stones = protorune::decode_stones(*block, network);
    const alkanes::BlockInfo info(*block, network, 1, &stones);
    store::MemoryState below;
    store::BlockState state(below);
    const auto found =
        parallel::find_candidates({environment, codes, info, stones, 1, state}, parallel::Speculate::candidates);
    EXPECT_EQ(found.list.size(), calls);
    std::pair<std::size_t, Demotion> out{0, Demotion::none};
    for (const auto& c : found.list) {
        if (c.demotion == Demotion::none) continue;
        out.first++;
        out.second = c.demotion;
        EXPECT_EQ(c.depends_on, 1u);
    }
    return out;
}

// The transfer is run for each of them.
TEST(Candidates, SpendManyOutputsOfATransfer) { EXPECT_EQ(demoted(500, 1).first, 0u); }

// 500 times 250,000 moves would be run ahead of a block that itself makes 250,000.
TEST(Candidates, BehindALargeTransferAreLeftToTheirTurn) {
    const auto [count, demotion] = demoted(500, 500);
    EXPECT_GT(count, 490u);
    EXPECT_LT(count, 500u);
    EXPECT_EQ(demotion, Demotion::long_chain);
}

}  // namespace
}  // namespace warpshrew::test
