// Views over a small state: the first byte picks the view, the rest is the request.

#include <cstdlib>

#include "alkanes/gzip.hpp"
#include "alkanes/keys.hpp"
#include "alkanes/views.hpp"
#include "contracts/embedded.hpp"
#include "store/memory_state.hpp"

using namespace warpshrew;
using namespace warpshrew::alkanes;

namespace {

/// Two contracts, 2:0 and 4:1, both with tokens on an outpoint of address "addr" in block 7, and everything that views
/// of the ALKANES layer read.
store::MemoryState make_state() {
    store::MemoryState state;
    const auto set = [&](const Bytes& key, BytesView value) { state.map.insert_or_assign(key, Bytes(value)); };
    const auto set_list = [&](const Bytes& key, BytesView item) {
        set(key + "/length", to_le(std::uint32_t{1}));
        set(key + "/0", item);
    };
    const protorune::RuneId token{4, 1};
    const Bytes txid(32, 'a');
    const Bytes outpoint = protorune::op36(txid, 1);
    const Bytes height = to_le(std::uint64_t{7});

    set("/alkanes/sequence", to_le(u128{1}));
    set(code_key(token), gzip(contracts::embedded_contract("owned_token")));
    set(storage_key(token, "/name"), "name");
    set(creation_key(token), outpoint);
    set_list(inventory_key(token), protorune::id32(token));
    set(balance_key(token, token), to_le(u128{5}));
    set("/blockdata/" + to_le(std::uint32_t{7}), "block");
    set("/trace/" + outpoint, Bytes("\x0a\x0a\x1a\x08\x0a\x06\x0a\x02\x08\x02\x12\x00", 12));
    set_list("/trace/" + height, outpoint);
    set_list("/__INTERNAL/pending_unwraps", height + outpoint + Bytes(9, '\0'));

    set_list("/outpoint/byaddress/addr", outpoint);
    set("/outpoint/spendableby/" + outpoint, "addr");
    set("/height/byoutpoint/" + outpoint, height);
    set_list("/txids/byheight" + height, txid);
    for (const char* table : {"/runes/byoutpoint/", "/runes/proto/1/byoutpoint/"}) {
        set_list(table + outpoint + "/runes", protorune::id32(token));
        set_list(table + outpoint + "/balances", to_le(u128{5}));
    }
    set_list("/runes/byheight/" + height, "RUNE");
    set("/runeid/byetching/RUNE", protorune::id32({7, 0}));
    set("/runes/symbol/RUNE", to_le(std::uint32_t{0x24}));
    set_list("/runes/proto/1/byheight/" + height, protorune::id32(token));
    return state;
}

struct Setting {
    store::MemoryState state = make_state();
    protorune::Network network = [] {
        protorune::Network n = *protorune::find_network("devnet");
        n.builtins[0].code = Bytes(contracts::embedded_contract("genesis_token"));
        return n;
    }();
    Builtins builtins{network, {}};
    wasm::Engine engine = std::move(wasm::Engine::create().value());
    Views views{network, builtins, engine};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Setting setting;
    if (size == 0) return 0;
    const auto names = view_names();
    const auto response =
        setting.views.call(names[data[0] % names.size()], 7, as_bytes(data + 1, size - 1), setting.state);
    if (!response && response.error().reason.empty()) std::abort();
    return 0;
}
