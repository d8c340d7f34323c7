#include "protorune/varint.hpp"

#include <algorithm>

namespace warpshrew::protorune {

Result<std::vector<u128>> decode_varints(BytesView bytes) {
    std::vector<u128> out;
    const auto last_of_integer = [](char c) { return (static_cast<unsigned char>(c) & 0x80) == 0; };
    out.reserve(static_cast<std::size_t>(std::count_if(bytes.begin(), bytes.end(), last_of_integer)));
    for (std::size_t start = 0, pos = 0; pos < bytes.size(); start = pos) {
        u128 n = 0;
        for (unsigned i = 0;; ++i) {
            if (pos == bytes.size()) return fail("unterminated", start);
            if (i > 18) return fail("too long", start);
            const std::uint8_t byte = byte_at(bytes, pos++);
            if (i == 18 && (byte & 0x7c) != 0) return fail("overflow", start);
            n |= u128{byte & 0x7fU} << (7 * i);
            if ((byte & 0x80) == 0) break;
        }
        out.push_back(n);
    }
    return out;
}

void append_varint(Bytes& out, u128 n) {
    for (; n > 0x7f; n >>= 7) out.push_back(static_cast<char>((n & 0x7f) | 0x80));
    out.push_back(static_cast<char>(n));
}

}  // namespace warpshrew::protorune
