// Parses and validates every kernel, for the build (cmake/kernels.cmake). Exit code 1 and the compiler's message for
// the first that is wrong; a line on standard error and exit code 0 where there is no adapter to do it with.

#include <cstdlib>
#include <iostream>

#include "gpu/device.hpp"
#include "gpu/kernel_list.hpp"

int main() {
    using namespace warpshrew;
    setenv("NODEVICE_SELECT", "1", 0);  // as src/main.cpp
    const auto adapter = gpu::find_adapter("");
    if (!adapter) {
        std::cerr << "warning: kernels are not validated: " << adapter.error().reason << '\n';
        return 0;
    }
    auto device = gpu::Device::open(*adapter);
    if (!device) {
        std::cerr << "warning: kernels are not validated: " << device.error().reason << '\n';
        return 0;
    }
    for (const gpu::KernelSource& kernel : gpu::kernel_list()) {
        if (const auto valid = device->validate(kernel); !valid) {
            std::cerr << valid.error().reason << '\n';
            return 1;
        }
    }
    return 0;
}
