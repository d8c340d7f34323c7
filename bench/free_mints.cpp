// Free mints: one call by its parts, blocks of a thousand into RocksDB, and the time of a mint by phase.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdlib>
#include <fstream>

#include "alkanes/execution.hpp"
#include "alkanes/frame.hpp"
#include "alkanes/indexer.hpp"
#include "alkanes/message.hpp"
#include "base/temporary_folder.hpp"
#include "mint_chain.hpp"
#include "protorune/block_tables.hpp"
#include "protorune/context.hpp"
#include "store/database.hpp"
#include "store/memory_state.hpp"

namespace warpshrew::bench {

namespace {

using Clock = std::chrono::steady_clock;

bitcoin::Block decode(const Bytes& raw) { return bitcoin::Block::decode(raw).value(); }

/// Everything that indexing needs but a store.
struct Machine {
    wasm::Engine engine = wasm::Engine::create().value();
    alkanes::Builtins builtins{bare_regtest(), {}};
    alkanes::Indexer indexer{bare_regtest(), builtins, engine};
};

/// A store with the contract deployed.
struct Chain {
    explicit Chain(const FreeMint& contract, std::size_t count) : blocks(mint_chain(contract, count)) {
        const auto stats = index(blocks[0]);
        deployed = stats.messages == 2 && stats.fuel > 0;
    }

    /// From bytes to the committed batch.
    alkanes::BlockStats index(const Bytes& raw) {
        const bitcoin::Block block = decode(raw);
        const auto below = db.latest();
        store::BlockState changes(*below);
        const auto stats = machine.indexer.index(changes, height, block).value();
        committed = db.commit(height++, block.hash(), changes) && committed;
        return stats;
    }

    TemporaryFolder folder;
    store::Database db = store::Database::open(folder.path()).value();
    Machine machine;
    std::vector<Bytes> blocks;
    std::uint64_t height = 0;
    bool deployed = false, committed = true;
};

constexpr std::size_t timed_blocks = 30;

void blocks_of_free_mints(benchmark::State& state, const FreeMint& contract) {
    Chain chain(contract, timed_blocks);
    alkanes::BlockStats all;
    for (auto _ : state) {
        const auto stats = chain.index(chain.blocks[chain.height]);
        all.messages += stats.messages;
        all.fuel += stats.fuel;
    }
    // A mint that fails uses no fuel that is counted.
    const auto mints = static_cast<std::uint64_t>(state.iterations()) * mints_per_block;
    if (!chain.deployed || !chain.committed || all.messages != mints || all.fuel < 1000 * mints)
        state.SkipWithError("mints fail");
    state.SetItemsProcessed(static_cast<std::int64_t>(mints));
    state.counters["fuel"] = static_cast<double>(all.fuel) / static_cast<double>(mints);
    if (const auto n = instructions_per_mint(contract)) state.counters["instructions"] = *n;
}

/// A contract on a state in memory, for one call at a time. Its members may only be used within run_deep.
struct OneCall {
    explicit OneCall(const FreeMint& contract) {
        const auto raw = mint_chain(contract, 1);
        for (const Bytes& bytes : raw) blocks.push_back(decode(bytes));
        store::BlockState changes(below);
        machine.indexer.index(changes, 0, blocks[0]).value();
        below.apply(changes);
        inputs[0] = 77;
    }

    Machine machine;
    alkanes::Environment environment{bare_regtest(), machine.builtins, machine.engine};
    alkanes::CodeCache codes{environment};
    store::MemoryState below;
    std::vector<bitcoin::Block> blocks;
    std::vector<u128> inputs = std::vector<u128>(13);
};

struct NoHost : wasm::Host {
    std::int32_t call(wasm::HostFunction, wasm::Instance&, std::span<const std::int64_t>) override { return 0; }
};

/// One call: an instance made, the mint executed, its response read, the instance torn down. The counters say how long
/// making and tearing down an instance take by themselves.
void free_mint_call(benchmark::State& state, const FreeMint& contract) {
    OneCall one(contract);
    store::BlockState changes(one.below);
    const alkanes::BlockInfo info(one.blocks[1], bare_regtest(), 1, nullptr);
    one.machine.engine.run_deep([&] {
        store::Transaction transaction(changes);
        const auto code = one.codes.find(transaction, mint_contract, 1).value().value();
        std::uint64_t fuel = 0;
        for (auto _ : state) {
            alkanes::Execution x{one.environment, one.codes, transaction, info, one.blocks[1].transactions()[1], 1, 3};
            const auto done = alkanes::run_frame(x, {mint_contract, {}, {}, one.inputs}, code, 3'500'000);
            fuel = done ? done->gas_used : 0;
        }
        if (fuel == 0) state.SkipWithError("the mint fails");
        state.counters["fuel"] = static_cast<double>(fuel);

        constexpr int count = 20'000;
        NoHost host;
        std::chrono::duration<double, std::micro> making{}, tearing_down{};
        for (int i = 0; i < count; i++) {
            const auto start = Clock::now();
            std::optional instance(wasm::Instance::create(one.machine.engine, code, host, 3'500'000).value());
            const auto made = Clock::now();
            instance.reset();
            making += made - start;
            tearing_down += Clock::now() - made;
        }
        state.counters["instantiate_us"] = making.count() / count;
        state.counters["tear_down_us"] = tearing_down.count() / count;
    });
}

/// Mints as the contract would, at no cost.
class CostlessMints final : public protorune::MessageHandler {
 public:
    Result<protorune::MessageOutcome> handle(protorune::Message& m) override {
        protorune::MessageOutcome outcome{std::move(m.runes), std::move(m.runtime_balances)};
        outcome.transfers.push_back({mint_contract, 5000});
        return outcome;
    }
};

/// Times what is done inside of the messages of a block.
class TimedMessages final : public protorune::MessageHandler {
 public:
    explicit TimedMessages(alkanes::BlockMessages& messages) : messages_(messages) {}
    Result<protorune::MessageOutcome> handle(protorune::Message& m) override {
        const auto start = Clock::now();
        auto outcome = messages_.handle(m);
        time += Clock::now() - start;
        return outcome;
    }
    std::chrono::duration<double, std::micro> time{};

 private:
    alkanes::BlockMessages& messages_;
};

/// The phases of a block of mints, each in microseconds a mint. What a message costs beside its call (free_mint_call)
/// is finding its contract, tokens, and the trace.
void free_mint_phases(benchmark::State& state, const FreeMint& contract) {
    Chain chain(contract, timed_blocks);
    const auto& network = bare_regtest();
    const alkanes::Environment environment{network, chain.machine.builtins, chain.machine.engine};
    alkanes::CodeCache codes(environment);
    std::chrono::duration<double, std::micro> decoding{}, stones_read{}, tables{}, messages_run{}, protorunes{},
        raw_stored{}, commit{}, freeing{};
    Clock::time_point last = Clock::now();
    const auto lap = [&last](auto& sum) {
        const auto now = Clock::now();
        sum += now - last;
        last = now;
    };
    std::chrono::duration<double, std::micro> ignored{};
    for (auto _ : state) {
        chain.machine.engine.run_deep([&] {
            lap(ignored);
            const bitcoin::Block block = decode(chain.blocks[chain.height]);
            lap(decoding);
            const auto stones = protorune::decode_stones(block, network);
            lap(stones_read);
            const auto below = chain.db.latest();
            auto changes = std::make_unique<store::BlockState>(*below);
            CostlessMints costless;
            protorune::index_block_tables({*changes, chain.height, block, stones, network, costless});
            lap(tables);
            changes = std::make_unique<store::BlockState>(*below);
            const alkanes::BlockInfo info(block, network, chain.height, &stones);
            alkanes::BlockMessages messages(environment, codes, info,
                                            alkanes::FuelTank(network, chain.height, block, stones), 0);
            TimedMessages timed(messages);
            lap(ignored);
            protorune::index_block(*changes, chain.height, block, stones, network, timed);
            lap(protorunes);
            messages_run += timed.time;
            changes->set("/blockdata/" + to_le(static_cast<std::uint32_t>(chain.height)), block.raw());
            lap(raw_stored);
            chain.committed = chain.db.commit(chain.height++, block.hash(), *changes) && chain.committed;
            lap(commit);
            changes.reset();
            lap(freeing);
        });
    }
    if (!chain.deployed || !chain.committed) state.SkipWithError("mints fail");
    const double mints = static_cast<double>(state.iterations()) * mints_per_block;
    state.counters["1_decode"] = decoding.count() / mints;
    state.counters["2_stones"] = stones_read.count() / mints;
    state.counters["3_tables"] = tables.count() / mints;
    state.counters["4_tokens"] = (protorunes - tables - messages_run).count() / mints;
    state.counters["5_messages"] = messages_run.count() / mints;
    state.counters["6_commit"] = (raw_stored + commit + freeing).count() / mints;
}

/// The same blocks by a released module of the reference, under a small host in Python (released_module.py).
void blocks_of_free_mints_released_module(benchmark::State& state, const FreeMint& contract,
                                          const std::string& module) {
    const TemporaryFolder folder;
    std::string command = python_script("released_module.py") + " '" + module + "'";
    const auto blocks = mint_chain(contract, 1);
    for (std::size_t i = 0; i < blocks.size(); i++) {
        const std::string path = (folder.path() / std::to_string(i)).string();
        std::ofstream(path, std::ios::binary).write(blocks[i].data(), static_cast<std::streamsize>(blocks[i].size()));
        command += " '" + path + "'";
    }
    for (auto _ : state) {
        const auto seconds = numbers_from(command);
        if (!seconds || seconds->size() != blocks.size()) {
            state.SkipWithError("the module or its host failed");
            return;
        }
        state.SetIterationTime(seconds->back());
    }
    state.SetItemsProcessed(state.iterations() * mints_per_block);
}

const bool registered = [] {
    for (const FreeMint& contract : free_mints()) {
        using benchmark::RegisterBenchmark;
        const auto name = [&](const char* what) { return what + ("/" + contract.name); };
        RegisterBenchmark(name("free_mint_call").c_str(), free_mint_call, contract)->Unit(benchmark::kMicrosecond);
        RegisterBenchmark(name("free_mint_phases_us").c_str(), free_mint_phases, contract)
            ->Iterations(timed_blocks)
            ->Unit(benchmark::kMillisecond)
            ->UseRealTime();
        RegisterBenchmark(name("blocks_of_free_mints").c_str(), blocks_of_free_mints, contract)
            ->Iterations(timed_blocks)
            ->Unit(benchmark::kMillisecond)
            ->MeasureProcessCPUTime()
            ->UseRealTime();
        if (const char* module = std::getenv("WARPSHREW_BENCH_RELEASED_MODULE")) {
            RegisterBenchmark(name("blocks_of_free_mints_released_module").c_str(),
                              blocks_of_free_mints_released_module, contract, std::string(module))
                ->Iterations(1)
                ->Unit(benchmark::kMillisecond)
                ->UseManualTime();
        }
    }
    return true;
}();

}  // namespace

}  // namespace warpshrew::bench
