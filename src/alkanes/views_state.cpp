#include <algorithm>

#include "alkanes/alkanes.pb.h"
#include "alkanes/keys.hpp"
#include "alkanes/simulate.hpp"
#include "alkanes/unwrap.hpp"
#include "alkanes/views_internal.hpp"
#include "store/list.hpp"

namespace warpshrew::alkanes {

namespace {

using bitcoin::outpoint_size;

protorune::RuneId from_pb_id(const pb::alkanes::AlkaneId& id) { return {from_pb(id.block()), from_pb(id.tx())}; }

void write_outpoint(BytesView op36, pb::alkanes::Outpoint& out) {
    out.set_txid(Bytes(op36.substr(0, 32)));
    out.set_vout(load_le<std::uint32_t>(op36.data() + 32));
}

Result<Bytes> sequence(const ViewCall& call) { return to_le(store::get_uint<u128>(call.state, sequence_key)); }

Result<Bytes> trace(const ViewCall& call) {
    pb::alkanes::Outpoint request;
    if (!decode_prost(call.request, request)) return undecodable();
    if (request.txid().size() != 32) return missing("a txid of 32 bytes");
    return Bytes(call.state.get("/trace/" + protorune::op36(request.txid(), request.vout())));
}

Result<Bytes> traceblock(const ViewCall& call) {
    const Bytes list = "/trace/" + to_le(call.height);
    pb::alkanes::AlkanesBlockTraceEvent response;
    const std::uint32_t count = store::list_length(call.state, list);
    for (std::uint32_t i = 0; i < count; ++i) {
        const Bytes outpoint(store::list_get(call.state, list, i));
        if (outpoint.size() < outpoint_size) return fail("the list of traces holds no outpoint");
        pb::alkanes::AlkanesBlockEvent& event = *response.add_events();
        if (!event.mutable_traces()->ParseFromString(Bytes(call.state.get("/trace/" + outpoint)))) {
            return fail("a stored trace is damaged");
        }
        write_outpoint(outpoint, *event.mutable_outpoint());
        event.set_txindex(store::get_uint<std::uint32_t>(call.state, "/txindex/byid" + outpoint.substr(0, 32)));
    }
    return response.SerializeAsString();
}

Result<Bytes> getbytecode(const ViewCall& call) {
    pb::alkanes::BytecodeRequest request;
    if (!decode_prost(call.request, request)) return Bytes{};
    if (!request.has_id() || !request.id().has_block() || !request.id().has_tx()) return missing("the id");
    return contract_code(call.environment, call.state, from_pb_id(request.id()), call.height).value_or(Bytes{});
}

Result<Bytes> getblock(const ViewCall& call) {
    pb::alkanes::BlockRequest request;
    if (!decode_prost(call.request, request)) return undecodable();
    pb::alkanes::BlockResponse response;
    response.set_block(Bytes(call.state.get("/blockdata/" + to_le(request.height()))));
    if (response.block().empty()) return fail("there is no block at height " + std::to_string(request.height()));
    response.set_height(request.height());
    return response.SerializeAsString();
}

Result<Bytes> alkanes_id_to_outpoint(const ViewCall& call) {
    pb::alkanes::AlkaneIdToOutpointRequest request;
    if (!decode_prost(call.request, request)) return Bytes{};
    if (!request.has_id()) return missing("the id");
    const Bytes outpoint(call.state.get(creation_key(from_pb_id(request.id()))));
    if (outpoint.size() < outpoint_size) return Bytes{};
    pb::alkanes::AlkaneIdToOutpointResponse response;
    response.set_txid(Bytes(outpoint.rend() - 32, outpoint.rend()));
    response.set_vout(load_le<std::uint32_t>(outpoint.data() + 32));
    return response.SerializeAsString();
}

Result<Bytes> getinventory(const ViewCall& call) {
    pb::alkanes::AlkaneInventoryRequest request;
    if (!decode_prost(call.request, request)) return undecodable();
    if (!request.has_id()) return missing("the id");
    const protorune::RuneId who = from_pb_id(request.id());
    pb::alkanes::AlkaneInventoryResponse response;
    const std::uint32_t count = store::list_length(call.state, inventory_key(who));
    for (std::uint32_t i = 0; i < count; ++i) {
        const BytesView item = store::list_get(call.state, inventory_key(who), i);
        if (item.size() < 32) return fail("the inventory holds no id");
        const protorune::RuneId what = protorune::parse_id32(item);
        pb::alkanes::AlkaneTransfer& held = *response.add_alkanes();
        to_pb(what.block, *held.mutable_id()->mutable_block());
        to_pb(what.tx, *held.mutable_id()->mutable_tx());
        to_pb(store::get_uint<u128>(call.state, balance_key(what, who)), *held.mutable_value());
    }
    return response.SerializeAsString();
}

Result<Bytes> getstorageat(const ViewCall& call) {
    pb::alkanes::AlkaneStorageRequest request;
    if (!decode_prost(call.request, request)) return undecodable();
    if (!request.has_id() || !request.id().has_block() || !request.id().has_tx()) return missing("the id");
    pb::alkanes::AlkaneStorageResponse response;
    response.set_value(Bytes(call.state.get(storage_key(from_pb_id(request.id()), request.path()))));
    return response.SerializeAsString();
}

/// The pending payments. The list of them is kept from the first active block on, and before that there are none.
Result<Bytes> unwrap(const ViewCall& call) {
    constexpr BytesView list = "/__INTERNAL/pending_unwraps";
    constexpr std::size_t height_size = 8;
    constexpr std::size_t shortest_output = 9;  // value, and the length of an empty script
    pb::alkanes::PendingUnwrapsResponse response;
    const std::uint32_t count = store::list_length(call.state, list);
    for (std::uint32_t i = 0; i < count; ++i) {
        const Bytes item(store::list_get(call.state, list, i));
        if (item.size() < height_size + outpoint_size + shortest_output) continue;
        const Payment payment{item.substr(height_size, outpoint_size), item.substr(height_size + outpoint_size)};
        // The list is cleared of what was fulfilled every tenth block only.
        if (!is_pending(call.state, payment)) continue;
        pb::alkanes::Payment& out = *response.add_payments();
        write_outpoint(payment.spendable, *out.mutable_spendable());
        out.set_output(payment.output);
    }
    return response.SerializeAsString();
}

constexpr View state_view_list[] = {
    {"sequence", sequence},
    {"trace", trace},
    {"traceblock", traceblock},
    {"getbytecode", getbytecode, true},
    {"getblock", getblock},
    {"alkanes_id_to_outpoint", alkanes_id_to_outpoint},
    {"getinventory", getinventory},
    {"getstorageat", getstorageat},
    {"unwrap", unwrap},
};

}  // namespace

std::span<const View> state_views() { return state_view_list; }

}  // namespace warpshrew::alkanes
