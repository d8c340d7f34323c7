// The device and CPU threads together: some batches go to either, what the device leaves goes to the threads, and
// blocks are as they are in order (design.md 1).
#include "parallel/faster_executor.hpp"

#include <gtest/gtest.h>

#include <iostream>

#include "app/devnet.hpp"
#include "parallel/cpu_executor.hpp"
#include "plan_executor.hpp"
#include "support/random_cases.hpp"

namespace warpshrew::gpu {
namespace {

using parallel::Statistics;
using warpshrew::test::plan_workers;
using warpshrew::test::plan_world;

parallel::RunnerOptions options() {
    parallel::RunnerOptions o;
    o.speculate = parallel::Speculate::all;
    o.verify = parallel::Verify::all;
    o.seed = 1;
    return o;
}

// A clock by which batches that the device gets take no time: it is tried as soon as there were two of their like on
// the CPU, and gets the others.
std::function<double()> device_wins() {
    return [now = 0.0, before = test::plan_executor().counts().calls]() mutable {
        const std::uint64_t calls = test::plan_executor().counts().calls;
        now += std::exchange(before, calls) == calls ? 1 : 0;
        return now;
    };
}

void expect_both(const Statistics& s) {
    std::cout << s.cpu.calls << " calls in " << s.cpu.batches << " batches on the CPU, " << s.device.calls << " in "
              << s.device.batches << " on the device\n";
    EXPECT_GT(s.cpu.calls, 0U);
    EXPECT_GT(s.device.calls, s.cpu.calls / 4);
    EXPECT_EQ(s.mismatches, 0U);
    EXPECT_EQ(s.executor_failures, 0U);
    EXPECT_GT(s.used, 0U);
}

TEST(GpuFaster, RandomBlocksInOrderAndOnBoth) {
    parallel::CpuExecutor cpu(plan_workers(1));
    parallel::FasterExecutor executor(cpu, test::plan_executor(), {.least_calls = 0, .seconds = device_wins()});
    parallel::ParallelRunner runner(executor, plan_workers(1), options());
    Statistics sum;
    const std::uint64_t first = 1000 + warpshrew::test::random_seed();
    for (std::uint64_t seed = first; seed < first + 10 + warpshrew::test::scaled(20); seed++) {
        warpshrew::test::SerialRun serial(random_plan(seed, plan_world()));
        ASSERT_EQ(difference(serial, runner, [&] { sum.add(runner.statistics()); }), "") << "seed " << seed;
    }
    expect_both(sum);
    EXPECT_FALSE(runner.retired());
}

// Its blocks have deployments, which the device leaves.
TEST(GpuFaster, AMixOfDevnet) {
    parallel::CpuExecutor cpu(plan_workers(1));
    parallel::FasterExecutor executor(cpu, test::plan_executor(), {.least_calls = 0, .seconds = device_wins()});
    parallel::ParallelRunner runner(executor, plan_workers(1), options());
    const Statistics sum = test::run_devnet_chain(app::make_devnet_chain({12, 30, "everything", 5}).blocks, runner);
    ASSERT_FALSE(HasFatalFailure());
    expect_both(sum);
    EXPECT_FALSE(runner.retired());
}

}  // namespace
}  // namespace warpshrew::gpu
