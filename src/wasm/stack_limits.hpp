#pragma once
// How deep contracts may call (wasmi-fuel.md 4).

#include <cstdint>

namespace warpshrew::wasm {

inline constexpr std::uint32_t max_cells = 131072;  ///< of the value stack
inline constexpr std::uint32_t max_depth = 1024;    ///< frames of calls

}  // namespace warpshrew::wasm
