// A token that everybody mints, the same amount each time, up to a cap.
//
//   0     initialize(units, value per mint, cap (0: none), name part 1, name part 2, symbol, data...): `units` to the
//   caller 77    mint 99    name    100 symbol    101 total supply    102 cap    103 minted    104 value per mint 1000
//   data
#include <alkanes/contract.hpp>

namespace alkanes {

Failure initialize() {
    if (const Failure f = only_once()) return f;
    const u128 cap = context.input(3);
    store_u128("/value-per-mint", context.input(2));
    store_u128("/cap", cap == 0 ? ~u128{0} : cap);
    store_name(context.input(4), context.input(5), context.input(6));
    Buffer data;
    for (u32 i = 7; i < context.input_count; ++i) put_word_text(data, context.input(i));
    store("/data", data.bytes());
    return_incoming();
    return context.input(1) == 0 ? nullptr : mint(context.input(1));
}

Failure mint_once() {
    const u128 minted = load_u128("/minted");
    if (load("/initialized").size == 0) return "not initialized";
    if (minted >= load_u128("/cap")) return "supply has reached the cap";
    store_u128("/minted", minted + 1);
    return_incoming();
    return mint(load_u128("/value-per-mint"));
}

Failure execute() {
    switch (static_cast<u64>(context.input(0))) {
        case 0:
            return initialize();
        case 77:
            return mint_once();
        case 99:
            return_data(load("/name"));
            break;
        case 100:
            return_data(load("/symbol"));
            break;
        case 101:
            return_data(load_u128("/totalsupply"));
            break;
        case 102:
            return_data(load_u128("/cap"));
            break;
        case 103:
            return_data(load_u128("/minted"));
            break;
        case 104:
            return_data(load_u128("/value-per-mint"));
            break;
        case 1000:
            return_data(load("/data"));
            break;
        default:
            return "unrecognized opcode";
    }
    return_incoming();
    return nullptr;
}

}  // namespace alkanes

ALKANES_META(
    R"({"contract":"free_mint","methods":[)"
    R"({"name":"initialize","opcode":0,"params":[{"name":"token_units","type":"u128"},{"name":"value_per_mint","type":"u128"},)"
    R"({"name":"cap","type":"u128"},{"name":"name_part1","type":"u128"},{"name":"name_part2","type":"u128"},)"
    R"({"name":"symbol","type":"u128"}],"returns":"void"},)"
    R"({"name":"mint_tokens","opcode":77,"params":[],"returns":"void"},)"
    R"({"name":"get_name","opcode":99,"params":[],"returns":"String"},)"
    R"({"name":"get_symbol","opcode":100,"params":[],"returns":"String"},)"
    R"({"name":"get_total_supply","opcode":101,"params":[],"returns":"u128"},)"
    R"({"name":"get_cap","opcode":102,"params":[],"returns":"u128"},)"
    R"({"name":"get_minted","opcode":103,"params":[],"returns":"u128"},)"
    R"({"name":"get_value_per_mint","opcode":104,"params":[],"returns":"u128"},)"
    R"({"name":"get_data","opcode":1000,"params":[],"returns":"Vec<u8>"}]})")
