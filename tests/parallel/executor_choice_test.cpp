// Batches go to the executor that was faster for their like, and what trials of the other one cost is bounded
// (docs/decisions/faster-executor.md).
#include "parallel/executor_choice.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace warpshrew::test {
namespace {

using parallel::ExecutorChoice;
using Kind = ExecutorChoice::Kind;

// What batches of so many calls take, in units of time.
struct Machine {
    double cpu_call = 1, device_batch = 100, device_call = 0.1;

    [[nodiscard]] double pace(Kind kind, std::size_t calls) const {
        const auto n = static_cast<double>(calls);
        return kind == Kind::cpu ? cpu_call : device_call + device_batch / n;
    }
    // Executes so many batches; how many of them on the device.
    std::size_t run(ExecutorChoice& choice, std::size_t calls, std::size_t batches) {
        std::size_t on_device = 0;
        for (std::size_t i = 0; i < batches; i++) {
            const Kind kind = choice.of(calls);
            on_device += kind == Kind::device ? 1 : 0;
            seconds += pace(kind, calls) * static_cast<double>(calls);
            choice.note(calls, kind, pace(kind, calls));
        }
        return on_device;
    }

    double seconds = 0;
};

TEST(ExecutorChoice, BeginsWithTwoBatchesOfEach) {
    ExecutorChoice choice(32);
    Machine machine;
    EXPECT_EQ(machine.run(choice, 100, 2), 0u);
    EXPECT_EQ(machine.run(choice, 100, 2), 2u);
    EXPECT_EQ(machine.run(choice, 100, 16), 0u);
}

TEST(ExecutorChoice, TakesTheFasterOneForEachSize) {
    ExecutorChoice choice(32);
    Machine machine;
    for (const std::size_t calls : {32u, 64u, 256u, 4096u, 65'536u}) machine.run(choice, calls, 4);
    EXPECT_EQ(choice.of(32), Kind::cpu);
    EXPECT_EQ(choice.of(64), Kind::cpu);
    EXPECT_EQ(choice.of(256), Kind::device);
    EXPECT_EQ(choice.of(4096), Kind::device);
    EXPECT_EQ(choice.of(8191), Kind::device) << "about as many";
    EXPECT_EQ(choice.of(65'536), Kind::device);
}

TEST(ExecutorChoice, FewCallsAreTheCpus) {
    ExecutorChoice choice(32);
    Machine machine{.device_batch = 0};
    for (std::size_t calls = 0; calls < 32; calls++) EXPECT_EQ(machine.run(choice, calls, 100), 0u) << calls;
    EXPECT_GT(machine.run(choice, 32, 100), 90u);
}

TEST(ExecutorChoice, FindsOutThatTheOtherOneBecameFaster) {
    ExecutorChoice choice(32);
    Machine machine{.device_batch = 200};
    machine.run(choice, 100, 50);
    EXPECT_EQ(choice.of(100), Kind::cpu);
    machine.device_batch = 10;
    machine.run(choice, 100, 100);
    EXPECT_GE(machine.run(choice, 100, 100), 90u);
    machine.cpu_call = 0.05;
    machine.run(choice, 100, 100);
    EXPECT_LE(machine.run(choice, 100, 100), 10u);
}

TEST(ExecutorChoice, ChangesAtOnceWhereTheUsualOneBecameSlower) {
    ExecutorChoice choice(32);
    Machine machine{.device_batch = 200};
    machine.run(choice, 100, 10);
    machine.cpu_call = 10;
    EXPECT_EQ(machine.run(choice, 100, 2), 0u);
    EXPECT_EQ(choice.of(100), Kind::device);
    // And back, if the other one is no longer what it was.
    machine.device_batch = 100'000;
    EXPECT_EQ(machine.run(choice, 100, 2), 2u);
    EXPECT_EQ(choice.of(100), Kind::cpu);
}

// A contract that is compiled, a machine that was busy.
TEST(ExecutorChoice, OneSlowBatchTellsNothing) {
    ExecutorChoice choice(32);
    Machine machine;
    choice.note(64, Kind::cpu, 1000);
    machine.run(choice, 64, 1);
    choice.note(64, Kind::device, 1000);
    machine.run(choice, 64, 3);
    choice.note(64, Kind::cpu, 1000);
    EXPECT_EQ(choice.of(64), Kind::cpu);
    machine.run(choice, 4096, 6);
    choice.note(4096, Kind::device, 1000);
    EXPECT_EQ(choice.of(4096), Kind::device);
    // Two do.
    choice.note(4096, Kind::device, 1000);
    EXPECT_EQ(choice.of(4096), Kind::cpu);
}

// However much slower a device is, its trials take a thirty-second of the time, the first one aside.
TEST(ExecutorChoice, TrialsCostLittle) {
    for (const double slower : {1.1, 1.5, 2.0, 10.0, 500.0, 20'000.0}) {
        SCOPED_TRACE(slower);
        ExecutorChoice choice(32);
        Machine machine{.device_batch = 0, .device_call = slower};
        machine.run(choice, 64, 4);
        machine.seconds = 0;
        const std::size_t batches = 2'000'000;
        const std::size_t on_device = machine.run(choice, 64, batches);
        EXPECT_GT(on_device, 0u) << "it is never tried again";
        EXPECT_LE(machine.seconds, 64.0 * batches * (1 + 1.0 / 32));
    }
}

// A device that is the faster one, and a CPU that is tried.
TEST(ExecutorChoice, TrialsOfTheCpuCostLittleToo) {
    ExecutorChoice choice(32);
    Machine machine{.cpu_call = 100, .device_batch = 0, .device_call = 1};
    machine.run(choice, 64, 4 + 16 + 2);  // the first trials, and one soon after the change
    machine.seconds = 0;
    const std::size_t on_device = machine.run(choice, 64, 1'000'000);
    EXPECT_LT(on_device, 1'000'000u);
    EXPECT_LE(machine.seconds, 64.0 * 1'000'000 * (1 + 1.0 / 32));
}

TEST(ExecutorChoice, TakesAnyTimes) {
    ExecutorChoice choice(1);
    for (const double pace : {0.0, 1e300, 0.0, 1e-300, 1e300, 0.0})
        for (int i = 0; i < 10; i++) choice.note(1, choice.of(1), pace);
    Machine machine{.device_batch = 0};
    machine.run(choice, 2, 100);
    EXPECT_EQ(choice.of(2), Kind::device) << "another size";
    EXPECT_EQ(choice.of(std::numeric_limits<std::size_t>::max()), Kind::cpu);
}

}  // namespace
}  // namespace warpshrew::test
