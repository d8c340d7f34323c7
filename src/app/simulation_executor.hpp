#pragma once
// Who executes the calls of a bulk simulation.

#include <functional>
#include <memory>
#include <span>

#include "alkanes/code_cache.hpp"
#include "app/simulation_lines.hpp"
#include "app/state_cache.hpp"
#include "store/database.hpp"

namespace warpshrew::app {

/// The cellpack of a call: what a message's calldata is.
[[nodiscard]] Bytes calldata_of(const SimulationCall& call);

/// Executes calls, each by itself over the same state, as the view `simulate` does.
class SimulationExecutor {
 public:
    virtual ~SimulationExecutor() = default;

    /// Executes `calls` and gives each result to `done`, in order, until that returns false. An error, or what it
    /// throws, is of the machine, and no result of a call. Safe from several threads.
    [[nodiscard]] virtual Result<void> run(std::span<const SimulationCall> calls,
                                           const std::function<bool(const Result<SimulationResult>&)>& done) = 0;
};

/// Executes them on the calling thread, over the state of a store after the block at `height`, which is also the height
/// that the calls run at.
class CpuSimulationExecutor final : public SimulationExecutor {
 public:
    /// `fuel`: the limit of calls that name none. What `environment` refers to and `db` must outlive it.
    CpuSimulationExecutor(const alkanes::Environment& environment, const store::Database& db, std::uint64_t height,
                          std::uint64_t fuel);

    [[nodiscard]] Result<void> run(std::span<const SimulationCall> calls,
                                   const std::function<bool(const Result<SimulationResult>&)>& done) override;

    // For who executes some of the calls elsewhere.

    /// One call over `state`, which is on top of below() and is left without writes. Only on a thread of
    /// Engine::run_deep.
    [[nodiscard]] Result<SimulationResult> execute(const SimulationCall& call, store::BlockState& state);
    /// Whether what was read of the store so far is right; results are none otherwise.
    [[nodiscard]] Result<void> health() const { return db_.health(); }
    [[nodiscard]] const alkanes::Environment& environment() const noexcept { return environment_; }
    [[nodiscard]] const store::StateReader& below() const noexcept { return state_; }
    [[nodiscard]] alkanes::CodeCache& codes() noexcept { return codes_; }
    [[nodiscard]] std::uint64_t height() const noexcept { return height_; }
    [[nodiscard]] std::uint64_t fuel_of(const SimulationCall& call) const { return call.fuel.value_or(fuel_); }

 private:
    const alkanes::Environment environment_;
    const store::Database& db_;
    const std::uint64_t height_, fuel_;
    const std::unique_ptr<store::StateReader> below_;
    const StateCache state_;
    alkanes::CodeCache codes_;
};

}  // namespace warpshrew::app
