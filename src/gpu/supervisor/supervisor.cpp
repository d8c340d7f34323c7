// What stands between contracts and the lane: host functions, nested calls and the call itself, as alkanes/frame.cpp,
// target.cpp and executed_message.cpp have them. It is WebAssembly that the interpreter executes like a contract's, but
// not metered, and with a memory of its own. What it cannot do exactly as the CPU does, it hands back.
//
// Section numbers: alkanes-vm.md.

#include "response.hpp"

namespace warpshrew::gpu {
namespace {

// Prices of host functions (3.4).
constexpr u64 price_request_transaction = 50, price_request_block = 100, price_load_transaction = 500,
              price_load_block = 1000, price_sequence = 5, price_fuel = 5, price_height = 10, price_balance = 10,
              price_extcall = 500;
constexpr u32 max_level = 24;  // of a frame that may call: 2.6
constexpr u64 precompile_block = 800'000'000;

enum Host : u32 {
    host_abort,
    host_load_storage,
    host_request_storage,
    host_log,
    host_balance,
    host_request_context,
    host_load_context,
    host_sequence,
    host_fuel,
    host_height,
    host_returndatacopy,
    host_load_transaction,
    host_load_block,
    host_request_transaction,
    host_request_block,
    host_call,
    host_delegatecall,
    host_staticcall
};
enum CallType : u32 { call_type = 1, delegatecall_type, staticcall_type };

// ---- fuel (Execution::needs_fuel, Frame::charge)

void needs_fuel(u64 left, u64 n) {
    if (left < n) lane().fuel_observed = 1;
    const u64 required = lane().start - left + n;
    if (required > lane().fuel_required) lane().fuel_required = required;
}
bool charge(u64 n) {
    const u64 left = fuel();
    needs_fuel(left, n);
    if (left < n) return false;
    if ((lane().flags & payload::deducts) != 0) set_fuel(left - n);
    return true;
}

// ---- the contract's buffers (3.2)

u64 memory_bytes() { return memory() << 16; }

Failure read_buffer(u32 pointer, Slice& out) {
    const u64 size = memory_bytes();
    if (static_cast<std::int32_t>(pointer) < 0) return {true, text("invalid start offset")};
    if (pointer < 4 || pointer > size) return {true, text("failed to read length prefix")};
    const u32 n = contract_load32(pointer - 4);
    if (n > size - pointer) return {true, text("invalid buffer range")};
    out = copy_from_contract(pointer, n);
    return fine;
}

/// Writes `bytes` bytes, which word(i) gives eight at a time.
template <class F>
bool write_buffer(u32 pointer, u32 bytes, const F& word) {
    const u64 size = memory_bytes();
    if (static_cast<std::int32_t>(pointer) < 4 || pointer > size) return false;
    contract_store32(pointer - 4, bytes);
    if (bytes > size - pointer) return false;
    u32 i = 0, left = bytes;
    for (; left >= 8; left -= 8, i += 8) contract_store64(pointer + i, word(i));
    if (left == 0) return true;
    pointer += i;
    u64 last = word(i);
    if ((left & 4) != 0) {
        contract_store32(pointer, static_cast<u32>(last));
        last >>= 32;
        pointer += 4;
    }
    for (left &= 3; left != 0; left--) {
        contract_store8(pointer++, static_cast<u32>(last & 255));
        last >>= 8;
    }
    return true;
}

// ---- host functions: the result is -1 where they fail, and then so does the frame

u32 failed() {
    lane().frame->failed = true;
    return ~0U;
}
template <class F>
u32 give(u32 pointer, u32 bytes, u64 price, u32 result, const F& word) {
    return charge(price) && write_buffer(pointer, bytes, word) ? result : failed();
}
u32 give_own(u32 pointer, Slice s, u64 price, u32 result) {
    return give(pointer, s.size, price, result, [&](u32 i) { return load64(s.at + i); });
}
u32 give_payload(u32 pointer, u32 field, u64 price) {
    const auto word = static_cast<u32>(payload_word(field));
    return give(pointer, static_cast<u32>(payload_word(field + 1)), price, 0,
                [&](u32 i) { return tx_payloads(word + i / 4); });
}
u32 size_of(u32 bytes, u64 price) { return charge(price) ? bytes : failed(); }

u32 storage(u32 key_pointer, u32 pointer, bool load) {
    Slice k;
    if (read_buffer(key_pointer, k).failed) return failed();
    const Value v = read(make_key(KeyKind::storage, lane().frame->myself(), k));
    const u64 bytes = u64{v.size} + k.size;
    if (!load) return size_of(v.size, bytes);
    return give(pointer, v.size, 2 * bytes, pointer, [&](u32 i) { return v.word64(i); });
}

u32 balance(u32 who_pointer, u32 what_pointer, u32 pointer) {
    Slice who, what;
    if (read_buffer(who_pointer, who).failed || read_buffer(what_pointer, what).failed || who.size < id_bytes ||
        what.size < id_bytes)
        return failed();
    const Key key = make_key(KeyKind::balance, what.at, {who.at, id_bytes});
    look_at(key, who.at, what.at);
    const Value v = read(key);
    return give(pointer, v.size, price_balance, 0, [&](u32 i) { return v.word64(i); });
}

u32 sequence(u32 pointer) {
    lane().sequence_observed = 1;
    const u128 n = number(read(make_key(KeyKind::sequence, nullptr, {nullptr, 0})));
    return give(pointer, 16, price_sequence, 0, [&](u32 i) { return static_cast<u64>(i == 0 ? n : n >> 64); });
}

// ---- frames (2.3)

struct FrameResult {
    Failure failure;
    Response response;
    Slice bytes;  ///< the response as the contract gave it
    u64 gas_used;
};

Slice trap_text(u32 trap) {
    switch (trap) {
        case 1:
            return text("wasm `unreachable` instruction executed");
        case 2:
            return text("out of bounds memory access");
        case 3:
            return text("undefined element: out of bounds table access");
        case 4:
            return text("uninitialized element 2");
        case 5:
            return text("indirect call type mismatch");
        case 6:
            return text("integer overflow");
        case 7:
            return text("integer divide by zero");
        case 8:
            return text("invalid conversion to integer");
        case 9:
            return text("call stack exhausted");
        case 10:
            return text("all fuel consumed by WebAssembly");
        default:
            hand_back(GiveUp::error_text);
    }
}

Slice with_prefix(Slice words) {
    const Slice prefix = text("ALKANES: revert: ");
    u8* to = allocate(prefix.size + words.size);
    move_bytes(to, prefix);
    move_bytes(to + prefix.size, words);
    return {to, prefix.size + words.size};
}

/// What the contract said, or else what went wrong (2.3.4).
Slice failure_text(const Response& r) {
    if (r.failure.failed) return with_prefix(r.failure.text);
    if (r.data.size < 4 || load32(r.data.at) != revert_selector) return text("ALKANES: revert");
    const Slice words = rest_of(r.data, 4);
    for (u32 i = 0; i < words.size; i++)
        if (words.at[i] >= 128) hand_back(GiveUp::error_text);
    return with_prefix(words);
}

FrameResult run_frame(Frame& frame, u32 module_header, u64 with_fuel) {
    Lane& l = lane();
    l.frames++;
    Frame* const caller = l.frame;
    const u64 its_module = module(), its_memory = memory(), its_cells = cells(), its_depth = depth(),
              its_level = level();
    const u32 its_pages = used_pages();
    const Write* const its_writes = l.writes;
    l.frame = &frame;
    if (caller != nullptr) set_level(its_level + 1);
    set_fuel(with_fuel);
    const u64 returned = enter(module_header);
    const auto trap = static_cast<u32>(returned >> 32);
    const u64 left = fuel();
    needs_fuel(left, 0);
    if (trap == 10) l.fuel_observed = 1;
    FrameResult out{fine, {fine, {nullptr, 0}, nullptr, 4, {nullptr, 0}}, {nullptr, 0}, with_fuel - left};
    if (trap != 0) {
        out.response.failure = {true, trap_text(trap)};
    } else {
        out.response.failure = read_buffer(static_cast<u32>(returned), out.bytes);
        if (!out.response.failure.failed) out.response = decode_response(out.bytes);
    }
    free_pages(its_pages);
    set_module(its_module);
    set_memory(its_memory);
    set_cells(its_cells);
    set_depth(its_depth);
    set_level(its_level);
    l.frame = caller;
    if (out.response.failure.failed || frame.failed) {
        l.writes = its_writes;
        out.failure = {true, failure_text(out.response)};
        return out;
    }
    out.gas_used += u64{l.store_byte} * out.response.storage_bytes;
    return out;
}

// ---- calls of other contracts (2.4)

void put_leave(bool success, u64 fuel_used, Slice response) {
    put(Record::leave, success ? 1U : 0U, fuel_used, response.size);
    put_bytes(response);
}
/// A response of nothing but data.
Slice only_data(Slice data) {
    u8* to = allocate(20 + data.size);
    store128(to, 0);
    store64(to + 16, 0);
    move_bytes(to + 20, data);
    return {to, 20 + data.size};
}

/// The header of a contract's code, for a target that exists (1.3, row 1).
u32 resolve(const u8* target) {
    const u128 block = load128(target);
    const u128 number_in_block = load128(target + 16);
    if (block == precompile_block) hand_back(GiveUp::precompile);
    if (block == 1 || block == 3 || block == 5 || block == 6) hand_back(GiveUp::deployment);
    const u128 next = number(read(make_key(KeyKind::sequence, nullptr, {nullptr, 0})));
    if (block == 2) {
        if (number_in_block >= next) hand_back(GiveUp::no_contract);
        if (number_in_block + 1 > lane().sequence_required) lane().sequence_required = number_in_block + 1;
    } else if (block != 4 && block != 32) {
        hand_back(GiveUp::no_contract);
    }
    const Value code = read(make_key(KeyKind::code, target, {nullptr, 0}));
    if (code.size == 0) hand_back(GiveUp::no_contract);
    return static_cast<u32>(code.word64(0));
}

struct Attempt {
    Failure failure;
    bool in_progress;  ///< what it wrote is yet to be kept or taken back
    u32 result;
};

Attempt run_child(CallType type, Frame& child, u32 code, const Write* before) {
    Lane& l = lane();
    const u64 start = fuel();
    put(Record::enter, static_cast<u32>(type), l.start - start, child.context.size);
    put_bytes(child.context);
    const FrameResult r = run_frame(child, code, start);
    if (r.failure.failed) {
        if ((l.flags & payload::contains) == 0) return {r.failure, true, 0};
        set_fuel(0);
        l.fuel_observed = 1;
        const Slice data = revert_data(r.failure.text);
        put_leave(false, start, only_data(data));
        l.writes = before;
        l.frame->return_data = encode_call_response({nullptr, 0}, data);
        return {fine, false, -l.frame->return_data.size};
    }
    needs_fuel(start, r.gas_used);
    if (r.gas_used > start) return {{true, text("overflow error")}, true, 0};
    set_fuel(start - r.gas_used);
    put_leave(true, r.gas_used, r.bytes);
    write_storage(child.myself(), r.response.storage);
    if (type != delegatecall_type) {
        const Failure f = transfer_all(r.response.alkanes, child.myself(), child.caller());
        if (f.failed) return {f, true, 0};
    }
    if (type == staticcall_type) l.writes = before;
    l.frame->return_data = encode_call_response(r.response.alkanes, r.response.data);
    return {fine, false, l.frame->return_data.size};
}

Attempt try_external_call(CallType type, u32 cellpack_pointer, u32 parcel_pointer, u32 map_pointer,
                          const Write* before) {
    Lane& l = lane();
    Frame& frame = *l.frame;
    if (level() >= max_level)
        return {{true, text("Possible infinite recursion encountered: checkpoint depth too large(76)")}, false, 0};
    Slice cellpack, parcel, map;
    Failure f = read_buffer(cellpack_pointer, cellpack);
    if (!f.failed) f = read_buffer(parcel_pointer, parcel);
    if (!f.failed) f = read_buffer(map_pointer, map);
    if (f.failed) return {f, false, 0};
    const u32 map_bytes = map.size;
    if (cellpack.size < id_bytes) return {short_buffer(), false, 0};
    Slice incoming;
    Entry* writes = nullptr;
    u32 serialized = 0;
    f = read_parcel(parcel, incoming);
    if (!f.failed) f = read_map(map, writes, serialized);
    if (f.failed) return {f, false, 0};

    write_storage(frame.myself(), writes);
    const u32 code = resolve(cellpack.at);
    const bool delegate = type == delegatecall_type;
    if (!delegate) {
        f = transfer_all(incoming, frame.myself(), cellpack.at);
        if (f.failed) return {f, true, 0};
    }
    if (!charge(price_extcall + u64{l.store_byte} * map_bytes)) return {{true, text("overflow error")}, true, 0};
    // myself, caller, vout, number of tokens, tokens, inputs
    const Slice inputs = {cellpack.at + id_bytes, (cellpack.size - id_bytes) & ~15U};
    const u32 size = 96 + incoming.size + inputs.size;
    u8* context = allocate(size);
    move_bytes(context, {delegate ? frame.myself() : cellpack.at, id_bytes});
    move_bytes(context + 32, {delegate ? frame.caller() : frame.myself(), id_bytes});
    move_bytes(context + 64, {frame.context.at + 64, 16});
    store128(context + 80, incoming.size / transfer_bytes);
    move_bytes(context + 96, incoming);
    move_bytes(context + 96 + incoming.size, inputs);
    Frame child{{context, size}, {nullptr, 0}, false};
    return run_child(type, child, code, before);
}

u32 external_call(CallType type, u32 cellpack, u32 parcel, u32 map) {
    Lane& l = lane();
    const Write* const before = l.writes;
    const Attempt r = try_external_call(type, cellpack, parcel, map, before);
    if (!r.failure.failed) return r.result;
    const Slice data = revert_data(r.failure.text);
    put_leave(false, 0, only_data(data));
    l.writes = before;
    l.frame->failed = true;
    l.frame->return_data = encode_call_response({nullptr, 0}, data);
    return -l.frame->return_data.size;
}

}  // namespace

/// Host function `f` of wasm::HostFunction. The interpreter calls it where a contract calls an import.
extern "C" __attribute__((export_name("host"))) u32 host(u32 a, u32 b, u32 c, u64, u32 f) {
    Frame& frame = *lane().frame;
    switch (f) {
        case host_abort:
            frame.failed = true;
            return 0;
        case host_load_storage:
            return storage(a, b, true);
        case host_request_storage:
            return storage(a, 0, false);
        case host_log: {
            Slice words;
            return read_buffer(a, words).failed ? failed() : 0;
        }
        case host_balance:
            return balance(a, b, c);
        case host_request_context:
            return size_of(frame.context.size, frame.context.size);
        case host_load_context:
            return give_own(a, frame.context, 2 * u64{frame.context.size}, a);
        case host_sequence:
            return sequence(a);
        case host_fuel: {
            lane().fuel_observed = 1;
            const u64 left = fuel();
            return give(a, 8, price_fuel, 0, [&](u32) { return left; });
        }
        case host_height:
            return give(a, 8, price_height, 0, [](u32) { return lane().height; });
        case host_returndatacopy:
            return give_own(a, frame.return_data, 2 * u64{frame.return_data.size}, 0);
        case host_load_transaction:
            return give_payload(a, payload::transaction, price_load_transaction);
        case host_load_block:
            return give_payload(a, payload::block, price_load_block);
        case host_request_transaction:
            return size_of(static_cast<u32>(payload_word(payload::transaction_bytes)), price_request_transaction);
        case host_request_block:
            return size_of(static_cast<u32>(payload_word(payload::block_bytes)), price_request_block);
        default:
            return external_call(static_cast<CallType>(f - host_call + call_type), a, b, c);
    }
}

/// The call itself, from step 4 of 2.2 on; its target is resolved.
extern "C" __attribute__((export_name("run"))) void run() {
    Lane& l = lane();
    l = {};
    l.heap = reinterpret_cast<u8*>(&l) + ((sizeof(Lane) + 7) & ~7U);
    l.call = static_cast<u32>(get_state(static_cast<u32>(LaneField::payload)));
    l.position = static_cast<u32>(payload_word(payload::position));
    l.flags = static_cast<u32>(payload_word(payload::flags));
    l.store_byte = static_cast<u32>(payload_word(payload::store_byte));
    l.permissions = static_cast<u32>(payload_word(payload::permissions));
    l.permission_count = static_cast<u32>(payload_word(payload::permission_count));
    l.height = payload_word(payload::height_low) | payload_word(payload::height_high) << 32;
    l.start = fuel();
    Frame frame{copy_from_payload(static_cast<u32>(payload_word(payload::context)),
                                  static_cast<u32>(payload_word(payload::context_bytes))),
                {nullptr, 0},
                false};
    const Slice incoming = {frame.context.at + 96, static_cast<u32>(load64(frame.context.at + 80)) * transfer_bytes};
    for (u32 i = 0; i < incoming.size; i += transfer_bytes)
        if (credit(frame.myself(), incoming.at + i, true).failed) hand_back(GiveUp::settlement);
    const FrameResult r = run_frame(frame, static_cast<u32>(payload_word(payload::module)), l.start);
    if (!r.failure.failed) {
        write_storage(frame.myself(), r.response.storage);
        if (r.gas_used > l.start) hand_back(GiveUp::settlement);
        for (u32 i = 0; i < r.response.alkanes.size; i += transfer_bytes)
            debit(frame.myself(), r.response.alkanes.at + i);
        needs_fuel(l.start, r.gas_used);
        for (const Write* w = l.writes; w != nullptr; w = w->before) {
            const u32 place = w->place != 0 ? w->place : find_place({w->key, w->hash});
            if (l.permissions != 0 && !permitted(place, permission::writes)) hand_back(GiveUp::violation);
            if (place != 0) {
                put(Record::overwrite, place, w->value.size);
            } else {
                put(Record::write, w->key.size, w->value.size);
                put_bytes(w->key);
            }
            put_bytes(w->value);
        }
    }
    const bool succeeded = !r.failure.failed;
    const Slice bytes = succeeded ? r.bytes : r.failure.text;
    put(Record::end, succeeded ? 1U : 0U, succeeded ? r.gas_used : u64{0}, l.fuel_required, l.fuel_observed,
        l.sequence_observed, l.sequence_required, l.frames, bytes.size);
    put_bytes(bytes);
}

}  // namespace warpshrew::gpu

extern "C" void* memcpy(void* to, const void* from, unsigned long n) {
    auto* t = static_cast<unsigned char*>(to);
    const auto* f = static_cast<const unsigned char*>(from);
    for (; n >= 8; n -= 8, t += 8, f += 8) {
        unsigned long long v;
        __builtin_memcpy_inline(&v, f, 8);
        __builtin_memcpy_inline(t, &v, 8);
    }
    for (; n != 0; n--) *t++ = *f++;
    return to;
}
extern "C" void* memset(void* to, int value, unsigned long n) {
    auto* t = static_cast<unsigned char*>(to);
    const unsigned long long eight = static_cast<unsigned char>(value) * 0x0101010101010101ULL;
    for (; n >= 8; n -= 8, t += 8) __builtin_memcpy_inline(t, &eight, 8);
    for (; n != 0; n--, t++) *static_cast<volatile unsigned char*>(t) = static_cast<unsigned char>(value);
    return to;
}
