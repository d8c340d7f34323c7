// Failures of the tests' making, and how small they get.
#include "support/shrink_plan.hpp"

#include <gtest/gtest.h>

#include "alkanes/indexer.hpp"
#include "support/compare_writes.hpp"
#include "support/random_plan.hpp"

namespace warpshrew::test {
namespace {

bool has_step(const std::vector<PlanStep>& steps, unsigned opcode) {
    for (const PlanStep& step : steps) {
        if (step.words[0] == opcode) return true;
        for (const PlanCall& call : step.calls)
            if (has_step(call.steps, opcode)) return true;
    }
    return false;
}

template <class F>
bool any_stone(const Plan& plan, F f) {
    for (const auto& block : plan.blocks)
        for (const PlanTransaction& tx : block)
            for (const PlanStone& stone : tx.stones)
                if (f(stone)) return true;
    return false;
}

bool reads_fuel(const Plan& plan) {
    return any_stone(plan, [](const PlanStone& s) { return s.candidate && s.call && has_step(s.call->steps, 9); });
}

// What fails is a candidate with one step, wherever in whatever plan it was.
TEST(ShrinkPlan, LeavesTheStepThatFails) {
    unsigned shrunk = 0;
    for (std::uint64_t seed = 1; shrunk < 20; seed++) {
        const Plan plan = random_plan(seed, plan_world());
        if (!reads_fuel(plan)) continue;
        const Plan small = shrink_plan(plan, reads_fuel);
        shrunk++;
        SCOPED_TRACE(describe(small));
        ASSERT_EQ(small.blocks.size(), 1u);
        ASSERT_EQ(small.blocks[0].size(), 1u);
        const PlanTransaction& tx = small.blocks[0][0];
        EXPECT_TRUE(tx.inputs.empty());
        EXPECT_TRUE(tx.contract.empty());
        EXPECT_EQ(tx.outputs, 1u);
        ASSERT_EQ(tx.stones.size(), 1u);
        ASSERT_EQ(tx.stones[0].call->steps.size(), 1u);
        EXPECT_EQ(tx.stones[0].call->steps[0].words, std::vector<u128>{9});
        EXPECT_TRUE(tx.stones[0].edicts.empty());
        EXPECT_EQ(small.rules, PlanRules::devnet);
    }
}

// A failure of two transactions that only indexing shows: a number that the second one's message counts up from what
// the first one's left.
TEST(ShrinkPlan, KeepsWhatTheFailureNeeds) {
    const protorune::Network network = plan_network(PlanRules::devnet);
    const alkanes::Builtins builtins(network, {});
    alkanes::Indexer indexer(network, builtins, plan_engine());
    unsigned asked = 0;
    const auto counts_twice = [&](const Plan& plan) {
        asked++;
        indexer.forget();
        PlanTxids txids = plan_world().txids;
        PlanState state(plan_world());
        std::uint64_t height = plan_world().height;
        for (const PlanBlock& b : build_plan(plan, height, txids)) {
            store::BlockState block(state);
            if (!indexer.index(block, height++, b.block)) return false;
            state.apply(block);
        }
        Bytes value;
        return state.read("/alkanes/" + protorune::id32({4, 1}) + "/storage/ka", value) &&
               load_le<u128>(value.data()) == 2;
    };
    unsigned shrunk = 0;
    for (std::uint64_t seed = 1; shrunk < 3; seed++) {
        Plan plan = random_plan(seed, plan_world());
        plan.rules = PlanRules::devnet;
        if (!counts_twice(plan)) continue;
        shrunk++;
        const Plan small = shrink_plan(plan, counts_twice);
        SCOPED_TRACE(describe(small));
        EXPECT_TRUE(counts_twice(small));
        EXPECT_LE(plan_size(small), 16u);
        EXPECT_LT(plan_size(small), plan_size(plan));
    }
    std::cout << asked << " plans indexed\n";
}

// However many questions there are, the answer fails.
TEST(ShrinkPlan, StopsInTime) {
    std::uint64_t seed = 1;
    while (!reads_fuel(random_plan(seed, plan_world()))) seed++;
    unsigned asked = 0;
    const Plan small = shrink_plan(
        random_plan(seed, plan_world()),
        [&](const Plan& plan) {
            asked++;
            return reads_fuel(plan);
        },
        10);
    EXPECT_LE(asked, 10u);
    EXPECT_TRUE(reads_fuel(small));
}

class Writes : public testing::Test {
 protected:
    store::MemoryState below_;
    store::BlockState a_{below_}, b_{below_};
};

TEST_F(Writes, AreEqualInAnyOrder) {
    a_.set("x", "1");
    a_.set("y", "2");
    b_.set("y", "2");
    b_.set("x", "0");
    b_.set("x", "1");
    EXPECT_EQ(compare_writes(a_, b_), "");
    EXPECT_EQ(writes_digest(a_), writes_digest(b_));
}

TEST_F(Writes, DifferByAKeyAValueOrALength) {
    const auto differ = [&](const char* text) {
        EXPECT_NE(writes_digest(a_), writes_digest(b_));
        EXPECT_EQ(compare_writes(a_, b_), text);
    };
    a_.set("x", "1");
    differ("1 keys differ\n  x: expected 31, not written");
    b_.set("x", "2");
    differ("1 keys differ\n  x: expected 31, is 32");
    b_.set("x", "1");
    b_.set("y", "");
    differ("1 keys differ\n  y: not expected, is ");
    // The same bytes, cut otherwise.
    store::BlockState c(below_), d(below_);
    c.set("xy", "z");
    d.set("x", "yz");
    EXPECT_NE(writes_digest(c), writes_digest(d));
}

}  // namespace
}  // namespace warpshrew::test
