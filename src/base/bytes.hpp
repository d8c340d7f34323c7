#pragma once
// Byte strings, 128-bit integers and their little-endian forms.
//
// A byte string is a std::string: keys and values go to RocksDB, protobuf and wasmtime as they are, and hash and
// compare as bytes.

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace warpshrew {

using Bytes = std::string;
using BytesView = std::string_view;

__extension__ typedef unsigned __int128 u128;
inline constexpr u128 u128_max = ~u128{0};

static_assert(std::endian::native == std::endian::little, "little-endian hosts only");

/// Reads sizeof(T) little-endian bytes at `p`; the caller has checked that they are there.
template <class T>
[[nodiscard]] T load_le(const void* p) noexcept {
    T x;
    std::memcpy(&x, p, sizeof x);
    return x;
}

/// Appends `x` as sizeof(T) little-endian bytes.
template <class T>
void append_le(Bytes& out, T x) {
    char b[sizeof x];
    std::memcpy(b, &x, sizeof x);
    out.append(b, sizeof x);
}

/// `x` as sizeof(T) little-endian bytes.
template <class T>
[[nodiscard]] Bytes to_le(T x) {
    Bytes out;
    append_le(out, x);
    return out;
}

/// The byte string over `n` bytes at `p`.
[[nodiscard]] inline BytesView as_bytes(const void* p, std::size_t n) noexcept {
    return {static_cast<const char*>(p), n};
}

/// Byte `i` of `b` as a number.
[[nodiscard]] inline std::uint8_t byte_at(BytesView b, std::size_t i) noexcept {
    return static_cast<std::uint8_t>(b[i]);
}

/// `n` in decimal.
[[nodiscard]] std::string to_decimal(u128 n);

/// Reads a decimal number without sign, at most 2^128 - 1; false if `text` is anything else.
[[nodiscard]] bool parse_decimal(std::string_view text, u128& n) noexcept;

/// Sums without wrapping: false on overflow, and then `out` is not changed.
[[nodiscard]] inline bool checked_add(u128 a, u128 b, u128& out) noexcept {
    if (a > u128_max - b) return false;
    out = a + b;
    return true;
}

}  // namespace warpshrew
