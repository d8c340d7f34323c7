#include <benchmark/benchmark.h>

#include "base/file.hpp"
#include "bitcoin/address.hpp"
#include "bitcoin/block.hpp"

using namespace warpshrew;

static const Bytes& mainnet_block() {
    static const Bytes block =
        read_file(std::filesystem::path(WARPSHREW_SOURCE_DIR) / "tests/data/blocks/mainnet-892614.blk").value();
    return block;
}

// 1,450,423 bytes, 2,489 transactions, every txid
static void bitcoin_decode_block(benchmark::State& state) {
    for (auto _ : state) {
        state.PauseTiming();
        Bytes raw = mainnet_block();
        state.ResumeTiming();
        const bitcoin::Block block = bitcoin::Block::decode(std::move(raw)).value();
        benchmark::DoNotOptimize(block.transactions().data());
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(mainnet_block().size()));
}
BENCHMARK(bitcoin_decode_block)->Unit(benchmark::kMillisecond);

// the address of each of its 8,140 outputs
static void bitcoin_addresses(benchmark::State& state) {
    const bitcoin::Block block = bitcoin::Block::decode(mainnet_block()).value();
    const bitcoin::AddressPrefixes prefixes{"bc", 0x00, 0x05};
    std::int64_t n = 0;
    for (auto _ : state) {
        for (const bitcoin::Transaction& tx : block.transactions()) {
            for (const bitcoin::TxOut& output : tx.outputs) {
                benchmark::DoNotOptimize(bitcoin::address_of(output.script, prefixes));
                n++;
            }
        }
    }
    state.SetItemsProcessed(n);
}
BENCHMARK(bitcoin_addresses)->Unit(benchmark::kMillisecond);
