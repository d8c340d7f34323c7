#include "app/simulation_executor.hpp"

#include "protorune/encode.hpp"

namespace warpshrew::app {

Bytes calldata_of(const SimulationCall& call) {
    std::vector<u128> cellpack = {call.target.block, call.target.tx};
    cellpack.insert(cellpack.end(), call.inputs.begin(), call.inputs.end());
    return protorune::encode_cellpack(cellpack);
}

CpuSimulationExecutor::CpuSimulationExecutor(const alkanes::Environment& environment, const store::Database& db,
                                             std::uint64_t height, std::uint64_t fuel)
    : environment_(environment),
      db_(db),
      height_(height),
      fuel_(fuel),
      below_(db.at(height)),
      state_(*below_),
      codes_(environment) {}

Result<SimulationResult> CpuSimulationExecutor::execute(const SimulationCall& call, store::BlockState& state) {
    const Bytes calldata = calldata_of(call);
    alkanes::Parcel parcel;
    parcel.alkanes = call.tokens;
    if (call.transaction) parcel.transaction = &call.transaction->get();
    if (call.block) parcel.block = &*call.block;
    parcel.height = height_;
    parcel.calldata = calldata;
    parcel.vout = call.vout;
    const std::uint64_t fuel = fuel_of(call);
    SimulationResult out;
    auto simulation = alkanes::simulate(environment_, codes_, state, parcel, fuel, out.writes);
    state.clear();  // no call sees what another did
    if (!simulation) return tl::unexpected(std::move(simulation.error()));
    // What the storage costs comes on top of what the contract could use (alkanes-vm.md 2.3). A block's tank says no as
    // well.
    if (simulation->gas_used > fuel) {
        return fail(std::string(wasm::out_of_fuel_text) + ": requested " + std::to_string(simulation->gas_used) +
                    " units, but only " + std::to_string(fuel) + " remaining");
    }
    out.simulation = *std::move(simulation);
    return out;
}

Result<void> CpuSimulationExecutor::run(std::span<const SimulationCall> calls,
                                        const std::function<bool(const Result<SimulationResult>&)>& done) {
    Result<void> sound;
    environment_.engine.run_deep([&] {
        store::BlockState state(state_);
        for (const SimulationCall& call : calls) {
            const Result<SimulationResult> result = execute(call, state);
            // A value that could not be read counts as absent while the call runs; the result would be wrong.
            sound = db_.health();
            if (!sound || !done(result)) return;
        }
    });
    return sound;
}

}  // namespace warpshrew::app
