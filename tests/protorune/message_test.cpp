// Messages: pointers, refunds, reconcile, the runtime balance (protorune.md 2.11 to 2.13).

#include "protorune/messages.hpp"

#include "chain.hpp"

namespace warpshrew::protorune {

static const RuneId new_id{840000, 999};

using Stones = std::vector<Protostone>;

/// Two payments and an OP_RETURN, N = 3: shadow vouts from 4 on. The input holds 1000 of `a`.
struct Call {
    Chain chain;
    bitcoin::NewTransaction tx;

    explicit Call(std::string_view network = "regtest", std::uint64_t height = 0) : chain(network, height) {
        chain.give(source, {{a, 1000}});
        chain.handler.answer = forward_all;
    }
    Call& run(const Stones& stones) { return run_from(source, stones); }
    Call& run_from(const Bytes& input, const Stones& stones) {
        tx = transaction({input}, {pay_to(1), pay_to(2), encode_runestone(stones)});
        chain.add_block({tx});
        return *this;
    }
    [[nodiscard]] u128 at(std::uint32_t vout, const RuneId& id = a) const {
        return chain.balance(outpoint(tx, vout), id);
    }
    [[nodiscard]] bool is_void() const { return !chain.balances(source).empty(); }
    void make_etched(const RuneId& id) { chain.state.map["/etching/byruneid/" + id32(id)] = "NAME"; }
};

/// A quarter of everything forward, an eighth to the runtime balance.
static Result<MessageOutcome> quarter_and_eighth(Message& m) {
    MessageOutcome out{{}, m.runtime_balances};
    for (const auto& [id, value] : m.runes) {
        out.transfers.push_back({id, value / 4});
        EXPECT_TRUE(out.runtime_balances.increase(id, value / 8));
    }
    return out;
}

// 7.25: what is neither forwarded nor in the runtime balance vanishes.
TEST(Messages, V18) {
    const auto forward_more = [](Message& m) { return MessageOutcome{{{a, 1001}}, m.runtime_balances}; };
    const auto forward_and_runtime = [](Message& m) {
        MessageOutcome out{m.runes, m.runtime_balances};
        EXPECT_TRUE(out.runtime_balances.increase(a, 1));
        return out;
    };
    struct Case {
        std::function<Result<MessageOutcome>(Message&)> answer;
        bool etched;
        u128 vout0, vout1, runtime;
    };
    const std::vector<Case> cases{{forward_all, false, 1000, 0, 0},
                                  {quarter_and_eighth, false, 250, 0, 125},
                                  {[](Message& m) {
                                       return MessageOutcome{{}, m.runtime_balances};
                                   },
                                   false, 0, 0, 0},  // 7.25
                                  {nullptr, false, 0, 1000, 0},
                                  {forward_more, true, 0, 1000, 0},
                                  {forward_and_runtime, true, 0, 1000, 0},
                                  {forward_more, false, 1001, 0, 0}};
    for (std::size_t i = 0; i < cases.size(); ++i) {
        Call c;
        c.chain.handler.answer = cases[i].answer;
        if (cases[i].etched) c.make_etched(a);
        c.run({message_stone(0, 1)});
        EXPECT_EQ(c.at(0), cases[i].vout0) << i;
        EXPECT_EQ(c.at(1), cases[i].vout1) << i;
        EXPECT_EQ(c.chain.runtime_balance(a), cases[i].runtime) << i;
        EXPECT_FALSE(c.is_void()) << i;
    }
}

TEST(Messages, V19) {
    Call c;
    c.chain.handler.answer = [](Message& m) {
        MessageOutcome out{{{a, 499}, {new_id, 10001}}, m.runtime_balances};
        EXPECT_TRUE(out.runtime_balances.increase(new_id, 12345));
        return out;
    };
    c.run({message_stone(0, 1)});
    EXPECT_EQ(c.chain.balances(outpoint(c.tx, 0)), (Balances{{a, 499}, {new_id, 10001}}));
    EXPECT_EQ(c.chain.runtime_balance(new_id), 12345);
}

TEST(Messages, V20) {
    Call c;
    c.chain.handler.answer = quarter_and_eighth;
    c.run({message_stone(0, 1)});
    c.run_from(outpoint(c.tx, 0), {message_stone(0, 1)});
    EXPECT_EQ(c.at(0), 62);
    EXPECT_EQ(c.chain.runtime_balance(a), 156);

    Call fresh;
    fresh.chain.handler.answer = quarter_and_eighth;
    fresh.run({message_stone(0, 1)});
    fresh.chain.handler.answer = [](Message& m) {
        m.runtime_balances = {};
        return quarter_and_eighth(m);
    };
    fresh.run_from(outpoint(fresh.tx, 0), {message_stone(0, 1)});
    EXPECT_EQ(fresh.at(0), 62);
    EXPECT_EQ(fresh.chain.runtime_balance(a), 31);
}

// V22: crediting the pointer overflows, so the message fails and all is refunded.
TEST(Messages, V22) {
    Chain chain;
    chain.handler.answer = forward_all;
    const Bytes script = encode_runestone(Stones{message_stone(0, 1)});
    const auto block =
        bitcoin::Block::decode(bitcoin::serialize_block({}, {transaction({source}, {pay_to(1), script})}));
    ASSERT_TRUE(block);
    const auto stones = decode_stones(*block, chain.network);
    store::BlockState changes(chain.state);
    store::Transaction state(changes);
    const BlockContext context{changes, 0, *block, stones, chain.network, chain.handler};
    SheetsByVout sheets;
    sheets[runtime_vout] = BalanceSheet(state, "r");
    sheets[3].set(a, 1000);
    sheets[3].set({1, 1}, 5);  // comes first, and is not credited either
    sheets[0].set(a, u128_max);
    const auto result = process_message({context, state, block->transactions()[0], stones[0], 0},
                                        stones[0].protostones->at(0), 3, 0, 1, sheets);
    ASSERT_TRUE(result);
    EXPECT_FALSE(*result);
    EXPECT_EQ(sheets[0].entries().size(), 1U);
    EXPECT_EQ(sheets[0].get(a), u128_max);
    EXPECT_EQ(sheets[1].get(a), 1000);
    EXPECT_EQ(sheets[1].get({1, 1}), 5);
    EXPECT_FALSE(sheets.contains(3));
    EXPECT_EQ(state.depth(), 1U);
}

// 7.7, V23: of a message both are checked. N = 3, P = 2, so pointers up to 5; on main a bad header voids.
TEST(Messages, V23Headers) {
    const auto voids = [](std::optional<std::uint32_t> pointer, std::optional<std::uint32_t> refund) {
        return Call().run({message_stone(pointer, refund), plain_stone(0)}).is_void();
    };
    EXPECT_FALSE(voids(5, 5));
    EXPECT_TRUE(voids(6, 5));
    EXPECT_TRUE(voids(5, 6));
    EXPECT_TRUE(voids({}, 0));
    EXPECT_TRUE(voids(0, {}));
    EXPECT_TRUE(voids(runtime_pointer, 0));
}

// 7.6
TEST(Messages, Edge6PointerNBurns) {
    const Call c = Call().run({message_stone(3, 1)});
    EXPECT_FALSE(c.is_void());
    EXPECT_EQ(c.at(0) + c.at(1), 0);
}

// 7.8: the edict of the second stone takes from what the first left at output 0 as well.
TEST(Messages, Edge8EdictsActOnAllAtThePointer) {
    const Call c = Call().run({plain_stone(5, {{a, 600, 0}}), message_stone(0, 0, {{a, 900, 1}})});
    EXPECT_EQ(c.at(0), 100);
    EXPECT_EQ(c.at(1), 900);
}

// 7.9, 7.10
TEST(Messages, Edge9Edge10FailureSkipsEdictsAndGoesOn) {
    Call c;
    c.chain.handler.answer = nullptr;
    c.run({message_stone(0, 5, {{a, 1, 0}}), plain_stone(1)});
    EXPECT_EQ(c.at(0), 0);
    EXPECT_EQ(c.at(1), 1000);
}

// 7.11: what comes later voids everything, the layer-1 moves and a message's writes too.
TEST(Messages, Edge11VoidUndoesMessages) {
    Call c;
    c.chain.give(source, {{{7, 7}, 9}}, rune_table);
    c.chain.handler.answer = [](Message& m) {
        m.state.set("written", "1");
        return forward_all(m);
    };
    c.run({message_stone(0, 0), plain_stone(0, {{{0, 1}, 1, 0}})});
    EXPECT_EQ(c.chain.handler.calls, 1U);
    EXPECT_TRUE(c.is_void());
    EXPECT_FALSE(c.chain.has("written"));
    EXPECT_EQ(c.chain.balances(outpoint(c.tx, 0), rune_table), Balances{});
}

TEST(Messages, WritesAreKeptOrUndone) {
    for (const bool succeeds : {false, true}) {
        Call c;
        c.chain.handler.answer = [&](Message& m) -> Result<MessageOutcome> {
            m.state.set("written", "1");
            m.state.block().set("direct", "1");
            if (!succeeds) return fail("no");
            return forward_all(m);
        };
        c.run({message_stone(0, 0)});
        EXPECT_EQ(c.chain.has("written"), succeeds);
        EXPECT_TRUE(c.chain.has("direct"));
    }
}

TEST(Messages, WhatTheHandlerSees) {
    Call c("regtest", 12);
    c.chain.give(source, {{b, 3}});
    std::size_t calls = 0;
    c.chain.handler.answer = [&](Message& m) {
        ++calls;
        EXPECT_EQ(m.tx_index, 1U);
        EXPECT_EQ(m.height, 12U);
        EXPECT_EQ(m.vout, 5U);
        EXPECT_EQ(m.pointer, 1U);
        EXPECT_EQ(m.refund_pointer, 0U);
        EXPECT_EQ(m.calldata, "\x2a" + Bytes(14, '\0'));
        EXPECT_EQ(m.runes, (std::vector<RuneTransfer>{{a, 1000}, {b, 3}})) << "an id with 0 is left out";
        EXPECT_EQ(m.stones.size(), 2U);
        EXPECT_EQ(m.block.transactions().size(), 2U);
        EXPECT_EQ(&m.transaction, &m.block.transactions()[1]);
        EXPECT_EQ(m.state.depth(), 2U);
        return forward_all(m);
    };
    c.run({plain_stone(5, {{{9, 9}, 0, 5}}), message_stone(1, 0)});
    EXPECT_EQ(calls, 1U);
    EXPECT_EQ(c.at(1), 1000);
}

// 7.24: a runtime balance that falls to 0 leaves its last value in the store.
TEST(Messages, Edge24RuntimeBalanceStaysStale) {
    Call c;
    c.chain.handler.answer = quarter_and_eighth;
    c.run({message_stone(0, 1)});
    ASSERT_EQ(c.chain.runtime_balance(a), 125);
    c.chain.handler.answer = [](Message& m) {
        MessageOutcome out{m.runes, m.runtime_balances};
        EXPECT_TRUE(out.runtime_balances.decrease(a, 125));
        return out;
    };
    c.run_from(outpoint(c.tx, 0), {message_stone(0, 1)});
    EXPECT_EQ(c.at(0), 250);
    EXPECT_EQ(c.chain.runtime_balance(a), 125);
}

// 7.24, 2.12.1: what comes in and the runtime balance, if it is cached, must fit together.
TEST(Messages, Edge24OverflowFails) {
    Call c;
    c.chain.give(source, {{a, 1000}});  // listed twice: still 1000
    c.chain.handler.answer = nullptr;
    c.chain.give(foreign_outpoint(5), {{a, u128_max - 500}});
    c.run_from(foreign_outpoint(5), {plain_stone(runtime_pointer)});
    ASSERT_EQ(c.chain.runtime_balance(a), u128_max - 500);

    c.chain.handler.answer = [](Message& m) -> Result<MessageOutcome> {
        MessageOutcome out{{}, m.runtime_balances};
        if (auto done = out.runtime_balances.increase(a, m.runes.at(0).value); !done) {
            return tl::unexpected(done.error());
        }
        return out;
    };
    c.run({message_stone(0, 1)});
    EXPECT_EQ(c.at(1), 1000);
    EXPECT_FALSE(c.is_void());
}

TEST(Messages, TransfersOfAnIdMayRepeatAndMustFit) {
    Call c;
    c.chain.handler.answer = [](Message& m) { return MessageOutcome{{{a, 1}, {a, 2}, {b, 0}}, m.runtime_balances}; };
    c.run({message_stone(0, 1)});
    EXPECT_EQ(c.at(0), 3);
    EXPECT_TRUE(c.chain.is_initialized(b));

    Call overflow;
    overflow.chain.handler.answer = [](Message& m) {
        return MessageOutcome{{{a, u128_max}, {a, 1}}, m.runtime_balances};
    };
    overflow.run({message_stone(0, 1)});
    EXPECT_EQ(overflow.at(1), 1000);
}

// 2.16.7: all sheets of the transaction together.
TEST(Messages, FoldOverflowVoids) {
    Call c;
    c.chain.handler.answer = [](Message& m) { return MessageOutcome{{{a, u128_max}}, m.runtime_balances}; };
    c.run({plain_stone(1), message_stone(0, 0)});
    EXPECT_TRUE(c.is_void());
}

// 2.16.6: the refund does not fit.
TEST(Messages, RefundOverflowVoids) {
    Call c;
    c.chain.handler.answer = [](Message& m) -> Result<MessageOutcome> {
        if (m.vout == 6) return fail("no");
        return MessageOutcome{{{a, u128_max}}, m.runtime_balances};
    };
    c.run({plain_stone(6), message_stone(0, 0), message_stone(1, 0)});
    EXPECT_EQ(c.chain.handler.calls, 2U);
    EXPECT_TRUE(c.is_void());
}

// 7.26: on a chain that starts low, runes can have the ids of alkanes.
TEST(Messages, Edge26EtchedIdsAreNotMintable) {
    for (const bool etched : {false, true}) {
        Call c("regtest", 2);
        Runestone etch;
        etch.etching.emplace();
        if (etched) c.chain.add_block({transaction({foreign_outpoint(8)}, {encode_runestone(etch), pay_to(1)})});
        c.chain.handler.answer = [](Message& m) { return MessageOutcome{{{{2, 1}, 5}}, m.runtime_balances}; };
        c.run({message_stone(0, 1)});
        EXPECT_EQ(c.at(0, {2, 1}), etched ? 0 : 5);
        EXPECT_EQ(c.at(1), etched ? 1000 : 0);
    }
}

// 7.34: 99 stones may be messages; plain ones may follow.
TEST(Messages, Edge34StoneLimit) {
    for (const std::size_t index : {98, 99}) {
        Stones stones(101, plain_stone(0));
        stones[index] = message_stone(0, 1);
        const Call c = Call().run(stones);
        EXPECT_EQ(c.is_void(), index == 99);
        EXPECT_EQ(c.at(0), index == 99 ? 0 : 1000);
    }
    Stones other(101, plain_stone(0));
    other[100] = message_stone(0, 1, {}, 2);
    EXPECT_FALSE(Call().run(other).is_void());
}

// 7.44
TEST(Messages, Edge44PointerToItself) {
    const Call lost = Call().run({message_stone(4, 1)});
    EXPECT_EQ(lost.at(0) + lost.at(1), 0);
    EXPECT_FALSE(lost.is_void());
    const Call routed = Call().run({message_stone(4, 1, {{a, 600, 0}})});
    EXPECT_EQ(routed.at(0), 600);
}

// 7.45
TEST(Messages, Edge45PointersToOtherStones) {
    for (const bool succeeds : {false, true}) {
        Call later;
        if (!succeeds) later.chain.handler.answer = nullptr;
        // The last stone sees what both before it put at its vout.
        later.run({plain_stone(5, {{a, 300, 6}}), message_stone(6, 6), plain_stone(1)});
        EXPECT_EQ(later.at(1), 1000);
        Call earlier;
        if (!succeeds) earlier.chain.handler.answer = nullptr;
        earlier.run({plain_stone(5), message_stone(4, 4)});
        EXPECT_EQ(earlier.at(0) + earlier.at(1), 0);
        EXPECT_FALSE(earlier.is_void());
    }
}

// 7.46, 7.41
TEST(Messages, Edge46BelowGenesisTheyFail) {
    for (const std::uint64_t height : {879999, 880000}) {
        const Call c = Call("mainnet", height).run({message_stone(0, 1)});
        EXPECT_EQ(c.at(0), height == 880000 ? 1000 : 0);
        EXPECT_EQ(c.at(1), height == 880000 ? 0 : 1000);
        EXPECT_EQ(c.chain.handler.calls, height == 880000 ? 1U : 0U);
    }
}

}  // namespace warpshrew::protorune
