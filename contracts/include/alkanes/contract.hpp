// Include this, define `Failure execute()`, and give the methods as JSON: ALKANES_META(R"({...})").
#pragma once
#include "call.hpp"
#include "text.hpp"

namespace alkanes {

/// Runs the contract: what to do is in `context`, what comes back goes to `response`.
Failure execute();

/// A contract is set up once.
inline Failure only_once() {
    if (load("/initialized").size != 0) return "already initialized";
    const u8 one = 1;
    store("/initialized", {&one, 1});
    return nullptr;
}

/// Stores name and symbol as opcodes 99 and 100 give them back.
inline void store_name(u128 part1, u128 part2, u128 symbol) {
    Buffer name;
    put_word_text(name, part1);
    put_word_text(name, part2);
    store("/name", name.bytes());
    Buffer s;
    put_word_text(s, symbol);
    store("/symbol", s.bytes());
}

/// Mints the contract's own token to the caller and counts the supply.
inline Failure mint(u128 value) {
    u128 supply = 0;
    if (!add(load_u128("/totalsupply"), value, supply)) return "total supply overflows";
    store_u128("/totalsupply", supply);
    send(context.myself, value);
    return nullptr;
}

inline const u8* run() {
    load_context();
    Response r;
    response = &r;
    const Failure failure = context.input_count == 0 ? "no opcode" : execute();
    Buffer out;
    if (failure != nullptr) {
        host::abort(0, 0, 0, 0);
        const u8 selector[4] = {0x08, 0xc3, 0x79, 0xa0};
        out.put(u128{0}).put_u32(0).put(selector, 4).put(failure, length(failure));
    } else {
        out.put(u128{r.transfer_count}).put(r.transfers.bytes());
        put_storage(out);
        out.put(r.data.bytes());
    }
    return out.sealed();
}

}  // namespace alkanes

__attribute__((export_name("__execute"))) extern "C" inline const alkanes::u8* alkanes_execute() {
    return alkanes::run();
}

#define ALKANES_META(json)                                                                \
    __attribute__((export_name("__meta"))) extern "C" const alkanes::u8* alkanes_meta() { \
        alkanes::Buffer out;                                                              \
        return out.put(alkanes::Bytes(json)).sealed();                                    \
    }
