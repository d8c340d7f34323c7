#pragma once
// wgpu-native's functions, looked up in its shared library at run time, so that the program starts where there is none.
// Only the sources of this folder include this: nothing of it shows in the headers that others use.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

#define WGPU_SKIP_DECLARATIONS
#include <webgpu.h>
#include <wgpu.h>

namespace warpshrew::gpu {

/// The functions that are used, under their names without "wgpu".
struct WgpuLibrary {
    WGPUProcCreateInstance CreateInstance;
    WGPUProcAdapterGetInfo AdapterGetInfo;
    WGPUProcAdapterInfoFreeMembers AdapterInfoFreeMembers;
    WGPUProcAdapterGetLimits AdapterGetLimits;
    WGPUProcAdapterHasFeature AdapterHasFeature;
    WGPUProcAdapterRequestDevice AdapterRequestDevice;
    WGPUProcAdapterRelease AdapterRelease;
    WGPUProcDeviceGetQueue DeviceGetQueue;
    WGPUProcDevicePushErrorScope DevicePushErrorScope;
    WGPUProcDevicePopErrorScope DevicePopErrorScope;
    WGPUProcDeviceCreateBuffer DeviceCreateBuffer;
    WGPUProcDeviceCreateBindGroup DeviceCreateBindGroup;
    WGPUProcDeviceCreateBindGroupLayout DeviceCreateBindGroupLayout;
    WGPUProcDeviceCreatePipelineLayout DeviceCreatePipelineLayout;
    WGPUProcDeviceCreateShaderModule DeviceCreateShaderModule;
    WGPUProcDeviceCreateComputePipeline DeviceCreateComputePipeline;
    WGPUProcDeviceCreateCommandEncoder DeviceCreateCommandEncoder;
    WGPUProcDeviceRelease DeviceRelease;
    WGPUProcQueueSubmit QueueSubmit;
    WGPUProcQueueWriteBuffer QueueWriteBuffer;
    WGPUProcQueueRelease QueueRelease;
    WGPUProcCommandEncoderBeginComputePass CommandEncoderBeginComputePass;
    WGPUProcCommandEncoderClearBuffer CommandEncoderClearBuffer;
    WGPUProcCommandEncoderCopyBufferToBuffer CommandEncoderCopyBufferToBuffer;
    WGPUProcCommandEncoderFinish CommandEncoderFinish;
    WGPUProcCommandEncoderRelease CommandEncoderRelease;
    WGPUProcCommandBufferRelease CommandBufferRelease;
    WGPUProcComputePassEncoderSetPipeline ComputePassEncoderSetPipeline;
    WGPUProcComputePassEncoderSetBindGroup ComputePassEncoderSetBindGroup;
    WGPUProcComputePassEncoderDispatchWorkgroups ComputePassEncoderDispatchWorkgroups;
    WGPUProcComputePassEncoderEnd ComputePassEncoderEnd;
    WGPUProcComputePassEncoderRelease ComputePassEncoderRelease;
    WGPUProcBufferMapAsync BufferMapAsync;
    WGPUProcBufferGetConstMappedRange BufferGetConstMappedRange;
    WGPUProcBufferUnmap BufferUnmap;
    WGPUProcBufferRelease BufferRelease;
    WGPUProcBindGroupRelease BindGroupRelease;
    WGPUProcBindGroupLayoutRelease BindGroupLayoutRelease;
    WGPUProcPipelineLayoutRelease PipelineLayoutRelease;
    WGPUProcShaderModuleRelease ShaderModuleRelease;
    WGPUProcComputePipelineRelease ComputePipelineRelease;
    // wgpu-native's own
    decltype(&wgpuInstanceEnumerateAdapters) InstanceEnumerateAdapters;
    // wgpu.h says WGPUBool, of 32 bits; the library returns a bool, and leaves anything in the other bits.
    bool (*DevicePoll)(WGPUDevice device, bool wait, WGPUSubmissionIndex const* submission);
    decltype(&wgpuDeviceCreateShaderModuleTrusted) DeviceCreateShaderModuleTrusted;
    decltype(&wgpuGetVersion) GetVersion;

    WGPUInstance instance = nullptr;  ///< of the backends whose adapters can be used
};

/// Backends of which an adapter may be usable.
inline constexpr WGPUInstanceBackend usable_backends =
    WGPUInstanceBackend_Vulkan | WGPUInstanceBackend_Metal | WGPUInstanceBackend_DX12;

/// An instance of some backends; starting OpenGL's costs a quarter of a second and prints warnings, so it is only
/// started where it is needed. Null if it does not start.
[[nodiscard]] WGPUInstance new_instance(const WgpuLibrary& library, WGPUInstanceBackend backends);

/// Where the library is looked for, in this order: the environment variable WARPSHREW_WGPU_LIBRARY, if set, and nowhere
/// else; lib/libwgpu_native.so beside the program; where scripts/setup put it when the program was built.
[[nodiscard]] std::vector<std::filesystem::path> wgpu_library_paths();

/// Loads the first library of `paths` that is there, and makes its instance. It stays loaded. An error in words if
/// there is none, or one of another version than the headers are of.
[[nodiscard]] Result<const WgpuLibrary*> load_wgpu_library(const std::vector<std::filesystem::path>& paths);

/// The library at wgpu_library_paths, loaded at the first call.
[[nodiscard]] Result<const WgpuLibrary*> wgpu_library();

/// The feature that every kernel needs, and those that kernels may use where they are there; a device has all that its
/// adapter has of them.
inline constexpr auto feature_int64 = static_cast<WGPUFeatureName>(WGPUNativeFeature_ShaderInt64);
struct UsedFeature {
    WGPUFeatureName feature;
    std::string_view name;
};
inline constexpr UsedFeature used_features[] = {
    {feature_int64, "ShaderInt64"},
    {static_cast<WGPUFeatureName>(WGPUNativeFeature_ShaderInt64AtomicMinMax), "ShaderInt64AtomicMinMax"},
    {static_cast<WGPUFeatureName>(WGPUNativeFeature_ShaderInt64AtomicAllOps), "ShaderInt64AtomicAllOps"},
    {static_cast<WGPUFeatureName>(WGPUNativeFeature_Subgroup), "Subgroup"},
};

[[nodiscard]] inline std::string to_string(WGPUStringView s) {
    if (s.data == nullptr) return {};
    return s.length == WGPU_STRLEN ? std::string(s.data) : std::string(s.data, s.length);
}

}  // namespace warpshrew::gpu
