#pragma once
// Device code of many modules in one buffer.

#include <cstdint>
#include <vector>

#include "gpu/device.hpp"
#include "gpu/layout.hpp"
#include "gpu/lowering.hpp"

namespace warpshrew::gpu {

/// Starts with a page of zeros, which pages of memory refer to.
class CodeBuffer {
 public:
    CodeBuffer() : words_(memory_page_words) {}

    /// Appends a module: where its header is, in units of 16 bytes.
    std::uint32_t add(const DeviceModule& module);
    [[nodiscard]] std::uint64_t bytes() const noexcept { return words_.size() * sizeof(std::uint32_t); }
    [[nodiscard]] const std::vector<std::uint32_t>& words() const noexcept { return words_; }

    /// The buffer on the device, with all that has been added.
    [[nodiscard]] Result<Buffer> upload(Device& device);

 private:
    std::vector<std::uint32_t> words_;
    Buffer buffer_;
    std::size_t uploaded_ = 0;  ///< words
};

}  // namespace warpshrew::gpu
