#pragma once
// What all frames of one message share.

#include <exception>

#include "alkanes/code_cache.hpp"
#include "alkanes/precompiles.hpp"
#include "alkanes/trace.hpp"

namespace warpshrew::alkanes {

/// A message being executed. Nothing here is shared with another message but the environment and the code cache.
struct Execution {
    const Environment& environment;
    CodeCache& codes;
    store::Transaction& state;
    const BlockInfo& block;
    const bitcoin::Transaction& transaction;
    std::uint64_t height = 0;
    std::uint32_t vout = 0;  ///< shadow vout
    Trace trace;
    std::uint64_t frames = 0;    ///< begun in this block so far: one text shows it
    std::exception_ptr failure;  ///< of the machine, on its way past the engine: it stops the execution

    [[nodiscard]] const protorune::Network& network() const noexcept { return environment.network; }
};

/// Who is called by whom, with what.
struct Call {
    protorune::RuneId myself, caller;
    std::span<const protorune::RuneTransfer> incoming;
    std::span<const u128> inputs;
};

}  // namespace warpshrew::alkanes
