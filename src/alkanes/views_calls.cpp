#include <optional>

#include "alkanes/alkanes.pb.h"
#include "alkanes/simulate.hpp"
#include "alkanes/views_internal.hpp"

namespace warpshrew::alkanes {

namespace {

/// Decodes as the reference does, which ignores bytes behind the end.
template <class T>
Result<T> decode_front(const Bytes& raw) {
    auto whole = T::decode(raw);
    if (whole || whole.error().offset == 0 || whole.error().offset >= raw.size()) return whole;
    auto front = T::decode(raw.substr(0, whole.error().offset));
    return front ? std::move(front) : std::move(whole);
}

/// A parcel with the memory behind it.
struct OwnedParcel {
    Parcel parcel;
    std::optional<bitcoin::Block> block;
    std::optional<bitcoin::OwnedTransaction> transaction;
};

/// Reads a request. `request` must outlive `out`. An error where the reference traps: a block or transaction that is
/// none, a transfer without id or amount. Halves of an id that are missing are 0.
Result<void> read_parcel(const pb::alkanes::MessageContextParcel& request, OwnedParcel& out) {
    if (!request.block().empty()) {
        auto block = decode_front<bitcoin::Block>(request.block());
        if (!block) return fail("the parcel's block: " + block.error().reason, block.error().offset);
        out.block.emplace(std::move(*block));
        out.parcel.block = &*out.block;
    }
    if (!request.transaction().empty()) {
        auto transaction = decode_front<bitcoin::OwnedTransaction>(request.transaction());
        if (!transaction)
            return fail("the parcel's transaction: " + transaction.error().reason, transaction.error().offset);
        out.transaction.emplace(std::move(*transaction));
        out.parcel.transaction = &out.transaction->get();
    }
    for (const auto& transfer : request.alkanes()) {
        if (!transfer.has_id() || !transfer.has_value()) return missing("id or value of a transfer");
        out.parcel.alkanes.push_back(
            {{from_pb(transfer.id().block()), from_pb(transfer.id().tx())}, from_pb(transfer.value())});
    }
    out.parcel.height = request.height();
    out.parcel.calldata = request.calldata();
    out.parcel.vout = request.vout();
    return {};
}

void write_response(const Simulation& simulation, pb::alkanes::SimulateResponse& out) {
    pb::alkanes::ExtendedCallResponse& execution = *out.mutable_execution();
    for (const protorune::RuneTransfer& transfer : simulation.response.alkanes) {
        pb::alkanes::AlkaneTransfer& t = *execution.add_alkanes();
        to_pb(transfer.id.block, *t.mutable_id()->mutable_block());
        to_pb(transfer.id.tx, *t.mutable_id()->mutable_tx());
        to_pb(transfer.value, *t.mutable_value());
    }
    for (const auto& [key, value] : simulation.response.storage) {
        pb::alkanes::KeyValuePair& pair = *execution.add_storage();
        pair.set_key(key);
        pair.set_value(value);
    }
    execution.set_data(simulation.response.data);
    out.set_gas_used(simulation.gas_used);
}

Result<Bytes> simulate_view(const ViewCall& call) {
    pb::alkanes::MessageContextParcel request;
    if (!decode_prost(call.request, request)) return undecodable();
    OwnedParcel parcel;
    if (auto read = read_parcel(request, parcel); !read) return tl::unexpected(read.error());
    pb::alkanes::SimulateResponse response;
    if (const auto simulation = simulate(call.environment, call.state, parcel.parcel)) {
        write_response(*simulation, response);
    } else {
        response.set_error(simulation.error().reason);
    }
    return response.SerializeAsString();
}

Result<Bytes> multisimulate(const ViewCall& call) {
    pb::alkanes::MultiSimulateRequest request;
    if (!decode_prost(call.request, request)) return undecodable();
    // All parcels are read before the first is executed: one that cannot be read fails the view.
    std::vector<OwnedParcel> parcels(static_cast<std::size_t>(request.parcels_size()));
    for (std::size_t i = 0; i < parcels.size(); ++i) {
        if (auto read = read_parcel(request.parcels(static_cast<int>(i)), parcels[i]); !read) {
            return tl::unexpected(read.error());
        }
    }
    pb::alkanes::MultiSimulateResponse response;
    for (const OwnedParcel& parcel : parcels) {
        pb::alkanes::SimulateResponse& one = *response.add_responses();
        if (const auto simulation = simulate(call.environment, call.state, parcel.parcel)) {
            write_response(*simulation, one);
        } else {
            response.set_error(simulation.error().reason);
        }
    }
    return response.SerializeAsString();
}

Result<Bytes> meta_view(const ViewCall& call) {
    pb::alkanes::MessageContextParcel request;
    if (!decode_prost(call.request, request)) return undecodable();
    OwnedParcel parcel;
    if (auto read = read_parcel(request, parcel); !read) return tl::unexpected(read.error());
    return meta(call.environment, call.state, parcel.parcel).value_or(Bytes{});
}

constexpr View call_view_list[] = {
    {"simulate", simulate_view, true},
    {"multisimluate", multisimulate, true},
    {"multisimulate", multisimulate, true},  // what the reference's name means
    {"meta", meta_view, true},
};

}  // namespace

std::span<const View> call_views() { return call_view_list; }

}  // namespace warpshrew::alkanes
