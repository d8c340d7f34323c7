// Makes pools, one for each pair of tokens, as clones of a pool contract, and finds them again.
//
//   0    initialize(5 or 6, n): clones are made by the cellpack (5,n) or (6,n)
//   1    create pool(token a, token b), with both tokens: its shares
//   2    find pool(token a, token b): its id
//   3    all pools: count, then ids    4 number of pools
//   11   add liquidity(token a, token b), with both tokens
//   12   burn(token a, token b), with shares
//   13   swap(token in, token out, least amount out), with the token
#include <alkanes/contract.hpp>

namespace alkanes {

/// The key of a pair, whatever its order.
Buffer pair_key(AlkaneId a, AlkaneId b) {
    Buffer key;
    key.put("/pool/");
    return b < a ? key.put(b).put(a) : key.put(a).put(b);
}

Buffer list_key(u128 i) {
    Buffer key;
    key.put("/pools/").put(i);
    return key;
}

Failure create_pool() {
    const AlkaneId a = context.id_input(1);
    const AlkaneId b = context.id_input(3);
    const Bytes key = pair_key(a, b).bytes();
    if (load(key).size != 0) return "the pool is there";
    const AlkaneId pool{2, sequence()};
    Buffer cell = cellpack(load_id("/template"), u128{0}, a.block, a.tx, b.block, b.tx);
    const u128 count = load_u128("/count");
    store_id(key, pool);
    store_id(list_key(count).bytes(), pool);
    store_u128("/count", count + 1);
    const CallResult r = call(host::call, cell, context.incoming, context.incoming_count);
    if (!r.ok) return "cannot create the pool";
    send_all(r.transfers, r.transfer_count);
    return nullptr;
}

/// Calls the pool of a pair with all tokens that came in, and passes on what it gives.
Failure forward(u128 opcode, u128 argument) {
    const AlkaneId pool = load_id(pair_key(context.id_input(1), context.id_input(3)).bytes());
    if (pool == AlkaneId{}) return "no such pool";
    Buffer cell = cellpack(pool, opcode, argument);
    const CallResult r = call(host::call, cell, context.incoming, context.incoming_count);
    if (!r.ok) return "the pool refuses";
    send_all(r.transfers, r.transfer_count);
    return nullptr;
}

void all_pools() {
    const u128 count = load_u128("/count");
    return_data(count);
    for (u128 i = 0; i < count; ++i) return_data(load(list_key(i).bytes()));
}

Failure execute() {
    switch (static_cast<u64>(context.input(0))) {
        case 0:
            if (const Failure f = only_once()) return f;
            store_id("/template", context.id_input(1));
            return nullptr;
        case 1:
            return create_pool();
        case 2:
            return_data(load(pair_key(context.id_input(1), context.id_input(3)).bytes()));
            return nullptr;
        case 3:
            all_pools();
            return nullptr;
        case 4:
            return_data(load_u128("/count"));
            return nullptr;
        case 11:
            return forward(1, 0);
        case 12:
            return forward(2, 0);
        case 13:
            return forward(3, context.input(5));
        default:
            return "unrecognized opcode";
    }
}

}  // namespace alkanes

ALKANES_META(
    R"({"contract":"amm_factory","methods":[)"
    R"({"name":"initialize","opcode":0,"params":[{"name":"template","type":"AlkaneId"}],"returns":"void"},)"
    R"({"name":"create_pool","opcode":1,"params":[{"name":"a","type":"AlkaneId"},{"name":"b","type":"AlkaneId"}],"returns":"void"},)"
    R"({"name":"find_pool","opcode":2,"params":[{"name":"a","type":"AlkaneId"},{"name":"b","type":"AlkaneId"}],"returns":"AlkaneId"},)"
    R"({"name":"get_all_pools","opcode":3,"params":[],"returns":"Vec<u8>"},)"
    R"({"name":"get_num_pools","opcode":4,"params":[],"returns":"u128"},)"
    R"({"name":"add_liquidity","opcode":11,"params":[{"name":"a","type":"AlkaneId"},{"name":"b","type":"AlkaneId"}],"returns":"void"},)"
    R"({"name":"burn","opcode":12,"params":[{"name":"a","type":"AlkaneId"},{"name":"b","type":"AlkaneId"}],"returns":"void"},)"
    R"({"name":"swap","opcode":13,"params":[{"name":"in","type":"AlkaneId"},{"name":"out","type":"AlkaneId"},)"
    R"({"name":"least_out","type":"u128"}],"returns":"void"}]})")
