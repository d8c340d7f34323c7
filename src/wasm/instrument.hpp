#pragma once
// Fuel instrumentation, wasm to wasm (wasmi-fuel.md 6.2): the rewritten module charges fuel and limits its stack
// exactly as wasmi 0.37.2.

#include <cstdint>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace warpshrew::wasm {

/// Exports of a rewritten module: an i64 that the host reads and writes around every host call, and an
/// i32 that says why an `unreachable` was run.
inline constexpr std::string_view fuel_export = "$warpshrew.fuel";
inline constexpr std::string_view trap_export = "$warpshrew.trap";

/// Values of the trap global; 0: an `unreachable` of the contract itself.
enum class TrapReason : std::int32_t { contract = 0, out_of_fuel = 1, stack_overflow = 2 };

struct InstrumentOptions {
    /// The least initial size, in pages, of the memory that is exported as "memory", which must allow it: the host then
    /// need not grow it. Data segments are placed as before, so the caller checks them against the original size.
    std::uint32_t memory_pages = 0;
};

/// Rewrites a module that has passed validation, without its start section. The stack is that of a root call with one
/// result. An error if the module does what wasmi 0.37.2 rejects or miscompiles (wasmi-fuel.md 2.8, 2.11, 6.3), or if
/// it is malformed; malformed code may also come out as malformed code.
[[nodiscard]] Result<Bytes> instrument(BytesView module, const InstrumentOptions& options = {});

}  // namespace warpshrew::wasm
