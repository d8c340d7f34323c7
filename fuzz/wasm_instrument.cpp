// Costs and instruments arbitrary bytes, which need not be valid code; what comes out must parse again.
#include <cstddef>
#include <cstdint>

#include "wasm/fuel_cost.hpp"
#include "wasm/instrument.hpp"
#include "wasm/module.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace warpshrew;
    const BytesView bytes = as_bytes(data, size);
    static_cast<void>(wasm::module_fuel(bytes));
    const auto out = wasm::instrument(bytes, {.memory_pages = 512});
    if (out && !wasm::parse_module(*out)) __builtin_trap();
    return 0;
}
