// Identical on a device: the random blocks of the parallel engine's tests, in every way to speculate, and the mixes of
// devnet have the store that they have in order (design.md 1).
#include <gtest/gtest.h>

#include <deque>
#include <iostream>

#include "app/devnet.hpp"
#include "plan_executor.hpp"
#include "support/random_cases.hpp"
#include "support/shrink_plan.hpp"

namespace warpshrew::gpu {
namespace {

using parallel::Speculate;
using parallel::Statistics;
using parallel::Verify;
using warpshrew::test::plan_workers;
using warpshrew::test::plan_world;
using warpshrew::test::SerialRun;

struct Configuration {
    Speculate speculate = Speculate::candidates;
    Verify verify = Verify::none;
    DryRun dry_run = DryRun::gpu;
    bool adaptive = false;
};

constexpr Configuration configurations[] = {{Speculate::none, Verify::none, DryRun::gpu, false},
                                            {Speculate::candidates, Verify::none, DryRun::gpu, true},
                                            {Speculate::all, Verify::none, DryRun::gpu, false},
                                            {Speculate::all, Verify::all, DryRun::gpu, false},
                                            {Speculate::all, Verify::all, DryRun::cpu, false}};

std::string text(const Configuration& c) {
    static constexpr std::array speculate = {"none", "candidates", "all"};
    return std::string("speculate ") + speculate.at(static_cast<std::size_t>(c.speculate)) +
           (c.verify == Verify::all ? ", verify all" : ", verify none") +
           (c.dry_run == DryRun::cpu ? ", dry run on the CPU" : "");
}

parallel::RunnerOptions options(const Configuration& c) {
    parallel::RunnerOptions o;
    o.speculate = c.speculate;
    o.verify = c.verify;
    o.seed = 1;
    o.speculation.adaptive = c.adaptive;
    return o;
}

std::string run(const Configuration& c, SerialRun& serial, parallel::ParallelRunner& runner, Statistics* sum) {
    test::plan_executor().options().dry_run = c.dry_run;
    std::string d = difference(serial, runner, [&] {
        if (sum != nullptr) sum->add(runner.statistics());
    });
    if (d.empty() && runner.retired()) d = "the executor was retired";
    return d;
}

TEST(GpuProperty, RandomBlocksInOrderAndOnTheDevice) {
    const std::uint64_t plans = warpshrew::test::scaled(20, 2);
    GpuExecutor& executor = test::plan_executor();
    std::deque<parallel::ParallelRunner> runners;
    for (const Configuration& c : configurations) runners.emplace_back(executor, plan_workers(1), options(c));
    const GpuCounts before = executor.counts();
    std::array<Statistics, std::size(configurations)> sums{};
    std::uint64_t blocks = 0;
    const std::uint64_t first = warpshrew::test::random_seed();
    for (std::uint64_t seed = first; seed < first + plans; seed++) {
        const auto plan = random_plan(seed, plan_world());
        SerialRun serial(plan);
        blocks += serial.blocks().size();
        for (std::size_t i = 0; i < runners.size(); i++) {
            const Configuration& c = configurations[i];
            const std::string d = run(c, serial, runners[i], &sums[i]);
            if (d.empty()) continue;
            const auto again = [&](const warpshrew::test::Plan& p) {
                SerialRun in_order(p);
                parallel::ParallelRunner runner(executor, plan_workers(1), options(c));
                return run(c, in_order, runner, nullptr);
            };
            FAIL() << "seed " << seed << ", " << text(c) << ": " << d << "\nthe smallest that fails alone:\n"
                   << describe(warpshrew::test::shrink_plan(
                          plan, [&](const auto& p) { return !again(p).empty(); }, 100));
        }
    }
    const GpuCounts& n = executor.counts();
    std::cout << blocks << " blocks, seeds " << first << " to " << first + plans - 1 << ": " << n.calls << " calls, "
              << n.executed << " executed, " << n.handed_back << " handed back, " << n.not_started << " not started, "
              << n.launches << " launches\n";
    EXPECT_EQ(n.faults, 0U);
    EXPECT_GT(n.executed, n.handed_back);
    EXPECT_GT(n.dry_runs, before.dry_runs);
    EXPECT_EQ(n.out_of_set_reads, before.out_of_set_reads) << "the CPU's sets are those of the device";
    EXPECT_EQ(n.out_of_set_writes, before.out_of_set_writes);
    for (std::size_t i = 0; i < sums.size(); i++) {
        const Statistics& s = sums[i];
        SCOPED_TRACE(text(configurations[i]));
        EXPECT_EQ(s.mismatches, 0U);
        EXPECT_EQ(s.executor_failures, 0U);
        if (configurations[i].speculate == Speculate::none) {
            EXPECT_EQ(s.executions, 0U);
        } else {
            EXPECT_GT(s.used, 0U);
        }
        if (configurations[i].verify == Verify::all) {
            EXPECT_GT(s.verified, 0U);
        }
    }
}

TEST(GpuProperty, EveryMixOfDevnet) {
    GpuExecutor& executor = test::plan_executor();
    for (const std::string_view mix : app::devnet_mixes()) {
        SCOPED_TRACE(mix);
        const std::uint64_t executed = executor.counts().executed;
        parallel::ParallelRunner runner(executor, plan_workers(1),
                                        options({Speculate::all, Verify::all, DryRun::gpu, true}));
        const Statistics sum = test::run_devnet_chain(app::make_devnet_chain({2, 12, mix, 5}).blocks, runner);
        ASSERT_FALSE(HasFatalFailure());
        EXPECT_EQ(sum.mismatches, 0U);
        EXPECT_EQ(sum.executor_failures, 0U);
        EXPECT_FALSE(runner.retired());
        std::cout << mix << ": " << executor.counts().executed - executed << " executed, " << sum.used << " used\n";
    }
    EXPECT_EQ(executor.counts().faults, 0U);
}

}  // namespace
}  // namespace warpshrew::gpu
