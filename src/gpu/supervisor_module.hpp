#pragma once
// The supervisor's code: src/gpu/supervisor, which the build puts into the program (cmake/supervisor.cmake).

#include "gpu/lowering.hpp"

namespace warpshrew::gpu {

struct SupervisorModule {
    DeviceModule code;
    std::uint32_t run = 0;   ///< of the code that executes a call, from the header on
    std::uint32_t host = 0;  ///< descriptor of the function that host functions are
};

[[nodiscard]] Result<SupervisorModule> supervisor_module();

}  // namespace warpshrew::gpu
