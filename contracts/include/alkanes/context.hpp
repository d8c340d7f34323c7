// Who calls, with which tokens and inputs.
#pragma once
#include "host.hpp"
#include "memory.hpp"

namespace alkanes {

struct Context {
    AlkaneId myself;
    AlkaneId caller;
    u128 vout = 0;
    const Transfer* incoming = nullptr;
    u32 incoming_count = 0;
    const u128* inputs = nullptr;
    u32 input_count = 0;

    /// Input `i`; 0 when it is not there, as calldata is padded with zeros anyway.
    [[nodiscard]] u128 input(u32 i) const { return i < input_count ? inputs[i] : 0; }
    [[nodiscard]] AlkaneId id_input(u32 i) const { return {input(i), input(i + 1)}; }
    /// The amount of a token that came with the call.
    [[nodiscard]] u128 received(const AlkaneId& id) const {
        u128 sum = 0;
        for (u32 i = 0; i < incoming_count; ++i)
            if (incoming[i].id == id) sum += incoming[i].value;
        return sum;
    }
};

inline Context context;

inline void load_context() {
    const u32 size = host::request_context();
    u8* p = allocate_buffer(size);
    host::load_context(p);
    const auto* words = reinterpret_cast<const u128*>(p);
    context.myself = {words[0], words[1]};
    context.caller = {words[2], words[3]};
    context.vout = words[4];
    context.incoming_count = static_cast<u32>(words[5]);
    context.incoming = reinterpret_cast<const Transfer*>(words + 6);
    context.inputs = words + 6 + 3 * context.incoming_count;
    context.input_count = size / 16 - 6 - 3 * context.incoming_count;
}

/// Height of the block.
inline u64 height() {
    u8* p = allocate_buffer(8);
    host::height(p);
    u64 n = 0;
    memcpy(&n, p, 8);
    return n;
}

/// The number that the next contract gets.
inline u128 sequence() {
    u8* p = allocate_buffer(16);
    host::sequence(p);
    return *reinterpret_cast<const u128*>(p);
}

/// What contract `who` holds of token `what`, this call's tokens included.
inline u128 balance(const AlkaneId& who, const AlkaneId& what) {
    Buffer a;
    Buffer b;
    u8* p = allocate_buffer(16);
    memset(p, 0, 16);  // a balance that was never set has no bytes
    host::balance(a.put(who).sealed(), b.put(what).sealed(), p);
    return *reinterpret_cast<const u128*>(p);
}

}  // namespace alkanes
