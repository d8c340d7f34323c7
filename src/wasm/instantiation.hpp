#pragma once
// What linking and instantiating a module would say, from the module alone (alkanes-vm.md 2.3, 3.1, 4.5 to 4.8, 12).

#include <optional>

#include "base/result.hpp"
#include "wasm/module.hpp"

namespace warpshrew::wasm {

/// Limits of an instance (alkanes-vm.md 4.5, 4.6).
inline constexpr std::uint64_t memory_limit = 43'554'432;  ///< bytes of a memory
inline constexpr std::uint32_t memory_pages = 512;         ///< to which the host grows "memory"
/// Elements of all tables of an instance. The reference has no such limit of its own and stops when its 4 GiB are full.
inline constexpr std::uint32_t table_elements = 20'000'000;

/// The first error in the reference's order, or none: imports in their order, sizes of memories, element segments, data
/// segments, a start function, the export "memory" and its maximum. Of an element segment's error the reason holds
/// `instance_placeholder` once (engine.hpp).
[[nodiscard]] std::optional<Error> instantiation_error(const Module& module);

}  // namespace warpshrew::wasm
