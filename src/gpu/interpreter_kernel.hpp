#pragma once
// The kernel that executes device code: kernels/interpreter_state.wgsl and interpreter.wgsl.

#include <vector>

#include "gpu/kernel_source.hpp"
#include "gpu/layout.hpp"

namespace warpshrew::gpu {

/// What the kernel takes from layout.hpp.
[[nodiscard]] std::vector<Constant> interpreter_constants();

[[nodiscard]] KernelSource interpreter_kernel();

/// The places of its buffers, in group 0.
enum class Place : std::uint32_t {
    parameters,
    code,
    code_words,  ///< the same buffer
    registers,
    memories,
    page_tables,
    status_flags,
    tx_payloads,
    input_state,
    state_map,
    output_state,
    count
};

}  // namespace warpshrew::gpu
