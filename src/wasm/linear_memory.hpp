#pragma once
// Linear memories that are used again: an address range that holds every memory in turn, made clean by zeroing the
// pages that were written, which the kernel lists (pagemap.hpp). Unmapping and mapping afresh, which wasmtime does,
// costs ten times as much in page faults. Compiled code compares every address with the memory's size, so that a range
// stays accessible as far as any of its memories went: changing that per call stops all threads of the process.

#include <cstddef>
#include <memory>

struct wasm_config_t;

namespace warpshrew::wasm {

/// Makes the engine of `config` take its linear memories from a pool that lives as long as that engine.
void use_memory_pool(wasm_config_t* config);

/// Whether the machine refused this thread a growth within the limits of a contract since the last time this was asked.
/// The contract saw -1, which the reference never shows there: its results must not count.
[[nodiscard]] bool take_growth_failure() noexcept;

}  // namespace warpshrew::wasm
