#include "app/simulation_device.hpp"

#include <iostream>

#include "app/parallel_report.hpp"

namespace warpshrew::app {

std::unique_ptr<SimulationDevice> open_simulation_device(const SharedOptions& shared, unsigned threads,
                                                         CpuSimulationExecutor& cpu) {
    const auto warn = [](const std::string& text) { std::cerr << "warpshrew: " << text << std::endl; };
    auto out = std::make_unique<SimulationDevice>(cpu.environment().engine, threads);
    auto executor = open_device(shared, out->workers);
    if (!executor) {
        warn(no_gpu_text(executor.error()));
        return nullptr;
    }
    out->executor = std::move(*executor);
    out->simulation.emplace(cpu, *out->executor,
                            shared.verify == "all"    ? parallel::Verify::all
                            : shared.verify == "none" ? parallel::Verify::none
                                                      : parallel::Verify::sample,
                            warn);
    return out;
}

nlohmann::ordered_json to_json(const SimulationDevice& device) {
    const DeviceSimulationCounts& n = device.simulation->counts();
    const gpu::GpuCounts& gpu = device.executor->counts();
    nlohmann::ordered_json reasons = {{"not_started", gpu.not_started}};
    reasons.update(reasons_to_json(gpu));
    if (gpu.faults != 0) reasons["fault"] = gpu.faults;
    return {{"adapter", device.executor->device().adapter().name},
            {"executed", n.on_device},
            {"verified", n.verified},
            {"handed_back", n.handed_back},
            {"handed_back_because", reasons},
            {"own_surroundings", n.own_surroundings},
            {"not_usable", n.not_usable},
            {"after_retirement", n.retired},
            {"retired", device.simulation->retired()},
            {"launches", gpu.launches},
            {"prepare_seconds", gpu.prepare_seconds},
            {"upload_seconds", gpu.upload_seconds},
            {"execute_seconds", gpu.execute_seconds},
            {"download_seconds", gpu.download_seconds},
            {"decode_seconds", gpu.decode_seconds}};
}

std::string summary(const SimulationDevice& device) {
    const DeviceSimulationCounts& n = device.simulation->counts();
    const gpu::GpuCounts& gpu = device.executor->counts();
    std::string out = "  on " + device.executor->device().adapter().name + ": " + grouped(n.on_device) + " calls, " +
                      grouped(n.verified) + " of them compared with the CPU's; on the CPU: " + grouped(n.handed_back) +
                      " that it handed back";
    const std::string reasons = reasons_text(gpu);
    if (!reasons.empty()) out += " (" + reasons + ")";
    out += ", " + grouped(n.own_surroundings) + " with a transaction or block of their own";
    if (n.not_usable != 0) out += ", " + grouped(n.not_usable) + " whose result was not usable";
    if (device.simulation->retired()) out += ", " + grouped(n.retired) + " after THE DEVICE WAS GIVEN UP";
    return out;
}

}  // namespace warpshrew::app
