#pragma once
// The kernel that executes device code: kernels/interpreter_state.wgsl, interpreter.wgsl and one of two
// ways in which lanes go together.

#include <vector>

#include "gpu/kernel_source.hpp"
#include "gpu/layout.hpp"

namespace warpshrew::gpu {

/// What the kernel takes from layout.hpp.
[[nodiscard]] std::vector<Constant> interpreter_constants();

/// `keeps_together`: lanes that came apart wait for each other, which needs the feature Subgroup.
[[nodiscard]] KernelSource interpreter_kernel(bool keeps_together = false);

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
