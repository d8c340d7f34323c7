#pragma once
// Runs exports of an instrumented module, with host functions of the tests: env.fuel () -> i64 is the fuel that is
// left, env.log (i32) notes it, env.nop () and env.wide (i32 x 8) do nothing.

#include <initializer_list>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "wasm/instrument.hpp"
#include "wasm/wasmtime_api.hpp"

namespace warpshrew::wasm::test {

inline wasmtime_val_raw_t i32(std::int32_t v) {
    wasmtime_val_raw_t raw{};
    raw.i32 = v;
    return raw;
}
inline wasmtime_val_raw_t i64(std::int64_t v) {
    wasmtime_val_raw_t raw{};
    raw.i64 = v;
    return raw;
}
inline wasmtime_val_raw_t f64(double v) {
    wasmtime_val_raw_t raw{};
    raw.f64 = v;
    return raw;
}

struct Outcome {
    /// "", "out of fuel", "stack overflow", "unreachable", or "trap " and wasmtime's code.
    std::string trap;
    std::uint64_t left = 0;  ///< fuel
    std::uint64_t used = 0;
    std::vector<wasmtime_val_raw_t> results;
    std::vector<std::uint64_t> logged;  ///< the fuel at each env.log
};

/// Instruments `module`, instantiates it with the memory limit of the reference, and calls an export. Throws
/// std::runtime_error if anything but the call fails.
Outcome call_metered(BytesView module, std::string_view name, const std::vector<wasmtime_val_raw_t>& args,
                     std::size_t results, std::uint64_t fuel = 100000, const InstrumentOptions& options = {});

/// Whether wasmtime accepts a module; else its message.
std::string validation_message(BytesView module);

}  // namespace warpshrew::wasm::test
