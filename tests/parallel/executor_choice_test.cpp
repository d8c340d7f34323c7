// Batches go to the executor that was faster for their like, and what trials of the other one cost is bounded
// (docs/decisions/faster-executor.md).
#include "parallel/executor_choice.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace warpshrew::test {
namespace {

using parallel::ExecutorChoice;
using Kind = ExecutorChoice::Kind;

// What batches take, in units of time.
struct Machine {
    double cpu_work = 1, device_batch = 100, device_work = 0.1;
    double work_of_a_call = 1;

    [[nodiscard]] ExecutorChoice::Load load(std::size_t calls) const {
        return {calls, work_of_a_call * static_cast<double>(calls)};
    }
    [[nodiscard]] double seconds_of(Kind kind, double work) const {
        return kind == Kind::cpu ? cpu_work * work : device_batch + device_work * work;
    }
    // Executes a batch; on what.
    Kind run(ExecutorChoice& choice, std::size_t calls) {
        const auto batch = load(calls);
        const Kind kind = choice.of(batch);
        const double took = seconds_of(kind, batch.work);
        seconds += took;
        choice.note(batch, kind, took, batch.work);
        return kind;
    }
    // Executes so many batches; how many of them on the device.
    std::size_t run(ExecutorChoice& choice, std::size_t calls, std::size_t batches) {
        std::size_t on_device = 0;
        for (std::size_t i = 0; i < batches; i++) on_device += run(choice, calls) == Kind::device ? 1 : 0;
        return on_device;
    }

    double seconds = 0;
};

TEST(ExecutorChoice, BeginsWithTheCpuAndThenTriesTheDevice) {
    ExecutorChoice choice(32);
    Machine machine;
    EXPECT_EQ(machine.run(choice, 200, 2), 0u);
    EXPECT_EQ(machine.run(choice, 200, 1 + 42), 43u) << "the CPU takes 5/3 as long";
    EXPECT_EQ(machine.run(choice, 200, 2), 0u) << "a trial, which it loses";
    EXPECT_EQ(machine.run(choice, 200, 42), 42u);
}

TEST(ExecutorChoice, TakesTheFasterOneForEachSize) {
    ExecutorChoice choice(32);
    Machine machine;
    for (const std::size_t calls : {32u, 64u, 256u, 4096u, 65'536u}) machine.run(choice, calls, 500);
    EXPECT_LE(machine.run(choice, 32, 100), 4u);
    EXPECT_LE(machine.run(choice, 64, 100), 4u);
    EXPECT_GE(machine.run(choice, 256, 100), 96u);
    EXPECT_GE(machine.run(choice, 4096, 100), 96u);
    EXPECT_GE(machine.run(choice, 8191, 100), 96u) << "about as many";
    EXPECT_GE(machine.run(choice, 65'536, 100), 96u);
}

// A GPU waits for the longest call: what it is good for depends on what calls do, too.
TEST(ExecutorChoice, TakesTheFasterOneForLightAndForHeavyCalls) {
    ExecutorChoice choice(32);
    Machine light, heavy{.device_work = 2, .work_of_a_call = 50};
    light.run(choice, 4096, 20);
    heavy.run(choice, 4096, 20);
    for (int i = 0; i < 1000; i++) {
        EXPECT_EQ(choice.of(light.load(4096)), Kind::device);
        heavy.run(choice, 4096);
    }
    EXPECT_LT(heavy.run(choice, 4096, 1000), 50u);
}

TEST(ExecutorChoice, FewCallsAreTheCpus) {
    ExecutorChoice choice(32);
    Machine machine{.device_batch = 0};
    for (std::size_t calls = 0; calls < 32; calls++) EXPECT_EQ(machine.run(choice, calls, 100), 0u) << calls;
    EXPECT_GT(machine.run(choice, 32, 100), 80u);
}

TEST(ExecutorChoice, FindsOutThatTheOtherOneBecameFaster) {
    ExecutorChoice choice(32);
    Machine machine{.device_batch = 200};
    machine.run(choice, 100, 200);
    EXPECT_EQ(choice.of(machine.load(100)), Kind::cpu);
    machine.device_batch = 10;
    machine.run(choice, 100, 200);
    EXPECT_GE(machine.run(choice, 100, 100), 90u);
    machine.cpu_work = 0.05;
    machine.run(choice, 100, 500);
    EXPECT_LE(machine.run(choice, 100, 100), 10u);
}

TEST(ExecutorChoice, ChangesAtOnceWhereTheUsualOneBecameSlower) {
    ExecutorChoice choice(32);
    Machine machine{.device_batch = 200};
    machine.run(choice, 100, 60);
    machine.cpu_work = 10;
    EXPECT_EQ(machine.run(choice, 100, 2), 0u);
    EXPECT_EQ(choice.of(machine.load(100)), Kind::device);
    // And back, if the other one is no longer what it was.
    machine.device_batch = 100'000;
    EXPECT_EQ(machine.run(choice, 100, 2), 2u);
    EXPECT_EQ(choice.of(machine.load(100)), Kind::cpu);
}

// A contract that is compiled, a machine that was busy.
TEST(ExecutorChoice, OneSlowBatchTellsNothing) {
    ExecutorChoice choice(32);
    Machine machine;
    const auto slow = [&](Kind kind) { choice.note(machine.load(4096), kind, 1e6, 4096); };
    slow(Kind::cpu);
    EXPECT_EQ(machine.run(choice, 4096), Kind::cpu);
    machine.run(choice, 4096, 2 + 5);
    EXPECT_EQ(choice.of(machine.load(4096)), Kind::device);
    slow(Kind::device);
    EXPECT_EQ(machine.run(choice, 4096), Kind::device);
    slow(Kind::device);
    EXPECT_EQ(machine.run(choice, 4096), Kind::device);
    slow(Kind::device);
    slow(Kind::device);  // two do
    EXPECT_EQ(machine.run(choice, 4096), Kind::cpu);
}

// However much slower a device is, its trials lose a thirty-second of the time, and one batch.
TEST(ExecutorChoice, TrialsCostLittle) {
    for (const double slower : {1.1, 1.5, 2.0, 10.0, 1000.0}) {
        SCOPED_TRACE(slower);
        ExecutorChoice choice(32);
        Machine machine{.device_batch = 0, .device_work = slower};
        double on_cpu = 0;
        std::size_t on_device = 0;
        for (std::size_t i = 0; i < 300'000; i++) {
            const Kind kind = machine.run(choice, 64);
            on_device += kind == Kind::device ? 1 : 0;
            on_cpu += 64;
            // Two batches of one trial may follow each other.
            ASSERT_LE(machine.seconds, on_cpu * (1 + 1.0 / 32) + 2 * 64 * (slower - 1)) << i;
        }
        EXPECT_GT(on_device, 2u) << "it is tried again";
    }
}

// Each size is tried once for itself, but not at a time: all of them together lose no more than one would.
TEST(ExecutorChoice, FirstTrialsOfManySizesCostLittle) {
    ExecutorChoice choice(32);
    Machine machine{.device_batch = 1e6, .device_work = 1};
    double on_cpu = 0;
    for (int round = 0; round < 100; round++) {
        for (std::size_t calls = 32; calls < 10'000; calls *= 2) {
            machine.run(choice, calls);
            on_cpu += static_cast<double>(calls);
            ASSERT_LE(machine.seconds, on_cpu * (1 + 1.0 / 32) + 2e6);
        }
    }
}

// A device that is the faster one, and a CPU that is tried.
TEST(ExecutorChoice, TrialsOfTheCpuCostLittleToo) {
    ExecutorChoice choice(32);
    Machine machine{.cpu_work = 100, .device_batch = 0, .device_work = 1};
    machine.run(choice, 64, 4);
    machine.seconds = 0;
    const std::size_t on_device = machine.run(choice, 64, 1'000'000);
    EXPECT_LT(on_device, 1'000'000u);
    EXPECT_LE(machine.seconds, 64.0 * 1'000'000 * (1 + 1.0 / 32) + 2 * 6400);
}

TEST(ExecutorChoice, TakesAnyTimes) {
    ExecutorChoice choice(1);
    for (const double seconds : {0.0, 1e300, 0.0, 1e-300, 1e300, 0.0})
        for (int i = 0; i < 10; i++) choice.note({1, 1e300}, choice.of({1, 1e300}), seconds, 1);
    choice.note({2, -1}, choice.of({2, -1}), 1, 1e300);
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    choice.note({most, 1}, choice.of({most, 1}), 1, 1);
    EXPECT_EQ(choice.of({most, 1}), Kind::cpu);
}

}  // namespace
}  // namespace warpshrew::test
