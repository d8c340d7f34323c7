#pragma once
// Runs a block's transactions in two phases (design.md 2).

#include <functional>

#include "parallel/consuming_handler.hpp"
#include "parallel/speculation.hpp"

namespace warpshrew::parallel {

struct RunnerOptions {
    Speculate speculate = Speculate::candidates;
    Verify verify = Verify::sample;
    std::uint64_t seed = std::random_device{}();  ///< of what is chosen for comparison
    SpeculationOptions speculation;
    std::size_t result_bytes = ResultMemory::default_limit;  ///< of a block's effects, about
    std::function<void(const std::string&)> warn;            ///< told in words when the executor failed, or is given up
    Executor* otherwise = nullptr;  ///< executes ahead once the executor is retired; null: blocks run in order then
};

/// Executes messages ahead on an executor and consumes the results in block order. An executor whose effect was not the
/// CPU's, or that threw in three blocks in a row, is retired: from then on another one goes on, or blocks run in order.
/// An executor that can drop what gave a wrong effect goes on itself.
class ParallelRunner final : public alkanes::TransactionRunner {
 public:
    /// `executor`, `workers` and what options refer to must outlive it.
    ParallelRunner(Executor& executor, Workers& workers, RunnerOptions options);

    [[nodiscard]] bool run(const alkanes::BlockWork& block, alkanes::BlockMessages& messages) override;

    /// Whether the executor was.
    [[nodiscard]] bool retired() const noexcept { return retired_; }
    /// Whether nothing is executed ahead any more.
    [[nodiscard]] bool in_order() const noexcept { return executor_ == nullptr; }
    /// Of the last block.
    [[nodiscard]] const Statistics& statistics() const noexcept { return statistics_; }

 private:
    void speculate(const alkanes::BlockWork& block, const alkanes::FuelTank& tank, Candidates& candidates);
    void retire(const std::string& why);

    Executor* executor_;  ///< null: blocks run in order
    Workers& workers_;
    RunnerOptions options_;
    ResultMemory memory_;  ///< of the last block's effects
    Verifier verifier_;
    Patterns patterns_;
    Statistics statistics_;
    unsigned failures_ = 0;  ///< blocks in a row in which the executor threw
    bool retired_ = false;
};

}  // namespace warpshrew::parallel
