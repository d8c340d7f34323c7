#pragma once
// A devnet store for tests of bulk simulation.

#include "alkanes/views.hpp"
#include "app/bulk_simulation.hpp"
#include "app/node.hpp"
#include "base/temporary_folder.hpp"

namespace warpshrew::test {

/// devnet's chain (tokens 2:1 to 2:8 of factory 4:1000, pools, fuel_burner 4:1004) and host_exerciser as 4:2000.
class SimulationStore {
 public:
    SimulationStore();

    [[nodiscard]] app::Node& node() const { return *node_; }
    [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "db"; }
    [[nodiscard]] std::uint64_t height() const { return *node_->db.tip(); }
    [[nodiscard]] alkanes::Environment environment() const { return {node_->network, node_->builtins, node_->engine}; }

    /// What simulate_lines writes for `input`; by a file, as everything does.
    struct Run {
        Bytes out;
        Result<app::BulkOutcome> outcome;
    };
    [[nodiscard]] Run run(app::SimulationExecutor& executor, BytesView input, const app::BulkOptions& options,
                          const app::LineLimits& limits = {}) const;
    [[nodiscard]] Run run(BytesView input, const app::BulkOptions& options, std::uint64_t fuel,
                          const app::LineLimits& limits = {}) const;

 private:
    TemporaryFolder folder_;
    std::unique_ptr<app::Node> node_;
};

/// One for all tests of the process.
const SimulationStore& simulation_store();

}  // namespace warpshrew::test
