// Owned contracts: whoever can show a unit of the contract's auth token is the owner.
#pragma once
#include "call.hpp"

namespace alkanes {

/// Deployed as (4,0xffed): the auth token of which owned contracts make clones.
inline constexpr u128 auth_token_template = 0xffed;

/// Makes a clone of the auth token, and sends its units to the caller.
inline Failure deploy_auth_token(u128 units) {
    const u128 number = sequence();
    Buffer cell = cellpack({6, auth_token_template}, u128{0}, units);
    const CallResult r = call(host::call, cell, nullptr, 0);
    if (!r.ok || r.transfer_count < 1) return "cannot deploy the auth token";
    store_id("/auth", {2, number});
    send_all(r.transfers, r.transfer_count);
    return nullptr;
}

/// Fails unless the call came with the auth token, which goes back to the caller.
inline Failure only_owner() {
    const AlkaneId auth = load_id("/auth");
    const Transfer t{auth, context.received(auth)};
    if (t.value == 0) return "the auth token is not there";
    Buffer cell = cellpack(auth, u128{1});
    const CallResult r = call(host::call, cell, &t, 1);
    if (!r.ok || r.data.size != 1 || r.data.data[0] != 1) return "did not authenticate";
    send_all(r.transfers, r.transfer_count);
    return nullptr;
}

}  // namespace alkanes
