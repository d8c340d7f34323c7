// Costing and instrumenting a contract.
#include <benchmark/benchmark.h>

#include "mint_chain.hpp"
#include "wasm/fuel_cost.hpp"
#include "wasm/instrument.hpp"

namespace warpshrew::bench {

namespace {

void cost_module(benchmark::State& state, const Bytes& module) {
    for (auto _ : state) benchmark::DoNotOptimize(wasm::module_fuel(module).value());
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(module.size()));
}

void instrument_module(benchmark::State& state, const Bytes& module) {
    for (auto _ : state) benchmark::DoNotOptimize(wasm::instrument(module).value());
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(module.size()));
}

const bool registered = [] {
    for (const FreeMint& contract : free_mints()) {
        using benchmark::RegisterBenchmark;
        RegisterBenchmark(("cost_module/" + contract.name).c_str(), cost_module, contract.code)
            ->Unit(benchmark::kMillisecond);
        RegisterBenchmark(("instrument_module/" + contract.name).c_str(), instrument_module, contract.code)
            ->Unit(benchmark::kMillisecond);
    }
    return true;
}();

}  // namespace

}  // namespace warpshrew::bench
