// Messages: one free mint, and blocks of a thousand of them, on a state in memory and in a database.
//
// WARPSHREW_BENCH_FREE_MINT names the reference's free_mint.wasm; without it these benchmarks are left out.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>

#include "alkanes/execution.hpp"
#include "alkanes/frame.hpp"
#include "alkanes/gzip.hpp"
#include "alkanes/indexer.hpp"
#include "base/file.hpp"
#include "bitcoin/encode.hpp"
#include "protorune/encode.hpp"
#include "store/database.hpp"
#include "store/memory_state.hpp"

namespace {

using namespace warpshrew;

protorune::Network bare_regtest() {
    auto network = protorune::find_network("regtest").value();
    network.builtins.clear();
    return network;
}

bitcoin::NewTransaction transaction(std::vector<u128> words, unsigned number) {
    protorune::Protostone stone;
    stone.protocol_tag = protorune::alkanes_protocol_tag;
    stone.message = protorune::encode_cellpack(words);
    stone.pointer = stone.refund = 0;
    bitcoin::NewTransaction tx;
    bitcoin::NewInput input;
    input.txid = Bytes(28, 'i') + to_le(number);
    tx.inputs = {input};
    tx.outputs = {{546, Bytes("\x51\x20") + Bytes(32, 'k')}, {0, protorune::encode_runestone(std::vector{stone})}};
    return tx;
}

bitcoin::Block block_of(std::vector<bitcoin::NewTransaction> txs, std::uint32_t height) {
    txs.insert(txs.begin(), bitcoin::coinbase(height, {{5'000'000'000, "\x51"}}));
    return std::move(bitcoin::Block::decode(bitcoin::serialize_block({}, txs)).value());
}

/// A chain with the contract at (2, 1) and a clone of it at (2, 2), and a block of mints.
struct World {
    static constexpr unsigned mints = 1000;

    World(const Bytes& code, wasm::Engine& engine)
        : network(bare_regtest()), builtins(network, {}), indexer(network, builtins, engine) {
        // The code is deployed by a call that changes nothing (101) and cloned: a constructor would keep the envelope.
        auto deploy = transaction({1, 0, 101}, 0);
        deploy.inputs[0].witness = protorune::script_path_witness(protorune::contract_envelope(alkanes::gzip(code)));
        // opcode 0: token units, value per mint, cap, name in two words, symbol
        const auto clone = transaction({5, 1, 0, 0, 5000, 100'000'000, 1, 2, 3}, World::mints + 1);
        std::vector<bitcoin::NewTransaction> txs;
        for (unsigned i = 0; i < mints; i++) txs.push_back(transaction({2, 2, 77}, i + 1));
        first.emplace(block_of({deploy, clone}, 0));
        second.emplace(block_of(std::move(txs), 1));
        store::BlockState changes(state);
        const auto stats = indexer.index(changes, 0, *first);
        ok = stats && stats->messages == 2 && stats->fuel > 0;
        state.apply(changes);
    }

    protorune::Network network;
    alkanes::Builtins builtins;
    alkanes::Indexer indexer;
    store::MemoryState state;
    std::optional<bitcoin::Block> first, second;
    bool ok = false;
};

std::optional<Bytes> free_mint() {
    const char* path = std::getenv("WARPSHREW_BENCH_FREE_MINT");
    if (path == nullptr) return std::nullopt;
    auto code = read_file(path);
    return code ? std::optional(std::move(*code)) : std::nullopt;
}

#define REQUIRE_CONTRACT(state, code)                                           \
    const auto code = free_mint();                                              \
    if (!code) {                                                                \
        state.SkipWithError("set WARPSHREW_BENCH_FREE_MINT to free_mint.wasm"); \
        return;                                                                 \
    }

/// An instance made, the mint executed, its writes dropped, the instance torn down.
void free_mint_frame(benchmark::State& state) {
    REQUIRE_CONTRACT(state, code)
    auto engine = wasm::Engine::create().value();
    World world(*code, engine);
    const alkanes::Environment environment{world.network, world.builtins, engine};
    alkanes::CodeCache codes(environment);
    store::BlockState changes(world.state);
    const alkanes::BlockInfo info(*world.second, world.network, nullptr);
    std::vector<u128> inputs(13);
    inputs[0] = 77;
    engine.run_deep([&] {
        store::Transaction below(changes);
        const auto compiled = codes.find(below, {2, 2}, 1).value();
        bool failed = false;
        for (auto _ : state) {
            store::Transaction transaction(changes);
            alkanes::Execution x{environment, codes, transaction, info, world.second->transactions()[1],
                                 1,           3,     {},          0,    nullptr};
            failed = !alkanes::run_frame(x, {{2, 2}, {}, {}, inputs}, compiled, 3'500'000) || failed;
        }
        if (failed) state.SkipWithError("the mint fails");
    });
}
BENCHMARK(free_mint_frame)->Unit(benchmark::kMicrosecond);

/// The whole block: decoding of stones, protorune tables, messages, traces.
void block_of_free_mints(benchmark::State& state) {
    REQUIRE_CONTRACT(state, code)
    auto engine = wasm::Engine::create().value();
    World world(*code, engine);
    std::uint64_t fuel = 0;
    for (auto _ : state) {
        store::BlockState changes(world.state);
        fuel = world.indexer.index(changes, 1, *world.second).value().fuel;
    }
    if (!world.ok || fuel < World::mints * 10'000) state.SkipWithError("the mints fail");
    state.SetItemsProcessed(state.iterations() * World::mints);
}
BENCHMARK(block_of_free_mints)->Unit(benchmark::kMillisecond)->UseRealTime();

/// The same, read from and committed to a database.
void block_of_free_mints_committed(benchmark::State& state) {
    REQUIRE_CONTRACT(state, code)
    auto engine = wasm::Engine::create().value();
    World world(*code, engine);
    const auto path = std::filesystem::temp_directory_path() / ("warpshrew-bench-" + std::to_string(std::rand()));
    {
        auto db = store::Database::open(path).value();
        const auto commit = [&](std::uint64_t height, const bitcoin::Block& block) {
            const auto below = db.latest();
            store::BlockState changes(*below);
            return world.indexer.index(changes, height, block).has_value() &&
                   db.commit(height, block.hash(), changes).has_value();
        };
        bool ok = commit(0, *world.first);
        std::uint64_t height = 1;
        // The blocks repeat their transactions; to the indexer they are blocks like others.
        for (auto _ : state) ok = commit(height++, *world.second) && ok;
        if (!ok) state.SkipWithError("a block fails");
    }
    std::filesystem::remove_all(path);
    state.SetItemsProcessed(state.iterations() * World::mints);
}
BENCHMARK(block_of_free_mints_committed)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
