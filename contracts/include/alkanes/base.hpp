// Types shared by all contracts, and the memory functions that the compiler expects (there is no C library).
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace alkanes {

using u8 = uint8_t;
using u32 = uint32_t;
using u64 = uint64_t;
__extension__ typedef unsigned __int128 u128;

/// A view of bytes that live until the call ends: nothing is ever freed.
struct Bytes {
    const u8* data = nullptr;
    u32 size = 0;

    constexpr Bytes() = default;
    constexpr Bytes(const u8* p, u32 n) : data(p), size(n) {}
    /// The text of a literal, without its final zero.
    template <u32 N>
    Bytes(const char (&s)[N]) : data(reinterpret_cast<const u8*>(s)), size(N - 1) {}
};

/// Identifier of a contract and of its token; (0,0) as caller means that a transaction calls.
struct AlkaneId {
    u128 block = 0;
    u128 tx = 0;
    friend bool operator==(const AlkaneId& a, const AlkaneId& b) { return a.block == b.block && a.tx == b.tx; }
    friend bool operator<(const AlkaneId& a, const AlkaneId& b) {
        return a.block != b.block ? a.block < b.block : a.tx < b.tx;
    }
};

/// An amount of a token; laid out as it is serialized.
struct Transfer {
    AlkaneId id;
    u128 value = 0;
};
static_assert(sizeof(Transfer) == 48);

/// Why a call fails, as text that ends in zero; null when it does not.
using Failure = const char*;

[[noreturn]] inline void trap() { __builtin_trap(); }

inline bool equal(Bytes a, Bytes b) {
    if (a.size != b.size) return false;
    for (u32 i = 0; i < a.size; ++i)
        if (a.data[i] != b.data[i]) return false;
    return true;
}

/// Sums and products without wrapping; false on overflow.
inline bool add(u128 a, u128 b, u128& out) { return !__builtin_add_overflow(a, b, &out); }
inline bool multiply(u128 a, u128 b, u128& out) {
    if (a != 0 && b > ~u128{0} / a) return false;
    out = a * b;
    return true;
}

}  // namespace alkanes

// The compiler calls these by name, also where the source does not. Without builtins, or their loops would become calls
// to themselves; weak, as definitions in a header.
extern "C" {
__attribute__((weak, no_builtin)) void* memcpy(void* to, const void* from, size_t n) {
    auto* d = static_cast<unsigned char*>(to);
    const auto* s = static_cast<const unsigned char*>(from);
    for (; n >= 8; n -= 8, d += 8, s += 8) __builtin_memcpy_inline(d, s, 8);
    for (; n != 0; --n) *d++ = *s++;
    return to;
}
__attribute__((weak, no_builtin)) void* memset(void* to, int value, size_t n) {
    auto* d = static_cast<unsigned char*>(to);
    for (; n != 0; --n) *d++ = static_cast<unsigned char>(value);
    return to;
}
}
