#pragma once
// Cases of the self-test for the interpreter kernel: WebAssembly on lanes against the CPU's interpreter, and contract
// calls by GpuExecutor against the CPU.

#include <string>

#include "base/result.hpp"
#include "gpu/device.hpp"

namespace warpshrew::gpu {

/// Every integer instruction with operands at the edges.
[[nodiscard]] Result<std::string> check_instructions(Device& device);
/// Branches, calls, calls by table, globals, and what traps.
[[nodiscard]] Result<std::string> check_control(Device& device);
/// Loads, stores, bulk operations and growth.
[[nodiscard]] Result<std::string> check_memory(Device& device);
/// The same calls with all amounts of fuel, and in launches of few steps.
[[nodiscard]] Result<std::string> check_fuel(Device& device);
/// Calls of a contract with storage, tokens, nested calls and failures. On a device of its own of the same adapter.
[[nodiscard]] Result<std::string> check_calls(Device& device);

}  // namespace warpshrew::gpu
