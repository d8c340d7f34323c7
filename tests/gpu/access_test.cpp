// What calls do to each other and to themselves, each on lanes and with the state that the block has in order: success,
// conflicts, failures, and keys that a lane may not touch.
#include <gtest/gtest.h>

#include <random>

#include "gpu/state_table.hpp"
#include "plan_executor.hpp"
#include "support/random_cases.hpp"

namespace warpshrew::gpu {
namespace {

using alkanes::ExecutionStatus;
using test::block_of;
using test::run_plan;
using test::script;
using warpshrew::test::PlanCall;
using warpshrew::test::PlanRules;
using warpshrew::test::PlanStep;
using warpshrew::test::RuneId;
using namespace warpshrew::test::plan_ids;

constexpr auto succeeded = ExecutionStatus::succeeded, failed = ExecutionStatus::failed,
               not_executed = ExecutionStatus::none;

PlanCall exercise(u128 opcode) { return {exerciser, {opcode}, {}}; }
PlanCall mint() { return {free_mint, {77}, {}}; }
PlanCall count_up(u128 key) { return script({{{5, key, 1}, {}}}); }

struct Case {
    const char* name;
    PlanRules rules;
    std::vector<PlanCall> calls;
    std::vector<ExecutionStatus> ends;
    const char* error;        ///< in that of the first that fails
    std::uint64_t used;       ///< effects, of as many calls
    unsigned executions = 1;  ///< of the last call, at least
};

TEST(GpuCalls, EachWithTheStateOfTheBlockInOrder) {
    const PlanRules devnet = PlanRules::devnet;
    const Case cases[] = {
        {"success", devnet, {count_up(1), mint()}, {succeeded, succeeded}, "", 2},
        {"success with a nested call",
         devnet,
         {script({{{30, 0, 0}, {PlanCall{scripts[1], {}, {{{5, 2, 3}, {}}}}}}, {{2, 3}, {}}})},
         {succeeded},
         "",
         1},
        {"dependency conflict: the others read what the first writes",
         devnet,
         {script({{{3, 7}, {}}, {{2, 1}, {}}}), script({{{1, 1}, {}}, {{2, 2}, {}}}),
          script({{{1, 1}, {}}, {{2, 3}, {}}}), script({{{1, 1}, {}}, {{2, 4}, {}}})},
         {succeeded, succeeded, succeeded, succeeded},
         "",
         4,
         2},
        {"storage conflict: both write a key",
         devnet,
         {script({{{3, 7}, {}}, {{2, 1}, {}}}), script({{{3, 8}, {}}, {{2, 1}, {}}})},
         {succeeded, succeeded},
         "",
         2},
        {"storage conflict: all count a key up",
         devnet,
         {count_up(1), count_up(1), count_up(1), count_up(1)},
         {succeeded, succeeded, succeeded, succeeded},
         "",
         4},
        {"out of bounds memory access",
         devnet,
         {exercise(53), count_up(1)},
         {failed, succeeded},
         "out of bounds memory access",
         2},
        {"unreachable", devnet, {exercise(51), count_up(1)}, {failed, succeeded}, "unreachable", 2},
        {"revert", devnet, {exercise(56), count_up(1)}, {failed, succeeded}, "ALKANES: revert", 2},
        {"revert of what was written before",
         devnet,
         {script({{{3, 7}, {}}, {{2, 1}, {}}, {{13}, {}}}), script({{{1, 1}, {}}, {{2, 2}, {}}})},
         {failed, succeeded},
         "a step that fails",
         2},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(c.name);
        const auto run = run_plan(block_of(c.calls, c.rules));
        std::string error;
        for (std::uint32_t i = 0; i < c.ends.size(); i++) {
            ASSERT_TRUE(run.seen.contains(i + 1)) << i;
            const auto& seen = run.seen.at(i + 1);
            EXPECT_EQ(static_cast<int>(seen.status), static_cast<int>(c.ends[i])) << i << ": " << seen.error;
            if (error.empty()) error = seen.error;
        }
        EXPECT_NE(error.find(c.error), std::string::npos) << error;
        EXPECT_EQ(run.statistics.used, c.used);
        EXPECT_GE(run.seen.rbegin()->second.executions, c.executions);
        EXPECT_TRUE(run.warnings.empty());
        EXPECT_EQ(run.after.faults, run.before.faults);
    }
}

// Of a block's little fuel each of many transactions has a small share.
TEST(GpuCalls, OutOfFuel) {
    std::vector<PlanCall> calls(40, count_up(1));
    calls[0] = exercise(55);
    const auto run = run_plan(block_of(calls, PlanRules::shared_fuel));
    EXPECT_EQ(run.seen.at(1).status, failed);
    EXPECT_NE(run.seen.at(1).error.find("all fuel consumed by WebAssembly"), std::string::npos) << run.seen.at(1).error;
    EXPECT_GT(run.statistics.used, 1U);
}

TEST(GpuCalls, MoreThanLanes) {
    const std::vector<PlanCall> calls(2 * test::executor_lanes + 6, mint());
    const auto run = run_plan(block_of(calls, PlanRules::devnet));
    EXPECT_EQ(run.statistics.used, calls.size());
    EXPECT_GE(run.after.executed - run.before.executed, calls.size());
    EXPECT_EQ(run.after.handed_back, run.before.handed_back);
}

// Lanes that wait for keys, each for another, run for several launches, fail and are handed back.
std::vector<PlanCall> calls_of_many_kinds(unsigned n) {
    std::vector<PlanCall> calls;
    for (unsigned i = 0; i < n; i++) {
        if (i % 32 == 7)
            calls.push_back({burner, {1, i % 64 == 7 ? 30'000U : 200'000U}, {}});
        else if (i % 32 == 9)
            calls.push_back(exercise(53));
        else if (i % 3 == 0)
            calls.push_back(mint());
        else
            calls.push_back(script({{{8, 2, 1000 + i / 2, 2, 1}, {}}, {{4, i}, {}}, {{2, i}, {}}}));
    }
    return calls;
}

TEST(GpuCalls, GroupsOnTheirWayTogether) {
    constexpr unsigned groups = 5;
    const auto calls = calls_of_many_kinds(groups * test::executor_lanes);
    for (const bool dry : {false, true}) {
        GpuExecutor& executor = test::plan_executor();
        executor.options().dry_run = dry ? DryRun::cpu : DryRun::gpu;
        const auto run = run_plan(block_of(calls, PlanRules::devnet), executor);
        EXPECT_GE(run.after.groups - run.before.groups, groups);
        EXPECT_EQ(run.after.groups_together, 2U);
        if (!dry) {
            EXPECT_GT(run.after.rounds - run.before.rounds, run.after.groups - run.before.groups);
        }
        EXPECT_GE(run.statistics.used, calls.size() * 9 / 10);
        EXPECT_GT(run.after.reasons[static_cast<std::size_t>(HandBack::steps)],
                  run.before.reasons[static_cast<std::size_t>(HandBack::steps)]);
        EXPECT_TRUE(run.warnings.empty());
        EXPECT_EQ(run.after.faults, run.before.faults);
    }
}

// Groups so large that several threads prepare and decode them.
TEST(GpuCalls, OfSeveralThreads) {
    auto options = test::plan_options();
    options.lanes = 256;
    options.shape.registers = 2048;
    options.workers = &warpshrew::test::plan_workers(3);
    const auto executor = test::make_executor(options);
    const auto calls = calls_of_many_kinds(600);
    for (const bool dry : {false, true}) {
        executor->options().dry_run = dry ? DryRun::cpu : DryRun::gpu;
        const auto run = run_plan(block_of(calls, PlanRules::devnet), *executor);
        EXPECT_GE(run.statistics.used, calls.size() * 9 / 10);
        EXPECT_TRUE(run.warnings.empty());
        EXPECT_EQ(run.after.faults, 0U);
    }
}

TEST(GpuCalls, OneGroupAtATime) {
    const auto executor = test::make_executor(test::plan_options());
    executor->options().most_groups = 1;
    const auto run = run_plan(block_of(calls_of_many_kinds(3 * test::executor_lanes), PlanRules::devnet), *executor);
    EXPECT_GE(run.after.groups, 3U);
    EXPECT_EQ(run.after.groups_together, 1U);
    EXPECT_GE(run.statistics.used, 3 * test::executor_lanes * 9 / 10);
    EXPECT_TRUE(run.warnings.empty());
}

// What all calls read is there before they ask for it; what only one read, another one does not get.
TEST(GpuCalls, KeysOfContractsAreExpectedAndThoseOfCallsAreNot) {
    const auto executor = test::make_executor(test::plan_options());
    std::uint64_t first_keys = 0;
    for (unsigned block = 0; block < 3; block++) {
        std::vector<PlanCall> calls;
        for (unsigned i = 0; i < test::executor_lanes; i++)
            calls.push_back(script({{{1, 3}, {}}, {{8, 2, 1000, 4, 5000 + block * test::executor_lanes + i}, {}}}));
        const auto run = run_plan(block_of(calls, PlanRules::devnet), *executor);
        EXPECT_EQ(run.statistics.used, calls.size());
        const std::uint64_t groups = run.after.groups - run.before.groups, keys = run.after.keys - run.before.keys;
        const std::uint64_t rounds = run.after.rounds - run.before.rounds;
        if (block == 0) {
            first_keys = keys;
            EXPECT_GT(rounds, 2 * groups);
            EXPECT_GT(keys, calls.size());
        } else {
            EXPECT_EQ(rounds, 2 * groups);  // up to the own keys, and to the end
            EXPECT_EQ(keys, first_keys);
        }
    }
}

// Those that lanes waited for before they were handed back are expected too.
TEST(GpuCalls, KeysOfCallsThatAreHandedBackAreExpected) {
    const auto executor = test::make_executor(test::plan_options());
    const auto too_long = script({{{1, 3}, {}}, {{1, 4}, {}}, {{12, 200'000}, {}}});
    for (unsigned block = 0; block < 2; block++) {
        const auto run = run_plan(block_of({too_long, too_long}, PlanRules::devnet), *executor);
        const std::uint64_t groups = run.after.groups - run.before.groups;
        EXPECT_EQ(run.after.executed, 0U);
        EXPECT_GE(run.after.handed_back - run.before.handed_back, 2U);
        if (block == 0) {
            EXPECT_GT(run.after.rounds - run.before.rounds, 2 * groups);
        } else {
            EXPECT_EQ(run.after.rounds - run.before.rounds, groups);
        }
    }
}

// What is begun comes to its end; nothing else is begun.
TEST(GpuCalls, NoGroupIsBegunOnceTheMemoryIsFull) {
    std::vector<PlanCall> calls;
    for (unsigned i = 0; i < 4 * test::executor_lanes; i++)
        calls.push_back(script({{{3, i}, {}}, {{2, i}, {}}}));        // have nothing to do with each other
    const auto executor = test::make_executor(test::plan_options());  // keys that are expected take memory too
    const auto run = run_plan(block_of(calls, PlanRules::devnet), *executor, 8 << 10);
    EXPECT_GE(run.statistics.used, 2 * test::executor_lanes);
    EXPECT_LE(run.statistics.used, 3 * test::executor_lanes);
    EXPECT_TRUE(run.warnings.empty());
}

TEST(GpuCalls, LongOnesGoOnOverSeveralLaunchesAndTooLongOnesAreHandedBack) {
    constexpr auto reason = static_cast<std::size_t>(HandBack::steps);
    const PlanCall is_long{burner, {1, 30'000}, {}}, too_long{burner, {1, 200'000}, {}};
    const auto one = run_plan(block_of({is_long, count_up(1)}, PlanRules::devnet));
    EXPECT_EQ(one.seen.at(1).status, succeeded);
    EXPECT_EQ(one.statistics.used, 2U);
    EXPECT_GT(one.after.launches - one.before.launches, one.after.rounds - one.before.rounds + 1);
    const auto other = run_plan(block_of({too_long, count_up(1)}, PlanRules::devnet));
    EXPECT_EQ(other.seen.at(1).status, not_executed);
    EXPECT_EQ(other.seen.at(2).status, succeeded);
    EXPECT_EQ(other.statistics.used, 1U);
    EXPECT_GT(other.after.reasons[reason], other.before.reasons[reason]);
}

// Calls of anything with any words, between calls whose effects are known.
TEST(GpuCalls, FuzzedPayloadsDoNotDisturbTheirNeighbours) {
    static constexpr RuneId targets[] = {exerciser, scripts[0], scripts[1],  free_mint, capped_mint,
                                         factory,   pool,       upgradeable, nft,       burner};
    for (std::uint64_t seed = warpshrew::test::random_seed(), end = seed + warpshrew::test::scaled(5); seed < end;
         seed++) {
        std::mt19937_64 random(seed);
        std::vector<PlanCall> calls;
        for (unsigned i = 0; i < test::executor_lanes; i++) {
            if (i % 4 == 0) {
                calls.push_back(mint());
                continue;
            }
            PlanCall call{targets[random() % std::size(targets)], {random() % 80}, {}};
            for (auto n = random() % 12; n > 0; n--) {
                const u128 word = static_cast<u128>(random()) << 64 | random();
                call.words.push_back(word >> (random() % 2 == 0 ? random() % 128 : 96 + random() % 30));
            }
            calls.push_back(std::move(call));
        }
        SCOPED_TRACE("seed " + std::to_string(seed));
        const auto run = run_plan(block_of(calls, PlanRules::shared_fuel));
        for (unsigned i = 0; i < calls.size(); i += 4)
            EXPECT_NE(static_cast<int>(run.seen.at(i + 1).status), static_cast<int>(not_executed)) << i;
        EXPECT_TRUE(run.warnings.empty());
        EXPECT_EQ(run.after.faults, run.before.faults);
    }
}

// What a call may touch by a dry run on the CPU is what it touches on the device.
TEST(GpuPermissions, OfADryRunOnTheCpuSuffice) {
    GpuExecutor& executor = test::plan_executor();
    executor.options().dry_run = DryRun::cpu;
    const auto run =
        run_plan(block_of({count_up(1), mint(), count_up(2), exercise(53), exercise(1)}, PlanRules::devnet), executor);
    EXPECT_EQ(run.statistics.used, 5U);
    EXPECT_GE(run.after.dry_runs - run.before.dry_runs, 5U);
    EXPECT_EQ(run.after.out_of_set_reads, run.before.out_of_set_reads);
    EXPECT_EQ(run.after.out_of_set_writes, run.before.out_of_set_writes);
}

// The second of two calls may not touch what it does: its lane stops, nothing of it is used, and the block is right.
// The keys are in input_state all the same, for the first call.
TEST(GpuPermissions, ReadsAndWritesOutsideOfThemAreStopped) {
    for (const bool reading : {true, false}) {
        SCOPED_TRACE(reading ? "read" : "write");
        GpuExecutor& executor = test::plan_executor();
        executor.options().dry_run = DryRun::cpu;
        executor.options().change_permissions = [&](const parallel::Call& call, Permissions& p) {
            if (call.tx_index != 2) return;
            EXPECT_FALSE(p.reads.empty());
            EXPECT_FALSE(p.writes.empty());
            (reading ? p.reads : p.writes).clear();
        };
        const auto run = run_plan(block_of({count_up(1), count_up(1), mint()}, PlanRules::devnet), executor);
        EXPECT_EQ(run.seen.at(1).status, succeeded);
        EXPECT_EQ(run.seen.at(2).status, not_executed);
        EXPECT_EQ(run.seen.at(3).status, succeeded);
        EXPECT_EQ(run.statistics.used, 2U);
        EXPECT_EQ(run.after.out_of_set_reads > run.before.out_of_set_reads, reading);
        EXPECT_EQ(run.after.out_of_set_writes > run.before.out_of_set_writes, !reading);
        EXPECT_TRUE(run.warnings.empty());
    }
}

// Nor a key that no other lane has.
TEST(GpuPermissions, AKeyThatWasNotSuppliedIsNotReadEither) {
    GpuExecutor& executor = test::plan_executor();
    executor.options().dry_run = DryRun::cpu;
    executor.options().change_permissions = [](const parallel::Call&, Permissions& p) { p = {}; };
    const auto run = run_plan(block_of({count_up(1), count_up(2)}, PlanRules::devnet), executor);
    EXPECT_EQ(run.statistics.used, 0U);
    EXPECT_GE(run.after.out_of_set_reads - run.before.out_of_set_reads, 2U);
}

TEST(GpuPermissions, KeysOfTheStoreAreThoseOfTheDevice) {
    const RuneId a{2, 7}, b{4, 9};
    const Bytes owner = [&] {
        Bytes out;
        append_le(out, b.block);
        append_le(out, b.tx);
        return out;
    }();
    for (const Bytes& key : {device_key(KeyKind::storage, a, "k"), device_key(KeyKind::storage, a, ""),
                             device_key(KeyKind::balance, a, owner)})
        EXPECT_EQ(device_key_of(store_key(*parse_device_key(key))), key);
    for (const Bytes& key : {device_key(KeyKind::code, a), device_key(KeyKind::sequence, {})})
        EXPECT_FALSE(device_key_of(store_key(*parse_device_key(key))));
    for (const BytesView key : {"", "/alkanes/", "/runes/proto/1/byoutpoint/"}) EXPECT_FALSE(device_key_of(key));
}

}  // namespace
}  // namespace warpshrew::gpu
