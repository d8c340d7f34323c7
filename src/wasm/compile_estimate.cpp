#include "wasm/compile_estimate.hpp"

#include <cstdint>

#include "wasm/fuel_cost.hpp"

namespace warpshrew::wasm {
namespace {

// Of a function. The compiler's time grows with the square of some of these, or with their products.
constexpr std::size_t most_bytes = 200'000;
constexpr std::uint64_t most_charges = 2'000;
constexpr std::uint64_t most_labels = 500;
constexpr std::uint64_t most_labels_by_locals = 20'000;
// Of a module.
constexpr std::size_t most_code = std::size_t{2} << 20, most_functions = 10'000, most_types = 10'000;
constexpr std::size_t most_globals = 10'000, most_segments = 10'000, most_exports = 10'000;

bool slow(const Module& m) {
    std::size_t code = 0;
    for (const Range& r : m.bodies) code += r.end - r.begin;
    return code > most_code || m.functions.size() > most_functions || m.types.size() > most_types ||
           m.globals.size() > most_globals || m.elements.size() + m.data.size() > most_segments ||
           m.exports.size() > most_exports;
}

bool slow(const FunctionCost& cost, const Range& body) {
    return body.end - body.begin > most_bytes || cost.charges.size() > most_charges || cost.labels > most_labels ||
           std::uint64_t{cost.labels} * cost.locals > most_labels_by_locals;
}

}  // namespace

Result<bool> slow_to_compile(const Module& module) {
    bool any = slow(module);
    for (std::uint32_t i = 0; i < module.bodies.size(); i++) {
        const auto cost = function_cost(module, i);
        if (!cost) return tl::unexpected(cost.error());
        if (cost->loses_values)
            return fail("br_table that returns four or more values that do not lie in a row", module.bodies[i].begin);
        any = any || slow(*cost, module.bodies[i]);
    }
    return any;
}

}  // namespace warpshrew::wasm
