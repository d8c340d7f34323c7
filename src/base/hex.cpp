#include "base/hex.hpp"

namespace warpshrew {

std::string to_hex(BytesView bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (std::size_t i = 0; i < bytes.size(); i++) {
        out.push_back(digits[byte_at(bytes, i) >> 4]);
        out.push_back(digits[byte_at(bytes, i) & 15]);
    }
    return out;
}

static int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

Result<Bytes> from_hex(std::string_view text) {
    Bytes out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = digit(text[i]);
        if (high < 0) return fail("not a hex digit", i);
        if (i + 1 == text.size()) return fail("odd number of hex digits", i + 1);
        const int low = digit(text[i + 1]);
        if (low < 0) return fail("not a hex digit", i + 1);
        out.push_back(static_cast<char>(high << 4 | low));
    }
    return out;
}

}  // namespace warpshrew
