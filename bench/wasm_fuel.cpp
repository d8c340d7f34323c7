// Costing and instrumenting a contract: the file that WARPSHREW_BENCH_CONTRACT names, or the largest module of the
// tests.
#include <absl/strings/escaping.h>
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "wasm/fuel_cost.hpp"
#include "wasm/instrument.hpp"

namespace {

using namespace warpshrew;

const Bytes& contract() {
    static const Bytes module = [] {
        if (const char* path = std::getenv("WARPSHREW_BENCH_CONTRACT")) return read_file(path).value();
        Bytes largest;
        std::ifstream in(WARPSHREW_SOURCE_DIR "/tests/data/vectors/wasmi-fuel.jsonl");
        for (std::string line; std::getline(in, line);) {
            Bytes wasm;
            if (absl::Base64Unescape(nlohmann::json::parse(line).at("wasm").get<std::string>(), &wasm) &&
                wasm.size() > largest.size())
                largest = wasm;
        }
        return largest;
    }();
    return module;
}

void cost_module(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(wasm::module_fuel(contract()).value());
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * contract().size()));
}
BENCHMARK(cost_module)->Unit(benchmark::kMillisecond);

void instrument_module(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(wasm::instrument(contract()).value());
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * contract().size()));
}
BENCHMARK(instrument_module)->Unit(benchmark::kMillisecond);

}  // namespace
