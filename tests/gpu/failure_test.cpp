// A device that fails, or is small: the block is as in order, and warnings and counts say what happened.
#include <gtest/gtest.h>

#include "plan_executor.hpp"

namespace warpshrew::gpu {
namespace {

using test::make_executor;
using test::run_plan;
using warpshrew::test::PlanCall;
using namespace warpshrew::test::plan_ids;

// Too long for no time at all.
constexpr std::string_view slow_kernel = R"(
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(32) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    var x = id.x;
    for (var i = 0u; i < 60000u; i++) { x = x * 1664525u + 1013904223u; }
    out[id.x] = x;
})";

/// A launch that is not waited for: from then on the device has failed.
void fail_device(Device& device) {
    const auto kernel = device.compile({.name = "slow", .wgsl = std::string(slow_kernel)});
    if (!kernel) return;
    const auto out = device.create_buffer(4096 * 4);
    const auto places = device.bind(*kernel, std::vector<Binding>{{0, 0, *out}});
    Commands commands;
    commands.dispatch(*kernel, *places, 128);
    EXPECT_FALSE(device.run(commands, Milliseconds(0)));
}

warpshrew::test::Plan blocks_of_one_call(unsigned blocks) {
    warpshrew::test::Plan plan;
    for (unsigned i = 0; i < blocks; i++)
        plan.blocks.push_back({{1000 + i, {}, 1, {}, {{true, PlanCall{scripts[0], {}, {{{5, 1, 1}, {}}}}, 0, 0, {}}}}});
    return plan;
}

// The first block is executed on the device, which comes to an end in the middle of the second.
TEST(GpuFailure, InTheMiddleOfABlock) {
    auto options = test::plan_options();
    unsigned rounds = 0;
    options.before_round = [&](Device& device) {
        if (++rounds == 4) fail_device(device);
    };
    const auto executor = make_executor(options);
    // A lane asks for its keys, so that a block has some rounds.
    const auto run = run_plan(blocks_of_one_call(6), *executor);
    EXPECT_TRUE(executor->device().failed());
    EXPECT_GT(run.statistics.used, 0U);
    EXPECT_EQ(run.statistics.executor_failures, 3U);
    EXPECT_TRUE(run.retired);
    ASSERT_EQ(run.warnings.size(), 3U);
    EXPECT_NE(run.warnings[0].find("executor gpu failed in block"), std::string::npos) << run.warnings[0];
    EXPECT_NE(run.warnings[0].find("GPU: "), std::string::npos) << run.warnings[0];
    EXPECT_NE(run.warnings[2].find("is given up"), std::string::npos) << run.warnings[2];
}

// One round fails, none after it: the executor is asked again in the next block.
TEST(GpuFailure, OnceIsForgiven) {
    GpuExecutor& executor = test::plan_executor();
    unsigned rounds = 0;
    executor.options().before_round = [&](Device&) {
        if (++rounds == 1) throw std::bad_alloc();
    };
    const auto run = run_plan(blocks_of_one_call(3), executor);
    EXPECT_EQ(run.statistics.executor_failures, 1U);
    EXPECT_EQ(run.statistics.used, 2U);
    EXPECT_EQ(run.warnings.size(), 1U);
    EXPECT_FALSE(run.retired);
}

/// Four groups of lanes, whose calls have nothing to do with each other.
std::vector<warpshrew::test::PlanTransaction> block_of_groups(unsigned n) {
    std::vector<warpshrew::test::PlanTransaction> block;
    for (unsigned i = 0; i < 4 * test::executor_lanes; i++)
        block.push_back(
            {1000 * n + i, {}, 1, {}, {{true, PlanCall{scripts[0], {}, {{{3, i}, {}}, {{2, i}, {}}}}, 0, 0, {}}}});
    return block;
}

// Of several groups of lanes the first is back, another is on its way, and the one behind it cannot be launched.
TEST(GpuFailure, BetweenGroups) {
    warpshrew::test::Plan plan;
    for (unsigned b = 1; b <= 3; b++) plan.blocks.push_back(block_of_groups(b));
    GpuExecutor& executor = test::plan_executor();
    const std::uint64_t before = executor.counts().executed;
    bool thrown = false;
    executor.options().before_round = [&](Device&) {
        if (thrown || executor.counts().executed < before + test::executor_lanes) return;
        thrown = true;
        throw std::bad_alloc();
    };
    const auto run = run_plan(plan, executor);
    EXPECT_TRUE(thrown);
    EXPECT_EQ(run.statistics.executor_failures, 1U);
    EXPECT_GE(run.statistics.used, (1 + 4 + 4) * test::executor_lanes);
    EXPECT_LE(run.statistics.used, (2 + 4 + 4) * test::executor_lanes);
    EXPECT_EQ(run.after.faults, run.before.faults);
    EXPECT_EQ(run.warnings.size(), 1U);
    EXPECT_FALSE(run.retired);
}

// The same with a device that is of no more use: nothing waits for what will not come.
TEST(GpuFailure, OfTheDeviceBetweenGroups) {
    warpshrew::test::Plan plan;
    plan.blocks.push_back(block_of_groups(1));
    const auto executor = make_executor(test::plan_options());
    executor->options().before_round = [&](Device& device) {
        if (executor->counts().executed >= test::executor_lanes && !device.failed()) fail_device(device);
    };
    const auto run = run_plan(plan, *executor);
    EXPECT_TRUE(executor->device().failed());
    EXPECT_GE(run.statistics.used, test::executor_lanes);
    EXPECT_LE(run.statistics.used, 2 * test::executor_lanes);
    EXPECT_EQ(run.statistics.executor_failures, 1U);
}

// As many lanes as fit, and none if not even 32 do.
TEST(GpuFailure, ASmallAdapterHasFewerLanes) {
    auto options = test::plan_options();
    const std::uint64_t most = test::plan_executor().device().limits().binding_bytes;
    options.lanes = 128;
    options.shape.registers = static_cast<std::uint32_t>(most / 64 / 8);
    if (std::uint64_t{options.shape.registers} * 64 * 8 > std::uint64_t{256} << 20)
        GTEST_SKIP() << "too much memory for a test";
    const auto executor = make_executor(options);
    EXPECT_EQ(executor->lanes(), 64U);
    EXPECT_EQ(run_plan(blocks_of_one_call(1), *executor).statistics.used, 1U);
    options.shape.registers *= 4;
    EXPECT_THROW((void)make_executor(options), std::runtime_error);
}

}  // namespace
}  // namespace warpshrew::gpu
