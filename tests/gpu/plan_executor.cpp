#include "plan_executor.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <stdexcept>

#include "alkanes/indexer.hpp"
#include "lane_test.hpp"
#include "store/memory_state.hpp"
#include "support/compare_writes.hpp"
#include "until_end.hpp"

namespace warpshrew::gpu::test {

using warpshrew::test::Plan;
using warpshrew::test::PlanCall;

GpuExecutorOptions plan_options() {
    // So that long calls take several launches on every device.
    return {.lanes = executor_lanes,
            .budget = 20'000,
            .most_steps = executor_steps,
            .workers = &warpshrew::test::plan_workers(1)};
}

std::unique_ptr<GpuExecutor> make_executor(const GpuExecutorOptions& options) {
    const char* name = std::getenv("WARPSHREW_TEST_ADAPTER");
    const auto adapter = find_adapter(name ? name : "");
    if (!adapter) throw std::runtime_error(adapter.error().reason);
    auto device = Device::open(*adapter);
    if (!device) throw std::runtime_error(device.error().reason);
    GpuExecutorOptions chosen = options;
    if (!chosen.keeps_together && lanes_wait()) chosen.keeps_together = true;
    auto executor = GpuExecutor::create(std::move(*device), chosen);
    if (!executor) throw std::runtime_error(executor.error().reason);
    return std::move(*executor);
}

GpuExecutor& plan_executor() {
    static UntilEnd<std::unique_ptr<GpuExecutor>> executors;
    GpuExecutor& executor = *executors.get([] { return make_executor(plan_options()); });
    GpuExecutorOptions& options = executor.options();
    options.dry_run = DryRun::gpu;
    options.change_permissions = {};
    options.before_round = {};
    return executor;
}

void Observer::execute(const parallel::Batch& batch, parallel::ResultMemory& memory,
                       std::span<alkanes::ExecutedMessage> results) {
    executor_.execute(batch, memory, results);
    for (std::size_t i = 0; i < results.size(); i++) {
        Seen& s = seen[batch.calls[i].tx_index];
        s.status = results[i].status;
        s.error = Bytes(results[i].error);
        s.executions++;
    }
}

Plan block_of(const std::vector<PlanCall>& calls, warpshrew::test::PlanRules rules) {
    Plan plan;
    plan.rules = rules;
    auto& block = plan.blocks.emplace_back();
    for (unsigned i = 0; i < calls.size(); i++) block.push_back({1000 + i, {}, 1, {}, {{true, calls[i], 0, 0, {}}}});
    return plan;
}

Run run_plan(const Plan& plan, GpuExecutor& executor, std::size_t result_bytes) {
    Run out;
    out.before = executor.counts();
    warpshrew::test::SerialRun serial(plan);
    Observer observer(executor);
    parallel::RunnerOptions options;
    options.speculate = parallel::Speculate::all;
    options.verify = parallel::Verify::all;
    options.seed = plan.seed;
    options.speculation.adaptive = false;
    options.result_bytes = result_bytes;
    options.warn = [&](const std::string& text) { out.warnings.push_back(text); };
    parallel::ParallelRunner runner(observer, warpshrew::test::plan_workers(1), options);
    EXPECT_EQ(difference(serial, runner, [&] { out.statistics.add(runner.statistics()); }), "");
    EXPECT_EQ(out.statistics.mismatches, 0U);
    out.seen = observer.seen;
    out.after = executor.counts();
    out.retired = runner.retired();
    return out;
}

parallel::Statistics run_devnet_chain(const std::vector<Bytes>& blocks, parallel::ParallelRunner& runner) {
    const auto network = warpshrew::test::plan_network(warpshrew::test::PlanRules::devnet);
    const alkanes::Builtins builtins(network, {});
    alkanes::Indexer in_order(network, builtins, warpshrew::test::plan_engine());
    alkanes::Indexer ahead(network, builtins, warpshrew::test::plan_engine());
    parallel::Statistics sum;
    store::MemoryState state;
    const auto index = [&](std::uint64_t height, const bitcoin::Block& block) {
        store::BlockState expected(state), actual(state);
        ASSERT_TRUE(in_order.index(expected, height, block));
        ASSERT_TRUE(ahead.index(actual, height, block, &runner));
        sum.add(runner.statistics());
        ASSERT_EQ(warpshrew::test::compare_writes(expected, actual), "") << "height " << height;
        state.apply(expected);
    };
    for (std::uint64_t height = 0; height < blocks.size() && !testing::Test::HasFatalFailure(); height++)
        index(height, bitcoin::Block::decode(blocks[height]).value());
    return sum;
}

}  // namespace warpshrew::gpu::test
