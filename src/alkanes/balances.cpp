#include "alkanes/balances.hpp"

#include "alkanes/keys.hpp"
#include "store/list.hpp"

namespace warpshrew::alkanes {

using protorune::RuneId;
using protorune::RuneTransfer;

static std::string debug(const RuneId& id) {
    return "AlkaneId { block: " + to_decimal(id.block) + ", tx: " + to_decimal(id.tx) + " }";
}
static std::string debug(const RuneTransfer& t) {
    return "AlkaneTransfer { id: " + debug(t.id) + ", value: " + to_decimal(t.value) + " }";
}

/// The balance at `key`, after the inventory's append.
static u128 look_at(store::Transaction& state, BytesView key, const RuneId& who, const RuneId& what) {
    const auto balance = store::get_uint<u128>(state, key);
    if (!state.get(key).empty()) state.block().append(inventory_key(who), id32(what));
    return balance;
}

BytesView stored_balance(store::Transaction& state, const RuneId& who, const RuneId& what) {
    const Bytes key = balance_key(what, who);
    (void)look_at(state, key, who, what);
    return state.get(key);
}

Result<void> credit(store::Transaction& state, const RuneId& to, const RuneTransfer& transfer, const char* where) {
    const Bytes key = balance_key(transfer.id, to);
    u128 sum = 0;
    if (!checked_add(look_at(state, key, to, transfer.id), transfer.value, sum))
        return fail(std::string("balance overflow during ") + where);
    store::set_uint(state, key, sum);
    return {};
}

Result<void> debit(store::Transaction& state, const RuneId& from, const RuneTransfer& transfer) {
    const Bytes key = balance_key(transfer.id, from);
    u128 balance = look_at(state, key, from, transfer.id);
    if (balance < transfer.value) {
        if (transfer.id != from)
            return fail("balance underflow, transferring(" + debug(transfer) + "), from(" + debug(from) +
                        "), balance(" + to_decimal(balance) + ")");
        balance = transfer.value;
    }
    store::set_uint(state, key, balance - transfer.value);
    return {};
}

Result<void> transfer_all(store::Transaction& state, std::span<const RuneTransfer> transfers, const RuneId& from,
                          const RuneId& to) {
    if (to == RuneId{}) return {};
    for (const auto& t : transfers) {
        if (auto r = debit(state, from, t); !r) return r;
        if (auto r = credit(state, to, t, "transfer_from"); !r) return r;
    }
    return {};
}

}  // namespace warpshrew::alkanes
