// Executors that come back late, give nothing, throw, swap results, flip bits or lie: the store is the same, but for
// wrong effects under the right checksum, which are for verification to find (design.md 1).
#include "hostile_executor.hpp"

#include <gtest/gtest.h>

#include <iostream>

#include "parallel_fixture.hpp"
#include "support/random_cases.hpp"
#include "support/shrink_plan.hpp"

namespace warpshrew::test {
namespace {

using parallel::ParallelRunner;
using parallel::RunnerOptions;
using parallel::Speculate;
using parallel::Verify;

struct Outcome {
    std::string difference;
    bool retired = false;
    std::uint64_t deeds = 0, used = 0, mismatches = 0;
    std::vector<std::string> warnings;
};

// A plan by a hostile executor of its own.
Outcome run(const Plan& plan, Hostility hostility, Verify verify) {
    SerialRun serial(plan);
    parallel::Workers& workers = plan_workers(2);
    parallel::CpuExecutor cpu(workers);
    HostileExecutor hostile(cpu, hostility, plan.seed);
    Outcome out;
    RunnerOptions options;
    options.speculate = Speculate::all;
    options.verify = verify;
    options.seed = plan.seed;
    options.speculation.adaptive = false;
    options.warn = [&](const std::string& text) { out.warnings.push_back(text); };
    ParallelRunner runner(hostile, workers, options);
    out.difference = difference(serial, runner, [&] {
        out.used += runner.statistics().used;
        out.mismatches += runner.statistics().mismatches;
    });
    out.retired = runner.retired();
    out.deeds = hostile.deeds;
    return out;
}

class Hostile : public testing::TestWithParam<Hostility> {};

// Without any verification.
TEST_P(Hostile, DigestIsThatOfTheBlockInOrder) {
    const std::uint64_t plans = scaled(300);
    std::uint64_t deeds = 0, used = 0;
    for (std::uint64_t seed = random_seed(), end = seed + plans; seed < end; seed++) {
        const Plan plan = random_plan(seed, plan_world());
        const Outcome o = run(plan, GetParam(), Verify::none);
        deeds += o.deeds;
        used += o.used;
        if (o.difference.empty()) continue;
        const Plan small = shrink_plan(
            plan, [&](const Plan& p) { return !run(p, GetParam(), Verify::none).difference.empty(); }, 1000);
        FAIL() << "seed " << seed << ": " << run(small, GetParam(), Verify::none).difference << "\n" << describe(small);
    }
    std::cout << deeds << " deeds, " << used << " effects used\n";
    EXPECT_GT(deeds, plans);
    if (GetParam() != Hostility::nothing) {
        EXPECT_GT(used, plans / 2);
    }
}

INSTANTIATE_TEST_SUITE_P(Ways, Hostile,
                         testing::Values(Hostility::slow, Hostility::late, Hostility::nothing, Hostility::some_nothing,
                                         Hostility::throws, Hostility::throws_no_text, Hostility::swaps,
                                         Hostility::flips, Hostility::mistakes),
                         [](const auto& param) {
                             std::string name(text(param.param));
                             std::ranges::replace(name, ' ', '_');
                             return name;
                         });

// A lie that is believed changes the store; with --verify all none is believed, and the executor is given up.
TEST(HostileVerification, AllCatchesEveryLie) {
    const std::uint64_t plans = scaled(400);
    std::uint64_t deeds = 0, changed = 0, retired = 0;
    for (std::uint64_t seed = random_seed(), end = seed + plans; seed < end; seed++) {
        const Plan plan = random_plan(seed, plan_world());
        const Outcome believed = run(plan, Hostility::lies, Verify::none);
        const Outcome verified = run(plan, Hostility::lies, Verify::all);
        deeds += verified.deeds;
        changed += believed.difference.empty() ? 0 : 1;
        retired += verified.retired ? 1 : 0;
        EXPECT_FALSE(believed.retired);
        EXPECT_EQ(verified.retired, verified.mismatches != 0);
        // What would have changed the store was found.
        if (verified.difference.empty() && (believed.difference.empty() || verified.retired)) continue;
        const Plan small = shrink_plan(
            plan, [&](const Plan& p) { return !run(p, Hostility::lies, Verify::all).difference.empty(); }, 1000);
        FAIL() << "seed " << seed << ": " << verified.difference << "\n" << describe(small);
    }
    std::cout << deeds << " lies; " << changed << " plans changed when they are believed, " << retired
              << " executors given up\n";
    EXPECT_GT(deeds, plans);
    EXPECT_GT(changed, plans / 2);
    EXPECT_GE(retired, changed);
}

// Whatever is forged, no run stops: there is a store in the end, and with --verify all it is the right one.
TEST(HostileVerification, ForgeriesStopNothing) {
    const std::uint64_t plans = scaled(400);
    std::uint64_t deeds = 0, changed = 0;
    for (std::uint64_t seed = random_seed(), end = seed + plans; seed < end; seed++) {
        const Plan plan = random_plan(seed, plan_world());
        const Outcome believed = run(plan, Hostility::forges, Verify::none);
        deeds += believed.deeds;
        changed += believed.difference.empty() ? 0 : 1;
        EXPECT_TRUE(believed.difference.empty() || believed.difference.find("differ") != std::string::npos)
            << "seed " << seed << ": " << believed.difference;
        EXPECT_EQ(run(plan, Hostility::forges, Verify::all).difference, "") << "seed " << seed;
    }
    std::cout << deeds << " forgeries, " << changed << " plans changed when they are believed\n";
    EXPECT_GT(deeds, plans);
    EXPECT_GT(changed, plans / 8);
}

// Blocks of one candidate each, a call of the same contract.
Plan calls_of_one_contract(std::size_t blocks) {
    Plan plan;
    for (unsigned i = 0; i < blocks; i++)
        plan.blocks.push_back({{1000 + i, {}, 1, {}, {{true, PlanCall{{4, 1}, {5, 0, 1}, {}}, 0, 0, {}}}}});
    return plan;
}

// The first effect of a contract is always verified.
TEST(HostileVerification, SampleTakesTheFirstOfAContract) {
    for (std::uint64_t seed = 0; seed < 20; seed++) {
        Plan plan = calls_of_one_contract(1);
        plan.seed = seed;
        for (const auto& other : {plan_ids::scripts[1], plan_ids::scripts[2]}) {
            plan.blocks[0].push_back(plan.blocks[0][0]);
            plan.blocks[0].back().number += 10 + static_cast<unsigned>(other.tx);
            plan.blocks[0].back().stones[0].call->target = other;
        }
        const Outcome o = run(plan, Hostility::lies, Verify::sample);
        EXPECT_EQ(o.difference, "");
        EXPECT_EQ(o.retired, o.deeds != 0);
    }
}

// Of the others one in 64. The executor lies about one, after an honest one; each time with other odds.
TEST(HostileVerification, SampleCatchesOneIn64) {
    SerialRun serial(calls_of_one_contract(2));
    parallel::Workers& workers = plan_workers(1);
    parallel::CpuExecutor cpu(workers);
    constexpr unsigned times = 1280;
    unsigned caught = 0;
    for (unsigned i = 0; i < times; i++) {
        HostileExecutor hostile(cpu, Hostility::none, i, 1);
        RunnerOptions options;
        options.verify = Verify::sample;
        options.seed = i;
        ParallelRunner runner(hostile, workers, options);
        const std::string d = difference(serial, runner, [&] { hostile.set(Hostility::lies); });
        ASSERT_EQ(hostile.deeds, 1u);
        ASSERT_EQ(d.empty(), runner.retired()) << d;
        caught += runner.retired() ? 1 : 0;
    }
    std::cout << caught << " of " << times << " caught\n";
    // 20 are to be expected; the seeds are fixed.
    EXPECT_GE(caught, 8u);
    EXPECT_LE(caught, 36u);
}

TEST(HostileVerification, ChoosesWithItsOdds) {
    parallel::Verifier sample{Verify::sample, std::mt19937_64(1), {}}, all{Verify::all, std::mt19937_64(1), {}},
        none{Verify::none, std::mt19937_64(1), {}};
    EXPECT_TRUE(sample.chooses({2, 1}));
    EXPECT_TRUE(sample.chooses({2, 2}));
    unsigned chosen = 0;
    for (int i = 0; i < 64'000; i++) {
        chosen += sample.chooses({2, 1}) ? 1 : 0;
        ASSERT_TRUE(all.chooses({2, 1}));
        ASSERT_FALSE(none.chooses({2, 1}));
    }
    EXPECT_GT(chosen, 870u);  // 1000, and four standard deviations
    EXPECT_LT(chosen, 1130u);
}

// Loudly, and for the rest of the run.
TEST(HostileVerification, ARetiredExecutorIsAskedNoMore) {
    SerialRun serial(calls_of_one_contract(6));
    parallel::Workers& workers = plan_workers(1);
    parallel::CpuExecutor cpu(workers);
    HostileExecutor hostile(cpu, Hostility::lies, 1, 1);
    std::vector<std::string> warnings;
    RunnerOptions options;
    options.verify = Verify::all;
    options.warn = [&](const std::string& text) { warnings.push_back(text); };
    ParallelRunner runner(hostile, workers, options);
    EXPECT_EQ(difference(serial, runner), "");
    EXPECT_TRUE(runner.retired());
    EXPECT_EQ(hostile.deeds, 1u);
    ASSERT_EQ(warnings.size(), 1u);
    EXPECT_NE(warnings[0].find("executor hostile is given up"), std::string::npos) << warnings[0];
}

// One that throws block after block, too; one that throws now and then is asked again.
TEST(HostileVerification, ThrowingIsForgivenTwice) {
    for (const bool always : {true, false}) {
        SerialRun serial(calls_of_one_contract(8));
        parallel::Workers& workers = plan_workers(1);
        parallel::CpuExecutor cpu(workers);
        HostileExecutor hostile(cpu, Hostility::throws, 1);
        std::vector<std::string> warnings;
        RunnerOptions options;
        options.warn = [&](const std::string& text) { warnings.push_back(text); };
        ParallelRunner runner(hostile, workers, options);
        unsigned blocks = 0;
        EXPECT_EQ(difference(serial, runner,
                             [&] {
                                 blocks++;
                                 hostile.set(always || blocks % 3 != 2 ? Hostility::throws : Hostility::none);
                             }),
                  "");
        EXPECT_EQ(runner.retired(), always);
        EXPECT_EQ(warnings.size(), always ? 3u : 6u);
    }
}

// Another one goes on ahead where one is given up, because it throws or lies.
TEST(HostileVerification, AnotherExecutorGoesOn) {
    for (const Hostility hostility : {Hostility::throws, Hostility::lies}) {
        SerialRun serial(calls_of_one_contract(8));
        parallel::Workers& workers = plan_workers(1);
        parallel::CpuExecutor cpu(workers);
        HostileExecutor hostile(cpu, hostility, 1, 1);
        std::vector<std::string> warnings;
        RunnerOptions options;
        options.verify = Verify::all;
        options.warn = [&](const std::string& text) { warnings.push_back(text); };
        options.otherwise = &cpu;
        ParallelRunner runner(hostile, workers, options);
        std::uint64_t used_behind = 0;
        EXPECT_EQ(difference(serial, runner,
                             [&] {
                                 hostile.set(hostility);
                                 if (runner.retired()) used_behind += runner.statistics().used;
                             }),
                  "");
        EXPECT_TRUE(runner.retired());
        EXPECT_GT(used_behind, 0U);
        ASSERT_FALSE(warnings.empty());
        EXPECT_NE(warnings.back().find("is given up for the rest of this run, which goes on with executor cpu: "),
                  std::string::npos)
            << warnings.back();
    }
}

// One that lies and then throws for the third time is retired once: the other one is not blamed for the lie.
TEST(HostileVerification, TheOtherExecutorIsNotBlamed) {
    class LiesThenThrows final : public parallel::Executor {
     public:
        explicit LiesThenThrows(parallel::Executor& cpu) : lies_(cpu, Hostility::lies, 1, 1) {}
        [[nodiscard]] std::string_view name() const noexcept override { return "two-faced"; }
        [[nodiscard]] std::size_t lanes() const noexcept override { return lies_.lanes(); }
        void execute(const parallel::Batch& batch, parallel::ResultMemory& memory,
                     std::span<alkanes::ExecutedMessage> results) override {
            if (++batches_ >= 3) lies_.execute(batch, memory, results);
            throw std::runtime_error("it is gone");
        }

     private:
        HostileExecutor lies_;
        unsigned batches_ = 0;
    };
    SerialRun serial(calls_of_one_contract(8));
    parallel::Workers& workers = plan_workers(1);
    parallel::CpuExecutor cpu(workers);
    LiesThenThrows executor(cpu);
    std::vector<std::string> warnings;
    RunnerOptions options;
    options.verify = Verify::all;
    options.warn = [&](const std::string& text) { warnings.push_back(text); };
    options.otherwise = &cpu;
    ParallelRunner runner(executor, workers, options);
    std::uint64_t mismatches = 0;
    EXPECT_EQ(difference(serial, runner, [&] { mismatches += runner.statistics().mismatches; }), "");
    EXPECT_TRUE(runner.retired());
    EXPECT_FALSE(runner.in_order());
    EXPECT_GT(mismatches, 0U);
    EXPECT_EQ(warnings.size(), 3U) << "twice that it failed, and that it is given up";
}

}  // namespace
}  // namespace warpshrew::test
