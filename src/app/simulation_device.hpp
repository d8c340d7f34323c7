#pragma once
// The GPU of `warpshrew simulate`, and what it did, for people and as JSON.

#include <nlohmann/json.hpp>

#include "app/device_simulation.hpp"
#include "app/execution.hpp"

namespace warpshrew::app {

/// A GPU with what it takes to run calls on it.
struct SimulationDevice {
    SimulationDevice(wasm::Engine& engine, unsigned threads) : workers(engine, threads) {}

    parallel::Workers workers;
    std::unique_ptr<gpu::GpuExecutor> executor;
    std::optional<DeviceSimulationExecutor> simulation;
};

/// The one that the options name. Null, and a warning on standard error, where it cannot be had. What `cpu` refers to
/// and `cpu` must outlive it.
[[nodiscard]] std::unique_ptr<SimulationDevice> open_simulation_device(const SharedOptions& shared, unsigned threads,
                                                                       CpuSimulationExecutor& cpu);

[[nodiscard]] nlohmann::ordered_json to_json(const SimulationDevice& device);

/// A line for the end of a run.
[[nodiscard]] std::string summary(const SimulationDevice& device);

}  // namespace warpshrew::app
