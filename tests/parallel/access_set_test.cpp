// Access sets are complete (design.md 2, phase 1, step 2): executions on a store that notes which keys it is asked for.
#include "parallel/access_set.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <set>

#include "alkanes/keys.hpp"
#include "alkanes/message.hpp"
#include "app/devnet.hpp"
#include "app/readable_key.hpp"
#include "contracts/embedded.hpp"
#include "parallel/block_analysis.hpp"
#include "protorune/input_sheets.hpp"
#include "store/memory_state.hpp"
#include "support/random_cases.hpp"
#include "support/random_plan.hpp"

namespace warpshrew::test {
namespace {

using namespace parallel;
using alkanes::BlockMessages;
using alkanes::ExecutionStatus;

// The store itself: notes each key that it is asked for, by whichever thread.
class InstrumentedStore final : public store::StateReader {
 public:
    explicit InstrumentedStore(const store::StateReader& below) : below_(below) {}
    [[nodiscard]] bool read(BytesView key, Bytes& value) const override {
        note(key);
        return below_.read(key, value);
    }
    [[nodiscard]] bool written(BytesView key) const override {
        note(key);
        return below_.written(key);
    }
    [[nodiscard]] std::set<Bytes> take() { return std::exchange(keys_, {}); }

 private:
    void note(BytesView key) const {
        const std::lock_guard lock(mutex_);
        keys_.emplace(key);
    }
    const store::StateReader& below_;
    mutable std::mutex mutex_;
    mutable std::set<Bytes> keys_;
};

// A state with what was written on top.
class Above final : public store::StateReader {
 public:
    explicit Above(const store::StateReader& below) : below_(below) {}
    [[nodiscard]] bool read(BytesView key, Bytes& value) const override {
        const auto i = writes.find(key);
        if (i == writes.end()) return below_.read(key, value);
        value = i->second;
        return true;
    }
    [[nodiscard]] bool written(BytesView key) const override { return writes.contains(key) || below_.written(key); }
    std::map<Bytes, Bytes, std::less<>> writes;

 private:
    const store::StateReader& below_;
};

std::set<Bytes> names(const BlockAnalysis& a, const std::vector<KeyId>& list) {
    std::set<Bytes> out;
    for (const KeyId k : list) out.emplace(a.keys.key(k));
    EXPECT_EQ(out.size(), list.size());
    return out;
}

struct AnalysisCounts {
    unsigned candidates = 0, executed = 0, several = 0, fuel = 0, sequence = 0, failed = 0, refused = 0, as_told = 0,
             with_tokens = 0, runtime = 0;
};

// Analyses each block, and holds the analysis against executions of the test's own and the block itself.
class Checker final : public alkanes::TransactionRunner, public protorune::MessageHandler {
 public:
    Checker(Speculate speculate, AnalysisCounts& counts) : speculate_(speculate), counts_(counts) {}

    [[nodiscard]] bool run(const alkanes::BlockWork& block, BlockMessages& messages) override {
        // Above the block's cache, which would keep keys from the store.
        InstrumentedStore instrumented(block.state);
        store::BlockState state(instrumented);
        const alkanes::BlockWork work{block.environment, block.codes, block.info, block.stones, block.height, state};
        messages_ = &messages;
        Workers one(block.environment.engine, 1), four(block.environment.engine, 4);
        analysis_ = analyse_block(work, messages.tank(), speculate_, one);
        const std::set<Bytes> touched = instrumented.take();
        compare(analysis_, analyse_block(work, messages.tank(), speculate_, four));
        EXPECT_EQ(state.write_count(), 0u);
        (void)instrumented.take();

        std::set<Bytes> all;
        for (const AnalysedCandidate& c : analysis_.candidates)
            for (const auto* list : {&c.set.reads, &c.set.writes, &c.set.in_order}) all.merge(names(analysis_, *list));
        for (const Bytes& key : touched) EXPECT_TRUE(all.contains(key)) << "in no set: " << app::readable_key(key);
        execute_each(work, instrumented);
        find_undisturbed();
        alkanes::run_in_order(block, *this);
        return true;
    }

    // In block order. What depends on nothing before it is as the dry run told.
    [[nodiscard]] Result<protorune::MessageOutcome> handle(protorune::Message& message) override {
        const auto i = executed_.find({message.tx_index, message.vout});
        if (i != executed_.end() && i->second.undisturbed) {
            const auto r = messages_->check(message, i->second.message);
            if (r == BlockMessages::Rejection::none)
                counts_.as_told++;
            else
                EXPECT_EQ(r, BlockMessages::Rejection::fuel) << "transaction " << message.tx_index;
            if (r == BlockMessages::Rejection::none) return settled(message, i->second.candidate);
        }
        return messages_->handle(message);
    }

 private:
    struct Executed {
        alkanes::ExecutedMessage message;
        std::size_t candidate = 0;
        bool undisturbed = false;
    };

    // The runtime's balances that the message touches at its turn are in its set.
    [[nodiscard]] Result<protorune::MessageOutcome> settled(protorune::Message& message, std::size_t candidate) {
        const auto entries_of = [](const protorune::BalanceSheet& sheet) {
            std::set<protorune::RuneId> out;
            for (const auto& entry : sheet.entries()) out.insert(entry.first);
            return out;
        };
        const auto before = entries_of(message.runtime_balances);
        const std::set<Bytes> in_order = names(analysis_, analysis_.candidates.at(candidate).set.in_order);
        auto outcome = messages_->handle(message);
        if (!outcome) return outcome;
        for (const protorune::RuneId& id : entries_of(outcome->runtime_balances)) {
            if (before.contains(id)) continue;
            counts_.runtime++;
            EXPECT_TRUE(in_order.contains("/runes/proto/1/runtime/balance/id_to_balance" + protorune::id32(id)));
        }
        return outcome;
    }

    static void compare(const BlockAnalysis& a, const BlockAnalysis& b) {
        ASSERT_EQ(a.candidates.size(), b.candidates.size());
        EXPECT_EQ(a.batches, b.batches);
        ASSERT_EQ(a.keys.size(), b.keys.size());
        for (KeyId k = 0; k < a.keys.size(); k++) EXPECT_EQ(a.keys.key(k), b.keys.key(k));
        for (std::size_t i = 0; i < a.candidates.size(); i++) {
            const AnalysedCandidate &x = a.candidates[i], &y = b.candidates[i];
            EXPECT_EQ(std::tie(x.set.reads, x.set.writes, x.set.in_order, x.set.fuel_observed, x.set.fuel_required),
                      std::tie(y.set.reads, y.set.writes, y.set.in_order, y.set.fuel_observed, y.set.fuel_required));
            EXPECT_EQ(std::tie(x.demoted, x.level, x.spends, x.status),
                      std::tie(y.demoted, y.level, y.spends, y.status));
        }
    }

    // Each candidate by itself, against its own set.
    void execute_each(const alkanes::BlockWork& work, InstrumentedStore& instrumented) {
        executed_.clear();
        arena_.release();
        found_ = find_candidates(work, speculate_);
        std::size_t number = 0;
        for (const CandidateTransaction& tx : found_.transactions) {
            const auto messages = found_.of(tx);
            Above below(instrumented);
            std::uint64_t fuel = messages_->tank().fuel_of(tx.tx_index);
            std::vector<std::size_t> numbers;
            for (const Candidate& c : messages) numbers.push_back(c.demotion == Demotion::ordinary ? 0 : number++);
            unsigned n = 0;
            while (plan_next(work, below, tx, messages)) {
                std::size_t m = 0;
                while (!messages[m].planned || messages[m].executed.status != ExecutionStatus::none) m++;
                Candidate& c = messages[m];
                alkanes::AheadExecution execution(work.environment, work.codes, work.info);
                std::set<Bytes> planning = instrumented.take();
                c.executed =
                    execution.execute({work.height, c.tx_index, c.vout, c.calldata, c.incoming, fuel}, below, arena_);
                fuel = c.executed.status == ExecutionStatus::succeeded ? fuel - c.executed.fuel_used : 0;
                for (const auto& w : c.executed.writes) below.writes.insert_or_assign(Bytes(w.key), Bytes(w.value));
                check_set(c, analysis_.candidates.at(numbers[m]), planning, instrumented.take());
                executed_[{c.tx_index, c.vout}] = {c.executed, numbers[m], false};
                if (n++ == 1) counts_.several++;
            }
            (void)instrumented.take();
        }
        EXPECT_EQ(number, analysis_.candidates.size());
        counts_.candidates += static_cast<unsigned>(number);
        counts_.executed += static_cast<unsigned>(executed_.size());
    }

    void check_set(const Candidate& c, const AnalysedCandidate& a, const std::set<Bytes>& planning,
                   std::set<Bytes> touched) {
        SCOPED_TRACE("transaction " + std::to_string(c.tx_index) + ", protostone " + std::to_string(c.stone));
        EXPECT_EQ(std::tie(a.tx_index, a.stone, a.target), std::tie(c.tx_index, c.stone, c.target));
        EXPECT_EQ(a.status, c.executed.status);
        const std::set<Bytes> reads = names(analysis_, a.set.reads), writes = names(analysis_, a.set.writes),
                              in_order = names(analysis_, a.set.in_order);
        for (const auto& w : c.executed.writes)
            EXPECT_TRUE(writes.contains(Bytes(w.key))) << "written: " << app::readable_key(w.key);
        for (const auto& append : c.executed.appends)
            EXPECT_TRUE(in_order.contains(store::list_length_key(append.list)));
        for (const Bytes& key : touched) {
            const bool lower_bound = key == alkanes::sequence_key && !c.executed.sequence_observed;
            EXPECT_TRUE((lower_bound ? in_order : reads).contains(key)) << "touched: " << app::readable_key(key);
        }
        for (const Bytes& key : planning)
            EXPECT_TRUE(reads.contains(key) || in_order.contains(key)) << "planned on: " << app::readable_key(key);
        // Nothing is in the reads for nothing, or every message would conflict with every other one.
        for (const auto& read : c.executed.reads) touched.emplace(read.key);
        for (const Bytes& key : reads) {
            const bool sheet =
                key.starts_with(protorune::protorunes_by_outpoint) || key.starts_with(protorune::runes_by_outpoint);
            EXPECT_TRUE(sheet ? planning.contains(key) : touched.contains(key)) << app::readable_key(key);
        }
        EXPECT_EQ(a.set.fuel_observed, c.executed.fuel_observed);
        EXPECT_EQ(a.set.fuel_required, c.executed.fuel_required);
        EXPECT_FALSE(a.set.sequence_required.has_value() && c.executed.sequence_observed);
        counts_.fuel += c.executed.fuel_observed ? 1 : 0;
        counts_.sequence += c.executed.sequence_observed ? 1 : 0;
        counts_.failed += c.executed.status == ExecutionStatus::failed ? 1 : 0;
        counts_.refused += c.executed.status == ExecutionStatus::handed_back ? 1 : 0;
        if (c.incoming.empty()) return;
        counts_.with_tokens++;
        EXPECT_TRUE(std::ranges::any_of(
            reads, [](const Bytes& key) { return key.starts_with(protorune::protorunes_by_outpoint); }));
    }

    // Those before which only such are as have no conflicts and are not demoted: by the graph their effect is that of
    // the dry run. All messages have to be in the analysis for that.
    void find_undisturbed() {
        if (speculate_ != Speculate::all || analysis_.candidates.size() != analysis_.messages) return;
        std::vector<char> hit(analysis_.candidates.size(), 0);
        for_each_edge(analysis_.vertices(), analysis_.keys.size(), [&](const Edge& e) { hit[e.later] = 1; });
        std::size_t end = 0;
        while (end < hit.size() && hit[end] == 0 && analysis_.candidates[end].level == 1) end++;
        for (auto& [place, e] : executed_) e.undisturbed = e.candidate < end;
    }

    const Speculate speculate_;
    AnalysisCounts& counts_;
    BlockMessages* messages_ = nullptr;
    BlockAnalysis analysis_;
    Candidates found_;
    store::Arena arena_;
    std::map<std::pair<std::uint32_t, std::uint32_t>, Executed> executed_;
};

TEST(AccessSets, CompleteInRandomBlocks) {
    AnalysisCounts counts;
    for (std::uint64_t seed = random_seed(), end = seed + scaled(200); seed < end; seed++) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const Plan plan = random_plan(seed, plan_world());
        const protorune::Network network = plan_network(plan.rules);
        const alkanes::Builtins builtins(network, {});
        alkanes::Indexer indexer(network, builtins, plan_engine());
        PlanTxids txids = plan_world().txids;
        PlanState state(plan_world());
        Checker checker(seed % 2 == 0 ? Speculate::all : Speculate::candidates, counts);
        std::uint64_t height = plan_world().height;
        for (const PlanBlock& b : build_plan(plan, height, txids)) {
            store::BlockState changes(state);
            ASSERT_TRUE(indexer.index(changes, height++, b.block, &checker));
            state.apply(changes);
        }
        if (HasFailure()) return;
    }
    std::cout << counts.candidates << " candidates, " << counts.executed << " executed, of them " << counts.several
              << " transactions with several, " << counts.fuel << " saw their fuel, " << counts.sequence
              << " the sequence, " << counts.failed << " failed, " << counts.refused << " refused, "
              << counts.with_tokens << " with tokens, " << counts.as_told << " undisturbed, which touched "
              << counts.runtime << " balances of the runtime\n";
    EXPECT_GT(counts.executed, counts.candidates / 4);
    for (const unsigned n : {counts.several, counts.fuel, counts.sequence, counts.failed, counts.refused,
                             counts.with_tokens, counts.as_told, counts.runtime})
        EXPECT_GT(n, 0u);
}

TEST(AccessSets, CompleteInDevnetBlocks) {
    protorune::Network network = protorune::find_network("devnet").value();
    network.builtins[0].code = Bytes(contracts::embedded_contract("genesis_token"));
    const alkanes::Builtins builtins(network, {});
    for (const std::string_view mix : app::devnet_mixes()) {
        if (mix == "transfers") continue;  // has no messages
        SCOPED_TRACE(mix);
        AnalysisCounts counts;
        alkanes::Indexer indexer(network, builtins, plan_engine());
        Checker checker(Speculate::all, counts);
        store::MemoryState state;
        std::uint64_t height = 0;
        for (const Bytes& raw : app::make_devnet_chain({2, 24, mix, 11, 100}).blocks) {
            store::BlockState changes(state);
            ASSERT_TRUE(indexer.index(changes, height++, bitcoin::Block::decode(raw).value(), &checker));
            state.apply(changes);
        }
        EXPECT_GT(counts.executed, 30u);
        EXPECT_GT(counts.as_told, 0u);
    }
}

}  // namespace
}  // namespace warpshrew::test
