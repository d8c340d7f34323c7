#include "gpu/kernel_list.hpp"

#include "gpu/selftest_kernel.hpp"

namespace warpshrew::gpu {

std::vector<KernelSource> kernel_list() { return {selftest_kernel()}; }

}  // namespace warpshrew::gpu
