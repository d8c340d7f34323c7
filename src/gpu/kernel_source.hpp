#pragma once
// Kernels as text: WGSL files of src/gpu/kernels, which the program carries, put together with constants that C++
// defines.

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace warpshrew::gpu {

/// A constant that host and kernel share, written once in C++: `const NAME: u32 = VALUE;` in WGSL.
struct Constant {
    std::string_view name;
    std::uint32_t value = 0;
};

/// A storage buffer that a kernel declares: `@group(G) @binding(B) var<storage, read> ...`
struct BindingSlot {
    std::uint32_t group = 0;
    std::uint32_t binding = 0;
    bool writable = false;

    friend bool operator==(const BindingSlot&, const BindingSlot&) = default;
};

struct KernelSource {
    std::string name;            ///< for messages
    std::string wgsl;            ///< the whole module
    std::string entry = "main";  ///< the compute entry point
    /// Loops may be compiled without the counter that ends infinite ones: only for kernels whose loops all have a
    /// budget.
    bool bounded_loops = false;
};

/// The text of src/gpu/kernels/`file`; empty if there is no such file.
[[nodiscard]] std::string_view kernel_file(std::string_view file) noexcept;

/// A kernel: the constants, then the files one after the other. Files that do not exist are a mistake in the program:
/// they become text that does not compile, and that names them.
[[nodiscard]] KernelSource make_kernel(std::string name, std::span<const Constant> constants,
                                       std::initializer_list<std::string_view> files);

/// The storage buffers that a module declares, by group and binding, whether the kernel uses them or not. An error for
/// a binding of another kind (uniform buffers, textures), for two at one place, and for groups with gaps.
[[nodiscard]] Result<std::vector<BindingSlot>> binding_slots(std::string_view wgsl);

}  // namespace warpshrew::gpu
