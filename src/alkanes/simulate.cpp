#include "alkanes/simulate.hpp"

#include "alkanes/frame.hpp"
#include "alkanes/message.hpp"

namespace warpshrew::alkanes {

namespace {

constexpr std::uint64_t meta_fuel = 100'000'000;

const bitcoin::OwnedTransaction& default_transaction() {
    static const auto tx = bitcoin::OwnedTransaction::empty(0);
    return tx;
}

/// Version 1, all else zero, no transactions.
const bitcoin::Block& default_block() {
    static const bitcoin::Block block = [] {
        Bytes raw(81, '\0');
        raw[0] = 1;
        return std::move(bitcoin::Block::decode(std::move(raw)).value());
    }();
    return block;
}

/// The state, code and block that a call outside of a block runs with.
struct Sandbox {
    Sandbox(const Environment& environment, store::BlockState& below, const Parcel& parcel)
        : state(below),
          codes(environment),
          block(parcel.block ? *parcel.block : default_block(), environment.network, parcel.height, nullptr),
          execution{environment,
                    codes,
                    state,
                    block,
                    parcel.transaction ? *parcel.transaction : default_transaction().get(),
                    parcel.height,
                    parcel.vout} {}

    store::Transaction state;
    CodeCache codes;
    BlockInfo block;
    Execution execution;
};

}  // namespace

Result<Simulation> simulate(const Environment& environment, store::BlockState& state, const Parcel& parcel,
                            std::uint64_t fuel) {
    Sandbox sandbox(environment, state, parcel);
    return simulate_message(sandbox.execution, parcel.calldata, parcel.alkanes, fuel).map([](FrameResult&& r) {
        return Simulation{std::move(r.response), r.gas_used};
    });
}

Result<Bytes> meta(const Environment& environment, store::BlockState& state, const Parcel& parcel) {
    Sandbox sandbox(environment, state, parcel);
    auto& x = sandbox.execution;
    const auto prepared = prepare_message(x, parcel.calldata, parcel.alkanes);
    if (!prepared) return tl::unexpected(prepared.error());
    return run_meta(x, prepared->call(), prepared->target.code, meta_fuel);
}

Result<Bytes> contract_code(const Environment& environment, store::BlockState& state, const protorune::RuneId& id,
                            std::uint64_t height) {
    return find_module(environment, state, id, height);
}

}  // namespace warpshrew::alkanes
