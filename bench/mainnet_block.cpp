// A real block of mainnet, from bytes in memory to the committed batch: below ALKANES genesis, and at its own height,
// where an empty store sets up the built-in contracts in the same block.
//
// WARPSHREW_BENCH_BUILTINS: files or folders, separated by colons, that `warpshrew genesis extract` would take.
// WARPSHREW_BENCH_MAINNET_BLOCK: another block's file; the one in tests/data by default.
#include <benchmark/benchmark.h>

#include <absl/strings/str_split.h>

#include <chrono>
#include <cstdlib>

#include "alkanes/indexer.hpp"
#include "base/file.hpp"
#include "base/temporary_folder.hpp"
#include "mint_chain.hpp"

namespace warpshrew::bench {

namespace {

constexpr std::uint64_t height_of_892614 = 892'614, below_genesis = 879'000;

Bytes raw_block() {
    const char* path = std::getenv("WARPSHREW_BENCH_MAINNET_BLOCK");
    return read_file(path != nullptr ? path : WARPSHREW_SOURCE_DIR "/tests/data/blocks/mainnet-892614.blk").value();
}

double milliseconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

void mainnet_block(benchmark::State& state, std::uint64_t height, const alkanes::CodeByDigest& code) {
    const auto network = protorune::find_network("mainnet").value();
    const alkanes::Builtins builtins(network, code);
    if (network.active(height) && !builtins.missing().empty()) {
        state.SkipWithError("built-in contracts are missing");
        return;
    }
    wasm::Engine engine = wasm::Engine::create().value();
    const Bytes raw = raw_block();
    bool ok = true;
    std::uint64_t keys = 0;
    double start_up_ms = 0;
    // Gives the time of one block in an empty store. Compiling and compressing built-in contracts is start-up.
    const auto index = [&] {
        const TemporaryFolder folder;
        auto db = store::Database::open(folder.path()).value();
        alkanes::Indexer indexer(network, builtins, engine);
        const auto before = std::chrono::steady_clock::now();
        indexer.prepare(height);
        if (start_up_ms == 0) start_up_ms = milliseconds_since(before);
        Bytes bytes = raw;
        const auto start = std::chrono::steady_clock::now();
        const auto block = bitcoin::Block::decode(std::move(bytes)).value();
        const auto below = db.latest();
        auto changes = std::make_unique<store::BlockState>(*below);
        ok = indexer.index(*changes, height, block) && db.commit(height, block.hash(), *changes) && ok;
        keys = changes->write_count();
        changes.reset();
        return milliseconds_since(start) / 1000;
    };
    for (auto _ : state) state.SetIterationTime(index());
    if (!ok) state.SkipWithError("the block fails");
    state.counters["start_up_ms"] = start_up_ms;
    state.counters["keys"] = static_cast<double>(keys);
}

const bool registered = [] {
    const auto add = [](const char* name, std::uint64_t height, const alkanes::CodeByDigest& code) {
        benchmark::RegisterBenchmark(name, mainnet_block, height, code)
            ->Iterations(10)
            ->Unit(benchmark::kMillisecond)
            ->UseManualTime();
    };
    add("mainnet_block/below_genesis", below_genesis, {});
    if (const char* list = std::getenv("WARPSHREW_BENCH_BUILTINS")) {
        const std::vector<std::string> names = absl::StrSplit(list, ':');
        const std::vector<std::filesystem::path> paths(names.begin(), names.end());
        const auto found = alkanes::extract_builtins(protorune::find_network("mainnet").value(), paths);
        add("mainnet_block/own_height", height_of_892614, found.value());
    }
    return true;
}();

}  // namespace

}  // namespace warpshrew::bench
