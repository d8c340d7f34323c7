// Calls other contracts on behalf of the holder of its token.
//
//   0   initialize: one unit of its token to the caller
//   3   call(target, number of inputs, inputs...), with the tokens that came in
//   4   delegatecall(the same): the target's code over this contract's storage
//   5   staticcall(the same): whatever it writes is undone
// 3 to 5 take a unit of the proxy's token, which goes back to the caller.
#include <alkanes/contract.hpp>

namespace alkanes {

Failure forward(CallFunction* kind, bool moves_tokens) {
    const u128 units = context.received(context.myself);
    if (units == 0) return "the proxy's token is not there";
    const u128 count = context.input(3);
    if (count > context.input_count || context.input_count - count < 4) return "inputs are missing";
    Buffer cell = cellpack(context.id_input(1));
    cell.put(context.inputs + 4, 16 * static_cast<u32>(count));
    auto* others = reinterpret_cast<Transfer*>(allocate(48 * context.incoming_count));
    u32 n = 0;
    for (u32 i = 0; i < context.incoming_count; ++i)
        if (!(context.incoming[i].id == context.myself)) others[n++] = context.incoming[i];
    const CallResult r = call(kind, cell, moves_tokens ? others : nullptr, moves_tokens ? n : 0);
    if (!r.ok) return "the call failed";
    send(context.myself, units);
    if (moves_tokens)
        send_all(r.transfers, r.transfer_count);
    else
        send_all(others, n);
    return_data(r.data);
    return nullptr;
}

Failure execute() {
    switch (static_cast<u64>(context.input(0))) {
        case 0:
            if (const Failure f = only_once()) return f;
            return mint(1);
        case 3:
            return forward(host::call, true);
        case 4:
            return forward(host::delegatecall, false);
        case 5:
            return forward(host::staticcall, false);
        case 99:
            return_data("Proxy");
            return nullptr;
        case 100:
            return_data("PRX");
            return nullptr;
        default:
            return "unrecognized opcode";
    }
}

}  // namespace alkanes

ALKANES_META(
    R"({"contract":"proxy","methods":[)"
    R"({"name":"initialize","opcode":0,"params":[],"returns":"void"},)"
    R"({"name":"call","opcode":3,"params":[{"name":"target","type":"AlkaneId"},{"name":"inputs","type":"Vec<u128>"}],"returns":"Vec<u8>"},)"
    R"({"name":"delegatecall","opcode":4,"params":[{"name":"target","type":"AlkaneId"},{"name":"inputs","type":"Vec<u128>"}],"returns":"Vec<u8>"},)"
    R"({"name":"staticcall","opcode":5,"params":[{"name":"target","type":"AlkaneId"},{"name":"inputs","type":"Vec<u128>"}],"returns":"Vec<u8>"},)"
    R"({"name":"get_name","opcode":99,"params":[],"returns":"String"},)"
    R"({"name":"get_symbol","opcode":100,"params":[],"returns":"String"}]})")
