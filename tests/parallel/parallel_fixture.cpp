#include "parallel_fixture.hpp"

#include <map>
#include <memory>
#include <stdexcept>

#include "support/compare_writes.hpp"

namespace warpshrew::test {

namespace {

struct PlanIndexer {
    explicit PlanIndexer(PlanRules rules)
        : network(plan_network(rules)), builtins(network, {}), indexer(network, builtins, plan_engine()) {}
    protorune::Network network;
    alkanes::Builtins builtins;
    alkanes::Indexer indexer;
};

/// An indexer that knows nothing of the plan before.
alkanes::Indexer& fresh_indexer(PlanRules rules) {
    static std::array<PlanIndexer, 3> all{PlanIndexer(PlanRules::devnet), PlanIndexer(PlanRules::shared_fuel),
                                          PlanIndexer(PlanRules::old_calls)};
    alkanes::Indexer& indexer = all.at(static_cast<std::size_t>(rules)).indexer;
    indexer.forget();
    return indexer;
}

}  // namespace

parallel::Workers& plan_workers(unsigned count) {
    wasm::Engine& engine = plan_engine();  // first, so that it ends after the threads that run in it
    static std::map<unsigned, std::unique_ptr<parallel::Workers>> all;
    auto& workers = all[count];
    if (!workers) workers = std::make_unique<parallel::Workers>(engine, count);
    return *workers;
}

SerialRun::SerialRun(const Plan& plan) : rules_(plan.rules) {
    const PlanWorld& world = plan_world();
    PlanTxids txids = world.txids;
    plans_ = build_plan(plan, world.height, txids);
    alkanes::Indexer& indexer = fresh_indexer(plan.rules);
    PlanState state(world);
    blocks_.reserve(plans_.size());
    for (const PlanBlock& b : plans_) {
        Block& block = blocks_.emplace_back(Block{&b, world.height + blocks_.size(), state, nullptr, {}});
        block.writes = &writes_.emplace_back(block.below);
        const auto r = indexer.index(*block.writes, block.height, b.block);
        if (!r) throw std::runtime_error(r.error().reason);
        block.stats = *r;
        state.apply(*block.writes);
    }
}

std::string difference(SerialRun& serial, alkanes::TransactionRunner& runner, const std::function<void()>& after) {
    alkanes::Indexer& indexer = fresh_indexer(serial.rules());
    for (SerialRun::Block& block : serial.blocks()) {
        store::BlockState actual(block.below);
        const auto r = indexer.index(actual, block.height, block.plan->block, &runner);
        after();
        const std::string at = "height " + std::to_string(block.height) + ": ";
        if (!r) return at + r.error().reason;
        if (std::string d = compare_writes(*block.writes, actual); !d.empty()) return at + d;
        if (r->transactions != block.stats.transactions || r->messages != block.stats.messages ||
            r->calls != block.stats.calls || r->fuel != block.stats.fuel)
            return at + "the counts differ";
    }
    return {};
}

}  // namespace warpshrew::test
