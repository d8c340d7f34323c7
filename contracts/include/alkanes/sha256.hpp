// SHA-256 (FIPS 180-4).
#pragma once
#include "memory.hpp"

namespace alkanes {

struct Hash {
    u8 bytes[32];
};

inline constexpr u32 sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

inline u32 rotate_right(u32 x, u32 n) { return x >> n | x << (32 - n); }

inline void sha256_block(u32 (&h)[8], const u8* p) {
    u32 w[64];
    for (u32 i = 0; i < 16; ++i)
        w[i] = u32{p[4 * i]} << 24 | u32{p[4 * i + 1]} << 16 | u32{p[4 * i + 2]} << 8 | p[4 * i + 3];
    for (u32 i = 16; i < 64; ++i) {
        const u32 a = rotate_right(w[i - 15], 7) ^ rotate_right(w[i - 15], 18) ^ w[i - 15] >> 3;
        const u32 b = rotate_right(w[i - 2], 17) ^ rotate_right(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    u32 s[8];
    for (u32 i = 0; i < 8; ++i) s[i] = h[i];
    for (u32 i = 0; i < 64; ++i) {
        const u32 e = rotate_right(s[4], 6) ^ rotate_right(s[4], 11) ^ rotate_right(s[4], 25);
        const u32 t1 = s[7] + e + ((s[4] & s[5]) ^ (~s[4] & s[6])) + sha256_constants[i] + w[i];
        const u32 a = rotate_right(s[0], 2) ^ rotate_right(s[0], 13) ^ rotate_right(s[0], 22);
        const u32 t2 = a + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        for (u32 k = 7; k > 0; --k) s[k] = s[k - 1];
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (u32 i = 0; i < 8; ++i) h[i] += s[i];
}

inline Hash sha256(Bytes b) {
    u32 h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    u32 at = 0;
    for (; b.size - at >= 64; at += 64) sha256_block(h, b.data + at);
    u8 tail[128];
    memset(tail, 0, 128);
    const u32 rest = b.size - at;
    memcpy(tail, b.data + at, rest);
    tail[rest] = 0x80;
    const u32 end = rest < 56 ? 64 : 128;
    const u64 bits = u64{b.size} * 8;
    for (u32 i = 0; i < 8; ++i) tail[end - 1 - i] = static_cast<u8>(bits >> 8 * i);
    for (u32 i = 0; i < end; i += 64) sha256_block(h, tail + i);
    Hash out;
    for (u32 i = 0; i < 32; ++i) out.bytes[i] = static_cast<u8>(h[i / 4] >> (24 - 8 * (i % 4)));
    return out;
}

}  // namespace alkanes
