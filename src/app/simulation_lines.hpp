#pragma once
// The lines of a bulk simulation: a call in, its result out, as JSON (docs/simulate.md).

#include <optional>
#include <vector>

#include "alkanes/simulate.hpp"
#include "base/result.hpp"

namespace warpshrew::app {

/// A call as a line asks for it.
struct SimulationCall {
    protorune::RuneId target;
    std::vector<u128> inputs;
    std::vector<protorune::RuneTransfer> tokens;
    std::uint32_t vout = 0;
    std::optional<bitcoin::OwnedTransaction> transaction;
    std::optional<bitcoin::Block> block;
    std::optional<std::uint64_t> fuel;  ///< the limit of this call
};

/// What a call that succeeded gave.
struct SimulationResult {
    alkanes::Simulation simulation;
    alkanes::StorageMap writes;  ///< ascending by key
};

/// Reads a line, without its end. An error says what is wrong and at which byte or member of the line.
[[nodiscard]] Result<SimulationCall> read_simulation_call(BytesView line);

/// Appends the line for a call that was executed: of status "success", or "failure" with the contract's error.
void append_simulation_result(Bytes& out, std::uint64_t line, const Result<SimulationResult>& result);

/// Appends the line for one that is not a call: of status "invalid".
void append_invalid_line(Bytes& out, std::uint64_t line, const Error& error);

}  // namespace warpshrew::app
