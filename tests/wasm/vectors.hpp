#pragma once
// The modules of tests/data/vectors, with what wasmi 0.37.2 says of their functions (wasmi-fuel.md 7).

#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "wasm/fuel_cost.hpp"

namespace warpshrew::wasm::test {

struct Vector {
    std::string name;
    Bytes wasm;
    std::vector<FunctionFuel> functions;
};

/// All modules of one file, or of both.
const std::vector<Vector>& vectors();

/// The module of that name; aborts if there is none.
const Vector& vector(std::string_view name);

}  // namespace warpshrew::wasm::test
