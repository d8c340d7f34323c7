// Effects of messages executed ahead (design.md 2): what they depend on, and what is refused.
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "support/message_runner.hpp"
#include "test_chain.hpp"

namespace warpshrew::test {
namespace {

using alkanes::BlockMessages;
using alkanes::ExecutedMessage;
using alkanes::ExecutionStatus;
using Rejection = BlockMessages::Rejection;

/// Executes each message ahead on the state before the block, has `change` make of the effect what it likes, and
/// replays it where it is accepted.
class Ahead final : public MessageRunner {
 public:
    explicit Ahead(const store::StateReader& before) : before_(before) {}

    [[nodiscard]] Result<protorune::MessageOutcome> handle(protorune::Message& message) override {
        alkanes::AheadExecution ahead(block_->environment, block_->codes, block_->info);
        alkanes::MessageCall call = messages_->call_of(message);
        if (fuel) call.fuel = *fuel;
        executed = ahead.execute(call, before_, arena_);
        if (change) {
            change(executed);
            executed.checksum = alkanes::checksum_of(executed);
        }
        rejection = messages_->check(message, executed);
        if (rejection == Rejection::none)
            if (auto outcome = messages_->replay(message, executed)) return std::move(*outcome);
        return messages_->handle(message);
    }

    std::optional<std::uint64_t> fuel;  ///< instead of what there is
    std::function<void(ExecutedMessage&)> change;
    ExecutedMessage executed;  ///< the last
    Rejection rejection = Rejection::none;

 private:
    const store::StateReader& before_;
    store::Arena arena_;
};

// table.grow answers -1 where there is too little fuel, and the contract goes on (wasmi-fuel.md 3).
TEST(ExecutedMessage, ATableThatMayGrowSeesTheFuel) {
    TestChain chain(bare_network("regtest"), 0);
    const RuneId id = chain.deploy(
        contract("(select (i32.const 1024) (i32.const 1124) (i32.eq (i32.const -1) (table.grow (ref.null func)"
                 "(i32.const 800000))))",
                 {{1024, response({}, {}, "refused")}, {1124, response({}, {}, "grown")}}, "(table 0 funcref)"));
    Ahead runner(chain.state);
    chain.runner = &runner;
    runner.fuel = 50'000;  // 100,000 are needed
    chain.call({id.block, id.tx});
    EXPECT_EQ(runner.executed.status, ExecutionStatus::succeeded);
    EXPECT_EQ(runner.rejection, Rejection::fuel);
    EXPECT_EQ(chain.exit().response().data(), "grown");
}

// Compilers make tables that cannot grow: there the answer is the same with any fuel.
TEST(ExecutedMessage, ATableThatCannotGrowDoesNot) {
    TestChain chain(bare_network("regtest"), 0);
    const RuneId id = chain.deploy(
        contract("(drop (table.grow (ref.null func) (i32.const 800000))) (drop (i32.const 2044)) (i32.const 1024)",
                 {{1024, empty_response}}, "(table 2 2 funcref)"));
    Ahead runner(chain.state);
    chain.runner = &runner;
    runner.fuel = 50'000;
    chain.call({id.block, id.tx});
    EXPECT_EQ(runner.rejection, Rejection::none);
}

// Of calls to a contract, however many, it is noted once that its code is not of this block.
TEST(ExecutedMessage, ReadsHaveEachKeyOnce) {
    TestChain chain(bare_network("regtest"), 0);
    const RuneId callee = chain.deploy(returning(empty_response));
    std::string body;
    for (int i = 0; i < 20; i++)
        body += "(drop (call $__call (i32.const 1024) (i32.const 1124) (i32.const 1224) (i64.const 100000)))";
    const RuneId caller = chain.deploy(contract(body + "(i32.const 1324)", {{1024, words({callee.block, callee.tx})},
                                                                            {1124, words({0})},
                                                                            {1224, to_le(std::uint32_t{0})},
                                                                            {1324, empty_response}}));
    Ahead runner(chain.state);
    chain.runner = &runner;
    chain.call({caller.block, caller.tx});
    EXPECT_EQ(runner.rejection, Rejection::none);
    EXPECT_EQ(runner.executed.frames, 21u);
    std::map<std::pair<Bytes, int>, int> times;
    for (const auto& read : runner.executed.reads) times[{Bytes(read.key), static_cast<int>(read.kind)}]++;
    for (const auto& [key, n] : times) EXPECT_EQ(n, 1);
}

// Strings of all the lengths that are treated differently.
TEST(ExecutedMessage, TheChecksumSeesEachBitAndWhereItIs) {
    ExecutedMessage m;
    Bytes key, value;
    const auto sum = [&] {
        const alkanes::StateRead reads[] = {{key, value}, {value, key}};
        m.reads = reads;
        return alkanes::checksum_of(m);
    };
    for (std::size_t n = 0; n <= 70; n++) {
        key.resize(n, 'k');
        value.resize(n / 2, 'v');
        std::set<std::uint64_t> seen{sum()};
        for (std::size_t bit = 0; bit < n * 8; bit++) {
            const Bytes before = key;
            key[bit / 8] = static_cast<char>(key[bit / 8] ^ 1 << bit % 8);
            EXPECT_TRUE(seen.insert(sum()).second) << n << " " << bit;
            key = before;
        }
        if (n > 0 && n != n / 2) {
            key.swap(value);
            EXPECT_TRUE(seen.insert(sum()).second) << n;
            key.swap(value);
        }
        const alkanes::StateRead unwritten[] = {{key, value, alkanes::StateRead::Kind::unwritten}, {value, key}};
        m.reads = unwritten;
        EXPECT_TRUE(seen.insert(alkanes::checksum_of(m)).second) << n;
    }
}

// What could not be an effect, whatever the checksum says, is refused and costs time only.
TEST(ExecutedMessage, ImpossibleEffectsAreRefused) {
    TestChain chain(bare_network("regtest"), 0);
    const RuneId id = chain.deploy(returning(empty_response));
    Ahead runner(chain.state);
    chain.runner = &runner;
    runner.change = [](ExecutedMessage& m) { m.fuel_used = ~std::uint64_t{0}; };
    chain.call({id.block, id.tx});
    EXPECT_EQ(runner.rejection, Rejection::fuel);
    EXPECT_EQ(chain.outcome(), "success");

    std::vector<alkanes::TraceEntry> entries;
    const auto with_entry = [&](std::size_t offset, std::size_t size) {
        runner.change = [&, offset, size](ExecutedMessage& m) {
            entries.assign(m.trace_entries.begin(), m.trace_entries.end());
            entries.push_back({offset == 0 ? m.trace.size() + 1 : offset - 1, size, 0, alkanes::CallType::call});
            m.trace_entries = entries;
        };
        chain.call({id.block, id.tx});
        EXPECT_EQ(runner.rejection, Rejection::damaged);
        EXPECT_EQ(chain.outcome(), "success");
    };
    with_entry(0, 0);                 // behind the end
    with_entry(1, 0);                 // before the one before
    with_entry(60, ~std::size_t{0});  // longer than the trace
}

}  // namespace
}  // namespace warpshrew::test
