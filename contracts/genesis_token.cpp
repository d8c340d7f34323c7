// The token 2:0 of a network of one's own: a premine, then one block reward a block to whoever asks first.
//
//   0   initialize: mints the premine
//   77  mint: the reward of this block, once a block
//   99  name    100 symbol    101 total supply
#include <alkanes/contract.hpp>

namespace alkanes {

constexpr u128 premine = 50'000'000;

/// Half as much every 210,000 blocks, as for coinbases.
u128 reward(u64 h) {
    const u64 halvings = h / 210'000;
    return halvings >= 64 ? 0 : u64{5'000'000'000} >> halvings;
}

Failure mint_reward() {
    const u64 h = height();
    Buffer seen;
    seen.put("/seen/").put_u64(h);
    if (load(seen.bytes()).size != 0) return "already minted in this block";
    const u8 one = 1;
    store(seen.bytes(), {&one, 1});
    return_incoming();
    return mint(reward(h));
}

Failure execute() {
    switch (static_cast<u64>(context.input(0))) {
        case 0:
            if (const Failure f = only_once()) return f;
            return mint(premine);
        case 77:
            return mint_reward();
        case 99:
            return_data("GENESIS");
            return nullptr;
        case 100:
            return_data("GEN");
            return nullptr;
        case 101:
            return_data(load_u128("/totalsupply"));
            return nullptr;
        default:
            return "unrecognized opcode";
    }
}

}  // namespace alkanes

ALKANES_META(R"({"contract":"genesis_token","methods":[)"
             R"({"name":"initialize","opcode":0,"params":[],"returns":"void"},)"
             R"({"name":"mint","opcode":77,"params":[],"returns":"void"},)"
             R"({"name":"get_name","opcode":99,"params":[],"returns":"String"},)"
             R"({"name":"get_symbol","opcode":100,"params":[],"returns":"String"},)"
             R"({"name":"get_total_supply","opcode":101,"params":[],"returns":"u128"}]})")
