// Every host function and every way to fail, one an opcode. Data is what was seen. Incoming tokens go back unless said.
//
//   0   nothing                      1   the context             2   the transaction     3   the block
//   4   sequence                     5   fuel                    6   height              7   balance(who, what)
//   8   store(key, value)            9   load(key)              10   size of the value(key)
//  11   log a text                  12   returndata before any call
//  13   sizes of context, transaction and block
//  14   store(key, n): n bytes      15   load, store and load again(key, value)
//  20   call(target, count, inputs...), with the incoming tokens   21 delegatecall   22 staticcall: data and tokens
//  passed on 23   call(target) that may fail, then return all the same     24   two calls(target) 25   call
//  myself(depth) until 0                                26   call(target) with a cellpack of 31 bytes 30 precompile(n)
//  40   context to pointer(p)       41   load storage with key pointer(p)    42   load storage to pointer(p)
//  43   log pointer(p)              44   call with cellpack pointer(p)
//  46   balance of ids of 20 bytes  47   all void functions to pointer(p)
//  50   abort, then return          51   unreachable            52   division by zero
//  53   load out of bounds          54   endless recursion      55   endless loop     56   revert with a text
//  60   grow memory(pages)          61   fill memory(bytes)     62   mint my own token(amount)
//  63   send a token(id, amount) that may not be there          64   store, then fail(key)
//  65   keep the incoming tokens    66   a storage key twice in the response
#include <alkanes/contract.hpp>

namespace alkanes {

struct Number {
    Buffer buffer;
    explicit Number(u128 n) { buffer.put(n); }
    operator Bytes() const { return buffer.bytes(); }
};

const u8* pointer(u32 i) { return reinterpret_cast<const u8*>(static_cast<u32>(context.input(i))); }
u8* output(u32 i) { return reinterpret_cast<u8*>(static_cast<u32>(context.input(i))); }

/// `n` bytes that a void host function has written.
template <class F>
void see(F f, u32 n) {
    u8* p = allocate_buffer(n);
    f(p);
    u32 size = 0;
    memcpy(&size, p - 4, 4);
    response->data.put_u32(size).put(p, n);
}

Failure extcall(CallFunction* kind) {
    const u128 count = context.input(3);
    if (count > context.input_count || context.input_count - count < 4) return "inputs are missing";
    Buffer cell = cellpack(context.id_input(1));
    cell.put(context.inputs + 4, 16 * static_cast<u32>(count));
    store("/before-call", Number(count));
    const CallResult r = call(kind, cell, context.incoming, context.incoming_count);
    response->data.put_u8(r.ok).put(r.data);
    if (kind == host::call)
        send_all(r.transfers, r.transfer_count);
    else
        return_incoming();
    return r.ok ? nullptr : "the call failed";
}

Failure nested() {
    const u128 depth = context.input(1);
    return_incoming();
    if (depth == 0) return nullptr;
    Buffer cell = cellpack(context.myself, u128{25}, depth - 1);
    store("/depth", Number(depth));
    const CallResult r = call(host::call, cell, nullptr, 0);
    response->data.put(r.data).put(depth);
    return r.ok ? nullptr : "the nested call failed";
}

[[gnu::noinline]] u32 recurse(volatile u32* n) {
    if (*n == ~u32{0}) return 0;
    *n = *n + 1;
    return recurse(n) + *n;
}

void fail_by_trap(u32 how) {
    volatile u32 zero = 0;
    volatile u32 high = 0xfffffff0;
    switch (how) {
        case 51:
            trap();
        case 52:
            zero = 1 / zero;
            break;
        case 53:
            zero = *reinterpret_cast<volatile u32*>(high);
            break;
        case 54:
            zero = recurse(&zero);
            break;
        case 55:
            for (;;) zero = zero + 1;
    }
}

void bad_pointer(u32 how) {
    Buffer key;
    key.put("/k");
    Buffer empty;
    empty.put(u128{0});
    Buffer map;
    map.put_u32(0);
    Buffer id;
    id.put(context.myself.block).put_u32(0);
    switch (how) {
        case 40:
            host::load_context(output(1));
            break;
        case 41:
            response->data.put_u32(host::load_storage(pointer(1), allocate_buffer(16)));
            break;
        case 42:
            response->data.put_u32(host::load_storage(key.sealed(), output(1)));
            break;
        case 43:
            host::log(pointer(1));
            break;
        case 44:
            response->data.put_u32(static_cast<u32>(host::call(pointer(1), empty.sealed(), map.sealed(), 0)));
            break;
        case 46:
            host::balance(id.sealed(), id.sealed(), allocate_buffer(16));
            break;
        case 47:
            host::sequence(output(1));
            host::fuel(output(1));
            host::height(output(1));
            host::returndatacopy(output(1));
            host::load_transaction(output(1));
            host::load_block(output(1));
            break;
    }
}

Failure execute() {
    const u32 opcode = static_cast<u32>(context.input(0));
    const AlkaneId target = context.id_input(1);
    Buffer key;
    key.put("/k/").put(context.input(1));
    if (opcode >= 40 && opcode <= 47) {
        bad_pointer(opcode);
        return nullptr;
    }
    if (opcode >= 51 && opcode <= 55) fail_by_trap(opcode);
    if (opcode >= 20 && opcode <= 22)
        return extcall(opcode == 20 ? host::call : opcode == 21 ? host::delegatecall : host::staticcall);
    if (opcode == 25) return nested();
    if (opcode == 65) return nullptr;
    if (opcode != 24 && opcode != 23) return_incoming();
    switch (opcode) {
        case 0:
            return nullptr;
        case 1:
            see([](u8* p) { host::load_context(p); }, host::request_context());
            return nullptr;
        case 2:
            see(host::load_transaction, host::request_transaction());
            return nullptr;
        case 3: {
            u8* p = allocate_buffer(host::request_block());
            host::load_block(p);
            response->data.put(p, 80);
            return nullptr;
        }
        case 4:
            see(host::sequence, 16);
            return nullptr;
        case 5:
            see(host::fuel, 8);
            return nullptr;
        case 6:
            see(host::height, 8);
            return nullptr;
        case 7:
            return_data(balance(target, context.id_input(3)));
            return nullptr;
        case 8:
            store(key.bytes(), Number(context.input(2)));
            return nullptr;
        case 9:
            return_data(load(key.bytes()));
            return nullptr;
        case 10:
            response->data.put_u32(host::request_storage(key.sealed()));
            return nullptr;
        case 11:
            host::log(Buffer().put("a text").sealed());
            return nullptr;
        case 12:
            see(host::returndatacopy, 0);
            return nullptr;
        case 13:
            response->data.put_u32(host::request_context())
                .put_u32(host::request_transaction())
                .put_u32(host::request_block());
            return nullptr;
        case 14: {
            const u32 n = static_cast<u32>(context.input(2));
            u8* p = allocate(n);
            memset(p, 0x61, n);
            store(key.bytes(), {p, n});
            return nullptr;
        }
        case 15:
            return_data(load(key.bytes()));
            store(key.bytes(), Number(context.input(2)));
            return_data(load(key.bytes()));
            return nullptr;
        case 23:
        case 24: {
            Buffer cell = cellpack(target, context.input(3), context.input(4));
            store(key.bytes(), Number(opcode));
            const CallResult first = call(host::call, cell, context.incoming, context.incoming_count);
            response->data.put_u8(first.ok).put(first.data);
            send_all(first.transfers, first.transfer_count);
            if (opcode == 23) return nullptr;
            const CallResult second = call(host::staticcall, cell, nullptr, 0);
            response->data.put_u8(second.ok).put(second.data);
            return nullptr;
        }
        case 26: {
            Buffer cell;
            cell.put(target.block).put(&target.tx, 15);
            response->data.put_u8(call(host::call, cell, nullptr, 0).ok);
            return nullptr;
        }
        case 30: {
            Buffer cell = cellpack({800'000'000, context.input(1)});
            const CallResult r = call(host::staticcall, cell, nullptr, 0);
            return_data(r.data);
            return nullptr;
        }
        case 50:
            host::abort(1, 2, 3, 4);
            return_data("returned");
            return nullptr;
        case 56:
            return "a revert on purpose";
        case 60:
            response->data.put_u32(__builtin_wasm_memory_grow(0, static_cast<u32>(context.input(1))));
            response->data.put_u32(__builtin_wasm_memory_size(0));
            return nullptr;
        case 61:
            memset(allocate(static_cast<u32>(context.input(1))), 1, static_cast<u32>(context.input(1)));
            return nullptr;
        case 62:
            return mint(context.input(1));
        case 63:
            send(target, context.input(3));
            return nullptr;
        case 64:
            store(key.bytes(), "lost");
            return "after a store";
        case 66: {
            auto* w = reinterpret_cast<Write*>(allocate(sizeof(Write)));
            store(key.bytes(), "first");
            *w = {writes->key, "second", writes};
            writes = w;
            ++write_count;
            return nullptr;
        }
        default:
            return "unrecognized opcode";
    }
}

}  // namespace alkanes

ALKANES_META(
    R"({"contract":"host_exerciser","methods":[)"
    R"({"name":"nothing","opcode":0,"params":[],"returns":"void"},)"
    R"({"name":"get_context","opcode":1,"params":[],"returns":"Vec<u8>"},)"
    R"({"name":"store","opcode":8,"params":[{"name":"key","type":"u128"},{"name":"value","type":"u128"}],"returns":"void"},)"
    R"({"name":"load","opcode":9,"params":[{"name":"key","type":"u128"}],"returns":"Vec<u8>"},)"
    R"({"name":"call","opcode":20,"params":[{"name":"target","type":"AlkaneId"},{"name":"inputs","type":"Vec<u128>"}],"returns":"Vec<u8>"}]})")
