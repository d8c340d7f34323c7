// Hands out tokens to whoever proves a claim.
//
//   0    initialize(token, end height, root low, root high), with the tokens to hand out
//   1    claim(index, amount, number of proof hashes, proof hashes: low and high word each)
//   2    root    3 what is left    99 name
//
// A leaf is SHA-256(00 ‖ index ‖ amount), numbers as 16 bytes little-endian; a node SHA-256(01 ‖ left ‖ right). Bit k
// of the index says whether the hash at level k is a right child. A hash as two words: bytes 0 to 15, then 16 to 31,
// little-endian.
#include <alkanes/contract.hpp>
#include <alkanes/sha256.hpp>

namespace alkanes {

constexpr u32 longest_proof = 64;

Failure initialize() {
    if (const Failure f = only_once()) return f;
    const AlkaneId token = context.id_input(1);
    if (context.incoming_count != 1 || context.received(token) == 0) return "the tokens to hand out are not there";
    store_id("/token", token);
    store_u128("/end", context.input(3));
    Buffer root;
    root.put(context.input(4)).put(context.input(5));
    store("/root", root.bytes());
    return nullptr;
}

Hash leaf(u128 index, u128 amount) {
    Buffer b;
    b.put_u8(0).put(index).put(amount);
    return sha256(b.bytes());
}

Hash node(const Hash& left, const Hash& right) {
    Buffer b;
    b.put_u8(1).put(left.bytes, 32).put(right.bytes, 32);
    return sha256(b.bytes());
}

Failure claim() {
    const u128 index = context.input(1);
    const u128 amount = context.input(2);
    const u128 count = context.input(3);
    if (count > longest_proof || context.input_count < 4 + 2 * static_cast<u32>(count))
        return "the proof is too short or too long";
    if (height() > load_u128("/end")) return "claims have ended";
    Buffer claimed;
    claimed.put("/claimed/").put(index);
    if (load(claimed.bytes()).size != 0) return "claimed already";
    Hash h = leaf(index, amount);
    for (u32 i = 0; i < static_cast<u32>(count); ++i) {
        Hash other;
        memcpy(other.bytes, context.inputs + 4 + 2 * i, 32);
        h = (index >> i & 1) != 0 ? node(other, h) : node(h, other);
    }
    if (index >> static_cast<u32>(count) != 0 || !equal({h.bytes, 32}, load("/root")))
        return "the proof does not lead to the root";
    const u8 one = 1;
    store(claimed.bytes(), {&one, 1});
    return_incoming();
    send(load_id("/token"), amount);
    return nullptr;
}

Failure execute() {
    switch (static_cast<u64>(context.input(0))) {
        case 0:
            return initialize();
        case 1:
            return claim();
        case 2:
            return_data(load("/root"));
            return nullptr;
        case 3:
            return_data(balance(context.myself, load_id("/token")));
            return nullptr;
        case 99:
            return_data("Distributor");
            return nullptr;
        default:
            return "unrecognized opcode";
    }
}

}  // namespace alkanes

ALKANES_META(
    R"({"contract":"merkle_distributor","methods":[)"
    R"({"name":"initialize","opcode":0,"params":[{"name":"token","type":"AlkaneId"},{"name":"end_height","type":"u128"},)"
    R"({"name":"root_low","type":"u128"},{"name":"root_high","type":"u128"}],"returns":"void"},)"
    R"({"name":"claim","opcode":1,"params":[{"name":"index","type":"u128"},{"name":"amount","type":"u128"},)"
    R"({"name":"proof","type":"Vec<u128>"}],"returns":"void"},)"
    R"({"name":"get_root","opcode":2,"params":[],"returns":"Vec<u8>"},)"
    R"({"name":"get_left","opcode":3,"params":[],"returns":"u128"},)"
    R"({"name":"get_name","opcode":99,"params":[],"returns":"String"}]})")
