#pragma once
// What the parallel engine did, as JSON, as a line for people, and as metrics.

#include <filesystem>
#include <nlohmann/json.hpp>

#include "sync/index_chain.hpp"

namespace warpshrew::app {

[[nodiscard]] nlohmann::ordered_json to_json(const parallel::Statistics& statistics);

/// Why a device gave calls back, those reasons that there were: {"memory": 3}.
[[nodiscard]] nlohmann::ordered_json reasons_to_json(const parallel::LaneCounts& lanes);
/// The same with the calls that got no lane and those at fault: "not_started 3, memory 1"; empty if there were none.
[[nodiscard]] std::string reasons_text(const parallel::LaneCounts& lanes);

/// What executes calls.
struct ExecutorInfo {
    std::string asked, used;  ///< serial, cpu, gpu, auto
    std::string adapter;      ///< empty: none
    std::uint64_t lanes = 0;
    bool given_up = false;  ///< the executor, or its device
};
[[nodiscard]] nlohmann::ordered_json to_json(const ExecutorInfo& info);

/// "12,345 of 12,500 candidates executed ahead and used (98.8 %); …".
[[nodiscard]] std::string summary(const parallel::Statistics& statistics);

/// Writes the run's totals to `file` in the text format of Prometheus, for the node exporter's textfile collector: in
/// whole, or not at all.
[[nodiscard]] Result<void> write_metrics(const std::filesystem::path& file, const sync::Progress& progress,
                                         const ExecutorInfo& executor);

}  // namespace warpshrew::app
