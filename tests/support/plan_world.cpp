#include "plan_world.hpp"

#include <stdexcept>

#include "alkanes/alkanes.pb.h"
#include "alkanes/indexer.hpp"
#include "contracts/embedded.hpp"

namespace warpshrew::test {

namespace {

using namespace plan_ids;

constexpr std::uint32_t shares = 10;  // outputs with each token alone, and with all

/// The set-up's transactions, numbered from 1 on.
class SetUp {
 public:
    Plan make() {
        deploy("auth_token", {{{3, 0xffed}, {0, 0}, {}}});
        std::vector<PlanCall> scripts_calls;
        for (const RuneId& id : scripts) scripts_calls.push_back({{3, id.tx}, {15, 1'000'000}, {}});
        const unsigned script = deploy("script", scripts_calls);
        const unsigned mint = deploy("free_mint", {{{3, free_mint.tx}, {0, 1'000'000, 1000, 0, 'F', 0, 'F'}, {}},
                                                   {{3, capped_mint.tx}, {0, 1'000'000, 7, 3, 'C', 0, 'C'}, {}}});
        const unsigned owned = deploy("owned_token", {{{3, owned_token.tx}, {0, 1000, 1'000'000}, {}}});
        deploy("amm_pool", {{{3, pool_template.tx}, {99}, {}}});
        deploy("amm_factory", {{{3, factory.tx}, {0, 6, pool_template.tx}, {}}});
        const unsigned proxies = deploy("proxy", {{{3, proxy.tx}, {0}, {}}});
        const unsigned upgrades =
            deploy("upgradeable", {{{3, upgradeable.tx}, {0x7fff, scripts[0].block, scripts[0].tx, 1000}, {}}});
        deploy("fuel_burner", {{{3, burner.tx}, {0}, {}}});
        deploy("host_exerciser", {{{3, exerciser.tx}, {0}, {}}});
        deploy("nft", {{{3, nft.tx}, {0}, {}}});
        plan_.blocks.emplace_back(std::move(block_));
        block_.clear();

        funds_.push_back({{proxies, 0}, {proxy}});
        const std::pair<unsigned, std::vector<RuneId>> sources[] = {{script, {scripts[0], scripts[1], scripts[2]}},
                                                                    {mint, {free_mint, capped_mint}},
                                                                    {owned, {owned_token, owner_token}},
                                                                    {upgrades, {upgrade_token}}};
        const unsigned mixed = number_ + static_cast<unsigned>(std::size(sources)) + 1;
        PlanTransaction mix{mixed, {}, shares, {}, {{}}};
        for (const auto& [source, tokens] : sources) split(source, tokens, mix);
        block_.push_back(std::move(mix));
        number_ = mixed;
        plan_.blocks.emplace_back(std::move(block_));

        // The pool: an output of each of its tokens.
        plan_.blocks.push_back(
            {{++number_,
              {take(free_mint), take(scripts[0])},
              1,
              {},
              {{false,
                PlanCall{factory, {1, free_mint.block, free_mint.tx, scripts[0].block, scripts[0].tx}, {}},
                0,
                0,
                {}}}}});
        funds_.push_back({{number_, 0}, {pool}});
        // Runes with the ids of contracts that may come: (2,5) and (2,7), as the block's height is 2.
        for (u128 index = 2; index <= etched_clones[1].tx; index++)
            plan_.blocks.back().push_back(
                {++number_, {}, 1, {}, {}, index == etched_clones[0].tx || index == etched_clones[1].tx});
        return std::move(plan_);
    }

    std::vector<PlanFunds> funds() { return std::move(funds_); }

 private:
    unsigned deploy(const std::string& contract, const std::vector<PlanCall>& calls) {
        PlanTransaction tx{++number_, {}, 1, contract, {}};
        for (const PlanCall& call : calls) tx.stones.push_back({false, call, 0, 0, {}});
        block_.push_back(std::move(tx));
        return number_;
    }

    // The tokens of an output: some of each to outputs of its own, some to the one that `mix` spends.
    void split(unsigned source, const std::vector<RuneId>& tokens, PlanTransaction& mix) {
        const auto n = static_cast<std::uint32_t>(tokens.size());
        PlanTransaction tx{++number_, {{source, 0}}, n * shares + 1, {}, {{}}};
        tx.stones[0].pointer = n * shares;
        for (std::uint32_t i = 0; i < n; i++)
            for (std::uint32_t k = 0; k < shares; k++) {
                tx.stones[0].edicts.push_back({tokens[i], tokens[i].block == 2 ? 2u : 20'000u, i * shares + k});
                funds_.push_back({{number_, i * shares + k}, {tokens[i]}});
            }
        mix.inputs.push_back({number_, n * shares});
        for (std::uint32_t k = 0; k < shares; k++) {
            for (const RuneId& token : tokens)
                mix.stones[0].edicts.push_back({token, token.block == 2 ? 2u : 20'000u, k});
            if (mix.inputs.size() == 1) funds_.push_back({{mix.number, k}, {}});
            for (PlanFunds& f : funds_)
                if (f.coin == PlanCoin{mix.number, k}) f.tokens.insert(f.tokens.end(), tokens.begin(), tokens.end());
        }
        block_.push_back(std::move(tx));
    }

    PlanCoin take(const RuneId& token) {
        for (auto i = funds_.begin(); i != funds_.end(); ++i) {
            if (i->tokens != std::vector{token}) continue;
            const PlanCoin coin = i->coin;
            funds_.erase(i);
            return coin;
        }
        throw std::logic_error("no output with the token");
    }

    unsigned number_ = 0;
    Plan plan_;
    std::vector<PlanTransaction> block_;
    std::vector<PlanFunds> funds_;
};

void expect_success(const store::MemoryState& state) {
    unsigned traces = 0;
    for (auto i = state.map.lower_bound("/trace/"); i != state.map.end() && i->first.starts_with("/trace/"); ++i) {
        if (i->first.size() != 7 + 36) continue;
        pb::alkanes::AlkanesTrace trace;
        if (!trace.ParseFromString(i->second)) throw std::logic_error("a trace of the set-up does not decode");
        const auto& exit = trace.events(trace.events_size() - 1).exit_context();
        if (exit.status() != pb::alkanes::SUCCESS)
            throw std::logic_error("the set-up fails: " + exit.response().data().substr(4));
        traces++;
    }
    if (traces != 15) throw std::logic_error("the set-up has " + std::to_string(traces) + " messages");
}

}  // namespace

protorune::Network plan_network(PlanRules rules) {
    protorune::Network network = protorune::find_network("devnet").value();
    for (auto& b : network.builtins) b.code = Bytes(contracts::embedded_contract("genesis_token"));
    if (rules == PlanRules::devnet) return network;
    network.minimum_fuel_always = false;
    network.minimum_fuel_before = network.minimum_fuel_after = 50'000;
    network.total_fuel_before = network.total_fuel_after = 2'000'000;
    if (rules == PlanRules::old_calls) network.v217_fix_height = network.v220_fork_height = 1'000'000;
    return network;
}

PlanWorld make_plan_world(wasm::Engine& engine) {
    const protorune::Network network = plan_network(PlanRules::devnet);
    const alkanes::Builtins builtins(network, {});
    alkanes::Indexer indexer(network, builtins, engine);
    PlanWorld world;
    SetUp set_up;
    const Plan plan = set_up.make();
    world.funds = set_up.funds();
    for (const PlanBlock& b : build_plan(plan, 0, world.txids)) {
        store::BlockState block(world.state);
        if (const auto r = indexer.index(block, world.height++, b.block); !r) throw std::logic_error(r.error().reason);
        world.state.apply(block);
    }
    expect_success(world.state);
    return world;
}

wasm::Engine& plan_engine() {
    static wasm::Engine engine = std::move(wasm::Engine::create().value());
    return engine;
}

const PlanWorld& plan_world() {
    static const PlanWorld world = make_plan_world(plan_engine());
    return world;
}

}  // namespace warpshrew::test
