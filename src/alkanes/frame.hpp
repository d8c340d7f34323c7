#pragma once
// One frame of a contract call (alkanes-vm.md 2.3).

#include "alkanes/execution.hpp"
#include "alkanes/response.hpp"

namespace warpshrew::alkanes {

/// A call that succeeded.
struct FrameResult {
    Response response;
    std::uint64_t gas_used = 0;  ///< may be more than the fuel it got: its caller checks
};

/// Runs `code` with `fuel`. Its writes stay in the state if it succeeds; an error carries the text that the trace
/// shows. Only on a thread of Engine::run_deep; throws where the machine fails, never through the engine.
[[nodiscard]] Result<FrameResult> run_frame(Execution& execution, const Call& call, const Result<CompiledCode>& code,
                                            std::uint64_t fuel);

/// Calls the contract's `__meta`: the bytes at the pointer it returns.
[[nodiscard]] Result<Bytes> run_meta(Execution& execution, const Call& call, const Result<CompiledCode>& code,
                                     std::uint64_t fuel);

/// Writes a storage map under a contract's id.
void write_storage(store::Transaction& state, const protorune::RuneId& id, const StorageMap& map);

}  // namespace warpshrew::alkanes
