#pragma once
// Runs the calls of a stream of lines on threads and writes their results in the order of the lines.

#include <atomic>

#include "app/line_source.hpp"
#include "app/simulation_executor.hpp"

namespace warpshrew::app {

/// How far a run is: what is written.
struct SimulationProgress {
    std::uint64_t succeeded = 0, failed = 0, invalid = 0;  ///< lines
    std::uint64_t bytes = 0;                               ///< of input
    double seconds = 0;                                    ///< since the run began

    [[nodiscard]] std::uint64_t lines() const noexcept { return succeeded + failed + invalid; }
};

struct BulkOptions {
    unsigned threads = 1;
    bool strict = false;                                      ///< a line that is invalid is the last one, and an error
    const std::atomic<bool>* stop = nullptr;                  ///< stop once it is true; may be null
    std::function<void(const SimulationProgress&)> report{};  ///< called now and then, by one thread at a time
};

struct BulkOutcome {
    SimulationProgress done;
    bool stopped = false;  ///< before the last line
};

/// Executes the calls in `source` and hands the lines of their results to `write`, whole lines in the order of the
/// input. Nothing of the result depends on the number of threads. Holds a bounded number of lines and results. An error
/// if reading, writing or the machine fails, or with `strict` at a line that is invalid; what was written until then
/// stays, and is in order.
[[nodiscard]] Result<BulkOutcome> simulate_lines(SimulationExecutor& executor, LineSource& source,
                                                 const std::function<Result<void>(BytesView)>& write,
                                                 const BulkOptions& options);

}  // namespace warpshrew::app
