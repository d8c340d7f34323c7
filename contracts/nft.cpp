// A collectible: each clone is one unit of its own token with a picture made from its number.
//
//   0     initialize: the unit to the caller
//   99    name    100 symbol    101 total supply    1000 data (SVG)
#include <alkanes/contract.hpp>

namespace alkanes {

void put_color(Buffer& out, u32 seed) {
    seed *= 2654435761u;
    out.put("#");
    for (u32 i = 0; i < 6; ++i) out.put_u8(static_cast<u8>("0123456789abcdef"[seed >> (28 - 4 * i) & 15]));
}

void picture() {
    Buffer& out = response->data;
    const u32 n = static_cast<u32>(context.myself.tx);
    out.put("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 8 8\"><rect width=\"8\" height=\"8\" fill=\"");
    put_color(out, n + 1);
    out.put("\"/>");
    for (u32 i = 0; i < 3; ++i) {
        out.put("<circle cx=\"4\" cy=\"4\" r=\"");
        put_decimal(out, 3 - i);
        out.put("\" fill=\"");
        put_color(out, 7 * n + i);
        out.put("\"/>");
    }
    out.put("</svg>");
}

Failure execute() {
    switch (static_cast<u64>(context.input(0))) {
        case 0:
            if (const Failure f = only_once()) return f;
            return mint(1);
        case 99:
            return_data("Orb #");
            put_decimal(response->data, context.myself.tx);
            return nullptr;
        case 100:
            return_data("ORB");
            return nullptr;
        case 101:
            return_data(load_u128("/totalsupply"));
            return nullptr;
        case 1000:
            picture();
            return nullptr;
        default:
            return "unrecognized opcode";
    }
}

}  // namespace alkanes

ALKANES_META(R"({"contract":"nft","methods":[)"
             R"({"name":"initialize","opcode":0,"params":[],"returns":"void"},)"
             R"({"name":"get_name","opcode":99,"params":[],"returns":"String"},)"
             R"({"name":"get_symbol","opcode":100,"params":[],"returns":"String"},)"
             R"({"name":"get_total_supply","opcode":101,"params":[],"returns":"u128"},)"
             R"({"name":"get_data","opcode":1000,"params":[],"returns":"Vec<u8>"}]})")
