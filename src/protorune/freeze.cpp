#include "protorune/freeze.hpp"

#include "protorune/key.hpp"

namespace warpshrew::protorune {

void freeze_storage(store::KeyValue& state, std::uint64_t height) {
    constexpr RuneId factory{4, 65522}, pool{4, 65523}, auth_token{2, 69805};
    constexpr std::uint64_t freeze_after = 913'300, disband_at = 950'564;
    if (height <= freeze_after) return;
    const bool disbanded = height >= disband_at;
    const Bytes zero(16, '\0');
    KeyBuffer key;
    for (const RuneId& contract : {factory, pool}) {
        // The storage key itself begins with a slash.
        state.set(key("/alkanes/", contract, "/storage//auth"), id32(disbanded ? RuneId{} : auth_token));
        if (disbanded) state.set(key("/alkanes/", auth_token, "/balances/", contract), zero);
    }
}

}  // namespace warpshrew::protorune
