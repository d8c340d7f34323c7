#pragma once
// The adapters (GPUs, and Mesa's lavapipe, a GPU in software) that wgpu-native finds on this machine.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace warpshrew::gpu {

/// What an adapter can do at most; a device is opened with all of it.
struct Limits {
    std::uint64_t buffer_bytes = 0;           ///< of one buffer
    std::uint64_t binding_bytes = 0;          ///< of a buffer that one storage binding covers
    std::uint32_t binding_offset_align = 0;   ///< bytes that a binding's offset in its buffer is a multiple of
    std::uint32_t storage_buffers = 0;        ///< bound in one kernel, all groups together
    std::uint32_t bind_groups = 0;            ///< of one kernel
    std::uint32_t bindings_per_group = 0;     ///< binding numbers are below this
    std::uint32_t workgroup_invocations = 0;  ///< lanes of one workgroup
    std::uint32_t workgroup_size_x = 0;       ///< lanes of one workgroup along x
    std::uint32_t workgroup_bytes = 0;        ///< var<workgroup> memory
    std::uint32_t workgroups = 0;             ///< of one dispatch, along each dimension

    friend bool operator==(const Limits&, const Limits&) = default;
};

struct Adapter {
    std::size_t index = 0;              ///< in list_adapters
    std::string name;                   ///< as the driver says it
    std::string backend;                ///< Vulkan, Metal, D3D12, OpenGL, ...
    std::string type;                   ///< discrete GPU, integrated GPU, CPU, unknown
    std::string driver;                 ///< the driver's name and version
    std::vector<std::string> features;  ///< of those that kernels may use
    Limits limits;
    std::string unusable;                ///< why kernels cannot run on it; empty if they can
    std::shared_ptr<const void> handle;  ///< wgpu-native's adapter
};

/// All adapters: those of Vulkan, Metal and Direct3D 12, then OpenGL's, which are never usable. An error only where
/// wgpu-native's library cannot be loaded.
[[nodiscard]] Result<std::vector<Adapter>> list_adapters();

/// The adapter that `wanted` names: an index, a name, or a part of a name in either case. Empty: the best one, discrete
/// GPUs before integrated ones before CPUs. Among several of that name the first usable one. An error if there is none,
/// or if it is unusable.
[[nodiscard]] Result<Adapter> find_adapter(std::string_view wanted);

}  // namespace warpshrew::gpu
