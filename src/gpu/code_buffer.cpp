#include "gpu/code_buffer.hpp"

#include <algorithm>
#include <span>

namespace warpshrew::gpu {

std::uint32_t CodeBuffer::add(const DeviceModule& module) {
    const std::uint64_t size = module.words.size() * sizeof(std::uint32_t);
    if (size > most_bytes_ / 2) return 0;
    if (bytes() + size > most_bytes_) {
        is_full_ = true;
        return 0;
    }
    const auto at = static_cast<std::uint32_t>(words_.size() / 4);
    words_.insert(words_.end(), module.words.begin(), module.words.end());
    words_.resize((words_.size() + 3) / 4 * 4);
    return at;
}

void CodeBuffer::forget() {
    words_.resize(kept_);
    uploaded_ = std::min(uploaded_, kept_);
    is_full_ = false;
}

Result<Buffer> CodeBuffer::upload(Device& device) {
    if (!buffer_ || buffer_.size() < bytes()) {
        // Twice as much, so that a chain that deploys contracts does not upload them all again each time.
        buffer_ = {};
        auto buffer = device.create_growing_buffer(bytes());
        if (!buffer) {
            most_bytes_ = std::max<std::uint64_t>(bytes() / 2, 2 * kept_ * sizeof(std::uint32_t));
            is_full_ = true;
            return buffer;
        }
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
