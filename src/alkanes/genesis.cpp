#include "alkanes/genesis.hpp"

#include <limits>

#include "alkanes/keys.hpp"
#include "alkanes/message.hpp"
#include "protorune/varint.hpp"
#include "store/list.hpp"

namespace warpshrew::alkanes {

using protorune::BuiltinContract;

namespace {

constexpr BytesView seen_key = "/seen-genesis";

void write_genesis_state(store::BlockState& state, const protorune::Network& network) {
    const Bytes height = to_le(network.genesis_outpoint_height);
    state.set(seen_key, "\x01");
    store::set_uint(state, sequence_key, u128{1});
    state.set("/height/byoutpoint/" + protorune::op36(network.genesis_txid, 0), height);
    store::list_append(state, "/txids/byheight" + height, network.genesis_txid);
}

Result<void> set_up(const Environment& environment, CodeCache& codes, store::BlockState& below, const BlockInfo& block,
                    const BuiltinContract& contract, std::uint64_t& frames) {
    const auto& network = environment.network;
    below.set(code_key(contract.id), codes.marker(contract.id));

    Bytes calldata;
    protorune::append_varint(calldata, contract.id.block);
    protorune::append_varint(calldata, contract.id.tx);
    for (const u128 input : contract.set_up_inputs) protorune::append_varint(calldata, input);

    const auto transaction = bitcoin::OwnedTransaction::empty(1);
    store::Transaction state(below);
    Execution x{environment, codes, state, block, transaction.get(), network.genesis_block};
    x.frames = frames;
    const auto result = simulate_message(x, calldata, {}, std::numeric_limits<std::uint64_t>::max());
    frames = x.frames;
    if (!result)
        return fail("the set-up of built-in contract " + to_decimal(contract.id.block) + ":" +
                    to_decimal(contract.id.tx) + " failed: " + result.error().reason);
    if (contract.keeps_tokens) {
        const auto tokens = sum_of(result->response.alkanes);
        if (!tokens) return tl::unexpected(tokens.error());
        tokens->save(state, "/runes/proto/1/byoutpoint/" + protorune::op36(network.genesis_txid, 0));
    }
    state.commit();
    return {};
}

}  // namespace

Result<void> ensure_genesis(const Environment& environment, CodeCache& codes, store::BlockState& state,
                            const BlockInfo& block, std::uint64_t& frames) {
    if (state.get(seen_key).empty()) write_genesis_state(state, environment.network);
    for (const auto& contract : environment.network.builtins) {
        if (!environment.builtins.contains(contract.id) || !state.get(code_key(contract.id)).empty()) continue;
        if (auto r = set_up(environment, codes, state, block, contract, frames); !r) return r;
    }
    return {};
}

}  // namespace warpshrew::alkanes
