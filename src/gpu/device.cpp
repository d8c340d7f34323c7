#include "gpu/device.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>

#include "gpu/panic_guard.hpp"
#include "gpu/wgpu_library.hpp"

namespace warpshrew::gpu {

using Clock = std::chrono::steady_clock;

namespace {

// wgpu-native's handles, released at the end of their scope.
template <class T, auto Release>
struct Releaser {
    const WgpuLibrary* wgpu = nullptr;
    void operator()(T handle) const noexcept { (wgpu->*Release)(handle); }
};
template <class T, auto Release>
using Handle = std::unique_ptr<std::remove_pointer_t<T>, Releaser<T, Release>>;

using BufferHandle = Handle<WGPUBuffer, &WgpuLibrary::BufferRelease>;
using BindGroupHandle = Handle<WGPUBindGroup, &WgpuLibrary::BindGroupRelease>;
using BindGroupLayoutHandle = Handle<WGPUBindGroupLayout, &WgpuLibrary::BindGroupLayoutRelease>;
using PipelineLayoutHandle = Handle<WGPUPipelineLayout, &WgpuLibrary::PipelineLayoutRelease>;
using ShaderModuleHandle = Handle<WGPUShaderModule, &WgpuLibrary::ShaderModuleRelease>;
using PipelineHandle = Handle<WGPUComputePipeline, &WgpuLibrary::ComputePipelineRelease>;
using EncoderHandle = Handle<WGPUCommandEncoder, &WgpuLibrary::CommandEncoderRelease>;
using PassHandle = Handle<WGPUComputePassEncoder, &WgpuLibrary::ComputePassEncoderRelease>;
using CommandBufferHandle = Handle<WGPUCommandBuffer, &WgpuLibrary::CommandBufferRelease>;

// A buffer that the host maps, for reads.
struct Staging {
    BufferHandle buffer;
    std::uint64_t size = 0;
};

// A read of submitted commands: the bytes of a staging buffer that go to the caller.
struct ReadPart {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::byte* out = nullptr;
    std::shared_ptr<detail::MappedState> mapped;
};

enum class MapStatus : std::uint8_t { Pending, Done, Failed };

struct PendingReads {
    Staging staging;
    std::vector<ReadPart> parts;
    std::uint64_t size = 0;
    MapStatus status = MapStatus::Pending;  // written by wgpu-native's callback, in a poll
};

}  // namespace

struct detail::DeviceState {
    const WgpuLibrary* wgpu = nullptr;
    Adapter adapter;
    WGPUDevice device = nullptr;
    WGPUQueue queue = nullptr;
    std::vector<Staging> free_staging;
    std::vector<std::unique_ptr<PendingReads>> pending;
    bool busy = false;      // something was submitted that no wait has seen done
    bool panicked = false;  // nothing of wgpu-native's may be touched any more

    std::mutex mutex;        // drivers may report a loss from threads of their own
    std::string failure;     // why it is of no use any more
    bool lost = false;       // and that it will not finish what it was doing
    std::string uncaptured;  // an error outside of every error scope

    ~DeviceState();
    void fail_for_good(std::string reason) {
        const std::scoped_lock lock(mutex);
        if (failure.empty()) failure = std::move(reason);
    }
    [[nodiscard]] bool has_failed() {
        const std::scoped_lock lock(mutex);
        return !failure.empty();
    }
    // An error if the device has failed, or if wgpu-native reported an error that nothing waited for.
    [[nodiscard]] Result<void> check() {
        const std::scoped_lock lock(mutex);
        if (!failure.empty()) return fail(failure);
        if (!uncaptured.empty()) return fail(std::exchange(uncaptured, {}));
        return {};
    }
};

struct detail::BufferState {
    std::shared_ptr<DeviceState> device;  // before the handle: released after it
    BufferHandle handle;
    ~BufferState() {
        if (device->panicked) (void)handle.release();
    }
};

struct detail::KernelState {
    std::shared_ptr<DeviceState> device;
    std::string name;
    std::vector<BindingSlot> slots;
    std::vector<BindGroupLayoutHandle> layouts;
    PipelineHandle pipeline;
    ~KernelState() {
        if (!device->panicked) return;
        (void)pipeline.release();
        for (auto& layout : layouts) (void)layout.release();
    }
};

struct detail::BindingsState {
    std::shared_ptr<DeviceState> device;
    std::shared_ptr<KernelState> kernel;
    std::vector<std::shared_ptr<BufferState>> buffers;
    std::vector<BindGroupHandle> groups;
    ~BindingsState() {
        if (!device->panicked) return;
        for (auto& group : groups) (void)group.release();
    }
};

// A staging buffer while the host reads it.
struct MappedStaging {
    std::shared_ptr<detail::DeviceState> device;
    Staging staging;
    MappedStaging(std::shared_ptr<detail::DeviceState> of, Staging what)
        : device(std::move(of)), staging(std::move(what)) {}
    MappedStaging(const MappedStaging&) = delete;
    MappedStaging& operator=(const MappedStaging&) = delete;
    ~MappedStaging();
};

struct detail::MappedState {
    std::shared_ptr<const MappedStaging> staging;  // none: not read yet
    std::span<const std::byte> bytes;
};

using detail::DeviceState;

template <class H, class T>
static H own(const DeviceState& state, T handle) {
    return H(handle, {state.wgpu});
}

// ---- errors ----

// wgpu-native's message without its frame: "Validation Error", "Caused by:" and indentation, one cause a line.
static std::string tidy_message(std::string_view message) {
    std::string out;
    while (!message.empty()) {
        const std::size_t end = std::min(message.find('\n'), message.size());
        std::string_view line = message.substr(0, end);
        message.remove_prefix(std::min(end + 1, message.size()));
        if (line.find_first_not_of(' ') == std::string_view::npos) continue;
        if (line == "Validation Error" || line == "Caused by:") continue;
        line.remove_prefix(std::min<std::size_t>(line.find_first_not_of(' '), out.empty() ? line.size() : 4));
        out += (out.empty() ? "" : "\n") + std::string(line);
    }
    return out.empty() ? "unknown error" : out;
}

namespace {

// Catches what wgpu-native reports between its construction and `take`.
class ErrorScopes {
 public:
    explicit ErrorScopes(DeviceState& state) : state_(state) {
        for (const WGPUErrorFilter filter : filters) state_.wgpu->DevicePushErrorScope(state_.device, filter);
    }
    ErrorScopes(const ErrorScopes&) = delete;
    ErrorScopes& operator=(const ErrorScopes&) = delete;
    ~ErrorScopes() {
        if (!taken_) (void)take();
    }

    // The first error, or a loss of the device.
    [[nodiscard]] Result<void> take() {
        taken_ = true;
        if (state_.panicked) return state_.check();
        std::string message;
        for (std::size_t i = 0; i < std::size(filters); i++) {
            WGPUPopErrorScopeCallbackInfo info{};
            info.mode = WGPUCallbackMode_AllowSpontaneous;
            info.userdata1 = &message;
            info.callback = [](WGPUPopErrorScopeStatus, WGPUErrorType type, WGPUStringView text, void* out, void*) {
                auto& first = *static_cast<std::string*>(out);
                if (type == WGPUErrorType_NoError || !first.empty()) return;
                first = type == WGPUErrorType_OutOfMemory ? "out of device memory" : tidy_message(to_string(text));
            };
            state_.wgpu->DevicePopErrorScope(state_.device, info);
        }
        if (!message.empty()) return fail(std::move(message));
        return state_.check();
    }

 private:
    static constexpr WGPUErrorFilter filters[] = {WGPUErrorFilter_Validation, WGPUErrorFilter_OutOfMemory};
    DeviceState& state_;
    bool taken_ = false;
};

}  // namespace

static void on_uncaptured(WGPUDevice const*, WGPUErrorType type, WGPUStringView text, void* userdata, void*) {
    auto& state = *static_cast<DeviceState*>(userdata);
    const std::scoped_lock lock(state.mutex);
    if (!state.uncaptured.empty()) return;
    state.uncaptured = type == WGPUErrorType_OutOfMemory ? "out of device memory" : tidy_message(to_string(text));
}

static void on_lost(WGPUDevice const*, WGPUDeviceLostReason, WGPUStringView text, void* userdata, void*) {
    auto& state = *static_cast<DeviceState*>(userdata);
    state.fail_for_good("the device was lost: " + to_string(text));
    const std::scoped_lock lock(state.mutex);
    state.lost = true;
}

// Calls into wgpu-native where it panics if the device is lost.
template <class F>
static Result<void> guarded(DeviceState& state, const char* what, F&& f) {
    if (survives(std::forward<F>(f))) return {};
    state.panicked = true;
    state.fail_for_good(std::string("wgpu-native panicked in ") + what);
    return state.check();
}

// ---- opening and closing ----

// What is left to the end of the process, where leak checkers still find it.
static void abandon(std::shared_ptr<const void> what) {
    static std::mutex mutex;
    static auto& abandoned = *new std::vector<std::shared_ptr<const void>>;
    const std::scoped_lock lock(mutex);
    abandoned.push_back(std::move(what));
}

Result<Device> Device::open(const Adapter& adapter) {
    if (!adapter.unusable.empty()) return fail("adapter " + adapter.name + " cannot be used: " + adapter.unusable);
    const auto wgpu = wgpu_library();
    if (!wgpu) return tl::unexpected(wgpu.error());
    install_panic_guard();
    const auto handle = static_cast<WGPUAdapter>(const_cast<void*>(adapter.handle.get()));
    auto state = std::make_shared<DeviceState>();
    state->wgpu = *wgpu;
    state->adapter = adapter;

    WGPULimits limits{};
    (*wgpu)->AdapterGetLimits(handle, &limits);
    std::vector<WGPUFeatureName> features;
    for (const auto& used : used_features) {
        if ((*wgpu)->AdapterHasFeature(handle, used.feature) != 0) features.push_back(used.feature);
    }
    WGPUDeviceDescriptor descriptor{};
    descriptor.requiredLimits = &limits;
    descriptor.requiredFeatureCount = features.size();
    descriptor.requiredFeatures = features.data();
    descriptor.uncapturedErrorCallbackInfo.callback = on_uncaptured;
    descriptor.uncapturedErrorCallbackInfo.userdata1 = state.get();
    descriptor.deviceLostCallbackInfo.mode = WGPUCallbackMode_AllowSpontaneous;
    descriptor.deviceLostCallbackInfo.callback = on_lost;
    descriptor.deviceLostCallbackInfo.userdata1 = state.get();
    struct Answer {
        WGPUDevice device = nullptr;
        std::string message;
    } answer;
    WGPURequestDeviceCallbackInfo info{};
    info.mode = WGPUCallbackMode_AllowSpontaneous;
    info.userdata1 = &answer;
    info.callback = [](WGPURequestDeviceStatus, WGPUDevice device, WGPUStringView message, void* out, void*) {
        *static_cast<Answer*>(out) = {device, to_string(message)};
    };
    (*wgpu)->AdapterRequestDevice(handle, &descriptor, info);
    if (answer.device == nullptr)
        return fail("adapter " + adapter.name + " does not open: " + tidy_message(answer.message));
    state->device = answer.device;
    state->queue = (*wgpu)->DeviceGetQueue(state->device);
    return Device(std::move(state));
}

Device::Device(std::shared_ptr<DeviceState> state) noexcept : state_(std::move(state)) {}
Device::Device(Device&&) noexcept = default;
Device& Device::operator=(Device&&) noexcept = default;
Device::~Device() = default;

const Adapter& Device::adapter() const noexcept { return state_->adapter; }
const Limits& Device::limits() const noexcept { return state_->adapter.limits; }
bool Device::failed() const noexcept { return state_->has_failed(); }

// ---- waiting ----

static bool is_lost(DeviceState& state) {
    const std::scoped_lock lock(state.mutex);
    return state.lost;
}

// Polls until `done` says so, which is told whether everything submitted is, or the device is lost; false when
// `timeout` passes before.
template <class F>
static Result<bool> poll_until(DeviceState& state, Milliseconds timeout, F&& done) {
    const auto end = Clock::now() + timeout;
    // A device in software needs the processor itself.
    const std::chrono::microseconds longest_pause(state.adapter.type == "CPU" ? 1000 : 250);
    auto pause = std::chrono::microseconds(10);
    while (true) {
        bool empty = false;
        const auto polled =
            guarded(state, "wgpuDevicePoll", [&] { empty = state.wgpu->DevicePoll(state.device, false, nullptr); });
        if (!polled) return tl::unexpected(polled.error());
        if (is_lost(state)) return true;
        if (done(empty)) return true;
        const auto now = Clock::now();
        if (now >= end) return false;
        std::this_thread::sleep_for(std::min<Clock::duration>(pause, end - now));
        pause = std::min(pause * 3 / 2, longest_pause);
    }
}

// Until everything submitted is done.
static Result<bool> poll_until_done(DeviceState& state, Milliseconds timeout) {
    const auto is_pending = [](const auto& reads) { return reads->status == MapStatus::Pending; };
    return poll_until(state, timeout,
                      [&](bool empty) { return empty && std::ranges::none_of(state.pending, is_pending); });
}

// How long a device that is closed may take to finish what it does.
static constexpr Milliseconds closing_timeout{10'000};

DeviceState::~DeviceState() {
    if (device == nullptr) return;
    bool finished = !panicked && !is_lost(*this);
    if (finished && busy) finished = poll_until_done(*this, closing_timeout).value_or(false) && !is_lost(*this);
    if (!finished) {
        // A release would wait without end, or panic; and drivers may still write into what is abandoned here.
        for (auto& reads : pending) abandon(std::move(reads));
        for (auto& staging : free_staging) abandon(std::make_shared<Staging>(std::move(staging)));
        return;
    }
    pending.clear();
    free_staging.clear();
    (void)survives([&] {
        wgpu->QueueRelease(queue);
        wgpu->DeviceRelease(device);
    });
}

// ---- buffers ----

static Result<BufferHandle> new_buffer(DeviceState& state, std::uint64_t size, WGPUBufferUsage usage) {
    ErrorScopes scopes(state);
    WGPUBufferDescriptor descriptor{};
    descriptor.size = size;
    descriptor.usage = usage;
    auto buffer = own<BufferHandle>(state, state.wgpu->DeviceCreateBuffer(state.device, &descriptor));
    if (const auto made = scopes.take(); !made) {
        return fail("a buffer of " + std::to_string(size) + " bytes: " + made.error().reason);
    }
    return buffer;
}

Result<Buffer> Device::create_buffer(std::uint64_t size) {
    if (const auto fine = state_->check(); !fine) return tl::unexpected(fine.error());
    if (size == 0 || size % 4 != 0) return fail("a buffer of " + std::to_string(size) + " bytes: not a multiple of 4");
    if (size > limits().buffer_bytes) {
        return fail("a buffer of " + std::to_string(size) + " bytes: the adapter's limit is " +
                    std::to_string(limits().buffer_bytes));
    }
    auto handle =
        new_buffer(*state_, size, WGPUBufferUsage_Storage | WGPUBufferUsage_CopySrc | WGPUBufferUsage_CopyDst);
    if (!handle) return tl::unexpected(handle.error());
    Buffer buffer;
    buffer.state_ = std::make_shared<detail::BufferState>();
    buffer.state_->device = state_;
    buffer.state_->handle = std::move(*handle);
    buffer.size_ = size;
    return buffer;
}

Result<Buffer> Device::create_growing_buffer(std::uint64_t size) {
    if (size > most_bytes()) {
        return fail("a buffer of " + std::to_string(size) + " bytes: a kernel can use " + std::to_string(most_bytes()));
    }
    constexpr std::uint64_t least = 1 << 16;
    const std::uint64_t more = std::min(most_bytes(), std::max(size * 2, least));
    auto roomy = create_buffer(more);
    return roomy || failed() ? std::move(roomy) : create_buffer(size);
}

std::uint64_t Device::most_bytes() const noexcept {
    return std::min(limits().binding_bytes, limits().buffer_bytes) / 16 * 16;
}

// Empty, or what is wrong with these bytes of a buffer of `state`'s device.
static std::string range_mistake(const detail::BufferState* buffer, const DeviceState& state, std::uint64_t buffer_size,
                                 std::uint64_t offset, std::uint64_t size) {
    if (buffer == nullptr) return "no buffer";
    if (buffer->device.get() != &state) return "a buffer of another device";
    if (offset % 4 != 0 || size % 4 != 0) return "bytes that are not whole 32-bit words";
    if (offset > buffer_size || size > buffer_size - offset) {
        return "bytes " + std::to_string(offset) + " to " + std::to_string(offset + size) + " of a buffer of " +
               std::to_string(buffer_size);
    }
    return {};
}

Result<void> Device::write(const Buffer& buffer, std::uint64_t offset, std::span<const std::byte> data) {
    if (auto fine = state_->check(); !fine) return fine;
    if (auto mistake = range_mistake(buffer.state_.get(), *state_, buffer.size_, offset, data.size());
        !mistake.empty()) {
        return fail("write: " + mistake);
    }
    if (data.empty()) return {};
    ErrorScopes scopes(*state_);
    state_->wgpu->QueueWriteBuffer(state_->queue, buffer.state_->handle.get(), offset, data.data(), data.size());
    if (const auto written = scopes.take(); !written) return fail("write: " + written.error().reason);
    return {};
}

// ---- kernels ----

static Result<ShaderModuleHandle> new_module(DeviceState& state, const KernelSource& source) {
    ErrorScopes scopes(state);
    WGPUShaderSourceWGSL wgsl{};
    wgsl.chain.sType = WGPUSType_ShaderSourceWGSL;
    wgsl.code = {source.wgsl.data(), source.wgsl.size()};
    WGPUShaderModuleDescriptor descriptor{};
    descriptor.nextInChain = &wgsl.chain;
    const WGPUShaderModule handle = source.bounded_loops
                                        ? state.wgpu->DeviceCreateShaderModuleTrusted(
                                              state.device, &descriptor, WGPUShaderRuntimeChecks_BoundsChecks)
                                        : state.wgpu->DeviceCreateShaderModule(state.device, &descriptor);
    auto module = own<ShaderModuleHandle>(state, handle);
    if (const auto made = scopes.take(); !made) return fail("kernel " + source.name + ": " + made.error().reason);
    return module;
}

Result<void> Device::validate(const KernelSource& source) {
    if (auto fine = state_->check(); !fine) return fine;
    if (const auto slots = binding_slots(source.wgsl); !slots) {
        return fail("kernel " + source.name + ": " + slots.error().reason);
    }
    if (const auto module = new_module(*state_, source); !module) return tl::unexpected(module.error());
    return {};
}

static Result<void> make_layouts(DeviceState& state, detail::KernelState& kernel) {
    const std::uint32_t groups = kernel.slots.empty() ? 0 : kernel.slots.back().group + 1;
    for (std::uint32_t group = 0; group < groups; group++) {
        std::vector<WGPUBindGroupLayoutEntry> entries;
        for (const BindingSlot& slot : kernel.slots) {
            if (slot.group != group) continue;
            WGPUBindGroupLayoutEntry entry{};
            entry.binding = slot.binding;
            entry.visibility = WGPUShaderStage_Compute;
            entry.buffer.type = slot.writable ? WGPUBufferBindingType_Storage : WGPUBufferBindingType_ReadOnlyStorage;
            entries.push_back(entry);
        }
        ErrorScopes scopes(state);
        WGPUBindGroupLayoutDescriptor descriptor{};
        descriptor.entryCount = entries.size();
        descriptor.entries = entries.data();
        kernel.layouts.push_back(
            own<BindGroupLayoutHandle>(state, state.wgpu->DeviceCreateBindGroupLayout(state.device, &descriptor)));
        if (auto made = scopes.take(); !made) return made;
    }
    return {};
}

static Result<void> make_pipeline(DeviceState& state, detail::KernelState& kernel, const KernelSource& source) {
    const auto module = new_module(state, source);
    if (!module) return tl::unexpected(module.error());
    if (auto made = make_layouts(state, kernel); !made)
        return fail("kernel " + source.name + ": " + made.error().reason);
    std::vector<WGPUBindGroupLayout> layouts;
    for (const auto& layout : kernel.layouts) layouts.push_back(layout.get());
    ErrorScopes layout_scopes(state);
    WGPUPipelineLayoutDescriptor layout_descriptor{};
    layout_descriptor.bindGroupLayoutCount = layouts.size();
    layout_descriptor.bindGroupLayouts = layouts.data();
    const auto layout =
        own<PipelineLayoutHandle>(state, state.wgpu->DeviceCreatePipelineLayout(state.device, &layout_descriptor));
    if (auto made = layout_scopes.take(); !made) return fail("kernel " + source.name + ": " + made.error().reason);
    ErrorScopes scopes(state);
    WGPUComputePipelineDescriptor descriptor{};
    descriptor.layout = layout.get();
    descriptor.compute.module = module->get();
    descriptor.compute.entryPoint = {source.entry.data(), source.entry.size()};
    WGPUComputePipeline handle = nullptr;
    (void)guarded(state, "wgpuDeviceCreateComputePipeline",
                  [&] { handle = state.wgpu->DeviceCreateComputePipeline(state.device, &descriptor); });
    kernel.pipeline = own<PipelineHandle>(state, handle);
    if (auto made = scopes.take(); !made) return fail("kernel " + source.name + ": " + made.error().reason);
    return {};
}

Result<Kernel> Device::compile(const KernelSource& source) {
    if (const auto fine = state_->check(); !fine) return tl::unexpected(fine.error());
    auto slots = binding_slots(source.wgsl);
    if (!slots) return fail("kernel " + source.name + ": " + slots.error().reason);
    auto kernel = std::make_shared<detail::KernelState>();
    kernel->device = state_;
    kernel->name = source.name;
    kernel->slots = std::move(*slots);
    if (const auto made = make_pipeline(*state_, *kernel, source); !made) return tl::unexpected(made.error());
    Kernel out;
    out.state_ = std::move(kernel);
    return out;
}

static std::string place(std::uint32_t group, std::uint32_t binding) {
    return "@group(" + std::to_string(group) + ") @binding(" + std::to_string(binding) + ")";
}

// Empty, or what is wrong with `binding` at a place of a kernel.
static std::string binding_mistake(const Binding& binding, std::uint64_t size, const Limits& limits) {
    if (size == 0) return "no bytes";
    if (binding.offset % limits.binding_offset_align != 0) {
        return "an offset that is not a multiple of " + std::to_string(limits.binding_offset_align);
    }
    if (size > limits.binding_bytes) {
        return std::to_string(size) + " bytes; the adapter's limit is " + std::to_string(limits.binding_bytes);
    }
    return {};
}

Result<Bindings> Device::bind(const Kernel& kernel, std::span<const Binding> bindings) {
    if (const auto fine = state_->check(); !fine) return tl::unexpected(fine.error());
    if (!kernel || kernel.state_->device != state_) return fail("bind: a kernel of another device");
    const std::vector<BindingSlot>& slots = kernel.state_->slots;
    const std::string prefix = "bind " + kernel.state_->name + ": ";
    std::vector<std::vector<WGPUBindGroupEntry>> entries(kernel.state_->layouts.size());
    auto state = std::make_shared<detail::BindingsState>();
    state->device = state_;
    state->kernel = kernel.state_;
    for (const Binding& b : bindings) {
        const auto here = [&](const BindingSlot& s) { return s.group == b.group && s.binding == b.binding; };
        if (std::ranges::none_of(slots, here)) return fail(prefix + "the kernel has no " + place(b.group, b.binding));
        const auto taken = [&](const WGPUBindGroupEntry& e) { return e.binding == b.binding; };
        if (std::ranges::any_of(entries[b.group], taken)) return fail(prefix + "two for " + place(b.group, b.binding));
        const std::uint64_t rest = b.buffer.size_ - std::min(b.offset, b.buffer.size_);
        const std::uint64_t size = b.size == 0 ? rest : b.size;
        std::string mistake = range_mistake(b.buffer.state_.get(), *state_, b.buffer.size_, b.offset, size);
        if (mistake.empty()) mistake = binding_mistake(b, size, limits());
        if (!mistake.empty())
            return fail(std::string(prefix).append(place(b.group, b.binding)).append(": ").append(mistake));
        WGPUBindGroupEntry entry{};
        entry.binding = b.binding;
        entry.buffer = b.buffer.state_->handle.get();
        entry.offset = b.offset;
        entry.size = size;
        entries[b.group].push_back(entry);
        state->buffers.push_back(b.buffer.state_);
    }
    for (const BindingSlot& slot : slots) {
        const auto here = [&](const WGPUBindGroupEntry& e) { return e.binding == slot.binding; };
        if (std::ranges::none_of(entries[slot.group], here)) {
            return fail(prefix + "nothing for " + place(slot.group, slot.binding));
        }
    }
    for (std::size_t group = 0; group < entries.size(); group++) {
        ErrorScopes scopes(*state_);
        WGPUBindGroupDescriptor descriptor{};
        descriptor.layout = kernel.state_->layouts[group].get();
        descriptor.entryCount = entries[group].size();
        descriptor.entries = entries[group].data();
        state->groups.push_back(
            own<BindGroupHandle>(*state_, state_->wgpu->DeviceCreateBindGroup(state_->device, &descriptor)));
        if (const auto made = scopes.take(); !made) return fail(prefix + made.error().reason);
    }
    Bindings out;
    out.state_ = std::move(state);
    return out;
}

// ---- commands ----

void Commands::dispatch(const Kernel& kernel, const Bindings& bindings, std::uint32_t x, std::uint32_t y,
                        std::uint32_t z) {
    steps_.push_back({.kind = Kind::Dispatch,
                      .kernel = kernel,
                      .bindings = bindings,
                      .workgroups = {x, y, z},
                      .from = {},
                      .to = {},
                      .mapped = {}});
}

void Commands::copy(const Buffer& from, std::uint64_t from_offset, const Buffer& to, std::uint64_t to_offset,
                    std::uint64_t size) {
    steps_.push_back({.kind = Kind::Copy,
                      .kernel = {},
                      .bindings = {},
                      .from = from,
                      .to = to,
                      .from_offset = from_offset,
                      .to_offset = to_offset,
                      .size = size,
                      .mapped = {}});
}

void Commands::clear(const Buffer& buffer, std::uint64_t offset, std::uint64_t size) {
    steps_.push_back({.kind = Kind::Clear,
                      .kernel = {},
                      .bindings = {},
                      .from = {},
                      .to = buffer,
                      .to_offset = offset,
                      .size = size,
                      .mapped = {}});
}

Commands::Step& Commands::add_read(const Buffer& buffer, std::uint64_t offset, std::uint64_t size) {
    steps_.push_back({.kind = Kind::Read,
                      .kernel = {},
                      .bindings = {},
                      .from = buffer,
                      .to = {},
                      .from_offset = offset,
                      .size = size,
                      .mapped = {}});
    return steps_.back();
}

void Commands::read(const Buffer& buffer, std::uint64_t offset, std::span<std::byte> out) {
    add_read(buffer, offset, out.size()).out = out.data();
}

void Commands::read(const Buffer& buffer, std::uint64_t offset, std::uint64_t size, Mapped& out) {
    out.state_ = std::make_shared<detail::MappedState>();
    add_read(buffer, offset, size).mapped = out.state_;
}

std::span<const std::byte> Mapped::bytes() const noexcept {
    return state_ == nullptr ? std::span<const std::byte>() : state_->bytes;
}
// Parts begin at multiples of read_align, and Commands::read takes whole words.
std::span<const std::uint32_t> Mapped::words() const noexcept {
    return {reinterpret_cast<const std::uint32_t*>(bytes().data()), bytes().size() / sizeof(std::uint32_t)};
}

// Reads start at multiples of this in the staging buffer.
static constexpr std::uint64_t read_align = 8;

static std::uint64_t aligned(std::uint64_t size) { return (size + read_align - 1) / read_align * read_align; }

static constexpr std::uint64_t smallest_staging = 64 * 1024;

// A staging buffer of at least `size` bytes, an old one where there is one.
static Result<Staging> take_staging(DeviceState& state, std::uint64_t size) {
    const auto fits = std::ranges::find_if(state.free_staging, [&](const Staging& s) { return s.size >= size; });
    if (fits != state.free_staging.end()) {
        Staging staging = std::move(*fits);
        state.free_staging.erase(fits);
        return staging;
    }
    state.free_staging.clear();  // too small: keep no buffers beside the larger one
    const std::uint64_t limit = state.adapter.limits.buffer_bytes;
    if (size > limit)
        return fail("reads of " + std::to_string(size) + " bytes; the adapter's limit is " + std::to_string(limit));
    const std::uint64_t rounded =
        std::min(limit / read_align * read_align, std::bit_ceil(std::max(size, smallest_staging)));
    auto buffer = new_buffer(state, std::max(rounded, size), WGPUBufferUsage_MapRead | WGPUBufferUsage_CopyDst);
    if (!buffer) return tl::unexpected(buffer.error());
    return Staging{std::move(*buffer), std::max(rounded, size)};
}

// Keeps the buffer for the next time.
MappedStaging::~MappedStaging() {
    if (!device->panicked) {
        (void)guarded(*device, "wgpuBufferUnmap", [&] { device->wgpu->BufferUnmap(staging.buffer.get()); });
    }
    if (device->panicked)
        (void)staging.buffer.release();
    else
        device->free_staging.push_back(std::move(staging));
}

// Copies mapped bytes to where the caller wants them, or says where they are.
static Result<void> deliver(const std::shared_ptr<DeviceState>& state, PendingReads& reads) {
    if (reads.status == MapStatus::Failed) return fail("reading from the device failed");
    const std::byte* bytes = nullptr;
    auto got = guarded(*state, "wgpuBufferGetConstMappedRange", [&] {
        bytes = static_cast<const std::byte*>(
            state->wgpu->BufferGetConstMappedRange(reads.staging.buffer.get(), 0, reads.size));
    });
    if (!got) return got;
    if (bytes == nullptr) return fail("reading from the device failed");
    const auto staging = std::make_shared<const MappedStaging>(state, std::move(reads.staging));
    for (const ReadPart& part : reads.parts) {
        if (part.mapped != nullptr)
            *part.mapped = {staging, {bytes + part.offset, part.size}};
        else
            std::memcpy(part.out, bytes + part.offset, part.size);
    }
    return {};
}

// Empty, or what is wrong with a step for `state`'s device.
std::string Device::mistake(const Commands::Step& step) const {
    const auto range = [&](const Buffer& buffer, std::uint64_t offset) {
        return range_mistake(buffer.state_.get(), *state_, buffer.size_, offset, step.size);
    };
    switch (step.kind) {
        case Commands::Kind::Dispatch:
            if (!step.kernel || !step.bindings || step.kernel.state_ != step.bindings.state_->kernel) {
                return "dispatch: bindings of another kernel";
            }
            if (step.kernel.state_->device != state_) return "dispatch: a kernel of another device";
            if (std::ranges::any_of(step.workgroups, [&](std::uint32_t n) { return n > limits().workgroups; })) {
                return "dispatch: more workgroups than the adapter's limit of " + std::to_string(limits().workgroups);
            }
            return {};
        case Commands::Kind::Copy: {
            std::string wrong = range(step.from, step.from_offset);
            if (wrong.empty()) wrong = range(step.to, step.to_offset);
            if (wrong.empty() && step.from.state_ == step.to.state_) wrong = "from a buffer to itself";
            return wrong.empty() ? wrong : "copy: " + wrong;
        }
        case Commands::Kind::Clear: {
            const std::string wrong = range(step.to, step.to_offset);
            return wrong.empty() ? wrong : "clear: " + wrong;
        }
        case Commands::Kind::Read: {
            const std::string wrong = range(step.from, step.from_offset);
            return wrong.empty() ? wrong : "read: " + wrong;
        }
    }
    return "unknown step";
}

// Records the steps. What they read goes to the staging buffer, one after the other, each aligned.
void Device::encode(const Commands& commands, WGPUCommandEncoderImpl* encoder, WGPUBufferImpl* staging) const {
    const WgpuLibrary& wgpu = *state_->wgpu;
    PassHandle pass = own<PassHandle, WGPUComputePassEncoder>(*state_, nullptr);
    const auto end_pass = [&] {
        if (pass == nullptr) return;
        wgpu.ComputePassEncoderEnd(pass.get());
        pass.reset();
    };
    std::uint64_t read_offset = 0;
    for (const Commands::Step& step : commands.steps_) {
        if (step.kind == Commands::Kind::Dispatch) {
            if (pass == nullptr) pass.reset(wgpu.CommandEncoderBeginComputePass(encoder, nullptr));
            wgpu.ComputePassEncoderSetPipeline(pass.get(), step.kernel.state_->pipeline.get());
            const auto& groups = step.bindings.state_->groups;
            for (std::uint32_t i = 0; i < groups.size(); i++) {
                wgpu.ComputePassEncoderSetBindGroup(pass.get(), i, groups[i].get(), 0, nullptr);
            }
            const auto& [x, y, z] = step.workgroups;
            wgpu.ComputePassEncoderDispatchWorkgroups(pass.get(), x, y, z);
            continue;
        }
        end_pass();
        if (step.size == 0) continue;
        if (step.kind == Commands::Kind::Clear) {
            wgpu.CommandEncoderClearBuffer(encoder, step.to.state_->handle.get(), step.to_offset, step.size);
        } else if (step.kind == Commands::Kind::Copy) {
            wgpu.CommandEncoderCopyBufferToBuffer(encoder, step.from.state_->handle.get(), step.from_offset,
                                                  step.to.state_->handle.get(), step.to_offset, step.size);
        } else {
            wgpu.CommandEncoderCopyBufferToBuffer(encoder, step.from.state_->handle.get(), step.from_offset, staging,
                                                  read_offset, step.size);
            read_offset += aligned(step.size);
        }
    }
    end_pass();
}

Result<void> Device::submit(const Commands& commands) {
    if (auto fine = state_->check(); !fine) return fine;
    auto reads = std::make_unique<PendingReads>();
    for (const Commands::Step& step : commands.steps_) {
        if (std::string wrong = mistake(step); !wrong.empty()) return fail(std::move(wrong));
        if (step.kind != Commands::Kind::Read || step.size == 0) continue;
        reads->parts.push_back({reads->size, step.size, step.out, step.mapped});
        reads->size += aligned(step.size);
    }
    if (reads->size > 0) {
        auto staging = take_staging(*state_, reads->size);
        if (!staging) return tl::unexpected(staging.error());
        reads->staging = std::move(*staging);
    }

    const WgpuLibrary& wgpu = *state_->wgpu;
    ErrorScopes scopes(*state_);
    const auto encoder = own<EncoderHandle>(*state_, wgpu.DeviceCreateCommandEncoder(state_->device, nullptr));
    encode(commands, encoder.get(), reads->staging.buffer.get());
    auto buffer = own<CommandBufferHandle>(*state_, wgpu.CommandEncoderFinish(encoder.get(), nullptr));
    if (auto recorded = scopes.take(); !recorded) return fail("commands: " + recorded.error().reason);

    state_->busy = true;
    const WGPUCommandBuffer handle = buffer.get();
    auto submitted = guarded(*state_, "wgpuQueueSubmit", [&] { wgpu.QueueSubmit(state_->queue, 1, &handle); });
    if (!submitted) return submitted;
    if (reads->size > 0) {
        WGPUBufferMapCallbackInfo info{};
        info.mode = WGPUCallbackMode_AllowSpontaneous;
        info.userdata1 = &reads->status;
        info.callback = [](WGPUMapAsyncStatus status, WGPUStringView, void* out, void*) {
            *static_cast<MapStatus*>(out) = status == WGPUMapAsyncStatus_Success ? MapStatus::Done : MapStatus::Failed;
        };
        ErrorScopes map_scopes(*state_);
        wgpu.BufferMapAsync(reads->staging.buffer.get(), WGPUMapMode_Read, 0, reads->size, info);
        state_->pending.push_back(std::move(reads));
        if (auto mapped = map_scopes.take(); !mapped) return fail("commands: " + mapped.error().reason);
    }
    return {};
}

// Fills what the first `n` of the pending reads name. The first error.
static Result<void> deliver_first(const std::shared_ptr<DeviceState>& state, std::size_t n) {
    const auto end = state->pending.begin() + static_cast<std::ptrdiff_t>(n);
    std::vector<std::unique_ptr<PendingReads>> done(std::move_iterator(state->pending.begin()),
                                                    std::move_iterator(end));
    state->pending.erase(state->pending.begin(), end);
    Result<void> outcome;
    for (const auto& reads : done)
        if (const auto delivered = deliver(state, *reads); !delivered && outcome) outcome = delivered;
    return outcome;
}

// What has become of a wait.
static Result<void> waited(DeviceState& state, const Result<bool>& done, Milliseconds timeout) {
    if (!done) return tl::unexpected(done.error());
    if (!*done) state.fail_for_good("the device did not finish within " + std::to_string(timeout.count()) + " ms");
    return state.check();
}

Result<void> Device::wait(Milliseconds timeout) {
    if (auto fine = state_->check(); !fine) return fine;
    if (auto r = waited(*state_, poll_until_done(*state_, timeout), timeout); !r) return r;
    state_->busy = false;
    return deliver_first(state_, state_->pending.size());
}

Result<void> Device::wait(const Mapped& mapped, Milliseconds timeout) {
    if (auto fine = state_->check(); !fine) return fine;
    if (mapped.state_ != nullptr && mapped.state_->staging != nullptr) return {};  // another wait has seen it
    const auto& pending = state_->pending;
    const auto reads = std::ranges::find_if(pending, [&](const auto& p) {
        return std::ranges::any_of(p->parts, [&](const ReadPart& part) { return part.mapped == mapped.state_; });
    });
    if (mapped.state_ == nullptr || reads == pending.end()) return fail("wait: nothing was submitted that reads it");
    const auto n = static_cast<std::size_t>(reads - pending.begin()) + 1;
    const auto are_done = [&](bool) {
        return std::ranges::none_of(std::span(pending).first(n),
                                    [](const auto& p) { return p->status == MapStatus::Pending; });
    };
    if (auto r = waited(*state_, poll_until(*state_, timeout, are_done), timeout); !r) return r;
    return deliver_first(state_, n);
}

Result<void> Device::run(const Commands& commands, Milliseconds timeout) {
    if (auto submitted = submit(commands); !submitted) return submitted;
    return wait(timeout);
}

Result<void> Device::read(const Buffer& buffer, std::uint64_t offset, std::span<std::byte> out, Milliseconds timeout) {
    Commands commands;
    commands.read(buffer, offset, out);
    return run(commands, timeout);
}

}  // namespace warpshrew::gpu
