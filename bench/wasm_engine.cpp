// Contracts: compiling, an instance's life, a call, a host call.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>

#include "mint_chain.hpp"
#include "wasm/engine.hpp"
#include "wasm/wasmtime_api.hpp"

namespace {

using namespace warpshrew;
using namespace warpshrew::wasm;

constexpr std::uint64_t fuel = 1'000'000'000'000;

Bytes wat(std::string_view text) {
    wasm_byte_vec_t binary;
    if (wasmtime_wat2wasm(text.data(), text.size(), &binary) != nullptr) std::abort();
    Bytes out(binary.data, binary.size);
    wasm_byte_vec_delete(&binary);
    return out;
}

/// Writes to 20 pages of 4 KiB, as a token's mint does.
Bytes contract() {
    return wat(R"((module (memory (export "memory") 17) (func (export "__execute") (result i32) (local $i i32)
        (loop (i32.store (i32.mul (local.get $i) (i32.const 4096)) (i32.const 1))
            (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20))))
        (i32.const 16))))");
}

struct Silent : Host {
    std::int32_t call(HostFunction, Instance&, std::span<const std::int64_t>) override { return 0; }
};

/// Reads and writes the fuel, as a host function that charges does.
struct Charging : Host {
    std::int32_t call(HostFunction, Instance& instance, std::span<const std::int64_t>) override {
        instance.set_fuel(instance.fuel() - 1);
        return 0;
    }
};

/// Everything from the module's bytes to machine code: parsing, costing, rewriting, compiling.
void compile(benchmark::State& state, const bench::FreeMint& contract) {
    for (auto _ : state) {
        Engine engine = Engine::create().value();
        benchmark::DoNotOptimize(engine.compile(contract.code).value());
    }
}

const bool registered = [] {
    for (const bench::FreeMint& contract : bench::free_mints()) {
        benchmark::RegisterBenchmark(("compile/" + contract.name).c_str(), compile, contract)
            ->Unit(benchmark::kMillisecond)
            ->MeasureProcessCPUTime()
            ->UseRealTime();
    }
    return true;
}();

void compiled_before(benchmark::State& state) {
    const Bytes module = contract();
    Engine engine = Engine::create().value();
    for (auto _ : state) benchmark::DoNotOptimize(engine.compile(module).value());
}
BENCHMARK(compiled_before)->Unit(benchmark::kMicrosecond);

/// Creates an instance, calls it if asked to, and destroys it.
void instance(benchmark::State& state, bool call) {
    Engine engine = Engine::create().value();
    const auto code = engine.compile(contract()).value();
    engine.run_deep([&] {
        Silent host;
        for (auto _ : state) {
            Instance i = Instance::create(engine, code, host, fuel).value();
            if (call) benchmark::DoNotOptimize(i.call("__execute"));
        }
    });
}
BENCHMARK_CAPTURE(instance, created_and_destroyed, false)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(instance, created_called_and_destroyed, true)->Unit(benchmark::kMicrosecond);

void call(benchmark::State& state) {
    Engine engine = Engine::create().value();
    const auto code = engine
                          .compile(wat(R"((module (memory (export "memory") 1)
        (func (export "__execute") (result i32) (i32.const 16))))"))
                          .value();
    engine.run_deep([&] {
        Silent host;
        Instance i = Instance::create(engine, code, host, fuel).value();
        for (auto _ : state) benchmark::DoNotOptimize(i.call("__execute"));
    });
}
BENCHMARK(call)->Unit(benchmark::kNanosecond);

/// One host call out of 1,000 in a loop.
template <class H>
void host_call(benchmark::State& state) {
    constexpr int calls = 1000;
    Engine engine = Engine::create().value();
    const auto code = engine
                          .compile(wat(R"((module (import "env" "__load_storage" (func $h (param i32 i32) (result i32)))
        (memory (export "memory") 1) (func (export "__execute") (result i32) (local $i i32)
            (loop (drop (call $h (i32.const 8) (i32.const 16)))
                (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))
            (i32.const 16))))"))
                          .value();
    engine.run_deep([&] {
        H host;
        Instance i = Instance::create(engine, code, host, fuel).value();
        for (auto _ : state) {
            i.set_fuel(fuel);
            benchmark::DoNotOptimize(i.call("__execute"));
        }
    });
    state.SetItemsProcessed(state.iterations() * calls);
}
BENCHMARK(host_call<Silent>)->Unit(benchmark::kMicrosecond);
BENCHMARK(host_call<Charging>)->Unit(benchmark::kMicrosecond);

}  // namespace
