// Runs another contract's code over its own storage; its owner can change which.
//
//   0x7fff  initialize(implementation, auth units): deploys an auth token, to the caller
//   0x7ffe  upgrade(implementation), by the owner
//   0x8fff  forward: gives back the tokens that came in
// Every other opcode is delegated to the implementation with the same inputs and tokens.
#include <alkanes/contract.hpp>
#include <alkanes/owner.hpp>

namespace alkanes {

Failure initialize() {
    if (load("/proxy_initialized").size != 0) return "already initialized";
    const u8 one = 1;
    store("/proxy_initialized", {&one, 1});
    store_id("/implementation", context.id_input(1));
    return deploy_auth_token(context.input(3));
}

Failure delegate() {
    const AlkaneId implementation = load_id("/implementation");
    if (implementation == AlkaneId{}) return "no implementation";
    Buffer cell = cellpack(implementation);
    cell.put(context.inputs, 16 * context.input_count);
    const CallResult r = call(host::delegatecall, cell, context.incoming, context.incoming_count);
    if (!r.ok) return "the implementation failed";
    send_all(r.transfers, r.transfer_count);
    return_data(r.data);
    return nullptr;
}

Failure execute() {
    switch (static_cast<u64>(context.input(0))) {
        case 0x7fff:
            return initialize();
        case 0x7ffe:
            if (const Failure f = only_owner()) return f;
            store_id("/implementation", context.id_input(1));
            return nullptr;
        case 0x8fff:
            return_incoming();
            return nullptr;
        default:
            return delegate();
    }
}

}  // namespace alkanes

ALKANES_META(
    R"({"contract":"upgradeable","methods":[)"
    R"({"name":"initialize","opcode":32767,"params":[{"name":"implementation","type":"AlkaneId"},{"name":"auth_token_units","type":"u128"}],"returns":"void"},)"
    R"({"name":"upgrade","opcode":32766,"params":[{"name":"implementation","type":"AlkaneId"}],"returns":"void"},)"
    R"({"name":"forward","opcode":36863,"params":[],"returns":"void"}]})")
