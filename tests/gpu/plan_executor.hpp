#pragma once
// The executor of the tests on a device, and blocks that it executes ahead.

#include <map>
#include <string>
#include <vector>

#include "gpu/gpu_executor.hpp"
#include "parallel/parallel_fixture.hpp"

namespace warpshrew::gpu::test {

/// A call of the first script contract.
inline warpshrew::test::PlanCall script(std::vector<warpshrew::test::PlanStep> steps) {
    return {warpshrew::test::plan_ids::scripts[0], {}, std::move(steps)};
}

/// Lanes, and steps after which one is handed back, so that no test takes long on a device in software.
inline constexpr std::uint32_t executor_lanes = 32;
inline constexpr std::uint64_t executor_steps = 400'000;

/// On the adapter of world(), compiled once, with its options as at first.
[[nodiscard]] GpuExecutor& plan_executor();
/// Another one, whose device may come to an end.
[[nodiscard]] std::unique_ptr<GpuExecutor> make_executor(const GpuExecutorOptions& options);
[[nodiscard]] GpuExecutorOptions plan_options();

/// Hands batches to the device and notes what came back, by the index of the transaction.
class Observer final : public parallel::Executor {
 public:
    explicit Observer(parallel::Executor& executor) : executor_(executor) {}
    [[nodiscard]] std::string_view name() const noexcept override { return executor_.name(); }
    [[nodiscard]] std::size_t lanes() const noexcept override { return executor_.lanes(); }
    void execute(const parallel::Batch& batch, parallel::ResultMemory& memory,
                 std::span<alkanes::ExecutedMessage> results) override;

    struct Seen {
        alkanes::ExecutionStatus status = alkanes::ExecutionStatus::none;  ///< of the last execution
        std::string error;
        unsigned executions = 0;
    };
    std::map<std::uint32_t, Seen> seen;

 private:
    parallel::Executor& executor_;
};

/// A block with a transaction for each call, which are the transactions from 1 on.
[[nodiscard]] warpshrew::test::Plan block_of(const std::vector<warpshrew::test::PlanCall>& calls,
                                             warpshrew::test::PlanRules rules);

/// What the device did with a plan. Fails the test if its blocks are not as in order, or an effect was not the CPU's.
struct Run {
    std::map<std::uint32_t, Observer::Seen> seen;
    GpuCounts before, after;
    parallel::Statistics statistics;
    std::vector<std::string> warnings;
    bool retired = false;
};
[[nodiscard]] Run run_plan(const warpshrew::test::Plan& plan, GpuExecutor& executor = plan_executor(),
                           std::size_t result_bytes = parallel::ResultMemory::default_limit);

/// Indexes a chain of the devnet from its first block on, each block in order and by `runner` over the same state; what
/// the runner did. Fails the test, and ends, where a block has not the writes that it has in order.
[[nodiscard]] parallel::Statistics run_devnet_chain(const std::vector<Bytes>& blocks, parallel::ParallelRunner& runner);

}  // namespace warpshrew::gpu::test
