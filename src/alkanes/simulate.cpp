#include "alkanes/simulate.hpp"

#include <algorithm>

#include "alkanes/frame.hpp"
#include "alkanes/message.hpp"

namespace warpshrew::alkanes {

namespace {

constexpr std::uint64_t meta_fuel = 100'000'000;

/// The state and block that a call outside of a block runs with.
struct Sandbox {
    Sandbox(const Environment& environment, CodeCache& codes, store::BlockState& below, const Parcel& parcel)
        : state(below),
          block(parcel.block ? *parcel.block : default_block(), environment.network, parcel.height, nullptr),
          execution{
              environment,   codes,      state, block, parcel.transaction ? *parcel.transaction : default_transaction(),
              parcel.height, parcel.vout} {}

    Result<Simulation> run(const Parcel& parcel, std::uint64_t fuel) {
        return simulate_message(execution, parcel.calldata, parcel.alkanes, fuel).map([](FrameResult&& r) {
            return Simulation{std::move(r.response), r.gas_used};
        });
    }

    store::Transaction state;
    BlockInfo block;
    Execution execution;
};

}  // namespace

const bitcoin::Transaction& default_transaction() {
    static const auto tx = bitcoin::OwnedTransaction::empty(0);
    return tx.get();
}

const bitcoin::Block& default_block() {
    static const bitcoin::Block block = [] {
        Bytes raw(81, '\0');
        raw[0] = 1;
        return std::move(bitcoin::Block::decode(std::move(raw)).value());
    }();
    return block;
}

Result<Simulation> simulate(const Environment& environment, store::BlockState& state, const Parcel& parcel,
                            std::uint64_t fuel) {
    CodeCache codes(environment);
    return Sandbox(environment, codes, state, parcel).run(parcel, fuel);
}

Result<Simulation> simulate(const Environment& environment, CodeCache& codes, store::BlockState& state,
                            const Parcel& parcel, std::uint64_t fuel, StorageMap& writes) {
    // An append's key depends on the call's place in its block.
    store::Arena memory;
    store::BlockState::DeferredAppends appends{memory, {}};
    state.defer_appends(&appends);
    Sandbox sandbox(environment, codes, state, parcel);
    Result<Simulation> out = sandbox.run(parcel, fuel);
    state.defer_appends(nullptr);
    if (!out) return out;
    sandbox.state.commit();
    writes.clear();
    state.for_each_write([&](BytesView key, BytesView value) { writes.emplace_back(key, value); });
    std::sort(writes.begin(), writes.end());
    return out;
}

Result<Bytes> meta(const Environment& environment, store::BlockState& state, const Parcel& parcel) {
    CodeCache codes(environment);
    Sandbox sandbox(environment, codes, state, parcel);
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
