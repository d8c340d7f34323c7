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
    static constexpr std::uint64_t default_limit = std::uint64_t{512} << 20;
    /// Room for so many bytes of code, of which one module may have half.
    explicit CodeBuffer(std::uint64_t most_bytes = default_limit)
        : words_(memory_page_words), most_bytes_(most_bytes) {}

    /// Appends a module: where its header is, in units of 16 bytes. 0 if there is no room for it.
    std::uint32_t add(const DeviceModule& module);
    /// Whether there was no room for a module that there is room for after forget().
    [[nodiscard]] bool is_full() const noexcept { return is_full_; }
    /// What is there now outlives forget().
    void keep() noexcept { kept_ = words_.size(); }
    /// Takes all modules out that were added since keep(). No lane may run.
    void forget();
    [[nodiscard]] std::uint64_t bytes() const noexcept { return words_.size() * sizeof(std::uint32_t); }
    [[nodiscard]] const std::vector<std::uint32_t>& words() const noexcept { return words_; }

    /// The buffer on the device, with all that has been added. An error if the device has no room for it: then there is
    /// room for half as much.
    [[nodiscard]] Result<Buffer> upload(Device& device);

 private:
    std::vector<std::uint32_t> words_;
    std::uint64_t most_bytes_;
    std::size_t kept_ = memory_page_words;  ///< words
    bool is_full_ = false;
    Buffer buffer_;
    std::size_t uploaded_ = 0;  ///< words
};

}  // namespace warpshrew::gpu
