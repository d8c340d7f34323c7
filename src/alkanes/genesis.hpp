#pragma once
// The first active block: genesis state and the set-up of built-in contracts (alkanes-vm.md 6.4).

#include "alkanes/code_cache.hpp"
#include "alkanes/precompiles.hpp"

namespace warpshrew::alkanes {

/// Writes the genesis state if it is not there, and sets up each built-in contract that is not. For active heights. An
/// error: a set-up call failed. `frames` counts those begun. Only on a thread of Engine::run_deep.
[[nodiscard]] Result<void> ensure_genesis(const Environment& environment, CodeCache& codes, store::BlockState& state,
                                          const BlockInfo& block, std::uint64_t& frames);

}  // namespace warpshrew::alkanes
