// Free mints on a device and on CPU threads: calls a second for batches of several sizes, and where the time goes.
//
//   gpu_mints [--adapter NAME] [--contract free_mint.wasm] [--threads N] [--repeat N] [--batches N] [--together 0|1]
//   LANES...
//
// --batches: each execution is of so many times as many calls as there are lanes.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "../mint_chain.hpp"
#include "alkanes/indexer.hpp"
#include "gpu/gpu_executor.hpp"
#include "parallel/cpu_executor.hpp"
#include "store/memory_state.hpp"

namespace warpshrew::bench {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

struct Options {
    std::string adapter;
    unsigned threads = std::max(1U, std::thread::hardware_concurrency());
    unsigned repeat = 3;
    unsigned batches = 1;
    std::optional<bool> keeps_together;
    std::vector<std::uint32_t> sizes;
};

/// A contract deployed, and a block of mints, whose calls are taken round and round.
struct World {
    explicit World(const FreeMint& contract) {
        const auto raw = mint_chain(contract, 1);
        for (const Bytes& bytes : raw) blocks.push_back(bitcoin::Block::decode(bytes).value());
        alkanes::Indexer indexer(bare_regtest(), builtins, engine);
        store::BlockState changes(below);
        indexer.index(changes, 0, blocks[0]).value();
        below.apply(changes);
        // 2, 2, 77 in a message of 15 bytes
        calldata = Bytes("\2\2\x4d", 3) + Bytes(12, '\0');
    }
    [[nodiscard]] std::vector<parallel::Call> calls(std::size_t n) const {
        std::vector<parallel::Call> out;
        for (std::size_t i = 0; i < n; i++)
            out.push_back({.tx_index = static_cast<std::uint32_t>(1 + i % mints_per_block),
                           .vout = 3,
                           .position = static_cast<std::uint32_t>(i),
                           .calldata = calldata,
                           .fuel = 3'500'000});
        return out;
    }

    wasm::Engine engine = wasm::Engine::create().value();
    alkanes::Builtins builtins{bare_regtest(), {}};
    alkanes::Environment environment{bare_regtest(), builtins, engine};
    store::MemoryState below;
    std::vector<bitcoin::Block> blocks;
    Bytes calldata;
};

/// Seconds of the best of several runs; -1 if a call failed.
double time_batch(World& world, parallel::Executor& executor, std::size_t n, unsigned repeat,
                  std::vector<alkanes::ExecutedMessage>& results) {
    const auto calls = world.calls(n);
    const alkanes::BlockInfo info(world.blocks[1], bare_regtest(), 1, nullptr);
    alkanes::CodeCache codes(world.environment);
    store::BlockState base(world.below);
    const parallel::VersionedState state(base);
    double best = -1;
    parallel::ResultMemory memory;
    for (unsigned r = 0; r < repeat; r++) {
        memory.clear();
        results.assign(n, {});
        const parallel::Batch batch{world.environment, codes, info, state, 1, calls, {}};
        const auto start = Clock::now();
        executor.execute(batch, memory, results);
        const double took = seconds_since(start);
        for (const auto& m : results)
            if (m.status != alkanes::ExecutionStatus::succeeded) return -1;
        if (best < 0 || took < best) best = took;
    }
    return best;
}

int run(const Options& options) {
    for (const FreeMint& contract : free_mints()) {
        World world(contract);
        std::string error;
        world.engine.run_deep([&] {
            std::vector<alkanes::ExecutedMessage> results;
            parallel::Workers one(world.engine, 1), all(world.engine, options.threads);
            parallel::CpuExecutor serial(one), threads(all);
            const double alone = time_batch(world, serial, 2000, 2, results);
            const double together = time_batch(world, threads, 20'000, 3, results);
            std::printf("%s: CPU, 1 thread: %.0f calls/s; %u threads: %.0f calls/s\n", contract.name.c_str(),
                        2000 / alone, options.threads, 20'000 / together);
            for (const std::uint32_t n : options.sizes) {
                auto adapter = gpu::find_adapter(options.adapter);
                if (!adapter) return void(error = adapter.error().reason);
                auto device = gpu::Device::open(*adapter);
                if (!device) return void(error = device.error().reason);
                gpu::GpuExecutorOptions o{.lanes = n, .keeps_together = options.keeps_together, .workers = &all};
                o.shape = {.registers = 1024, .pages = 28, .output = 512};
                auto made = gpu::GpuExecutor::create(std::move(*device), o);
                if (!made) return void(error = made.error().reason);
                gpu::GpuExecutor& executor = **made;
                const std::size_t calls = std::size_t{n} * options.batches;
                (void)time_batch(world, executor, calls, 2, results);  // lowers, finds the keys
                const gpu::GpuCounts before = executor.counts();
                const double best = time_batch(world, executor, calls, options.repeat, results);
                const gpu::GpuCounts& c = executor.counts();
                const double r = options.repeat * options.batches;
                std::printf(
                    "%s: %s, %u lanes: %.0f calls/s; ms a batch: prepare %.1f, upload %.1f, execute %.1f, download "
                    "%.1f, decode %.1f; %.0f steps a call, %.1f launches, %.1f rounds\n",
                    contract.name.c_str(), executor.device().adapter().name.c_str(), n,
                    best < 0 ? -1 : static_cast<double>(calls) / best,
                    (c.prepare_seconds - before.prepare_seconds) / r * 1e3,
                    (c.upload_seconds - before.upload_seconds) / r * 1e3,
                    (c.execute_seconds - before.execute_seconds) / r * 1e3,
                    (c.download_seconds - before.download_seconds) / r * 1e3,
                    (c.decode_seconds - before.decode_seconds) / r * 1e3,
                    static_cast<double>(c.steps - before.steps) / r / n,
                    static_cast<double>(c.launches - before.launches) / r,
                    static_cast<double>(c.rounds - before.rounds) / r);
                for (std::size_t i = 0; i < c.reasons.size(); i++)
                    if (c.reasons[i] != 0)
                        std::printf("  handed back for reason %zu: %llu\n", i,
                                    static_cast<unsigned long long>(c.reasons[i]));
                std::fflush(stdout);
            }
        });
        if (!error.empty()) return std::fprintf(stderr, "%s\n", error.c_str()), 1;
    }
    return 0;
}

}  // namespace
}  // namespace warpshrew::bench

int main(int argc, char** argv) {
    warpshrew::bench::Options options;
    for (int i = 1; i < argc; i++) {
        const std::string_view arg = argv[i];
        const bool has_value = arg.starts_with("--") && i + 1 < argc;
        if (arg == "--adapter" && has_value)
            options.adapter = argv[++i];
        else if (arg == "--contract" && has_value)
            setenv("WARPSHREW_BENCH_FREE_MINT", argv[++i], 1);
        else if (arg == "--threads" && has_value)
            options.threads = static_cast<unsigned>(std::atoi(argv[++i]));
        else if (arg == "--together" && has_value)
            options.keeps_together = std::atoi(argv[++i]) != 0;
        else if (arg == "--batches" && has_value)
            options.batches = static_cast<unsigned>(std::atoi(argv[++i]));
        else if (arg == "--repeat" && has_value)
            options.repeat = static_cast<unsigned>(std::atoi(argv[++i]));
        else
            options.sizes.push_back(static_cast<std::uint32_t>(std::atoi(argv[i])));
    }
    try {
        return warpshrew::bench::run(options);
    } catch (const std::exception& e) {
        return std::fprintf(stderr, "%s\n", e.what()), 1;
    }
}
