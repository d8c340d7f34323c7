#include "gpu/code_buffer.hpp"

#include <algorithm>
#include <span>

namespace warpshrew::gpu {

std::uint32_t CodeBuffer::add(const DeviceModule& module) {
    const auto at = static_cast<std::uint32_t>(words_.size() / 4);
    words_.insert(words_.end(), module.words.begin(), module.words.end());
    words_.resize((words_.size() + 3) / 4 * 4);
    return at;
}

Result<Buffer> CodeBuffer::upload(Device& device) {
    if (!buffer_ || buffer_.size() < bytes()) {
        // Twice as much, so that a chain that deploys contracts does not upload them all again each time.
        const std::uint64_t limit = std::min(device.limits().binding_bytes, device.limits().buffer_bytes) / 16 * 16;
        if (bytes() > limit) return fail("the contracts' code is larger than the device's buffers");
        auto buffer = device.create_buffer(std::min(limit, std::max<std::uint64_t>(bytes() * 2, 1 << 16)));
        if (!buffer) return tl::unexpected(buffer.error());
        buffer_ = *buffer;
        uploaded_ = 0;
    }
    if (uploaded_ < words_.size()) {
        const std::span<const std::uint32_t> rest = std::span(words_).subspan(uploaded_);
        if (auto r = device.write(buffer_, uploaded_ * sizeof(std::uint32_t), rest); !r)
            return tl::unexpected(r.error());
        uploaded_ = words_.size();
    }
    return buffer_;
}

}  // namespace warpshrew::gpu
