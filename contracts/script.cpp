// Runs the steps that its inputs are, for tests that need a contract to do anything: each step is an opcode and its
// arguments, behind each other, and works on one number, `a`. Step 0, and the zeros behind the last step, end it.
// Tokens that came in go back unless a call took them or step 17 keeps them.
//
//   1 a = load(key)          2 store(key, a)          3 a = n                  4 a += n
//   5 a = load(key) + n, store(key, a)                6 a = load(key a)        7 store(key a, n)
//   8 a = balance(who, what) 9 a = fuel              10 a = height            11 a = sequence
//  12 n turns of a loop     13 fail with a text      14 trap                  15 mint n of its own token
//  16 send(token, amount)   17 keep the incoming     18 skip n words if a is 0
//  19 return a as data      20 store(key, n bytes)   21 a = words of the context in all, each times its place
//  22 a = received(token)   23 a = size of transaction and block               24 a host function that fails
//  25 skip n words if a is odd                       26 grow memory(pages)     27 a = size of load(key)
//  28 store(key, nothing)   29 a = fuel before step 12's loop of a % 64 turns
//  30 call(kind, target, tokens, count, words...), the kind 0 call, 1 delegatecall, 2 staticcall; tokens 1: with the
//     incoming ones. a = the first word of the data; tokens that come back go to the caller. Fails if the call does.
//  31 the same of target (4, a)                      32 the same as 30, but goes on where the call fails
//
// Keys are numbers below 16.
#include <alkanes/contract.hpp>

namespace alkanes {

namespace {

u32 position = 0;
u128 a = 0;
bool keeps = false;

u128 next() { return context.input(position++); }
AlkaneId next_id() {
    const u128 block = next();
    return {block, next()};
}

/// The key of a number.
struct Key {
    u8 text[2];
    explicit Key(u128 n) : text{'k', static_cast<u8>('a' + (static_cast<u32>(n) & 15))} {}
    operator Bytes() const { return {text, 2}; }
};

void loop(u32 n) {
    volatile u32 x = 0;
    for (u32 i = 0; i < n; ++i) x = x + i;
}

void skip(u32 n) { position = n > context.input_count ? context.input_count : position + n; }

/// A number of up to 16 bytes.
u128 number(Bytes b) {
    u128 n = 0;
    memcpy(&n, b.data, b.size < 16 ? b.size : 16);
    return n;
}

u128 see_context() {
    const u32 size = host::request_context();
    u8* p = allocate_buffer(size);
    host::load_context(p);
    u128 sum = 0;
    for (u32 i = 0; i < size / 16; ++i) sum += (i + 1) * reinterpret_cast<const u128*>(p)[i];
    return sum;
}

u64 see_fuel() {
    u8* p = allocate_buffer(8);
    host::fuel(p);
    u64 n = 0;
    memcpy(&n, p, 8);
    return n;
}

/// Whether the call succeeded.
bool call_target(u32 kind, const AlkaneId& target) {
    const bool tokens = next() != 0 && kind != 2;
    const u128 count = next();
    const u32 left = position < context.input_count ? context.input_count - position : 0;
    const u32 n = count < left ? static_cast<u32>(count) : left;
    Buffer cell = cellpack(target);
    cell.put(context.inputs + position, 16 * n);
    position += n;
    CallFunction* f = kind == 0 ? host::call : kind == 1 ? host::delegatecall : host::staticcall;
    const bool moves = tokens && !keeps;
    const CallResult r = call(f, cell, context.incoming, moves ? context.incoming_count : 0);
    if (moves && kind == 0) keeps = true;  // they are the target's now
    a = r.data.size >= 8 ? number(r.data) : r.data.size;
    if (r.ok && kind == 0) send_all(r.transfers, r.transfer_count);
    return r.ok;
}

Failure step(u32 opcode) {
    switch (opcode) {
        case 1:
            a = load_u128(Key(next()));
            return nullptr;
        case 2:
            store_u128(Key(next()), a);
            return nullptr;
        case 3:
            a = next();
            return nullptr;
        case 4:
            a += next();
            return nullptr;
        case 5: {
            const Key key(next());
            a = load_u128(key) + next();
            store_u128(key, a);
            return nullptr;
        }
        case 6:
            a = load_u128(Key(a));
            return nullptr;
        case 7:
            store_u128(Key(a), next());
            return nullptr;
        case 8: {
            const AlkaneId who = next_id();
            a = balance(who, next_id());
            return nullptr;
        }
        case 9:
            a = see_fuel();
            return nullptr;
        case 10:
            a = height();
            return nullptr;
        case 11:
            a = sequence();
            return nullptr;
        case 12:
            loop(static_cast<u32>(next()));
            return nullptr;
        case 13:
            return "a step that fails";
        case 14:
            trap();
        case 15:
            return mint(next());
        case 16: {
            const AlkaneId token = next_id();
            send(token, next());
            return nullptr;
        }
        case 17:
            keeps = true;
            return nullptr;
        case 18: {
            const u32 n = static_cast<u32>(next());
            if (a == 0) skip(n);
            return nullptr;
        }
        case 19:
            return_data(a);
            return nullptr;
        case 20: {
            const Key key(next());
            const u32 n = static_cast<u32>(next());
            u8* p = allocate(n);
            memset(p, static_cast<int>(static_cast<u32>(a)), n);
            store(key, {p, n});
            return nullptr;
        }
        case 21:
            a = see_context();
            return nullptr;
        case 22:
            a = context.received(next_id());
            return nullptr;
        case 23:
            a = u128{host::request_transaction()} << 32 | host::request_block();
            return nullptr;
        case 24:
            host::balance(Buffer().put_u32(0).sealed(), Buffer().sealed(), allocate_buffer(16));
            return nullptr;
        case 25: {
            const u32 n = static_cast<u32>(next());
            if ((a & 1) != 0) skip(n);
            return nullptr;
        }
        case 26:
            a = __builtin_wasm_memory_grow(0, static_cast<u32>(next()));
            return nullptr;
        case 27:
            a = load(Key(next())).size;
            return nullptr;
        case 28:
            store(Key(next()), {});
            return nullptr;
        case 29: {
            const u64 before = see_fuel();
            loop(static_cast<u32>(a & 63));
            a = before;
            return nullptr;
        }
        case 30:
        case 32: {
            const u32 kind = static_cast<u32>(next());
            const AlkaneId target = next_id();
            return call_target(kind, target) || opcode == 32 ? nullptr : "the call failed";
        }
        case 31: {
            const u32 kind = static_cast<u32>(next());
            return call_target(kind, {4, a}) ? nullptr : "the call failed";
        }
        default:
            return "unrecognized step";
    }
}

}  // namespace

Failure execute() {
    for (u128 opcode = next(); opcode != 0; opcode = next())
        if (const Failure f = step(static_cast<u32>(opcode))) return f;
    if (!keeps) return_incoming();
    return nullptr;
}

}  // namespace alkanes

ALKANES_META(R"({"contract":"script","methods":[]})")
