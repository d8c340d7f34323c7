// Contract calls on lanes: blocks of the parallel engine's tests, indexed with the device as executor.
#include "gpu/gpu_executor.hpp"

#include <gtest/gtest.h>

#include <array>
#include <iostream>

#include "lane_test.hpp"
#include "parallel/parallel_fixture.hpp"
#include "plan_executor.hpp"
#include "support/random_cases.hpp"
#include "until_end.hpp"

namespace warpshrew::gpu {
namespace {

using warpshrew::test::plan_workers;
using warpshrew::test::plan_world;

/// One whose lanes go on alone, and one whose lanes wait for each other.
GpuExecutor& executor(bool keeps_together) {
    static std::array<test::UntilEnd<std::unique_ptr<GpuExecutor>>, 2> all;
    return *all.at(keeps_together ? 1 : 0).get([&] {
        return test::make_executor({.lanes = 32, .keeps_together = keeps_together});
    });
}

void print(const GpuCounts& c) {
    std::cout << c.calls << " calls, " << c.executed << " executed, " << c.handed_back << " handed back, "
              << c.not_started << " not started, " << c.faults << " faults, " << c.launches << " launches, " << c.rounds
              << " rounds, " << c.steps << " steps\n";
    for (std::size_t i = 0; i < c.reasons.size(); i++)
        if (c.reasons[i] != 0) std::cout << "  reason " << i << ": " << c.reasons[i] << "\n";
}

// Every effect that a lane computed is compared with the CPU's.
TEST(GpuExecutor, RandomBlocksAreThoseInOrder) {
    const std::uint64_t plans = warpshrew::test::scaled(40, 2);
    for (std::uint64_t seed = warpshrew::test::random_seed(), end = seed + plans; seed < end; seed++) {
        warpshrew::test::SerialRun serial(random_plan(seed, plan_world()));
        parallel::ParallelRunner runner(executor(seed % 2 == 0), plan_workers(1),
                                        {.speculate = parallel::Speculate::all,
                                         .verify = parallel::Verify::all,
                                         .seed = seed,
                                         .speculation = {},
                                         .warn = [&](const std::string& why) { ADD_FAILURE() << why; }});
        ASSERT_EQ(difference(serial, runner), "") << "seed " << seed;
        ASSERT_FALSE(runner.retired()) << "seed " << seed;
    }
    for (const bool together : {false, true}) {
        const GpuCounts& counts = executor(together).counts();
        print(counts);
        EXPECT_EQ(counts.faults, 0U);
        EXPECT_GT(counts.executed, counts.handed_back);
    }
}

}  // namespace
}  // namespace warpshrew::gpu
