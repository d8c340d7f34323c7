// The protorune layer on a real block: 2,489 transactions, 45,005 keys.

#include <benchmark/benchmark.h>

#include "base/file.hpp"
#include "bitcoin/encode.hpp"
#include "protorune/encode.hpp"
#include "protorune/indexer.hpp"
#include "store/memory_state.hpp"

namespace warpshrew::protorune {

namespace {

constexpr std::uint64_t height = 879'000;  // below ALKANES genesis: no message runs

class NoMessages final : public MessageHandler {
 public:
    Result<MessageOutcome> handle(Message&) override { return fail("no messages"); }
};

const bitcoin::Block& real_block() {
    static const bitcoin::Block block = [] {
        auto raw = read_file(WARPSHREW_SOURCE_DIR "/tests/data/blocks/mainnet-892614.blk");
        return bitcoin::Block::decode(std::move(raw.value())).value();
    }();
    return block;
}

const Network& mainnet() {
    static const Network network = find_network("mainnet").value();
    return network;
}

void decode_stones_of_block(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(decode_stones(real_block(), mainnet()));
}
BENCHMARK(decode_stones_of_block)->Unit(benchmark::kMillisecond);

void index_real_block(benchmark::State& state) {
    const store::MemoryState empty;
    NoMessages handler;
    for (auto _ : state) {
        store::BlockState changes(empty);
        const auto stones = decode_stones(real_block(), mainnet());
        index_block(changes, height, real_block(), stones, mainnet(), handler);
        benchmark::DoNotOptimize(changes.write_count());
    }
    state.counters["transactions"] = static_cast<double>(real_block().transactions().size());
}
BENCHMARK(index_real_block)->Unit(benchmark::kMillisecond);

/// Mints one unit, as a contract would, at no cost.
class Minting final : public MessageHandler {
 public:
    Result<MessageOutcome> handle(Message& m) override {
        MessageOutcome outcome{std::move(m.runes), std::move(m.runtime_balances)};
        outcome.transfers.push_back({{2, 1}, 1});
        return outcome;
    }
};

/// A block of transactions with one input, a payment and a message.
bitcoin::Block free_mints(std::uint32_t count) {
    const std::vector<u128> cellpack{2, 1, 77};
    Protostone stone;
    stone.protocol_tag = alkanes_protocol_tag;
    stone.pointer = stone.refund = 0;
    stone.message = encode_cellpack(cellpack);
    const Bytes script = encode_runestone(std::span(&stone, 1));
    std::vector<bitcoin::NewTransaction> transactions;
    for (std::uint32_t i = 0; i < count; ++i) {
        bitcoin::NewTransaction tx;
        tx.inputs.push_back({Bytes(32, '\x01'), i, {}, 0xffffffff, {}});
        const Bytes key = to_le(i) + Bytes(28, '\x02');
        tx.outputs = {{546, "\x51\x20" + key}, {0, script}};
        transactions.push_back(std::move(tx));
    }
    return bitcoin::Block::decode(bitcoin::serialize_block({}, transactions)).value();
}

void index_free_mints(benchmark::State& state) {
    const auto count = static_cast<std::uint32_t>(state.range(0));
    const bitcoin::Block block = free_mints(count);
    const store::MemoryState empty;
    Minting handler;
    for (auto _ : state) {
        store::BlockState changes(empty);
        const auto stones = decode_stones(block, mainnet());
        index_block(changes, 900'000, block, stones, mainnet(), handler);
        benchmark::DoNotOptimize(changes.write_count());
    }
    state.SetItemsProcessed(state.iterations() * count);
}
BENCHMARK(index_free_mints)->Arg(1000)->Unit(benchmark::kMillisecond);

}  // namespace

}  // namespace warpshrew::protorune
