#pragma once
// Which locals of a function may be read before they are written: only those need their zeros.

#include <vector>

#include "wasm/interpreted_code.hpp"
#include "wasm/module.hpp"

namespace warpshrew::gpu {

/// For each local, params included, whether its initial value may be read. All of them in functions that are too large
/// to look at.
[[nodiscard]] std::vector<bool> live_at_entry(const wasm::Module& module, const wasm::InterpretedFunction& f);

}  // namespace warpshrew::gpu
