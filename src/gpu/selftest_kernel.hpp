#pragma once
// The trivial kernel that a self-test begins with: arithmetic on 64-bit integers.

#include <string>

#include "base/result.hpp"
#include "gpu/device.hpp"

namespace warpshrew::gpu {

[[nodiscard]] KernelSource selftest_kernel();

/// Runs it over some thousand lanes and compares with the same arithmetic on the CPU.
[[nodiscard]] Result<std::string> check_arithmetic(Device& device);

}  // namespace warpshrew::gpu
