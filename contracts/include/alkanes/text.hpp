// Decimal numbers, and strings packed into inputs.
#pragma once
#include "memory.hpp"

namespace alkanes {

inline void put_decimal(Buffer& out, u128 n) {
    u8 digits[39];
    u32 i = 39;
    do {
        digits[--i] = static_cast<u8>('0' + static_cast<u32>(n % 10));
        n /= 10;
    } while (n != 0);
    out.put(digits + i, 39 - i);
}

/// The bytes of a word, lowest first, without the zeros.
inline void put_word_text(Buffer& out, u128 word) {
    for (; word != 0; word >>= 8)
        if (const u8 c = static_cast<u8>(word); c != 0) out.put_u8(c);
}

inline u32 length(const char* s) {
    u32 n = 0;
    while (s[n] != 0) ++n;
    return n;
}

}  // namespace alkanes
