#include "gpu/adapter.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "gpu/wgpu_library.hpp"

namespace warpshrew::gpu {

static std::string backend_name(WGPUBackendType backend) {
    switch (backend) {
        case WGPUBackendType_Vulkan:
            return "Vulkan";
        case WGPUBackendType_Metal:
            return "Metal";
        case WGPUBackendType_D3D12:
            return "D3D12";
        case WGPUBackendType_OpenGL:
        case WGPUBackendType_OpenGLES:
            return "OpenGL";
        default:
            return "unknown";
    }
}

static std::string type_name(WGPUAdapterType type) {
    switch (type) {
        case WGPUAdapterType_DiscreteGPU:
            return "discrete GPU";
        case WGPUAdapterType_IntegratedGPU:
            return "integrated GPU";
        case WGPUAdapterType_CPU:
            return "CPU";
        default:
            return "unknown";
    }
}

static Limits used_limits(const WGPULimits& limits) {
    return {.buffer_bytes = limits.maxBufferSize,
            .binding_bytes = limits.maxStorageBufferBindingSize,
            .binding_offset_align = limits.minStorageBufferOffsetAlignment,
            .storage_buffers = limits.maxStorageBuffersPerShaderStage,
            .bind_groups = limits.maxBindGroups,
            .bindings_per_group = limits.maxBindingsPerBindGroup,
            .workgroup_invocations = limits.maxComputeInvocationsPerWorkgroup,
            .workgroup_size_x = limits.maxComputeWorkgroupSizeX,
            .workgroup_bytes = limits.maxComputeWorkgroupStorageSize,
            .workgroups = limits.maxComputeWorkgroupsPerDimension};
}

static Adapter describe(const WgpuLibrary& wgpu, WGPUAdapter handle) {
    Adapter adapter;
    adapter.handle = std::shared_ptr<const void>(handle, [&wgpu, handle](const void*) { wgpu.AdapterRelease(handle); });
    WGPUAdapterInfo info{};
    wgpu.AdapterGetInfo(handle, &info);
    adapter.name = to_string(info.device);
    adapter.backend = backend_name(info.backendType);
    adapter.type = type_name(info.adapterType);
    adapter.driver = to_string(info.vendor);  // where wgpu-native puts the driver's name
    if (const std::string details = to_string(info.description); !details.empty()) {
        adapter.driver += (adapter.driver.empty() ? "" : ", ") + details;
    }
    const bool opengl = adapter.backend == "OpenGL";
    wgpu.AdapterInfoFreeMembers(info);
    WGPULimits limits{};
    wgpu.AdapterGetLimits(handle, &limits);
    adapter.limits = used_limits(limits);
    bool int64 = false;
    for (const auto& [feature, name] : used_features) {
        if (wgpu.AdapterHasFeature(handle, feature) == 0) continue;
        adapter.features.emplace_back(name);
        int64 = int64 || feature == feature_int64;
    }
    if (opengl) {
        adapter.unusable = "OpenGL has no 64-bit integers in kernels";
    } else if (!int64) {
        adapter.unusable = "no 64-bit integers in kernels (feature ShaderInt64)";
    }
    return adapter;
}

static void append_adapters(const WgpuLibrary& wgpu, WGPUInstance instance, WGPUInstanceBackend backends,
                            std::vector<Adapter>& out) {
    if (instance == nullptr) return;
    WGPUInstanceEnumerateAdapterOptions options{};
    options.backends = backends;
    std::vector<WGPUAdapter> handles(wgpu.InstanceEnumerateAdapters(instance, &options, nullptr) + 8);
    // It looks again when asked again, and writes all that it finds then: room for some that appear in between.
    const std::size_t count = wgpu.InstanceEnumerateAdapters(instance, &options, handles.data());
    for (std::size_t i = 0; i < std::min(count, handles.size()); i++) {
        out.push_back(describe(wgpu, handles[i]));
        out.back().index = out.size() - 1;
    }
}

static void append_usable(const WgpuLibrary& wgpu, std::vector<Adapter>& out) {
    append_adapters(wgpu, wgpu.instance, usable_backends, out);
}

// OpenGL's come last and are looked for only where they are listed.
static void append_opengl(const WgpuLibrary& wgpu, std::vector<Adapter>& out) {
    static const WGPUInstance instance = new_instance(wgpu, WGPUInstanceBackend_GL);  // for the process's life
    append_adapters(wgpu, instance, WGPUInstanceBackend_GL, out);
}

Result<std::vector<Adapter>> list_adapters() {
    const auto wgpu = wgpu_library();
    if (!wgpu) return tl::unexpected(wgpu.error());
    std::vector<Adapter> adapters;
    append_usable(**wgpu, adapters);
    append_opengl(**wgpu, adapters);
    return adapters;
}

static std::string lower_case(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

static bool is_index(std::string_view text) {
    return !text.empty() && text.size() < 10 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

static int rank(const Adapter& adapter) {
    static constexpr std::string_view order[] = {"discrete GPU", "integrated GPU", "unknown", "CPU"};
    return static_cast<int>(std::ranges::find(order, adapter.type) - order);
}

static const Adapter* best_named(const std::vector<Adapter>& adapters, std::string_view wanted) {
    if (is_index(wanted)) {
        const std::size_t index = std::stoul(std::string(wanted));
        return index < adapters.size() ? &adapters[index] : nullptr;
    }
    const Adapter* best = nullptr;
    const auto key = [](const Adapter& a) { return std::pair(!a.unusable.empty(), rank(a)); };
    for (const Adapter& adapter : adapters) {
        if (lower_case(adapter.name).find(lower_case(wanted)) == std::string::npos) continue;
        if (best == nullptr || key(adapter) < key(*best)) best = &adapter;
    }
    return best;
}

Result<Adapter> find_adapter(std::string_view wanted) {
    const auto wgpu = wgpu_library();
    if (!wgpu) return tl::unexpected(wgpu.error());
    std::vector<Adapter> adapters;
    append_usable(**wgpu, adapters);
    const Adapter* found = best_named(adapters, wanted);
    if (found == nullptr && !wanted.empty()) {
        append_opengl(**wgpu, adapters);
        found = best_named(adapters, wanted);
    }
    if (found == nullptr) {
        if (wanted.empty()) return fail("no GPU: no adapter of Vulkan, Metal or Direct3D 12");
        std::string names;
        for (const Adapter& a : adapters) {
            names += (names.empty() ? "" : ", ") + std::to_string(a.index) + " " + a.name + " (" + a.backend +
                     (a.unusable.empty() ? ")" : ", not usable)");
        }
        return fail("no adapter " + std::string(wanted) + "; there " + (names.empty() ? "are none" : "are: " + names));
    }
    if (!found->unusable.empty()) return fail("adapter " + found->name + " cannot be used: " + found->unusable);
    return *found;
}

}  // namespace warpshrew::gpu
