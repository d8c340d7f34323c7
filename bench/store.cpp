// The store: committing a block, reading at the tip and far below it, and the block's cache and transactions.

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

#include "store/database.hpp"
#include "store/memory_state.hpp"
#include "store/transaction.hpp"

namespace warpshrew::store {
namespace {

constexpr std::uint64_t keys_per_block = 40000;

// Keys like the indexer's: a table's name, 36 bytes of outpoint, and a few bytes of suffix.
Bytes key_of(std::uint64_t block, std::uint64_t i) {
    std::mt19937_64 rng(block * keys_per_block + i);
    Bytes key = "/outpoint/byid/";
    for (int word = 0; word < 5; word++) append_le(key, rng());
    return key + "/tail";
}

void fill(BlockState& block, std::uint64_t height) {
    for (std::uint64_t i = 0; i < keys_per_block; i++) block.set(key_of(height, i), Bytes(40, static_cast<char>(i)));
}

// A store that is removed afterwards.
struct Store {
    std::filesystem::path path;
    std::unique_ptr<Database> db;

    explicit Store(bool sync) {
        std::string name = (std::filesystem::temp_directory_path() / "warpshrew-bench-XXXXXX").string();
        path = mkdtemp(name.data());
        auto opened = Database::open(path, {.sync = sync});
        if (!opened) fatal(opened.error());
        db = std::make_unique<Database>(std::move(*opened));
    }
    ~Store() {
        db.reset();
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    static void fatal(const Error& error) {
        std::fprintf(stderr, "%s\n", error.reason.c_str());
        std::exit(1);
    }
    void commit(std::uint64_t height, const BlockState& block) const {
        if (const auto done = db->commit(height, {}, block); !done) fatal(done.error());
    }
};

void store_commit(benchmark::State& state) {
    const Store store(state.range(0) != 0);
    std::uint64_t height = 0;
    for (auto _ : state) {
        state.PauseTiming();
        const MemoryState below;
        BlockState block(below);
        fill(block, height);
        state.ResumeTiming();
        store.commit(height++, block);
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(height * keys_per_block));
}
BENCHMARK(store_commit)->ArgName("sync")->Arg(0)->Arg(1)->Iterations(40)->Unit(benchmark::kMillisecond);

// 60 blocks: more than memory buffers hold, so that most of them are in files.
const Store& filled() {
    static const Store store(false);
    if (!store.db->tip()) {
        for (std::uint64_t height = 0; height < 60; height++) {
            const MemoryState below;
            BlockState block(below);
            fill(block, height);
            store.commit(height, block);
        }
    }
    return store;
}

void store_read(benchmark::State& state) {
    const bool present = state.range(0) != 0;
    const auto height = static_cast<std::uint64_t>(state.range(1));
    const auto reader = filled().db->at(height);
    std::vector<Bytes> keys;
    keys.reserve(20000);
    std::mt19937_64 rng(1);
    for (int i = 0; i < 20000; i++) {
        keys.push_back(key_of((present ? 0 : 1000000) + rng() % (height + 1), rng() % keys_per_block));
    }
    Bytes value;
    std::size_t i = 0;
    for (auto _ : state) benchmark::DoNotOptimize(reader->read(keys[i++ % keys.size()], value));
}
BENCHMARK(store_read)->ArgNames({"present", "height"})->ArgsProduct({{0, 1}, {59, 10}});

// What a view costs before it reads anything.
void store_open_reader(benchmark::State& state) {
    const Bytes key = key_of(3, 3);
    Bytes value;
    for (auto _ : state) benchmark::DoNotOptimize(filled().db->latest()->read(key, value));
}
BENCHMARK(store_open_reader);

// The 40 reads and writes of one message of a block in its nested checkpoints.
void transaction_get_set(benchmark::State& state) {
    const MemoryState below;
    std::vector<Bytes> keys;
    for (std::uint64_t i = 0; i < 20 * 1000; i++) keys.push_back(key_of(0, i));
    const Bytes value(40, 'v');
    BlockState block(below);
    std::size_t i = 0;
    for (auto _ : state) {
        Transaction t(block);
        t.checkpoint();
        for (int k = 0; k < 20; k++) {
            const Bytes& key = keys[i++ % keys.size()];
            benchmark::DoNotOptimize(t.get(key));
            t.set(key, value);
        }
        t.commit();
        t.commit();
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * 40);
}
BENCHMARK(transaction_get_set);

void block_state_get(benchmark::State& state) {
    const MemoryState below;
    BlockState block(below);
    std::vector<Bytes> keys;
    for (std::uint64_t i = 0; i < keys_per_block; i++) keys.push_back(key_of(0, i));
    for (const Bytes& key : keys) block.set(key, "value");
    std::size_t i = 0;
    for (auto _ : state) benchmark::DoNotOptimize(block.get(keys[i++ % keys.size()]));
}
BENCHMARK(block_state_get);

}  // namespace
}  // namespace warpshrew::store
