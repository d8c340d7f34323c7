#pragma once
// The supervisor's heap, which only grows, the output, and what of the lane all share.

#include "lane.hpp"

namespace warpshrew::gpu {

/// A value that was written, on top of those written before.
struct Write {
    const Write* before;
    u64 hash;
    Slice key, value;
    u32 place;  ///< of the key in input_state; 0: not known
};

/// A contract's call.
struct Frame {
    Slice context;  ///< serialized (alkanes-vm.md 3.3)
    Slice return_data;
    bool failed;

    [[nodiscard]] const u8* myself() const { return context.at; }
    [[nodiscard]] const u8* caller() const { return context.at + 32; }
};

struct Lane {
    u8* heap;  ///< next free byte
    u32 out;   ///< next word of the output
    u32 call;  ///< its payload
    const Write* writes;
    Frame* frame;  ///< the one that runs
    u64 start;     ///< fuel
    u64 fuel_required;
    u128 sequence_required;
    u32 fuel_observed, sequence_observed, frames;
    u32 position, flags, store_byte;
    u32 permissions, permission_count;  ///< 0: everything is permitted
    u64 height;
};

extern "C" u8 __heap_base;
inline Lane& lane() { return *reinterpret_cast<Lane*>((reinterpret_cast<u32>(&__heap_base) + 1023) & ~1023U); }

/// Memory at a multiple of 8.
inline u8* allocate(u32 n) {
    u8* p = lane().heap;
    lane().heap = p + ((n + 7) & ~7U);
    return p;
}

inline u64 payload_word(u32 word) { return tx_payloads(lane().call + word) & 0xffffffff; }

inline void put_at(u32& out, u32 word) { output(out++, word); }
inline void put_at(u32& out, Record r) { put_at(out, static_cast<u32>(r)); }
inline void put_at(u32& out, u64 v) {
    put_at(out, static_cast<u32>(v));
    put_at(out, static_cast<u32>(v >> 32));
}
inline void put_at(u32& out, u128 v) {
    put_at(out, static_cast<u64>(v));
    put_at(out, static_cast<u64>(v >> 64));
}
/// Words, and numbers of several words, one after the other.
template <class... T>
inline void put(T... values) {
    u32 out = lane().out;
    (put_at(out, values), ...);
    lane().out = out;
}
// Loops go by eight bytes and count down, so that a turn takes few steps. They read up to seven bytes behind a slice.

/// The n bytes at p, less than eight, as a number.
inline u64 load_last(const u8* p, u32 n) { return load64(p) & ((u64{1} << (n * 8)) - 1); }

inline void put_bytes(Slice s) {
    u32 out = lane().out;
    const u8* p = s.at;
    u32 left = s.size;
    for (; left >= 8; left -= 8, p += 8, out += 2) {
        const u64 v = load64(p);
        output(out, static_cast<u32>(v));
        output(out + 1, static_cast<u32>(v >> 32));
    }
    if (left != 0) output(out++, load32(p));
    if (left > 4) output(out++, load32(p + 4));
    lane().out = out;
}

/// Also writes zeros up to seven bytes behind.
inline void move_bytes(u8* to, Slice s) {
    const u8* p = s.at;
    u32 left = s.size;
    for (; left >= 8; left -= 8, p += 8, to += 8) store64(to, load64(p));
    if (left != 0) store64(to, load_last(p, left));
}
/// Copies to the supervisor, at a multiple of 8, and fills up with zeros.
inline Slice copy(Slice s) {
    u8* to = allocate(s.size);
    move_bytes(to, s);
    return {to, s.size};
}
inline Slice copy_from_payload(u32 word, u32 bytes) {
    u8* to = allocate(bytes);
    u8* p = to;
    for (const u32 end = word + (bytes + 3) / 4; word < end; word += 2, p += 8) store64(p, tx_payloads(word));
    return {to, bytes};
}
inline Slice copy_from_contract(u32 at, u32 bytes) {
    u8* to = allocate(bytes);
    u8* p = to;
    u32 left = bytes;
    for (; left >= 8; left -= 8, at += 8, p += 8) store64(p, contract_load64(at));
    if (left == 0) return {to, bytes};
    u64 last = 0;
    if (at + left >= 8) {
        last = contract_load64(at + left - 8) >> ((8 - left) * 8);
    } else {
        for (u32 i = left; i-- != 0;) last = last << 8 | contract_load8(at + i);
    }
    store64(p, last);
    return {to, bytes};
}

inline bool equal(Slice a, Slice b) {
    if (a.size != b.size) return false;
    u32 i = 0;
    for (; i + 8 <= a.size; i += 8)
        if (load64(a.at + i) != load64(b.at + i)) return false;
    for (; i < a.size; i++)
        if (a.at[i] != b.at[i]) return false;
    return true;
}
/// Whether a is before b, as bytes.
inline bool before(Slice a, Slice b) {
    const u32 n = a.size < b.size ? a.size : b.size;
    for (u32 i = 0; i < n; i++)
        if (a.at[i] != b.at[i]) return a.at[i] < b.at[i];
    return a.size < b.size;
}
inline u128 load128(const u8* p) { return load64(p) | static_cast<u128>(load64(p + 8)) << 64; }
inline void store128(u8* p, u128 v) {
    store64(p, static_cast<u64>(v));
    store64(p + 8, static_cast<u64>(v >> 64));
}

}  // namespace warpshrew::gpu
