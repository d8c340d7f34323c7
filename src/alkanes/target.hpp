#pragma once
// Targets of calls: existing contracts, deployments, clones (alkanes-vm.md 1.3).

#include "alkanes/execution.hpp"

namespace warpshrew::alkanes {

/// The contract that is to run.
struct Target {
    protorune::RuneId myself;
    Result<CompiledCode> code;  ///< an error: the frame fails with it
};

/// Resolves a cellpack's target, and creates the contract where the target asks for that. An error fails the message or
/// the call before anything ran.
[[nodiscard]] Result<Target> resolve_target(Execution& execution, const protorune::RuneId& target);

/// Whether calling it costs the fee for deployments (alkanes-vm.md 1.3, 2.4.3).
[[nodiscard]] inline bool is_deployment(const protorune::RuneId& target) noexcept {
    return target.block == 1 || target.block == 3 || target.block == 5 || target.block == 6;
}

}  // namespace warpshrew::alkanes
