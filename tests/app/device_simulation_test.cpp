// Bulk simulation on executors of messages: the same bytes as on the CPU, whatever the executor does.
#include "app/device_simulation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "gpu/gpu_executor.hpp"
#include "parallel/hostile_executor.hpp"
#include "random_calls.hpp"
#include "simulation_store.hpp"
#include "support/program.hpp"
#include "support/random_cases.hpp"

namespace warpshrew::test {
namespace {

using nlohmann::json;
using parallel::Verify;
using testing::HasSubstr;

Bytes random_lines(std::uint64_t seed, std::uint64_t n) {
    RandomCalls calls(seed);
    Bytes out;
    for (std::uint64_t i = 0; i < n; i++) out += calls.next().dump() + "\n";
    return out;
}

/// Calls that a device executes.
Bytes token_lines(std::uint64_t n) {
    Bytes out;
    for (std::uint64_t i = 0; i < n; i++) {
        const bool mints = i % 2 == 0;
        out += call_line({2, 1 + i % 8}, {mints ? 77U : 99U}).dump() + "\n";
    }
    return out;
}

std::size_t lines_in(const Bytes& text) { return static_cast<std::size_t>(std::ranges::count(text, '\n')); }

/// Which line differs; empty: none does.
std::string difference(const Bytes& input, const Bytes& expected, const Bytes& got) {
    std::istringstream in(input), a(expected), b(got);
    std::string call, x, y;
    while (std::getline(in, call)) {
        std::getline(a, x);
        std::getline(b, y);
        if (x != y) return call + "\n" + x + "\n" + y;
    }
    return "";
}

class DeviceSimulation : public testing::Test {
 protected:
    const SimulationStore& store = simulation_store();
    app::CpuSimulationExecutor cpu{store.environment(), store.node().db, store.height(), RandomCalls::block_fuel};
    parallel::Workers workers{store.node().engine, 2};
    parallel::CpuExecutor messages{workers};
    std::vector<std::string> warnings;

    app::DeviceSimulationExecutor on(parallel::Executor& device, Verify verify) {
        return {cpu, device, verify, [this](const std::string& text) { warnings.push_back(text); }, 1};
    }
};

TEST_F(DeviceSimulation, AMessageGivesWhatASimulatedCallGives) {
    const std::uint64_t seed = random_seed();
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Bytes input = random_lines(seed, scaled(1000, 100));
    const Bytes expected = store.run(input, {}, RandomCalls::block_fuel).out;
    for (const unsigned threads : {1U, 3U}) {
        auto simulation = on(messages, Verify::none);
        const auto run = store.run(simulation, input, {.threads = threads}, {.batch_lines = 50});
        ASSERT_TRUE(run.outcome) << run.outcome.error().reason;
        EXPECT_EQ(difference(input, expected, run.out), "");
        EXPECT_EQ(run.out, expected);
        const app::DeviceSimulationCounts counts = simulation.counts();
        EXPECT_GT(counts.on_device, lines_in(input) / 3);
        EXPECT_GT(counts.own_surroundings, 0U);
        EXPECT_EQ(counts.on_device + counts.own_surroundings + counts.handed_back + counts.not_usable, lines_in(input));
        EXPECT_EQ(counts.verified, 0U);
    }
    EXPECT_TRUE(warnings.empty());
}

TEST_F(DeviceSimulation, ALaneGivesWhatTheCpuGives) {
    const std::uint64_t seed = random_seed();
    SCOPED_TRACE("seed " + std::to_string(seed));
    auto device = gpu::Device::open(gpu::find_adapter("").value());
    ASSERT_TRUE(device) << device.error().reason;
    const auto executor = gpu::GpuExecutor::create(std::move(*device), {.lanes = 64, .workers = &workers});
    ASSERT_TRUE(executor) << executor.error().reason;
    const Bytes input = random_lines(seed, scaled(1000)) + token_lines(100);
    const Bytes expected = store.run(input, {}, RandomCalls::block_fuel).out;
    auto simulation = on(**executor, Verify::none);
    const auto run = store.run(simulation, input, {.threads = 2}, {.batch_lines = 100});
    ASSERT_TRUE(run.outcome) << run.outcome.error().reason;
    EXPECT_EQ(difference(input, expected, run.out), "");
    EXPECT_EQ(run.out, expected);
    const app::DeviceSimulationCounts counts = simulation.counts();
    EXPECT_GT(counts.on_device, lines_in(input) / 4);
    EXPECT_EQ(counts.not_usable, 0U);
    EXPECT_EQ(warnings, std::vector<std::string>());
    RecordProperty("on_device", static_cast<int>(counts.on_device));
    RecordProperty("handed_back", static_cast<int>(counts.handed_back));
}

// Whatever the device does, the results are right: wrong ones are found where all are compared, and damage everywhere.
TEST_F(DeviceSimulation, AHostileDeviceChangesNothing) {
    const Bytes input = token_lines(200);
    const Bytes expected = store.run(input, {}, RandomCalls::block_fuel).out;
    for (std::size_t i = 0; i < hostilities; i++) {
        const auto hostility = static_cast<Hostility>(i);
        if (hostility == Hostility::slow) continue;
        SCOPED_TRACE(text(hostility));
        warnings.clear();
        HostileExecutor hostile(messages, hostility, 1);
        auto simulation = on(hostile, Verify::all);
        const auto run = store.run(simulation, input, {.threads = 2}, {.batch_lines = 20});
        ASSERT_TRUE(run.outcome) << run.outcome.error().reason;
        EXPECT_EQ(run.out, expected);
        const bool fails = hostility == Hostility::throws || hostility == Hostility::throws_no_text;
        EXPECT_LE(warnings.size(), 1U);
        EXPECT_EQ(simulation.retired(), warnings.size() == 1);
        if (fails || hostility == Hostility::lies) {
            ASSERT_TRUE(simulation.retired());
            EXPECT_THAT(warnings[0], HasSubstr("executor hostile is given up for the rest of this run"));
            EXPECT_THAT(warnings[0], HasSubstr(fails ? "it failed" : "was not what the CPU gives"));
            EXPECT_GT(simulation.counts().retired, 0U);
        }
        if (hostility == Hostility::none) {
            EXPECT_EQ(simulation.counts().on_device, lines_in(input));
            EXPECT_EQ(simulation.counts().verified, lines_in(input));
        }
    }
}

// A mismatch is found before any result of its run is given out.
TEST_F(DeviceSimulation, ASampleFindsADeviceThatIsAlwaysWrong) {
    const Bytes input = token_lines(64);
    HostileExecutor hostile(messages, Hostility::lies, 1, 1);
    auto simulation = on(hostile, Verify::sample);
    const auto run = store.run(simulation, input, {.threads = 1});
    EXPECT_EQ(run.out, store.run(input, {}, RandomCalls::block_fuel).out);
    EXPECT_TRUE(simulation.retired());
    EXPECT_EQ(simulation.counts().on_device, 0U);
    EXPECT_EQ(simulation.counts().retired + simulation.counts().not_usable, 64U);
}

TEST(SimulateOnAGpu, PrintsTheSameAndWhereItWasExecuted) {
    const TemporaryFolder folder;
    const std::string db = folder.path() / "db", calls = folder.path() / "calls";
    ASSERT_EQ(run_program({"devnet", "--blocks", "2", "--calls-per-block", "30", "--db-path", db}).code, 0);
    ASSERT_TRUE(write_file(calls, token_lines(100) + "x\n" + call_line({6, 1000}, {0, 1, 2, 3, 4, 5, 6}).dump()));
    const Bytes expected = run_program({"simulate", calls, "--db-path", db}).out;
    EXPECT_EQ(lines_in(expected), 102U);

    const std::vector<std::string> on_gpu{"simulate", calls, "--db-path", db, "--executor", "gpu", "--lanes", "64"};
    const ProgramResult text = run_program(on_gpu);
    EXPECT_EQ(text.code, 0);
    EXPECT_EQ(text.out, expected);
    EXPECT_THAT(text.err, HasSubstr("compared with the CPU's; on the CPU: 1 that it handed back"));

    std::vector<std::string> as_json = on_gpu;
    as_json.insert(as_json.end(), {"--json", "--verify", "all"});
    const ProgramResult machine = run_program(as_json);
    EXPECT_EQ(machine.out, expected);
    const json device = json::parse(machine.err).at("device");
    EXPECT_EQ(device.at("executed"), 100);
    EXPECT_EQ(device.at("verified"), 100);
    EXPECT_EQ(device.at("handed_back"), 1);
    EXPECT_EQ(device.at("handed_back_because").at("not_started"), 1);
    EXPECT_EQ(device.at("retired"), false);

    // Without an adapter it says so, and goes on.
    const ProgramResult without = run_program(on_gpu, {"WARPSHREW_WGPU_LIBRARY=/nowhere/libwgpu_native.so"});
    EXPECT_EQ(without.code, 0);
    EXPECT_EQ(without.out, expected);
    EXPECT_THAT(without.err, HasSubstr("calls are executed on CPU threads instead"));
}

}  // namespace
}  // namespace warpshrew::test
