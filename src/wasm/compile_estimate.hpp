#pragma once
// Which modules the compiler would take too long for (docs/decisions/interpreter.md).

#include "base/result.hpp"
#include "wasm/module.hpp"

namespace warpshrew::wasm {

/// Whether compiling a module that has passed validation may take more than a few seconds. An error if the module does
/// what wasmi 0.37.2 rejects or miscompiles, as instrument() gives it. Takes time in proportion to the module's size.
[[nodiscard]] Result<bool> slow_to_compile(const Module& module);

}  // namespace warpshrew::wasm
