// Messages executed ahead of their turn, and their effects replayed at their turn: the same blocks as in order,
// whatever state the effect was computed on.
#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "parallel/consuming_handler.hpp"
#include "support/compare_writes.hpp"
#include "support/message_runner.hpp"
#include "support/random_cases.hpp"
#include "support/random_plan.hpp"
#include "support/shrink_plan.hpp"

namespace warpshrew::test {
namespace {

using alkanes::BlockMessages;

// What a message sees at its turn.
class AtItsTurn final : public store::StateReader {
 public:
    explicit AtItsTurn(store::Transaction& state) : state_(state) {}
    [[nodiscard]] bool read(BytesView key, Bytes& value) const override {
        value = state_.get(key);
        return !value.empty();
    }
    [[nodiscard]] bool written(BytesView key) const override { return state_.written(key); }

 private:
    store::Transaction& state_;
};

struct Counts {
    std::array<std::uint64_t, BlockMessages::rejections> by_rejection{};
    std::uint64_t unsettled = 0;
};

// Executes each message ahead, just before its turn: on the state before the block, on that of its turn, or with other
// fuel than it will have.
class AheadOfTurn final : public MessageRunner {
 public:
    explicit AheadOfTurn(std::uint64_t seed) : random_(seed) {}

    void before_block(const store::StateReader& state) { before_ = &state; }

    [[nodiscard]] Result<protorune::MessageOutcome> handle(protorune::Message& message) override {
        store::Arena arena;
        alkanes::AheadExecution ahead(block_->environment, block_->codes, block_->info);
        alkanes::MessageCall call = messages_->call_of(message);
        if (random_() % 4 == 0) call.fuel = random_() % 2 == 0 ? call.fuel + 1'000'000 : call.fuel / 2;
        const AtItsTurn now(message.state);
        const bool stale = random_() % 2 == 0;
        const auto executed =
            ahead.execute(call, stale ? *before_ : static_cast<const store::StateReader&>(now), arena);
        const auto rejection = messages_->check(message, executed);
        counts.by_rejection.at(static_cast<std::size_t>(rejection))++;
        // What was computed on the state and with the fuel of its turn is the message's effect.
        if (!stale && call.fuel == messages_->call_of(message).fuel && rejection != BlockMessages::Rejection::none &&
            rejection != BlockMessages::Rejection::not_executed)
            wrongly_rejected = true;
        if (rejection == BlockMessages::Rejection::none) {
            if (auto outcome = messages_->replay(message, executed)) return std::move(*outcome);
            counts.unsettled++;
        }
        return messages_->handle(message);
    }

    Counts counts;
    bool wrongly_rejected = false;

 private:
    std::mt19937_64 random_;
    const store::StateReader* before_ = nullptr;
};

// Executes each message with several amounts of fuel at its turn: an effect that does not depend on the amount is the
// same with any that suffices.
class WithOtherFuel final : public MessageRunner {
 public:
    explicit WithOtherFuel(std::uint64_t seed) : random_(seed) {}

    [[nodiscard]] Result<protorune::MessageOutcome> handle(protorune::Message& message) override {
        const auto with = [&](std::uint64_t fuel) {
            alkanes::MessageCall call = messages_->call_of(message);
            call.fuel = fuel;
            const AtItsTurn now(message.state);
            return alkanes::AheadExecution(block_->environment, block_->codes, block_->info).execute(call, now, arena_);
        };
        const auto plenty = with(enough);
        // What it takes and what it needs, and amounts about them, where it runs out in all ways.
        const std::uint64_t edges[] = {plenty.fuel_used, plenty.fuel_required, random_() % (plenty.fuel_required + 1),
                                       messages_->call_of(message).fuel};
        for (const std::uint64_t edge : edges) {
            const std::uint64_t fuel = edge + random_() % 1200 - std::min<std::uint64_t>(edge, 1000);
            const auto executed = with(fuel);
            if (!has_effect(executed)) continue;
            tried++;
            if (executed.fuel_observed) continue;
            expect_same(executed, plenty);
            expect_same(executed, with(executed.fuel_required));
            expect_same(executed, with(executed.fuel_required + random_() % 100));
            unobserved++;
        }
        arena_.release();
        return messages_->handle(message);
    }

    std::uint64_t tried = 0, unobserved = 0;
    std::string difference;

 private:
    static constexpr std::uint64_t enough = 2'000'000;

    static bool has_effect(const alkanes::ExecutedMessage& m) {
        return m.status == alkanes::ExecutionStatus::succeeded || m.status == alkanes::ExecutionStatus::failed;
    }
    void expect_same(const alkanes::ExecutedMessage& a, const alkanes::ExecutedMessage& b) {
        if (a.fuel_required > b.call.fuel || parallel::same_effect(a, b)) return;
        difference = "with fuel " + std::to_string(a.call.fuel) + ", of which " + std::to_string(a.fuel_required) +
                     " is said to suffice: " + std::to_string(a.fuel_used) + " used, " + std::string(a.error) +
                     "; with " + std::to_string(b.call.fuel) + ": " + std::to_string(b.fuel_used) + " used, " +
                     std::string(b.error);
    }

    std::mt19937_64 random_;
    store::Arena arena_;
};

struct Indexers {
    explicit Indexers(PlanRules rules)
        : network(plan_network(rules)),
          builtins(network, {}),
          in_order(network, builtins, plan_engine()),
          ahead(network, builtins, plan_engine()) {}
    protorune::Network network;
    alkanes::Builtins builtins;
    alkanes::Indexer in_order, ahead;
};

Indexers& indexers_of(const Plan& plan) {
    static std::array<Indexers, 3> all{Indexers(PlanRules::devnet), Indexers(PlanRules::shared_fuel),
                                       Indexers(PlanRules::old_calls)};
    Indexers& indexers = all.at(static_cast<std::size_t>(plan.rules));
    indexers.in_order.forget();
    indexers.ahead.forget();
    return indexers;
}

// How the plan's blocks differ; empty if they do not.
std::string difference(const Plan& plan, Counts& counts) {
    Indexers& indexers = indexers_of(plan);
    PlanTxids txids = plan_world().txids;
    PlanState state(plan_world());
    AheadOfTurn runner(plan.seed);
    std::uint64_t height = plan_world().height;
    for (const PlanBlock& b : build_plan(plan, height, txids)) {
        store::BlockState expected(state), actual(state);
        const auto r = indexers.in_order.index(expected, height, b.block);
        if (!r) return r.error().reason;
        runner.before_block(state);
        const auto s = indexers.ahead.index(actual, height, b.block, &runner);
        if (!s) return s.error().reason;
        if (const std::string d = compare_writes(expected, actual); !d.empty())
            return "height " + std::to_string(height) + ": " + d;
        if (r->messages != s->messages || r->calls != s->calls || r->fuel != s->fuel) return "the counts differ";
        if (runner.wrongly_rejected) return "an effect of its turn was not accepted";
        state.apply(expected);
        height++;
    }
    for (std::size_t i = 0; i < counts.by_rejection.size(); i++)
        counts.by_rejection[i] += runner.counts.by_rejection[i];
    counts.unsettled += runner.counts.unsettled;
    return {};
}

TEST(Ahead, EffectsReplayedAreThoseInOrder) {
    Counts counts;
    const std::uint64_t plans = scaled(1000);
    for (std::uint64_t seed = random_seed(), end = seed + plans; seed < end; seed++) {
        const Plan plan = random_plan(seed, plan_world());
        if (difference(plan, counts).empty()) continue;
        const Plan small = shrink_plan(plan, [&](const Plan& p) { return !difference(p, counts).empty(); });
        FAIL() << "seed " << seed << ": " << difference(small, counts) << "\n" << describe(small);
    }
    static constexpr std::array names = {"used", "not executed", "damaged", "other call", "fuel", "state", "runtime"};
    for (std::size_t i = 0; i < names.size(); i++) std::cout << counts.by_rejection[i] << " " << names[i] << "\n";
    std::cout << counts.unsettled << " unsettled\n";
    EXPECT_GT(counts.by_rejection[0], plans * 4);
    EXPECT_GT(counts.by_rejection[4], plans / 4);  // fuel
    EXPECT_GT(counts.by_rejection[5], plans / 2);  // state
}

std::string fuel_difference(const Plan& plan, std::uint64_t* tried = nullptr, std::uint64_t* unobserved = nullptr) {
    alkanes::Indexer& indexer = indexers_of(plan).ahead;
    PlanTxids txids = plan_world().txids;
    PlanState state(plan_world());
    WithOtherFuel runner(plan.seed);
    std::uint64_t height = plan_world().height;
    for (const PlanBlock& b : build_plan(plan, height, txids)) {
        store::BlockState block(state);
        if (const auto r = indexer.index(block, height++, b.block, &runner); !r) return r.error().reason;
        state.apply(block);
    }
    if (tried != nullptr) *tried += runner.tried;
    if (unobserved != nullptr) *unobserved += runner.unobserved;
    return runner.difference;
}

TEST(Ahead, EffectsDoNotDependOnFuelUnlessTheySaySo) {
    std::uint64_t tried = 0, unobserved = 0;
    const std::uint64_t plans = scaled(500);
    for (std::uint64_t seed = random_seed(), end = seed + plans; seed < end; seed++) {
        const Plan plan = random_plan(seed, plan_world());
        const std::string d = fuel_difference(plan, &tried, &unobserved);
        if (d.empty()) continue;
        const Plan small = shrink_plan(
            plan, [](const Plan& p) { return !fuel_difference(p).empty(); }, 1000);
        FAIL() << "seed " << seed << ": " << d << "\nthe smallest: " << fuel_difference(small) << "\n"
               << describe(small);
    }
    std::cout << tried << " effects, " << unobserved << " of them whatever the fuel\n";
    EXPECT_GT(unobserved, plans * 10);
    EXPECT_GT(tried - unobserved, plans * 10);
}

}  // namespace
}  // namespace warpshrew::test
