#pragma once
// What the parallel engine did, as JSON, as a line for people, and as metrics.

#include <filesystem>
#include <nlohmann/json.hpp>

#include "sync/index_chain.hpp"

namespace warpshrew::app {

[[nodiscard]] nlohmann::ordered_json to_json(const parallel::Statistics& statistics);

/// "12,345 of 12,500 candidates executed ahead and used (98.8 %); …".
[[nodiscard]] std::string summary(const parallel::Statistics& statistics);

/// Writes the run's totals to `file` in the text format of Prometheus, for the node exporter's textfile collector: in
/// whole, or not at all.
[[nodiscard]] Result<void> write_metrics(const std::filesystem::path& file, const sync::Progress& progress,
                                         bool executor_retired);

}  // namespace warpshrew::app
