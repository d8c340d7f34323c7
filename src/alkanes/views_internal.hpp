#pragma once
// What the files of the views share.

#include <span>

#include "alkanes/environment.hpp"
#include "alkanes/views_prost.hpp"
#include "base/result.hpp"
#include "store/block_state.hpp"

namespace warpshrew::alkanes {

/// One call of a view.
struct ViewCall {
    const Environment& environment;
    store::BlockState& state;  ///< over the state that is read; dropped after the call
    std::uint64_t height = 0;
    BytesView request;
};

/// A view: its response, which is empty where the reference gives the default message; an error where it traps.
struct View {
    std::string_view name;
    Result<Bytes> (*run)(const ViewCall&);
    bool runs_contracts = false;  ///< it needs the stack of Engine::run_deep
};

[[nodiscard]] std::span<const View> call_views();       ///< that execute: simulate, multisimluate, meta
[[nodiscard]] std::span<const View> state_views();      ///< that read state of the ALKANES layer
[[nodiscard]] std::span<const View> protorune_views();  ///< protorune.md 4

[[nodiscard]] inline tl::unexpected<Error> undecodable() {
    return fail("the request is not the protobuf message of this view");
}
[[nodiscard]] inline tl::unexpected<Error> missing(const char* field) {
    return fail(std::string("the request lacks ") + field);
}

/// An integer of 128 bits as a message of two halves, in either package.
template <class Uint128>
[[nodiscard]] u128 from_pb(const Uint128& n) {
    return u128{n.hi()} << 64U | n.lo();
}
template <class Uint128>
void to_pb(u128 n, Uint128& out) {
    out.set_lo(static_cast<std::uint64_t>(n));
    out.set_hi(static_cast<std::uint64_t>(n >> 64U));
}

}  // namespace warpshrew::alkanes
