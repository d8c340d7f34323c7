#include "simulation_store.hpp"

#include "alkanes/gzip.hpp"
#include "app/devnet.hpp"
#include "base/file.hpp"
#include "contracts/embedded.hpp"
#include "sync/block_memory.hpp"
#include "sync/index_chain.hpp"

namespace warpshrew::test {

static void require(const Result<void>& result) {
    if (!result) throw std::runtime_error(result.error().reason);
}

SimulationStore::SimulationStore() {
    app::SharedOptions options;
    options.network = "devnet";
    options.db_path = path();
    node_ = std::move(app::Node::open(options, {}).value());
    std::vector<Bytes> blocks = app::make_devnet_chain({.blocks = 3, .calls_per_block = 60, .seed = 3}).blocks;
    const auto index = [&](std::uint64_t start) {
        alkanes::Indexer indexer(node_->network, node_->builtins, node_->engine);
        const sync::BlockMemory source(blocks, start, node_->network.block_format);
        require(sync::index_chain(node_->db, indexer, source).map([](const sync::IndexOutcome&) {}));
    };
    index(0);
    // The rest of a chain from another height connects to whatever is below only if it names its hash.
    app::ChainBuilder builder(blocks.size(), 9);
    const std::array stones = {app::call_stone(std::array<u128, 3>{3, 2000, 0})};
    builder.add({}, 1, stones, alkanes::gzip(contracts::embedded_contract("host_exerciser")));
    Bytes block = builder.close_block();
    const Digest tip = node_->db.block_hash(blocks.size() - 1).value().value();
    block.replace(4, tip.size(), view(tip));
    const std::uint64_t start = blocks.size();
    blocks = {block};
    index(start);
}

SimulationStore::Run SimulationStore::run(BytesView input, const app::BulkOptions& options, std::uint64_t fuel,
                                          const app::LineLimits& limits) const {
    app::CpuSimulationExecutor executor(environment(), node_->db, height(), fuel);
    return run(executor, input, options, limits);
}

SimulationStore::Run SimulationStore::run(app::SimulationExecutor& executor, BytesView input,
                                          const app::BulkOptions& options, const app::LineLimits& limits) const {
    const TemporaryFolder folder;
    require(write_file(folder.path() / "in", input));
    app::LineSource source = std::move(app::LineSource::open(folder.path() / "in", limits).value());
    Run run{{}, app::BulkOutcome{}};
    run.outcome = app::simulate_lines(
        executor, source,
        [&run](BytesView text) {
            run.out += text;
            return Result<void>();
        },
        options);
    return run;
}

const SimulationStore& simulation_store() {
    static const SimulationStore store;
    return store;
}

}  // namespace warpshrew::test
