#pragma once
// Runs exports of modules on lanes of a device and by the interpreter, and compares.

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gpu/code_buffer.hpp"
#include "gpu/lanes.hpp"
#include "gpu/lowering.hpp"
#include "wasm/interpreter.hpp"

namespace warpshrew::gpu::test {

/// A call of an export of a module.
struct WasmCall {
    Bytes module;
    std::string name;
    std::vector<std::uint64_t> args;  ///< 32-bit ones zero-extended
    std::uint64_t fuel = 100'000;
};

struct WasmOutcome {
    LaneStatus status = LaneStatus::fault;
    std::uint32_t detail = 0;  ///< the wasm::Trap, or the HandBack
    std::uint64_t fuel = 0;
    std::vector<std::uint64_t> results;
    std::uint32_t memory = 0;                                                   ///< pages of 64 KiB
    std::vector<std::pair<std::uint32_t, std::vector<std::uint32_t>>> written;  ///< pages of 1 KiB
    std::uint64_t steps = 0;
};

/// The device of the tests, opened once: the best adapter, or the one that WARPSHREW_TEST_ADAPTER names.
struct World {
    Device device;
    Kernel alone, together;  ///< see interpreter_kernel
};
World& world();

/// Whether lanes wait for each other where a test does not say: WARPSHREW_TEST_TOGETHER.
[[nodiscard]] bool lanes_wait();

struct Shape {
    LaneShape lane{.registers = 4096, .pages = 64, .output = 1};
    std::uint32_t budget = 20'000;
    std::uint64_t most_steps = 20'000'000;
    std::optional<bool> keeps_together = {};  ///< which kernel; nothing: as lanes_wait(), and expect_same tries both
};

/// All calls at the same time, each in its lane. Fails the test where the device does.
std::vector<WasmOutcome> run_on_lanes(std::span<const WasmCall> calls, const Shape& shape = {});

/// The same on the CPU; `finished` or `trapped`. `written` has the pages of `like`.
WasmOutcome run_on_cpu(const WasmCall& call, const WasmOutcome& like);

/// Expects of each call that the lane gives what the CPU gives: results, trap, fuel, memory. `may_hand_back`: it need
/// not. Returns how many were handed back.
std::size_t expect_same(std::span<const WasmCall> calls, bool may_hand_back = false, const Shape& shape = {});

}  // namespace warpshrew::gpu::test
