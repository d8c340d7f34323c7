#pragma once
// What all frames of one message share.

#include <algorithm>
#include <exception>

#include "alkanes/code_cache.hpp"
#include "alkanes/precompiles.hpp"
#include "alkanes/trace.hpp"

namespace warpshrew::alkanes {

/// What a message learnt of its fuel and of the contracts' sequence number, both of which other messages change. Where
/// it learnt only that there was enough, its effect is the same with more.
struct Observations {
    bool fuel = false;                ///< the effect depends on the exact amount
    std::uint64_t fuel_required = 0;  ///< otherwise: it is the same with any amount from this on
    bool sequence = false;            ///< the effect depends on the exact number
    u128 sequence_required = 0;       ///< otherwise: it is the same with any number from this on
};

/// A message being executed. Nothing here is shared with another message but the environment and the code cache.
struct Execution {
    const Environment& environment;
    CodeCache& codes;
    store::Transaction& state;
    const BlockInfo& block;
    const bitcoin::Transaction& transaction;
    std::uint64_t height = 0;
    std::uint32_t vout = 0;  ///< shadow vout
    std::uint64_t fuel = 0;  ///< with which the message starts
    Trace trace{};
    std::uint64_t frames = 0;      ///< begun in this block so far: one text shows it
    bool shows_frames = false;     ///< that text was shown
    std::exception_ptr failure{};  ///< of the machine, on its way past the engine: it stops the execution
    Observations seen{};

    /// Notes that an outcome hung on whether `n` could be taken when `left` was left of the fuel.
    void needs_fuel(std::uint64_t left, std::uint64_t n) noexcept {
        if (left < n) seen.fuel = true;
        seen.fuel_required = std::max(seen.fuel_required, fuel - left + n);
    }

    [[nodiscard]] const protorune::Network& network() const noexcept { return environment.network; }
};

/// Who is called by whom, with what.
struct Call {
    protorune::RuneId myself, caller;
    std::span<const protorune::RuneTransfer> incoming;
    std::span<const u128> inputs;
};

}  // namespace warpshrew::alkanes
