#include "app/devnet_check.hpp"

#include <algorithm>

#include "alkanes/alkanes.pb.h"
#include "protorune/balance_sheet.hpp"
#include "store/block_state.hpp"

namespace warpshrew::app {

using protorune::RuneId;

// Shares that a pool counts in its supply and never gives out (contracts/amm_pool.cpp).
static constexpr u128 minimum_liquidity = 1000;

static bool message_succeeded(store::KeyValue& state, const Outpoint& trace) {
    pb::alkanes::AlkanesTrace events;
    const BytesView stored = state.get("/trace/" + protorune::op36(view(trace.txid), trace.vout));
    if (!events.ParseFromArray(stored.data(), static_cast<int>(stored.size())) || events.events().empty()) return false;
    const pb::alkanes::AlkanesTraceEvent& last = *events.events().rbegin();
    return last.has_exit_context() && last.exit_context().status() == 0;
}

static protorune::BalanceSheet sheet_of(store::KeyValue& state, const Outpoint& outpoint) {
    return protorune::BalanceSheet::load(
        state, "/runes/proto/1/byoutpoint/" + protorune::op36(view(outpoint.txid), outpoint.vout));
}

static std::vector<DevnetKind> check_calls(const DevnetChain& chain, store::KeyValue& state) {
    std::vector<DevnetKind> kinds;
    for (const DevnetCall& call : chain.calls) {
        auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const DevnetKind& k) { return k.name == call.kind; });
        if (kind == kinds.end()) kind = kinds.insert(kinds.end(), {call.kind});
        // A transfer has no message; it did its work if its first output holds something.
        const bool succeeded =
            call.is_message ? message_succeeded(state, call.trace) : !sheet_of(state, call.trace).entries().empty();
        kind->calls++;
        if (succeeded) kind->succeeded++;
        if (succeeded == call.succeeds) kind->as_meant++;
    }
    return kinds;
}

static Result<u128> claimed_supply(const RuneId& id, const alkanes::Views& views, const store::StateReader& state,
                                   std::uint64_t height) {
    pb::alkanes::MessageContextParcel request;
    const u128 cellpack[] = {id.block, id.tx, 101};
    request.set_calldata(protorune::encode_cellpack(cellpack));
    request.set_height(height);
    const Result<Bytes> answer = views.call("simulate", height, request.SerializeAsString(), state);
    if (!answer) return tl::unexpected(answer.error());
    pb::alkanes::SimulateResponse response;
    if (!response.ParseFromString(*answer)) return fail("view simulate gave an answer that does not decode");
    const std::string what = "total supply of " + to_decimal(id.block) + ":" + to_decimal(id.tx);
    if (!response.error().empty()) return fail(what + ": " + response.error());
    const std::string& data = response.execution().data();
    if (data.size() != 16) return fail(what + " is not 16 bytes");
    return load_le<u128>(data.data());
}

Result<DevnetFindings> check_devnet(const DevnetChain& chain, const Outpoint& genesis, const alkanes::Views& views,
                                    const store::StateReader& below, std::uint64_t height) {
    store::BlockState state(below);
    DevnetFindings findings;
    findings.kinds = check_calls(chain, state);
    for (const DevnetKind& kind : findings.kinds) findings.sound = findings.sound && kind.as_meant == kind.calls;

    for (const DevnetToken& token : chain.tokens) {
        const Result<u128> claimed = claimed_supply(token.id, views, below, height);
        if (!claimed) return tl::unexpected(claimed.error());
        findings.supplies.push_back(
            {token.name, token.id, token.supply.value_or(*claimed), *claimed, token.supply ? 0 : minimum_liquidity});
    }
    const auto hold = [&](const RuneId& id, u128 value) {
        for (DevnetSupply& s : findings.supplies) {
            if (s.id == id) s.held += value;
        }
    };
    const auto hold_output = [&](const Outpoint& outpoint) {
        const protorune::BalanceSheet sheet = sheet_of(state, outpoint);
        for (const auto& [id, value] : sheet.entries()) hold(id, value);
    };
    for (const Outpoint& outpoint : chain.unspent) hold_output(outpoint);
    hold_output(genesis);
    for (const RuneId& contract : chain.contracts) {
        for (const DevnetToken& token : chain.tokens) {
            hold(token.id, store::get_uint<u128>(state, "/alkanes/" + id32(token.id) + "/balances/" + id32(contract)));
        }
    }
    for (const DevnetSupply& s : findings.supplies)
        findings.sound = findings.sound && s.expected == s.claimed && s.expected == s.held;
    return findings;
}

}  // namespace warpshrew::app
