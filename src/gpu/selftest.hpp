#pragma once
// Kernels against the CPU on built-in cases: what `warpshrew gpu selftest` runs on each adapter.

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "gpu/device.hpp"

namespace warpshrew::gpu {

/// A case: runs kernels on the device and compares with the CPU. The value is what was done, in a few words; an error
/// is what differed.
struct SelftestCase {
    std::string name;
    std::function<Result<std::string>(Device&)> run;
};

/// All cases, the simplest first. A module with kernels adds its own to the list in selftest.cpp.
[[nodiscard]] std::vector<SelftestCase> selftest_cases();

struct SelftestResult {
    std::string name;
    Result<std::string> outcome;
    double milliseconds = 0;
};

/// Opens the adapter and runs the cases; ends at the first one after which the device has failed. A device that does
/// not open is the result named "open".
[[nodiscard]] std::vector<SelftestResult> run_selftest(const Adapter& adapter, std::span<const SelftestCase> cases);

}  // namespace warpshrew::gpu
