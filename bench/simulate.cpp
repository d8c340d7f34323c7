// Bulk simulation: mints, and devnet's calls of all kinds, over one state, from lines of JSON to lines of JSON.

#include <benchmark/benchmark.h>

#include <random>
#include <thread>

#include "app/bulk_simulation.hpp"
#include "app/devnet.hpp"
#include "app/node.hpp"
#include "base/file.hpp"
#include "base/temporary_folder.hpp"
#include "sync/block_memory.hpp"
#include "sync/index_chain.hpp"

namespace {

using namespace warpshrew;

constexpr int calls = 20'000;
constexpr std::uint64_t fuel = 1'000'000'000;

/// A devnet store.
struct World {
    TemporaryFolder folder;
    std::unique_ptr<app::Node> node;

    World() {
        app::SharedOptions options;
        options.network = "devnet";
        options.db_path = folder.path() / "db";
        node = std::move(app::Node::open(options, {}).value());
        const app::DevnetChain chain = app::make_devnet_chain({.blocks = 5});
        alkanes::Indexer indexer(node->network, node->builtins, node->engine);
        const sync::BlockMemory source(chain.blocks, 0, node->network.block_format);
        if (!sync::index_chain(node->db, indexer, source)) std::abort();
        std::mt19937 random(1);
        Bytes mints, mixed;
        for (int i = 0; i < calls; i++) {
            const std::string token = std::to_string(1 + random() % 8);
            mints += R"({"target":"2:)" + token + R"(","inputs":["77"]})" + "\n";
            static constexpr const char* opcodes[] = {"77", "99", "101", "12345"};
            // One in four is a swap by the factory, a call of another contract.
            mixed += random() % 4 == 0
                         ? R"({"target":"4:1002","inputs":["13","2","1","2","2","0"],"tokens":[)"
                           R"({"id":"2:1","value":"5"}]})"
                         : R"({"target":"2:)" + token + R"(","inputs":[")" + opcodes[random() % 4] + R"("]})";
            mixed += "\n";
        }
        if (!write_file(folder.path() / "mints", mints) || !write_file(folder.path() / "mixed", mixed)) std::abort();
    }
};

void run(benchmark::State& state, const char* file) {
    static const World world;
    const auto threads = static_cast<unsigned>(state.range(0));
    for (auto _ : state) {
        auto source = app::LineSource::open(world.folder.path() / file);
        app::CpuSimulationExecutor executor({world.node->network, world.node->builtins, world.node->engine},
                                            world.node->db, *world.node->db.tip(), fuel);
        std::size_t bytes = 0;
        const auto outcome = app::simulate_lines(executor, *source,
                                                 [&bytes](BytesView text) {
                                                     bytes += text.size();
                                                     return Result<void>();
                                                 },
                                                 {.threads = threads});
        if (!outcome || outcome->done.lines() != calls) std::abort();
        benchmark::DoNotOptimize(bytes);
    }
    state.counters["calls"] = benchmark::Counter(static_cast<double>(calls) * static_cast<double>(state.iterations()),
                                                 benchmark::Counter::kIsRate);
}

void simulate_mints(benchmark::State& state) { run(state, "mints"); }
void simulate_mixed(benchmark::State& state) { run(state, "mixed"); }

void thread_counts(benchmark::internal::Benchmark* b) {
    b->Arg(1)->ArgName("threads")->UseRealTime()->Unit(benchmark::kMillisecond);
    if (const unsigned all = std::thread::hardware_concurrency(); all > 1) b->Arg(static_cast<std::int64_t>(all));
}
BENCHMARK(simulate_mints)->Apply(thread_counts);
BENCHMARK(simulate_mixed)->Apply(thread_counts);

}  // namespace
