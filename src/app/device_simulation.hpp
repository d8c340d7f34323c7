#pragma once
// Bulk simulation on a device: calls go to an executor as messages do, and to the CPU what it cannot do.

#include <atomic>
#include <mutex>

#include "app/simulation_executor.hpp"
#include "parallel/consuming_handler.hpp"
#include "parallel/executor.hpp"

namespace warpshrew::app {

/// Where calls were executed.
struct DeviceSimulationCounts {
    std::uint64_t on_device = 0;         ///< results that are the device's
    std::uint64_t own_surroundings = 0;  ///< on the CPU: with a transaction or a block of their own
    std::uint64_t handed_back = 0;       ///< on the CPU: the device gave no result
    std::uint64_t not_usable = 0;        ///< on the CPU: what it gave is damaged, or the runtime's balances forbid it
    std::uint64_t retired = 0;           ///< on the CPU: the device was given up
    std::uint64_t verified = 0;          ///< results of the device that were compared with the CPU's
};

/// Gives the results that `cpu` gives, most of them from a device. Calls without a transaction and a block of their own
/// are executed there, a batch for each run(); all others, and those without a result, on the calling thread. Results
/// are compared with the CPU's as `verify` says, before any of their run is given out. A device that gave a wrong one,
/// or that failed, is given up: from then on the CPU executes everything.
class DeviceSimulationExecutor final : public SimulationExecutor {
 public:
    /// `cpu` and `device` must outlive it. `warn` is told in words when the device is given up. `seed`: of what is
    /// chosen for comparison.
    DeviceSimulationExecutor(CpuSimulationExecutor& cpu, parallel::Executor& device, parallel::Verify verify,
                             std::function<void(const std::string&)> warn, std::uint64_t seed = std::random_device{}());

    [[nodiscard]] Result<void> run(std::span<const SimulationCall> calls,
                                   const std::function<bool(const Result<SimulationResult>&)>& done) override;

    [[nodiscard]] DeviceSimulationCounts counts() const;
    [[nodiscard]] bool retired() const noexcept { return retired_; }

 private:
    /// By call: nothing where the CPU has to execute it.
    using Results = std::vector<std::optional<Result<SimulationResult>>>;

    [[nodiscard]] Results on_device(std::span<const SimulationCall> calls, DeviceSimulationCounts& counts);
    [[nodiscard]] bool are_right(std::span<const SimulationCall> calls, const Results& results,
                                 store::BlockState& state, DeviceSimulationCounts& counts);
    void retire(const std::string& why);

    CpuSimulationExecutor& cpu_;
    parallel::Executor& device_;
    const std::function<void(const std::string&)> warn_;
    std::mutex device_mutex_;
    mutable std::mutex mutex_;  ///< of what follows
    parallel::Verifier verifier_;
    DeviceSimulationCounts counts_;
    std::atomic<bool> retired_ = false;
};

}  // namespace warpshrew::app
