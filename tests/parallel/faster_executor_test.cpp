// Batches on CPU threads or a device, whichever is faster; what the device leaves, and everything once it fails, is
// executed on CPU threads; and blocks stay as they are in order (design.md 1).
#include "parallel/faster_executor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <stdexcept>

#include "alkanes/simulate.hpp"
#include "hostile_executor.hpp"
#include "parallel_fixture.hpp"
#include "random_seconds.hpp"
#include "store/memory_state.hpp"
#include "support/random_cases.hpp"

namespace warpshrew::test {
namespace {

using alkanes::ExecutedMessage;
using alkanes::ExecutionStatus;
using parallel::Call;
using parallel::FasterExecutor;
using testing::AllOf;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;

constexpr std::size_t memory_limit = 1 << 20;

// An executor by whose clock a batch takes so long, and which leaves some calls.
class FakeExecutor final : public parallel::Executor {
 public:
    FakeExecutor(std::string_view name, double& now) : name_(name), now_(now) {}
    [[nodiscard]] std::string_view name() const noexcept override { return name_; }
    [[nodiscard]] std::size_t lanes() const noexcept override { return name_ == "cpu" ? 16 : 16'384; }
    void execute(const parallel::Batch& batch, parallel::ResultMemory& memory,
                 std::span<ExecutedMessage> results) override {
        ASSERT_EQ(batch.calls.size(), results.size());
        batches.emplace_back(batch.calls.begin(), batch.calls.end());
        now_ += batch_seconds;
        if (fills_memory) {
            store::Arena& arena = memory.take();
            (void)store::copy_into(arena, BytesView(Bytes(memory_limit, 'x')));
            memory.give_back(arena);
        }
        for (std::size_t i = 0; i < results.size(); i++) {
            if (i == throws_at) throw std::runtime_error("it is gone");
            if (leaves(batch.calls[i])) continue;
            now_ += seconds_per_fuel * (static_cast<double>(fuel) + 40'000);
            results[i].status = ExecutionStatus::succeeded;
            results[i].call = batch.call(i);
            results[i].fuel_used = fuel;
            results[i].error = name_;  // who it was
        }
    }

    double batch_seconds = 0, seconds_per_fuel = 1e-9;
    std::uint64_t fuel = 10'000;
    std::function<bool(const Call&)> leaves = [](const Call&) { return false; };
    std::size_t throws_at = std::numeric_limits<std::size_t>::max();
    bool fills_memory = false;
    std::vector<std::vector<Call>> batches;

 private:
    std::string_view name_;
    double& now_;
};

class Faster : public testing::Test {
 protected:
    Faster() {
        // As a GPU is beside 16 cores.
        cpu.seconds_per_fuel = 1e-10;
        device.batch_seconds = 0.017;
        device.seconds_per_fuel = 1e-12;
    }
    // A batch of so many calls; the results.
    std::vector<ExecutedMessage> run(std::size_t n) {
        std::vector<Call> calls(n);
        for (std::size_t i = 0; i < n; i++) {
            calls[i].vout = static_cast<std::uint32_t>(i);
            calls[i].first_token = static_cast<std::uint32_t>(i);
            calls[i].token_count = 1;
            calls[i].fuel = 3'500'000;
            calls[i].likely_fuel = likely_fuel;
        }
        tokens.resize(n);
        for (std::size_t i = 0; i < n; i++) tokens[i].value = i;
        std::vector<ExecutedMessage> results(n);
        memory.clear();
        executor.execute({environment, codes, block, state, 7, calls, tokens}, memory, results);
        return results;
    }
    // What the next batch of so many calls is executed by.
    std::string next(std::size_t n) { return std::string(run(n).back().error); }
    void run(std::size_t n, std::size_t batches) {
        for (std::size_t i = 0; i < batches; i++) run(n);
    }
    parallel::Statistics statistics() {
        parallel::Statistics out;
        executor.add_to(out);
        return out;
    }

    double now = 0;
    FakeExecutor cpu{"cpu", now}, device{"gpu", now};
    std::vector<std::string> lines;
    FasterExecutor executor{cpu,
                            device,
                            {.seconds = [&] { return now; },
                             .warn = [&](const std::string& s) { lines.push_back(s); },
                             .workers = &plan_workers(3)}};
    protorune::Network network = plan_network(PlanRules::devnet);
    alkanes::Builtins builtins{network, {}};
    alkanes::Environment environment{network, builtins, plan_engine()};
    alkanes::CodeCache codes{environment};
    alkanes::BlockInfo block{alkanes::default_block(), network, 7, nullptr};
    store::MemoryState below;
    store::BlockState base{below};
    parallel::VersionedState state{base};
    parallel::ResultMemory memory{memory_limit};
    std::vector<protorune::RuneTransfer> tokens;
    std::uint64_t likely_fuel = 0;
};

TEST_F(Faster, EachSizeGoesToTheFasterOne) {
    for (const std::size_t n : {20'000u, 1000u, 40u, 20u}) run(n, 4);
    EXPECT_EQ(next(20), "cpu");
    EXPECT_EQ(next(40), "cpu");
    EXPECT_EQ(next(1000), "cpu");
    EXPECT_EQ(next(20'000), "gpu");
    device.batch_seconds = 0.0001;
    run(1000, 500);
    EXPECT_EQ(next(1000), "gpu");
}

// A batch that takes a hundred times as long because its calls do a hundred times as much says nothing of the machine:
// whether that was known before or not.
TEST_F(Faster, HeavyCallsAreNoSlowExecutor) {
    for (const bool known : {false, true}) {
        for (int i = 0; i < 200; i++) {
            cpu.fuel = device.fuel = i % 4 < 2 ? 1'000'000 : 10'000;
            likely_fuel = known ? cpu.fuel : 0;
            run(40);
        }
    }
    EXPECT_LE(device.batches.size(), 4u);
}

// The device is good for many light calls, and not for heavy ones.
TEST_F(Faster, LightAndHeavyCallsOfOneSizeGoToTheFasterOneEach) {
    const auto batch = [&](std::uint64_t fuel) {
        cpu.fuel = device.fuel = likely_fuel = fuel;
        device.seconds_per_fuel = fuel > 1'000'000 ? 1e-9 : 1e-12;
        return next(20'000);
    };
    for (int i = 0; i < 20; i++) batch(10'000), batch(2'000'000);
    int light = 0, heavy = 0;
    for (int i = 0; i < 50; i++) {
        light += batch(10'000) == "gpu" ? 1 : 0;
        heavy += batch(2'000'000) == "gpu" ? 1 : 0;
    }
    EXPECT_GT(light, 45);
    EXPECT_LT(heavy, 5);
}

TEST_F(Faster, HasTheLanesOfTheCpu) { EXPECT_EQ(executor.lanes(), 16u); }

TEST_F(Faster, WhatTheDeviceLeavesTheCpuExecutes) {
    device.leaves = [](const Call& c) { return c.vout % 10 == 3; };
    run(50, 2);
    const std::size_t before = cpu.batches.size();
    const auto results = run(50);
    ASSERT_EQ(device.batches.size(), 1u);
    ASSERT_EQ(cpu.batches.size(), before + 1);
    EXPECT_EQ(cpu.batches.back().size(), 5u) << "only what was left";
    for (std::size_t i = 0; i < results.size(); i++) {
        EXPECT_EQ(results[i].error, i % 10 == 3 ? "cpu" : "gpu") << i;
        EXPECT_EQ(results[i].call.vout, i);
        ASSERT_EQ(results[i].call.incoming.size(), 1u);
        EXPECT_EQ(results[i].call.incoming[0].value, i);
    }
    const auto s = statistics();
    EXPECT_EQ(s.cpu.batches, 3u);
    EXPECT_EQ(s.cpu.calls, 105u);
    EXPECT_EQ(s.device.batches, 1u);
    EXPECT_EQ(s.device.calls, 45u);
    EXPECT_EQ(statistics().cpu.batches, 0u) << "counted once";
}

// So many that several threads look at the results.
TEST_F(Faster, WhatTheDeviceLeavesOfManyCalls) {
    constexpr std::size_t n = 10'000;
    device.leaves = [](const Call& c) { return c.vout % 1000 == 3; };
    run(n, 2);
    const auto results = run(n);
    ASSERT_EQ(device.batches.size(), 1u);
    EXPECT_EQ(cpu.batches.back().size(), 10u) << "only what was left";
    for (std::size_t i = 0; i < n; i++) {
        ASSERT_EQ(results[i].error, i % 1000 == 3 ? "cpu" : "gpu") << i;
        ASSERT_EQ(results[i].call.vout, i);
    }
    const auto s = statistics();
    EXPECT_EQ(s.device.calls, n - 10);
    EXPECT_EQ(s.cpu.calls, 2 * n + 10);
}

// The time of what it leaves is the device's: one that leaves everything never is the faster one.
TEST_F(Faster, WhatTheDeviceLeavesCountsAsItsTime) {
    device.leaves = [](const Call&) { return true; };
    run(20'000, 20);
    EXPECT_EQ(device.batches.size(), 2u);
    const auto s = statistics();
    EXPECT_EQ(s.cpu.batches, 20u);
    EXPECT_EQ(s.device.calls, 0u);
}

TEST_F(Faster, WhatNobodyCanExecuteIsLeft) {
    cpu.leaves = device.leaves = [](const Call& c) { return c.vout == 5; };
    run(50, 2);
    const auto results = run(50);
    EXPECT_EQ(results[5].status, ExecutionStatus::none);
    EXPECT_EQ(results[6].status, ExecutionStatus::succeeded);
}

TEST_F(Faster, ADeviceThatThrowsIsGivenUpTheThirdTime) {
    run(40'000, 4);
    device.throws_at = 100;
    for (const std::size_t wait : {0, 16, 64}) {
        EXPECT_FALSE(executor.device_given_up());
        const std::size_t before = device.batches.size();
        run(40'000, wait);
        EXPECT_EQ(device.batches.size(), before);
        const auto results = run(40'000);
        EXPECT_EQ(results[99].error, "gpu") << "what came back counts";
        EXPECT_EQ(results[100].error, "cpu");
        EXPECT_EQ(results[39'999].error, "cpu");
        EXPECT_EQ(statistics().executor_failures, 1u);
    }
    EXPECT_TRUE(executor.device_given_up());
    EXPECT_THAT(lines,
                ElementsAre("executor gpu failed in a batch of block 7, which is executed on CPU threads: it is gone",
                            HasSubstr("executor gpu failed in a batch of block 7"),
                            "executor gpu is given up for the rest of this run, which goes on on CPU threads: "
                            "it failed in 3 batches in a row: it is gone"));
    const std::size_t before = device.batches.size();
    run(40'000, 100);
    EXPECT_EQ(device.batches.size(), before);
    EXPECT_EQ(statistics().executor_failures, 0u);
}

TEST_F(Faster, ADeviceThatFailsOnceIsUsedAgain) {
    run(40'000, 4);
    device.throws_at = 0;
    EXPECT_EQ(next(40'000), "cpu");
    device.throws_at = std::numeric_limits<std::size_t>::max();
    run(40'000, 16);
    EXPECT_EQ(next(40'000), "gpu");
    EXPECT_EQ(next(40'000), "gpu");
    EXPECT_FALSE(executor.device_given_up());
    EXPECT_EQ(lines.size(), 1u);
}

// As where its buffers have no room for so many calls.
TEST_F(Faster, ADeviceThatFailsInLargeBatchesIsUsedForOthers) {
    device.throws_at = 10'000;
    for (int i = 0; i < 200; i++) {
        run(8000);
        run(20'000);
    }
    EXPECT_EQ(next(8000), "gpu");
    EXPECT_FALSE(executor.device_given_up());
    EXPECT_THAT(lines.size(), AllOf(Ge(2u), Le(3u)));  // batches 3, 20, 85
}

TEST_F(Faster, BatchesThatFillTheMemoryOnTheDeviceAreTheCpus) {
    device.fills_memory = true;
    run(8000, 100);
    EXPECT_THAT(device.batches.size(), AllOf(Ge(2u), Le(3u)));  // batches 3, 20, 85
    EXPECT_TRUE(lines.empty());
}

TEST_F(Faster, ADeviceWhoseResultsAreWrongIsDropped) {
    run(40'000, 4);
    EXPECT_EQ(next(40'000), "gpu");
    EXPECT_TRUE(executor.drop_suspect());
    EXPECT_TRUE(executor.device_given_up());
    EXPECT_EQ(next(40'000), "cpu");
    EXPECT_FALSE(executor.drop_suspect()) << "what is left is the CPU";
}

// Random blocks, each batch on the CPU or on a device that does wrong, by chance.
class FasterHostile : public testing::TestWithParam<Hostility> {};

TEST_P(FasterHostile, BlocksAreAsInOrder) {
    const bool lies = GetParam() == Hostility::lies;
    const std::uint64_t plans = scaled(150, 16);
    std::uint64_t deeds = 0, given_up = 0;
    parallel::Statistics sum;
    parallel::Workers& workers = plan_workers(2);
    parallel::CpuExecutor cpu(workers);
    for (std::uint64_t first = random_seed(), end = first + plans; first < end; first += 4) {
        HostileExecutor device(cpu, GetParam(), first);
        RandomSeconds clock(first);
        FasterExecutor executor(cpu, device, {.least_calls = 0, .seconds = std::ref(clock)});
        parallel::RunnerOptions options;
        options.speculate = parallel::Speculate::all;
        options.verify = lies ? parallel::Verify::all : parallel::Verify::none;
        options.seed = first;
        options.speculation.adaptive = first % 3 == 0;
        std::vector<std::string> warnings;
        options.warn = [&](const std::string& warning) { warnings.push_back(warning); };
        parallel::ParallelRunner runner(executor, workers, options);
        for (std::uint64_t seed = first; seed < first + 4; seed++) {
            SerialRun serial(random_plan(seed, plan_world()));
            ASSERT_EQ(difference(serial, runner, [&] { sum.add(runner.statistics()); }), "") << "seed " << seed;
            ASSERT_FALSE(runner.retired()) << "the CPU goes on";
        }
        deeds += device.deeds;
        given_up += executor.device_given_up() ? 1 : 0;
        if (lies && executor.device_given_up()) {
            EXPECT_THAT(warnings, ElementsAre(HasSubstr("executor auto goes on on CPU threads alone for the rest of "
                                                        "this run: in block ")));
        }
    }
    std::cout << deeds << " deeds; " << sum.cpu.batches << " batches on the CPU, " << sum.device.batches
              << " on the device, " << given_up << " devices given up\n";
    EXPECT_GT(sum.cpu.calls, 0u);
    EXPECT_GT(sum.device.calls, 0u);
    EXPECT_GT(sum.used, plans);
    if (GetParam() != Hostility::none) {
        EXPECT_GT(deeds, 0u);
    }
    if (lies) {
        EXPECT_GT(given_up, 0u);
        EXPECT_EQ(sum.mismatches, given_up);
    }
}

INSTANTIATE_TEST_SUITE_P(Ways, FasterHostile,
                         testing::Values(Hostility::none, Hostility::some_nothing, Hostility::throws,
                                         Hostility::throws_no_text, Hostility::flips, Hostility::lies),
                         [](const auto& param) {
                             std::string name(text(param.param));
                             std::ranges::replace(name, ' ', '_');
                             return name;
                         });

}  // namespace
}  // namespace warpshrew::test
