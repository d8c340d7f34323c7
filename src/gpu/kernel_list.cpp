#include "gpu/kernel_list.hpp"

#include "gpu/interpreter_kernel.hpp"
#include "gpu/selftest_kernel.hpp"

namespace warpshrew::gpu {

std::vector<KernelSource> kernel_list() {
    return {selftest_kernel(), interpreter_kernel(false), interpreter_kernel(true)};
}

}  // namespace warpshrew::gpu
