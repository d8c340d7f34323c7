#pragma once
// One opened adapter: buffers, kernels, and the commands that run on them.
//
// Everything that fails, fails as a Result: text that does not compile, too large a buffer, a time-out, a lost device.
// After a time-out or a loss the device is of no more use (`failed()`); other errors leave it as it was. A device and
// what was made from it belong to one thread at a time. Buffers, kernels and bindings keep their device alive.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.hpp"
#include "gpu/adapter.hpp"
#include "gpu/kernel_source.hpp"

struct WGPUBufferImpl;
struct WGPUCommandEncoderImpl;

namespace warpshrew::gpu {

using Milliseconds = std::chrono::milliseconds;

/// Long enough for any launch that a kernel's step budget bounds, on any device.
inline constexpr Milliseconds default_timeout{60'000};

namespace detail {
struct DeviceState;
struct BufferState;
struct KernelState;
struct BindingsState;
struct MappedState;
}  // namespace detail

/// Memory of a device, zeros at first. Copies are the same buffer.
class Buffer {
 public:
    Buffer() = default;
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }  ///< bytes
    [[nodiscard]] explicit operator bool() const noexcept { return state_ != nullptr; }

 private:
    friend class Device;
    friend class Commands;
    std::shared_ptr<detail::BufferState> state_;
    std::uint64_t size_ = 0;
};

/// A compiled kernel. Copies are the same kernel.
class Kernel {
 public:
    Kernel() = default;
    [[nodiscard]] explicit operator bool() const noexcept { return state_ != nullptr; }

 private:
    friend class Device;
    friend class Commands;
    std::shared_ptr<detail::KernelState> state_;
};

/// A part of a buffer at a place of a kernel.
struct Binding {
    std::uint32_t group = 0;
    std::uint32_t binding = 0;
    Buffer buffer;
    std::uint64_t offset = 0;  ///< a multiple of Limits::binding_offset_align
    std::uint64_t size = 0;    ///< bytes, a multiple of 4; 0: to the buffer's end
};

/// Buffers at all the places of one kernel. Copies are the same bindings.
class Bindings {
 public:
    Bindings() = default;
    [[nodiscard]] explicit operator bool() const noexcept { return state_ != nullptr; }

 private:
    friend class Device;
    friend class Commands;
    std::shared_ptr<detail::BindingsState> state_;
};

/// Bytes that a device wrote, where the host reads them without a copy: see Commands::read. Copies are the same bytes.
/// They take memory that the device's next reads could use, so they are not to be kept for long.
class Mapped {
 public:
    Mapped() = default;
    /// Nothing until a Device::wait has seen the commands done. Any thread may read them.
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept;
    [[nodiscard]] std::span<const std::uint32_t> words() const noexcept;

 private:
    friend class Device;
    friend class Commands;
    std::shared_ptr<detail::MappedState> state_;
};

/// What to do on a device, in this order; each step sees what those before it wrote.
class Commands {
 public:
    /// Runs a kernel on `x * y * z` workgroups.
    void dispatch(const Kernel& kernel, const Bindings& bindings, std::uint32_t x, std::uint32_t y = 1,
                  std::uint32_t z = 1);
    /// Copies between two buffers. Offsets and size in bytes, multiples of 4.
    void copy(const Buffer& from, std::uint64_t from_offset, const Buffer& to, std::uint64_t to_offset,
              std::uint64_t size);
    /// Sets bytes to zero. Offset and size multiples of 4.
    void clear(const Buffer& buffer, std::uint64_t offset, std::uint64_t size);
    /// Copies to the host: `out` is filled by the Device::wait that sees the commands done, and must live until then.
    /// Offset and size multiples of 4.
    void read(const Buffer& buffer, std::uint64_t offset, std::span<std::byte> out);
    template <class T>
    void read(const Buffer& buffer, std::uint64_t offset, std::span<T> out) {
        read(buffer, offset, std::as_writable_bytes(out));
    }
    /// The same without a copy: `size` bytes, which `out` refers to from then on.
    void read(const Buffer& buffer, std::uint64_t offset, std::uint64_t size, Mapped& out);
    [[nodiscard]] bool empty() const noexcept { return steps_.empty(); }

 private:
    friend class Device;
    enum class Kind : std::uint8_t { Dispatch, Copy, Clear, Read };
    struct Step {
        Kind kind;
        Kernel kernel;
        Bindings bindings;
        std::uint32_t workgroups[3] = {0, 0, 0};
        Buffer from;
        Buffer to;
        std::uint64_t from_offset = 0;
        std::uint64_t to_offset = 0;
        std::uint64_t size = 0;
        std::byte* out = nullptr;
        std::shared_ptr<detail::MappedState> mapped;
    };
    Step& add_read(const Buffer& buffer, std::uint64_t offset, std::uint64_t size);

    std::vector<Step> steps_;
};

class Device {
 public:
    /// Opens an adapter of list_adapters with all its limits. An error if it is unusable or does not open.
    [[nodiscard]] static Result<Device> open(const Adapter& adapter);

    Device(Device&&) noexcept;
    Device& operator=(Device&&) noexcept;
    /// Waits for what was submitted, for a short while; a device that does not finish is left to the process's end.
    ~Device();

    [[nodiscard]] const Adapter& adapter() const noexcept;
    [[nodiscard]] const Limits& limits() const noexcept;
    /// Whether it timed out or was lost: every further operation fails with the same reason.
    [[nodiscard]] bool failed() const noexcept;

    /// A storage buffer of `size` bytes, a multiple of 4 and not 0. An error if it is above the limit or does not fit.
    [[nodiscard]] Result<Buffer> create_buffer(std::uint64_t size);
    /// The same for what grows: twice as many bytes as `size`, as far as a binding goes, if there is room for them.
    [[nodiscard]] Result<Buffer> create_growing_buffer(std::uint64_t size);
    /// Bytes of a buffer that a kernel can use as a whole, at most: a multiple of 16.
    [[nodiscard]] std::uint64_t most_bytes() const noexcept;

    /// Parses and validates a kernel without compiling it for the adapter, which can take much longer. Errors as
    /// `compile`.
    [[nodiscard]] Result<void> validate(const KernelSource& source);

    /// Compiles a kernel. An error has the compiler's message, with line and column in the source.
    [[nodiscard]] Result<Kernel> compile(const KernelSource& source);

    /// Binds buffers to all the places that the kernel declares, and to no others.
    [[nodiscard]] Result<Bindings> bind(const Kernel& kernel, std::span<const Binding> bindings);

    /// Writes to a buffer before anything that is submitted later runs, behind all that was submitted before; the data
    /// is copied at once. Offset and size multiples of 4.
    [[nodiscard]] Result<void> write(const Buffer& buffer, std::uint64_t offset, std::span<const std::byte> data);
    template <class T>
    requires std::is_trivially_copyable_v<T>
    [[nodiscard]] Result<void> write(const Buffer& buffer, std::uint64_t offset, std::span<const T> data) {
        return write(buffer, offset, std::as_bytes(data));
    }

    /// Starts the commands behind those submitted before and returns at once. An error if one of them is wrong: then
    /// none is started.
    [[nodiscard]] Result<void> submit(const Commands& commands);
    /// Waits until everything submitted is done and fills what `Commands::read` named.
    [[nodiscard]] Result<void> wait(Milliseconds timeout = default_timeout);
    /// Waits until the commands that read `mapped` are done, and fills what they and those before them read. What was
    /// submitted behind them goes on.
    [[nodiscard]] Result<void> wait(const Mapped& mapped, Milliseconds timeout = default_timeout);
    /// Submits and waits.
    [[nodiscard]] Result<void> run(const Commands& commands, Milliseconds timeout = default_timeout);
    /// Reads from a buffer behind all that was submitted. Offset and size multiples of 4.
    [[nodiscard]] Result<void> read(const Buffer& buffer, std::uint64_t offset, std::span<std::byte> out,
                                    Milliseconds timeout = default_timeout);
    template <class T>
    requires std::is_trivially_copyable_v<T>
    [[nodiscard]] Result<void> read(const Buffer& buffer, std::uint64_t offset, std::span<T> out,
                                    Milliseconds timeout = default_timeout) {
        return read(buffer, offset, std::as_writable_bytes(out), timeout);
    }

 private:
    explicit Device(std::shared_ptr<detail::DeviceState> state) noexcept;
    [[nodiscard]] std::string mistake(const Commands::Step& step) const;
    void encode(const Commands& commands, WGPUCommandEncoderImpl* encoder, WGPUBufferImpl* staging) const;
    std::shared_ptr<detail::DeviceState> state_;
};

}  // namespace warpshrew::gpu
