// A token that its owner mints.
//
//   0     initialize(auth units, units): deploys an auth token; both to the caller
//   1     the same with name part 1, name part 2, symbol behind
//   77    mint(amount), by the owner
//   88    burn: what came in of this token is gone
//   99    name    100 symbol    101 total supply    1000 data
#include <alkanes/contract.hpp>
#include <alkanes/owner.hpp>

namespace alkanes {

Failure initialize(bool named) {
    if (const Failure f = only_once()) return f;
    if (named)
        store_name(context.input(3), context.input(4), context.input(5));
    else
        store_name(0x64656e776f, 0, 0x4e574f);  // "owned", "OWN"
    if (const Failure f = deploy_auth_token(context.input(1))) return f;
    return mint(context.input(2));
}

Failure burn() {
    const u128 value = context.received(context.myself);
    if (context.incoming_count != 1 || value == 0) return "burn takes this token alone";
    store_u128("/totalsupply", load_u128("/totalsupply") - value);
    return nullptr;
}

Failure execute() {
    switch (static_cast<u64>(context.input(0))) {
        case 0:
            return initialize(false);
        case 1:
            return initialize(true);
        case 77:
            if (const Failure f = only_owner()) return f;
            return mint(context.input(1));
        case 88:
            return burn();
        case 99:
            return_data(load("/name"));
            return nullptr;
        case 100:
            return_data(load("/symbol"));
            return nullptr;
        case 101:
            return_data(load_u128("/totalsupply"));
            return nullptr;
        case 1000:
            return_data("owned by the holder of its auth token");
            return nullptr;
        default:
            return "unrecognized opcode";
    }
}

}  // namespace alkanes

ALKANES_META(
    R"({"contract":"owned_token","methods":[)"
    R"({"name":"initialize","opcode":0,"params":[{"name":"auth_token_units","type":"u128"},{"name":"token_units","type":"u128"}],"returns":"void"},)"
    R"({"name":"initialize_named","opcode":1,"params":[{"name":"auth_token_units","type":"u128"},{"name":"token_units","type":"u128"},)"
    R"({"name":"name_part1","type":"u128"},{"name":"name_part2","type":"u128"},{"name":"symbol","type":"u128"}],"returns":"void"},)"
    R"({"name":"mint","opcode":77,"params":[{"name":"amount","type":"u128"}],"returns":"void"},)"
    R"({"name":"burn","opcode":88,"params":[],"returns":"void"},)"
    R"({"name":"get_name","opcode":99,"params":[],"returns":"String"},)"
    R"({"name":"get_symbol","opcode":100,"params":[],"returns":"String"},)"
    R"({"name":"get_total_supply","opcode":101,"params":[],"returns":"u128"},)"
    R"({"name":"get_data","opcode":1000,"params":[],"returns":"Vec<u8>"}]})")
