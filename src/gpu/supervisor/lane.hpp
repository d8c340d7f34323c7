#pragma once
// What the supervisor runs on: operations of the interpreter (imports that lowering turns into instructions), and its
// own memory. Of that only what lies behind `__heap_base`, and the stack, can be written.

#include "gpu/layout.hpp"

namespace warpshrew::gpu {

using u8 = std::uint8_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i64 = std::int64_t;
__extension__ typedef unsigned __int128 u128;

#define WARPSHREW_OPERATION(name) extern "C" __attribute__((import_module("env"), import_name(#name)))
// Bytes in the contract's memory, which the caller has checked to be there.
WARPSHREW_OPERATION(contract_load8) u32 contract_load8(u32 at);
WARPSHREW_OPERATION(contract_load32) u32 contract_load32(u32 at);
WARPSHREW_OPERATION(contract_load64) u64 contract_load64(u32 at);
WARPSHREW_OPERATION(contract_store8) void contract_store8(u32 at, u32 v);
WARPSHREW_OPERATION(contract_store32) void contract_store32(u32 at, u32 v);
WARPSHREW_OPERATION(contract_store64) void contract_store64(u32 at, u64 v);
// Two words of a buffer.
WARPSHREW_OPERATION(tx_payloads) u64 tx_payloads(u32 word);
WARPSHREW_OPERATION(input_state) u64 input_state(u32 word);
WARPSHREW_OPERATION(state_map) u64 state_map(u32 word);
WARPSHREW_OPERATION(output) void output(u32 word, u32 value);
// Runs a contract: high word: the Trap, low word: its result.
WARPSHREW_OPERATION(enter) u64 enter(u32 header);
WARPSHREW_OPERATION(free_pages) void free_pages(u32 left);
WARPSHREW_OPERATION(stop) void stop(u32 status, u32 detail);
WARPSHREW_OPERATION(get_state) u64 get_state(u32 field);
WARPSHREW_OPERATION(set_state) void set_state(u32 field, u64 value);
#undef WARPSHREW_OPERATION

#define WARPSHREW_STATE(name, field)                                            \
    inline u64 name() { return get_state(static_cast<u32>(LaneField::field)); } \
    inline void set_##name(u64 v) { set_state(static_cast<u32>(LaneField::field), v); }
WARPSHREW_STATE(fuel, fuel_low)
WARPSHREW_STATE(cells, cells)
WARPSHREW_STATE(depth, depth)
WARPSHREW_STATE(module, module)
WARPSHREW_STATE(memory, memory)
WARPSHREW_STATE(level, level)
#undef WARPSHREW_STATE
inline u32 used_pages() { return static_cast<u32>(get_state(static_cast<u32>(LaneField::used))); }

[[noreturn]] inline void hand_back(GiveUp why) {
    stop(static_cast<u32>(LaneStatus::handed_back), static_cast<u32>(HandBack::supervisor) + static_cast<u32>(why));
    __builtin_trap();
}

/// Bytes in the supervisor's memory.
struct Slice {
    const u8* at;
    u32 size;
};

/// A text that is compiled in.
template <u32 n>
inline Slice text(const char (&s)[n]) {
    return {reinterpret_cast<const u8*>(s), n - 1};
}

inline u64 load64(const u8* p) {
    u64 v;
    __builtin_memcpy(&v, p, 8);
    return v;
}
inline u32 load32(const u8* p) {
    u32 v;
    __builtin_memcpy(&v, p, 4);
    return v;
}
inline void store64(u8* p, u64 v) { __builtin_memcpy(p, &v, 8); }

}  // namespace warpshrew::gpu
