#pragma once
// How contract calls are executed, as the options say.

#include <memory>

#include "app/options.hpp"
#include "app/parallel_report.hpp"
#include "app/report.hpp"
#include "base/result.hpp"
#include "gpu/gpu_executor.hpp"
#include "parallel/cpu_executor.hpp"
#include "parallel/faster_executor.hpp"
#include "parallel/parallel_runner.hpp"

namespace warpshrew::app {

/// Opens the adapter that the options name, and compiles the kernel. Where it has no room for the lanes asked for, a
/// line on standard error says how many it has. For the executor `auto` a GPU in software is none, unless it is named.
/// `workers` must outlive it.
[[nodiscard]] Result<std::unique_ptr<gpu::GpuExecutor>> open_device(const SharedOptions& options,
                                                                    parallel::Workers& workers);

/// Why there is no GPU, and what is done instead.
[[nodiscard]] std::string no_gpu_text(const Error& why);

/// Threads, an executor and a runner for index_chain. Address-stable: the parts refer to each other.
class Execution {
 public:
    /// `engine` must outlive it. Where the executor asked for cannot be had, a line on standard error says why, and
    /// calls are executed on CPU threads.
    [[nodiscard]] static Result<std::unique_ptr<Execution>> create(const SharedOptions& options, wasm::Engine& engine);

    /// Null if transactions run in order.
    [[nodiscard]] parallel::ParallelRunner* runner() noexcept { return runner_ ? &*runner_ : nullptr; }

    [[nodiscard]] ExecutorInfo info() const;

 private:
    [[nodiscard]] parallel::Executor& executor() noexcept;

    std::string asked_;  ///< executor
    std::optional<parallel::Workers> workers_;
    std::optional<parallel::CpuExecutor> cpu_;
    std::unique_ptr<gpu::GpuExecutor> device_;        ///< if one was asked for, and is there
    std::optional<parallel::FasterExecutor> faster_;  ///< of the two, if that was asked for
    std::optional<parallel::ParallelRunner> runner_;
};

/// Shows a block's progress, and writes the metrics where the options ask for them. A file that cannot be written is
/// told once, and stops nothing.
void report_block(const SharedOptions& options, Execution& execution, ProgressReport& report,
                  const sync::Progress& progress);

/// The threads that the options ask for: at least 1.
[[nodiscard]] unsigned threads_of(const SharedOptions& options) noexcept;

/// Live instances of contracts that so many threads may need.
[[nodiscard]] unsigned instances_for(unsigned threads) noexcept;

}  // namespace warpshrew::app
