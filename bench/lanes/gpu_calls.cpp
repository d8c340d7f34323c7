// Contract calls on a device and on CPU threads: calls a second for batches of several sizes, and where the time goes.
// Beside each size: all threads alone, and the executor that gives batches to the faster one (`both`).
// First free mints of the project's own contract and of the reference's, then calls of devnet's contracts.
//
// Calls a second are medians and without the check, which one thread does at the calls' turns; times are averages. Exit
// code 1 if a call fails, or none has the name that was asked for.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "../mint_chain.hpp"
#include "alkanes/indexer.hpp"
#include "app/devnet.hpp"
#include "app/node.hpp"
#include "app/simulation_executor.hpp"
#include "base/temporary_folder.hpp"
#include "gpu/gpu_executor.hpp"
#include "parallel/cpu_executor.hpp"
#include "parallel/faster_executor.hpp"
#include "store/memory_state.hpp"
#include "sync/block_memory.hpp"
#include "sync/index_chain.hpp"

namespace warpshrew::bench {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

struct Options {
    std::string adapter, only;
    unsigned threads = std::max(1U, std::thread::hardware_concurrency());
    unsigned repeat = 3;
    unsigned batches = 1;
    std::optional<bool> keeps_together;
    std::vector<std::uint32_t> sizes;
};

/// Calls of one kind, over a state that they all see.
struct Work {
    std::string name;
    const alkanes::Environment& environment;
    const alkanes::BlockInfo& block;
    const store::StateReader& below;
    std::uint64_t height = 0;
    std::uint32_t first_transaction = 0, transactions = 1;  ///< of the block, that calls see in turn
    const bitcoin::Transaction* outside = nullptr;          ///< or this one
    Bytes calldata;
    std::vector<protorune::RuneTransfer> tokens;  ///< that each call gets
};

/// A contract deployed, and a block of mints.
struct MintWorld {
    explicit MintWorld(const FreeMint& contract) {
        for (const Bytes& bytes : mint_chain(contract, 1)) blocks.push_back(bitcoin::Block::decode(bytes).value());
        alkanes::Indexer indexer(bare_regtest(), builtins, engine);
        store::BlockState changes(below);
        indexer.index(changes, 0, blocks[0]).value();
        below.apply(changes);
        block.emplace(blocks[1], bare_regtest(), 1, nullptr);
    }
    /// 2, 2, 77 in a message of 15 bytes.
    [[nodiscard]] Work mints(const std::string& name) const {
        return {
            name, environment, *block, below, 1, 1, mints_per_block, nullptr, Bytes("\2\2\x4d", 3) + Bytes(12, '\0'),
            {}};
    }

    wasm::Engine engine = wasm::Engine::create().value();
    alkanes::Builtins builtins{bare_regtest(), {}};
    alkanes::Environment environment{bare_regtest(), builtins, engine};
    store::MemoryState below;
    std::vector<bitcoin::Block> blocks;
    std::optional<alkanes::BlockInfo> block;
};

/// A devnet with all its contracts.
struct DevnetWorld {
    DevnetWorld() {
        app::SharedOptions options;
        options.network = "devnet";
        options.db_path = folder.path() / "db";
        node = app::Node::open(options, {.sync = false}).value();
        const app::DevnetChain chain = app::make_devnet_chain({.blocks = 5});
        alkanes::Indexer indexer(node->network, node->builtins, node->engine);
        const sync::BlockMemory source(chain.blocks, 0, node->network.block_format);
        (void)sync::index_chain(node->db, indexer, source).value();
        tokens = chain.tokens;
        simulation.emplace(alkanes::Environment{node->network, node->builtins, node->engine}, node->db, *node->db.tip(),
                           0);
        block.emplace(alkanes::default_block(), node->network, simulation->height(), nullptr);
    }
    [[nodiscard]] protorune::RuneId token(std::string_view name) const {
        return std::ranges::find(tokens, name, &app::DevnetToken::name)->id;
    }
    /// A call of each contract that devnet calls.
    [[nodiscard]] std::vector<Work> works() const {
        const auto a = token("token A"), b = token("token B");
        std::vector<Work> out;
        const auto add = [&](const char* name, protorune::RuneId target, std::vector<u128> inputs,
                             std::vector<protorune::RuneTransfer> incoming = {}) {
            app::SimulationCall call;
            call.target = target;
            call.inputs = std::move(inputs);
            out.push_back({name, simulation->environment(), *block, simulation->below(), simulation->height(), 0, 1,
                           &alkanes::default_transaction(), app::calldata_of(call), std::move(incoming)});
        };
        add("devnet mint", a, {77});
        add("devnet delegated mint", token("delegated token"), {77});
        add("devnet genesis token", {2, 0}, {99});
        add("devnet swap", token("shares of pool 1"), {3, 0}, {{a, 5}});
        add("devnet routed swap", {4, 1002}, {13, a.block, a.tx, b.block, b.tx, 0}, {{a, 5}});
        add("devnet compute", {4, 1004}, {1, 300'000});
        return out;
    }

    TemporaryFolder folder;
    std::unique_ptr<app::Node> node;
    std::vector<app::DevnetToken> tokens;
    std::optional<app::CpuSimulationExecutor> simulation;
    std::optional<alkanes::BlockInfo> block;
};

/// Seconds in which one thread, as the pass in block order does, proves that effects are not damaged and that what they
/// read is what the state has; -1 if one is not right.
double time_checks(const Work& work, std::span<const alkanes::ExecutedMessage> results) {
    store::BlockState state(work.below);
    store::Transaction transaction(state);
    const auto start = Clock::now();
    for (const auto& m : results) {
        if (m.checksum != alkanes::checksum_of(m)) return -1;
        for (const alkanes::StateRead& r : m.reads) {
            const bool holds = r.kind == alkanes::StateRead::Kind::unwritten ? !transaction.written(r.key)
                                                                             : transaction.get(r.key) == r.value;
            if (!holds) return -1;
        }
    }
    return seconds_since(start);
}

/// Seconds of the median of several runs; -1 if a call failed. `check`: gets those of checking the last results.
double time_batch(const Work& work, parallel::Executor& executor, std::size_t n, unsigned repeat,
                  std::vector<alkanes::ExecutedMessage>& results, double* check = nullptr) {
    std::vector<parallel::Call> calls;
    for (std::size_t i = 0; i < n; i++)
        calls.push_back({.tx_index = static_cast<std::uint32_t>(work.first_transaction + i % work.transactions),
                         .vout = 3,
                         .position = static_cast<std::uint32_t>(i),
                         .token_count = static_cast<std::uint32_t>(work.tokens.size()),
                         .calldata = work.calldata,
                         .fuel = 3'500'000});
    alkanes::CodeCache codes(work.environment);
    store::BlockState base(work.below);
    const parallel::VersionedState state(base);
    std::vector<double> seconds;
    parallel::ResultMemory memory(std::size_t{16} << 30);
    for (unsigned r = 0; r < repeat; r++) {
        memory.clear();
        results.assign(n, {});
        const parallel::Batch batch{work.environment, codes, work.block,  state,
                                    work.height,      calls, work.tokens, work.outside};
        const auto start = Clock::now();
        executor.execute(batch, memory, results);
        seconds.push_back(seconds_since(start));
        for (const auto& m : results)
            if (m.status != alkanes::ExecutionStatus::succeeded) return -1;
    }
    if (check != nullptr) *check = time_checks(work, results);
    std::ranges::sort(seconds);
    return seconds[seconds.size() / 2];
}

/// Lanes with what the calls need, and fewer pages where the device could not hold so many lanes otherwise.
gpu::LaneShape shape_for(std::uint32_t lanes, const gpu::Device& device) {
    const std::uint64_t room = device.limits().binding_bytes / gpu::memory_page_bytes / lanes;
    return {
        .registers = 1024, .pages = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(room, 12, 28)), .output = 512};
}

/// Whether all calls succeeded.
bool measure(const Work& work, wasm::Engine& engine, const Options& options) {
    std::vector<alkanes::ExecutedMessage> results;
    parallel::Workers one(engine, 1), all(engine, options.threads);
    parallel::CpuExecutor serial(one), threads(all);
    const double alone = time_batch(work, serial, 2000, 3, results);
    const double together = time_batch(work, threads, 20'000, 3, results);
    const char* name = work.name.c_str();
    bool all_succeeded = alone > 0 && together > 0;
    std::printf("%s: CPU, 1 thread: %.0f calls/s; %u threads: %.0f calls/s\n", name, 2000 / alone, options.threads,
                20'000 / together);
    for (const std::uint32_t n : options.sizes) {
        auto adapter = gpu::find_adapter(options.adapter);
        if (!adapter) throw std::runtime_error(adapter.error().reason);
        auto device = gpu::Device::open(*adapter);
        if (!device) throw std::runtime_error(device.error().reason);
        gpu::GpuExecutorOptions o{.lanes = n, .keeps_together = options.keeps_together, .workers = &all};
        o.shape = shape_for(n, *device);
        auto made = gpu::GpuExecutor::create(std::move(*device), o);
        if (!made) throw std::runtime_error(made.error().reason);
        gpu::GpuExecutor& executor = **made;
        const std::size_t calls = std::size_t{n} * options.batches;
        (void)time_batch(work, executor, calls, 2, results);  // lowers, finds the keys
        const gpu::GpuCounts before = executor.counts();
        double check = 0;
        const double median = time_batch(work, executor, calls, options.repeat, results, &check);
        all_succeeded = all_succeeded && median > 0 && check > 0;
        const gpu::GpuCounts& c = executor.counts();
        const double r = options.repeat * options.batches;
        std::printf(
            "%s: %s, %zu lanes: %.0f calls/s; ms a batch: prepare %.1f, upload %.1f, execute %.1f, download %.1f, "
            "decode %.1f, check %.1f; %.0f steps a call, %.1f launches, %.1f rounds\n",
            name, executor.device().adapter().name.c_str(), executor.lanes(),
            median < 0 ? -1 : static_cast<double>(calls) / median,
            (c.prepare_seconds - before.prepare_seconds) / r * 1e3,
            (c.upload_seconds - before.upload_seconds) / r * 1e3,
            (c.execute_seconds - before.execute_seconds) / r * 1e3,
            (c.download_seconds - before.download_seconds) / r * 1e3,
            (c.decode_seconds - before.decode_seconds) / r * 1e3, check / options.batches * 1e3,
            static_cast<double>(c.steps - before.steps) / r / n, static_cast<double>(c.launches - before.launches) / r,
            static_cast<double>(c.rounds - before.rounds) / r);
        for (std::size_t i = 0; i < c.reasons.size(); i++)
            if (c.reasons[i] != 0)
                std::printf("  handed back for reason %zu: %llu\n", i, static_cast<unsigned long long>(c.reasons[i]));
        const double cpu = time_batch(work, threads, calls, options.repeat, results);
        parallel::FasterExecutor both(threads, executor, {.workers = &all});
        (void)time_batch(work, both, calls, 5, results);  // tries both
        parallel::Statistics warm_up, done;
        both.add_to(warm_up);
        const double chosen = time_batch(work, both, calls, options.repeat, results);
        both.add_to(done);
        all_succeeded = all_succeeded && cpu > 0 && chosen > 0;
        std::printf("%s: %zu calls, %u threads: %.0f calls/s; both: %.0f calls/s, %.0f %% of them on the device\n",
                    name, calls, options.threads, static_cast<double>(calls) / cpu, static_cast<double>(calls) / chosen,
                    100 * static_cast<double>(done.device.calls) / static_cast<double>(calls * options.repeat));
        std::fflush(stdout);
    }
    return all_succeeded;
}

bool run(const Options& options) {
    bool all_succeeded = true, any = false;
    const auto wanted = [&](const std::string& name) {
        const bool is = name.starts_with(options.only);
        any = any || is;
        return is;
    };
    for (const FreeMint& contract : free_mints()) {
        if (!wanted(contract.name)) continue;
        MintWorld world(contract);
        world.engine.run_deep([&] { all_succeeded &= measure(world.mints(contract.name), world.engine, options); });
    }
    DevnetWorld world;
    for (const Work& work : world.works()) {
        if (wanted(work.name))
            world.node->engine.run_deep([&] { all_succeeded &= measure(work, world.node->engine, options); });
    }
    if (!any) throw std::runtime_error("no calls are named " + options.only);
    return all_succeeded;
}

}  // namespace
}  // namespace warpshrew::bench

int main(int argc, char** argv) {
    using namespace warpshrew;
    bench::Options options;
    std::string contract;
    CLI::App app{"contract calls on a device and on CPU threads: calls a second, and where the time goes"};
    app.add_option("--adapter", options.adapter, "name or index, as `warpshrew gpu` lists them; default: the best one");
    app.add_option("--contract", contract, "the reference's free_mint.wasm")->check(CLI::ExistingFile);
    app.add_option("--only", options.only, "the calls whose name begins so");
    app.add_option("--threads", options.threads, "of the CPU; default: one a core")->check(CLI::Range(1U, 1024U));
    app.add_option("--repeat", options.repeat, "executions of which the median counts")->check(CLI::PositiveNumber);
    app.add_option("--batches", options.batches, "each execution is of so many times as many calls as there are lanes")
        ->check(CLI::PositiveNumber);
    app.add_option("--together", options.keeps_together,
                   "whether lanes wait for each other; default: as suits the device");
    app.add_option("LANES", options.sizes, "calls of a batch; none: CPU threads only")->check(CLI::Range(1U, 1U << 20));
    CLI11_PARSE(app, argc, argv);
    if (!contract.empty()) setenv("WARPSHREW_BENCH_FREE_MINT", contract.c_str(), 1);
    try {
        if (bench::run(options)) return 0;
        return std::fprintf(stderr, "calls failed, or were not executed\n"), 1;
    } catch (const std::exception& e) {
        return std::fprintf(stderr, "%s\n", e.what()), 1;
    }
}
