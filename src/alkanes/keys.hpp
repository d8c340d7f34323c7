#pragma once
// Keys of the ALKANES layer (alkanes-vm.md 5).

#include "base/bytes.hpp"
#include "protorune/ids.hpp"

namespace warpshrew::alkanes {

inline constexpr BytesView sequence_key = "/alkanes/sequence";

/// `prefix` ‖ id ‖ `middle` ‖ `end`, in one allocation.
[[nodiscard]] inline Bytes id_key(BytesView prefix, const protorune::RuneId& id, BytesView middle = {},
                                  BytesView end = {}) {
    Bytes out;
    out.reserve(prefix.size() + 32 + middle.size() + end.size());
    out.append(prefix);
    append_le(out, id.block);
    append_le(out, id.tx);
    out.append(middle).append(end);
    return out;
}

[[nodiscard]] inline Bytes code_key(const protorune::RuneId& id) { return id_key("/alkanes/", id); }
[[nodiscard]] inline Bytes storage_key(const protorune::RuneId& id, BytesView k) {
    return id_key("/alkanes/", id, "/storage/", k);
}
[[nodiscard]] inline Bytes balance_key(const protorune::RuneId& what, const protorune::RuneId& who) {
    char owner[32];
    std::memcpy(owner, &who.block, 16);
    std::memcpy(owner + 16, &who.tx, 16);
    return id_key("/alkanes/", what, "/balances/", {owner, sizeof owner});
}
[[nodiscard]] inline Bytes inventory_key(const protorune::RuneId& who) {
    return id_key("/alkanes/", who, "/inventory/");
}
[[nodiscard]] inline Bytes creation_key(const protorune::RuneId& id) { return id_key("/alkanes_id_to_outpoint/", id); }

}  // namespace warpshrew::alkanes
