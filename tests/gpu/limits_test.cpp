// Code, payloads and state that are more than the device's buffers hold: what does not fit is the CPU's, the rest goes
// on.
#include <gtest/gtest.h>

#include "contracts/embedded.hpp"
#include "gpu/lowering.hpp"
#include "plan_executor.hpp"

namespace warpshrew::gpu {
namespace {

using test::block_of;
using test::make_executor;
using test::run_plan;
using test::script;
using warpshrew::test::PlanCall;
using warpshrew::test::PlanRules;
using warpshrew::test::PlanStep;
using namespace warpshrew::test::plan_ids;

std::uint64_t bytes_of(const DeviceModule& module) { return module.words.size() * 4; }
std::uint64_t executed(const test::Run& run) { return run.after.executed - run.before.executed; }
std::uint64_t not_started(const test::Run& run) { return run.after.not_started - run.before.not_started; }

TEST(GpuLimits, CodeThatDoesNotFitMakesRoomForTheNextBatch) {
    // Room for two of the three contracts.
    auto options = test::plan_options();
    options.code_bytes = memory_page_bytes + bytes_of(supervisor_module().value().code) - 16;
    for (const char* contract : {"script", "free_mint", "fuel_burner"})
        options.code_bytes += bytes_of(lower(contracts::embedded_contract(contract)).value());
    const auto executor = make_executor(options);
    std::uint64_t left = 0;
    for (unsigned i = 0; i < 3; i++) {
        for (const PlanCall& call :
             {script({{{5, 1, 1}, {}}}), PlanCall{free_mint, {77}, {}}, PlanCall{burner, {1, 9}, {}}}) {
            // The first blocks of a contract for which there is no room are the CPU's, soon one is not.
            bool on_device = false;
            for (unsigned k = 0; k < ContractCodes::batches_between + 2 && !on_device; k++) {
                const auto run = run_plan(block_of({call, call}, PlanRules::devnet), *executor);
                left += not_started(run);
                on_device = executed(run) >= 2;
                EXPECT_TRUE(run.warnings.empty());
            }
            EXPECT_TRUE(on_device);
        }
    }
    EXPECT_GE(left, 2U);
    EXPECT_EQ(executor->counts().faults, 0U);
}

TEST(GpuLimits, PayloadsThatDoNotFitTogetherGoInGroups) {
    auto options = test::plan_options();
    options.buffer_bytes = 32 << 10;
    const auto executor = make_executor(options);
    std::vector<PlanCall> calls(test::executor_lanes, script({{{3, 7}, {}}, {{2, 1}, {}}}));
    const auto all = run_plan(block_of(calls, PlanRules::devnet), *executor);
    EXPECT_EQ(executed(all), calls.size());
    const std::uint64_t groups = all.after.groups;
    // One that does not fit at all is left to its turn.
    calls.resize(4);
    calls[1].words.assign(2000, 1);
    const auto one = run_plan(block_of(calls, PlanRules::devnet), *executor);
    EXPECT_EQ(one.seen.at(2).status, alkanes::ExecutionStatus::none);
    EXPECT_EQ(one.statistics.used, 3U);
    EXPECT_EQ(not_started(one), 1U);
    EXPECT_TRUE(one.warnings.empty());
    EXPECT_GT(groups, 1U);
}

// A value that does not fit is not supplied: who reads it is handed back.
TEST(GpuLimits, StateThatDoesNotFitIsReadOnTheCpu) {
    auto options = test::plan_options();
    options.buffer_bytes = 64 << 10;
    const auto executor = make_executor(options);
    const PlanCall reads_it = script({{{27, 2}, {}}, {{2, 3}, {}}}),
                   reads_another = script({{{1, 4}, {}}, {{2, 5}, {}}});
    auto plan = block_of({script({{{20, 2, 70'000}, {}}})}, PlanRules::devnet);
    plan.blocks.push_back(block_of({reads_it, reads_another, reads_it}, PlanRules::devnet).blocks.at(0));
    const auto run = run_plan(plan, *executor);
    constexpr auto memory = static_cast<std::size_t>(HandBack::memory);
    EXPECT_GT(run.after.reasons[memory], run.before.reasons[memory]);
    EXPECT_EQ(run.seen.at(2).status, alkanes::ExecutionStatus::succeeded);
    EXPECT_EQ(run.seen.at(3).status, alkanes::ExecutionStatus::none);
    EXPECT_TRUE(run.warnings.empty());
    EXPECT_EQ(run.after.out_of_set_reads, run.before.out_of_set_reads);
}

}  // namespace
}  // namespace warpshrew::gpu
