#pragma once
// Plans indexed in order and by a runner, and whether that is the same.

#include <array>
#include <deque>
#include <functional>
#include <string>

#include "alkanes/indexer.hpp"
#include "parallel/parallel_runner.hpp"
#include "support/random_plan.hpp"

namespace warpshrew::test {

/// Worker threads of the process, by their number.
[[nodiscard]] parallel::Workers& plan_workers(unsigned count);

/// A plan's blocks and what they write in order.
class SerialRun {
 public:
    /// Throws if a block is not indexed at all.
    explicit SerialRun(const Plan& plan);

    struct Block {
        const PlanBlock* plan = nullptr;
        std::uint64_t height = 0;
        PlanState below;
        store::BlockState* writes = nullptr;
        alkanes::BlockStats stats;
    };
    [[nodiscard]] std::vector<Block>& blocks() noexcept { return blocks_; }
    [[nodiscard]] PlanRules rules() const noexcept { return rules_; }

 private:
    PlanRules rules_;
    std::vector<PlanBlock> plans_;
    std::deque<store::BlockState> writes_;
    std::vector<Block> blocks_;
};

/// Indexes the same blocks by `runner`; `after` is called for each. How a block differs; empty if none does.
[[nodiscard]] std::string difference(
    SerialRun& serial, alkanes::TransactionRunner& runner, const std::function<void()>& after = [] {});

}  // namespace warpshrew::test
