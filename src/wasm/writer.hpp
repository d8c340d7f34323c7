#pragma once
// Writing the WebAssembly binary format: everything appends to a byte string.

#include <cstdint>

#include "base/bytes.hpp"

namespace warpshrew::wasm {

/// Appends an unsigned LEB128.
inline void append_unsigned(Bytes& out, std::uint64_t n) {
    for (; n >= 0x80; n >>= 7) out.push_back(static_cast<char>(n | 0x80));
    out.push_back(static_cast<char>(n));
}

/// Appends a signed LEB128.
inline void append_signed(Bytes& out, std::int64_t n) {
    for (; n < -64 || n > 63; n >>= 7) out.push_back(static_cast<char>(n | 0x80));
    out.push_back(static_cast<char>(n & 0x7f));
}

/// Appends a byte string with its length before it.
inline void append_sized(Bytes& out, BytesView content) {
    append_unsigned(out, content.size());
    out.append(content);
}

}  // namespace warpshrew::wasm
