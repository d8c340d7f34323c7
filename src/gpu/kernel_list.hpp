#pragma once
// Every kernel of the program, for the build, which compiles each, and the self-test.

#include <vector>

#include "gpu/kernel_source.hpp"

namespace warpshrew::gpu {

/// All kernels, each as it will be compiled. A module with kernels adds its own to the list in kernel_list.cpp.
[[nodiscard]] std::vector<KernelSource> kernel_list();

}  // namespace warpshrew::gpu
