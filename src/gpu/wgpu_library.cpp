#include "gpu/wgpu_library.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <system_error>

namespace warpshrew::gpu {

std::vector<std::filesystem::path> wgpu_library_paths() {
    if (const char* path = std::getenv("WARPSHREW_WGPU_LIBRARY")) return {path};
    std::vector<std::filesystem::path> paths;
    std::error_code error;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
    if (!error) paths.push_back(program.parent_path() / "lib" / "libwgpu_native.so");
    paths.emplace_back(WARPSHREW_WGPU_BUILD_LIBRARY);
    return paths;
}

// The version whose structs webgpu.h and wgpu.h of the wheel describe.
static constexpr std::uint32_t expected_version = WARPSHREW_WGPU_VERSION;

WGPUInstance new_instance(const WgpuLibrary& library, WGPUInstanceBackend backends) {
    WGPUInstanceExtras extras{};
    extras.chain.sType = static_cast<WGPUSType>(WGPUSType_InstanceExtras);
    extras.backends = backends;
    extras.flags = WGPUInstanceFlag_Default;
    WGPUInstanceDescriptor descriptor{};
    descriptor.nextInChain = &extras.chain;
    return library.CreateInstance(&descriptor);
}

Result<const WgpuLibrary*> load_wgpu_library(const std::vector<std::filesystem::path>& paths) {
    std::string tried;
    for (const std::filesystem::path& path : paths) {
        void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (handle == nullptr) {
            const char* reason = dlerror();
            tried += (tried.empty() ? "" : "; ") + std::string(reason != nullptr ? reason : path.c_str());
            continue;
        }
        auto library = std::make_unique<WgpuLibrary>();
        std::string missing;
        const auto find = [&]<class F>(F& function, const char* name) {
            function = reinterpret_cast<F>(dlsym(handle, name));
            if (function == nullptr && missing.empty()) missing = name;
        };
#define WARPSHREW_FIND(name) find(library->name, "wgpu" #name)
        WARPSHREW_FIND(CreateInstance);
        WARPSHREW_FIND(AdapterGetInfo);
        WARPSHREW_FIND(AdapterInfoFreeMembers);
        WARPSHREW_FIND(AdapterGetLimits);
        WARPSHREW_FIND(AdapterHasFeature);
        WARPSHREW_FIND(AdapterRequestDevice);
        WARPSHREW_FIND(AdapterRelease);
        WARPSHREW_FIND(DeviceGetQueue);
        WARPSHREW_FIND(DevicePushErrorScope);
        WARPSHREW_FIND(DevicePopErrorScope);
        WARPSHREW_FIND(DeviceCreateBuffer);
        WARPSHREW_FIND(DeviceCreateBindGroup);
        WARPSHREW_FIND(DeviceCreateBindGroupLayout);
        WARPSHREW_FIND(DeviceCreatePipelineLayout);
        WARPSHREW_FIND(DeviceCreateShaderModule);
        WARPSHREW_FIND(DeviceCreateComputePipeline);
        WARPSHREW_FIND(DeviceCreateCommandEncoder);
        WARPSHREW_FIND(DeviceRelease);
        WARPSHREW_FIND(QueueSubmit);
        WARPSHREW_FIND(QueueWriteBuffer);
        WARPSHREW_FIND(QueueRelease);
        WARPSHREW_FIND(CommandEncoderBeginComputePass);
        WARPSHREW_FIND(CommandEncoderClearBuffer);
        WARPSHREW_FIND(CommandEncoderCopyBufferToBuffer);
        WARPSHREW_FIND(CommandEncoderFinish);
        WARPSHREW_FIND(CommandEncoderRelease);
        WARPSHREW_FIND(CommandBufferRelease);
        WARPSHREW_FIND(ComputePassEncoderSetPipeline);
        WARPSHREW_FIND(ComputePassEncoderSetBindGroup);
        WARPSHREW_FIND(ComputePassEncoderDispatchWorkgroups);
        WARPSHREW_FIND(ComputePassEncoderEnd);
        WARPSHREW_FIND(ComputePassEncoderRelease);
        WARPSHREW_FIND(BufferMapAsync);
        WARPSHREW_FIND(BufferGetConstMappedRange);
        WARPSHREW_FIND(BufferUnmap);
        WARPSHREW_FIND(BufferRelease);
        WARPSHREW_FIND(BindGroupRelease);
        WARPSHREW_FIND(BindGroupLayoutRelease);
        WARPSHREW_FIND(PipelineLayoutRelease);
        WARPSHREW_FIND(ShaderModuleRelease);
        WARPSHREW_FIND(ComputePipelineRelease);
        WARPSHREW_FIND(InstanceEnumerateAdapters);
        WARPSHREW_FIND(DevicePoll);
        WARPSHREW_FIND(DeviceCreateShaderModuleTrusted);
        WARPSHREW_FIND(GetVersion);
#undef WARPSHREW_FIND
        if (!missing.empty()) return fail("no GPU: " + path.string() + " has no function " + missing);
        if (const std::uint32_t version = library->GetVersion(); version != expected_version) {
            return fail("no GPU: " + path.string() +
                        " is another version of wgpu-native than this program was built for");
        }
        library->instance = new_instance(*library, usable_backends);
        if (library->instance == nullptr) return fail("no GPU: wgpu-native does not start");
        return library.release();  // for the process's life: drivers keep threads that run its code
    }
    return fail("no GPU: wgpu-native's library cannot be loaded (" + tried + ")");
}

Result<const WgpuLibrary*> wgpu_library() {
    static const Result<const WgpuLibrary*> library = load_wgpu_library(wgpu_library_paths());
    return library;
}

}  // namespace warpshrew::gpu
