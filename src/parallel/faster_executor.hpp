#pragma once
// Executes batches on CPU threads or on a device, whichever is faster for their like, and on CPU threads what the
// device leaves.

#include <functional>

#include "parallel/executor.hpp"
#include "parallel/executor_choice.hpp"
#include "parallel/workers.hpp"

namespace warpshrew::parallel {

/// Seconds of a clock that only goes on.
[[nodiscard]] double steady_seconds();

struct FasterExecutorOptions {
    std::size_t least_calls = 32;  ///< batches of fewer are the CPU's
    std::function<double()> seconds = steady_seconds;
    std::function<void(const std::string&)> warn{};  ///< told in words when the device failed, or is given up
    Workers* workers = nullptr;                      ///< look at results; none: the calling thread
};

/// A device that throws in three batches in a row, or that may have given a wrong result, is given up: from then on the
/// CPU executes everything.
class FasterExecutor final : public Executor {
 public:
    /// `cpu` and `device` must outlive it.
    FasterExecutor(Executor& cpu, Executor& device, FasterExecutorOptions options)
        : cpu_(cpu), device_(device), options_(std::move(options)), choice_(options_.least_calls) {}

    [[nodiscard]] std::string_view name() const noexcept override { return "auto"; }
    /// Those of the CPU: the device executes a batch only where that takes less time.
    [[nodiscard]] std::size_t lanes() const noexcept override { return cpu_.lanes(); }
    void execute(const Batch& batch, ResultMemory& memory, std::span<alkanes::ExecutedMessage> results) override;
    void add_to(Statistics& statistics) override;
    [[nodiscard]] bool drop_suspect() override;

    [[nodiscard]] bool device_given_up() const noexcept { return given_up_; }

 private:
    /// What an executor did.
    struct Done {
        std::vector<std::size_t> left;  ///< calls without a result
        double work = 0;                ///< that the others were
    };
    [[nodiscard]] Done done_of(std::span<const alkanes::ExecutedMessage> results) const;
    // These return how much work it was, 0 where that tells nothing: without any result, or where the device failed.
    double on_device(const ExecutorChoice::Load& load, double start, const Batch& batch, ResultMemory& memory,
                     std::span<alkanes::ExecutedMessage> results);
    double on_cpu(const Batch& batch, ResultMemory& memory, std::span<alkanes::ExecutedMessage> results);
    double execute_left(const Batch& batch, ResultMemory& memory, std::span<alkanes::ExecutedMessage> results,
                        std::span<const std::size_t> left);
    void note_failure(const Batch& batch, const std::string& what);

    Executor& cpu_;
    Executor& device_;
    const FasterExecutorOptions options_;
    ExecutorChoice choice_;
    Statistics done_;        ///< since it was last asked
    unsigned failures_ = 0;  ///< batches in a row in which the device threw
    bool given_up_ = false;
};

}  // namespace warpshrew::parallel
