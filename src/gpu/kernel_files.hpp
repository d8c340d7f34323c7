#pragma once
// The files of src/gpu/kernels, which the build puts into the program (cmake/kernels.cmake).

#include <span>
#include <string_view>

namespace warpshrew::gpu {

struct KernelFile {
    std::string_view name;
    std::string_view text;
};

extern const std::span<const KernelFile> kernel_files;

}  // namespace warpshrew::gpu
