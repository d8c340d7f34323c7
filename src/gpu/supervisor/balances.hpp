#pragma once
// Token balances of contracts: alkanes/balances.hpp for the supervisor.

#include "state.hpp"

namespace warpshrew::gpu {

/// A transfer in a parcel: id, then the amount.
inline constexpr u32 transfer_bytes = 48, id_bytes = 32;

/// A stored balance. One that is set goes into the owner's inventory (alkanes-vm.md 5.2).
inline Value look_at(const Key& key, const u8* who, const u8* what) {
    const Value v = read(key);
    if (v.size != 0) {
        put(Record::append);
        put_bytes({who, id_bytes});
        put_bytes({what, id_bytes});
    }
    return v;
}

/// Null: done; else why not.
struct Failure {
    bool failed;
    Slice text;
};
inline constexpr Failure fine{false, {nullptr, 0}};

inline Failure credit(const u8* to, const u8* transfer, bool at_message) {
    const Key key = make_key(KeyKind::balance, transfer, {to, id_bytes});
    const u128 balance = number(look_at(key, to, transfer));
    const u128 sum = balance + load128(transfer + id_bytes);
    if (sum < balance)
        return {true, at_message ? text("balance overflow during credit_balances")
                                 : text("balance overflow during transfer_from")};
    write_number(key, sum);
    return fine;
}

inline void debit(const u8* from, const u8* transfer) {
    const Key key = make_key(KeyKind::balance, transfer, {from, id_bytes});
    u128 balance = number(look_at(key, from, transfer));
    const u128 amount = load128(transfer + id_bytes);
    if (balance < amount) {
        // Of its own token a contract can give more than it has.
        if (!equal({transfer, id_bytes}, {from, id_bytes})) hand_back(GiveUp::error_text);
        balance = amount;
    }
    write_number(key, balance - amount);
}

/// `parcel`: the transfers, without their number.
inline Failure transfer_all(Slice parcel, const u8* from, const u8* to) {
    u64 nobody = 0;
    for (u32 i = 0; i < id_bytes; i += 8) nobody |= load64(to + i);
    if (nobody == 0) return fine;
    for (u32 i = 0; i < parcel.size; i += transfer_bytes) {
        debit(from, parcel.at + i);
        const Failure f = credit(to, parcel.at + i, false);
        if (f.failed) return f;
    }
    return fine;
}

}  // namespace warpshrew::gpu
