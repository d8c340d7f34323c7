#include "alkanes/guest_memory.hpp"

namespace warpshrew::alkanes {

static constexpr std::size_t length_word = sizeof(std::uint32_t);

Result<BytesView> read_buffer(std::span<const std::uint8_t> memory, std::int32_t pointer) {
    if (pointer < 0) return fail("invalid start offset");
    const auto p = static_cast<std::size_t>(pointer);
    if (p < length_word || p > memory.size()) return fail("failed to read length prefix");
    const auto n = load_le<std::uint32_t>(memory.data() + p - length_word);
    if (n > memory.size() - p) return fail("invalid buffer range");
    return as_bytes(memory.data() + p, n);
}

bool write_buffer(std::span<std::uint8_t> memory, std::int32_t pointer, BytesView value) noexcept {
    if (pointer < static_cast<std::int32_t>(length_word)) return false;
    const auto p = static_cast<std::size_t>(pointer);
    if (p > memory.size()) return false;
    const auto n = static_cast<std::uint32_t>(value.size());
    std::memcpy(memory.data() + p - length_word, &n, length_word);
    if (value.size() > memory.size() - p) return false;
    if (!value.empty()) std::memcpy(memory.data() + p, value.data(), value.size());
    return true;
}

}  // namespace warpshrew::alkanes
