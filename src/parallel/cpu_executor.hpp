#pragma once
// Executes batches on CPU threads.

#include "parallel/executor.hpp"
#include "parallel/workers.hpp"

namespace warpshrew::parallel {

class CpuExecutor final : public Executor {
 public:
    /// `workers` must outlive it.
    explicit CpuExecutor(Workers& workers) : workers_(workers) {}

    [[nodiscard]] std::string_view name() const noexcept override { return "cpu"; }
    [[nodiscard]] std::size_t lanes() const noexcept override { return workers_.count(); }
    void execute(const Batch& batch, ResultMemory& memory, std::span<alkanes::ExecutedMessage> results) override;

 private:
    Workers& workers_;
};

}  // namespace warpshrew::parallel
