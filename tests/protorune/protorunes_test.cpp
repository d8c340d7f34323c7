// Protostones without messages: inputs, edicts, pointers, what voids (protorune.md 2.8, 2.10).
//
// Every edge case N of section 7 has a test with "7.N" in the comment above it, here, in the other files of this
// folder, or with the layer that it is about: 7.40 and the views' side of 7.2 and 7.35 in tests/alkanes, 7.47 in
// tests/store. But 7.39: it is about outputs of the older protoburns, which production does not have.

#include "protorune/protorunes.hpp"

#include "chain.hpp"

namespace warpshrew::protorune {

using Stones = std::vector<Protostone>;

/// One block with one transaction, which spends an outpoint with 1000 of `a`. Outputs: `payments` payments, then the
/// stones' OP_RETURN; N is payments + 1.
struct Spend {
    Chain chain;
    bitcoin::NewTransaction tx;

    explicit Spend(const Stones& stones, std::size_t payments = 2, const Balances& inputs = {{a, 1000}},
                   std::string_view network = "regtest", std::uint64_t height = 0)
        : chain(network, height) {
        std::vector<Bytes> scripts;
        for (std::size_t i = 0; i < payments; ++i) scripts.push_back(pay_to(static_cast<std::uint8_t>(i)));
        scripts.push_back(encode_runestone(stones));
        run(scripts, inputs);
    }
    Spend(const std::vector<Bytes>& scripts, const Balances& inputs = {{a, 1000}}) { run(scripts, inputs); }

    [[nodiscard]] u128 at(std::uint32_t vout, const RuneId& id = a) const {
        return chain.balance(outpoint(tx, vout), id);
    }
    [[nodiscard]] bool input_cleared() const { return chain.balances(source).empty(); }

 private:
    void run(const std::vector<Bytes>& scripts, const Balances& inputs) {
        chain.give(source, inputs);
        tx = transaction({source}, scripts);
        chain.add_block({tx});
    }
};

// 7.2
TEST(Protorunes, Edge2WithoutProtostonesBalancesAreStranded) {
    for (const Bytes& script : {pay_to(7), script_of({22, 0}), script_of({16383, 0}), script_of({24, 0, 16383, 1})}) {
        const Spend s({pay_to(1), script});
        EXPECT_FALSE(s.input_cleared());
        EXPECT_EQ(s.at(0), 0);
    }
}

// 7.3
TEST(Protorunes, Edge3OtherTagsOnlyBurn) {
    const Spend s({plain_stone(0, {}, 2)});
    EXPECT_TRUE(s.input_cleared());
    EXPECT_EQ(s.at(0), 0);
    EXPECT_FALSE(s.chain.is_initialized(a));
}

// 7.4
TEST(Protorunes, Edge4FirstStoneOfTheProtocolGetsAll) {
    const Spend s({plain_stone(1, {}, 5), plain_stone(0), plain_stone(1)});
    EXPECT_EQ(s.at(0), 1000);
    EXPECT_EQ(s.at(1), 0);
    EXPECT_TRUE(s.input_cleared());
}

// 7.5: stone 0 hands all to the shadow vout of stone 1 (N + 2 = 5), which has another tag and a message, and moves it.
TEST(Protorunes, Edge5OtherTagsShareTheSheets) {
    const Spend s({plain_stone(5), message_stone(1, 1, {{a, 300, 0}}, 7)});
    EXPECT_EQ(s.at(0), 300);
    EXPECT_EQ(s.at(1), 700);
    EXPECT_EQ(s.chain.handler.calls, 0U);
}

// 7.6
TEST(Protorunes, Edge6ShadowVouts) {
    EXPECT_EQ(Spend({plain_stone(5), plain_stone(0)}).at(0), 1000) << "N + 1 + 1 with N = 3";
    EXPECT_EQ(Spend({plain_stone(3), plain_stone(0)}).at(0), 0) << "N: burned";
    EXPECT_EQ(Spend({plain_stone(4), plain_stone(0)}).at(0), 0) << "its own: burned";
}

// 7.7
TEST(Protorunes, Edge7PlainPointersAreNotChecked) {
    const Spend s({plain_stone(1000)});
    EXPECT_EQ(s.at(0), 0);
    EXPECT_TRUE(s.input_cleared());
    EXPECT_TRUE(s.chain.is_initialized(a));
}

TEST(Protorunes, PointerIsTheFirstPaymentByDefault) {
    const Spend s({encode_runestone(Stones{plain_stone({})}), pay_to(1), pay_to(2)});
    EXPECT_EQ(s.at(1), 1000);
}

// 7.12
TEST(Edicts, Edge12Amount0IsAllThatIsLeft) {
    const Spend s({plain_stone(0, {{a, 400, 0}, {a, 0, 1}})});
    EXPECT_EQ(s.at(0), 400);
    EXPECT_EQ(s.at(1), 600);
}

// 7.13
TEST(Edicts, Edge13SplitIsComparedIn32Bits) {
    const Spend split({plain_stone(0, {{a, 0, 7 * two_to_32 + 3}})});
    EXPECT_EQ(split.at(0), 500);
    EXPECT_EQ(split.at(1), 500);
    const Spend beyond({plain_stone(0, {{a, 0, 7 * two_to_32}})});
    EXPECT_FALSE(beyond.input_cleared()) << "void";
    EXPECT_EQ(beyond.at(0), 0);
}

// 7.14: all outputs are OP_RETURN: nothing moves and the rest follows the pointer, here to the runtime balance.
TEST(Edicts, Edge14SplitWithoutOutputs) {
    for (const u128 amount : {u128{0}, u128{100}}) {
        const Stones stones{plain_stone(runtime_pointer, {{a, amount, 2}})};
        const Spend s({op_return_script, encode_runestone(stones)});
        EXPECT_EQ(s.chain.runtime_balance(a), 1000);
    }
}

// 7.15, V13
TEST(Edicts, Edge15RemainderOfAnEvenSplit) {
    const Spend s({plain_stone(0, {{a, 0, 4}})}, 3);
    EXPECT_EQ(s.at(0), 334);
    EXPECT_EQ(s.at(1), 333);
    EXPECT_EQ(s.at(2), 333);
}

// 7.16
TEST(Edicts, Edge16OpReturnBurns) {
    const Spend by_edict({plain_stone(0, {{a, 400, 2}})});
    EXPECT_EQ(by_edict.at(0), 600);
    EXPECT_EQ(by_edict.at(2), 0);
    EXPECT_EQ(Spend({plain_stone(2)}).at(2), 0);
    const Spend all({op_return_script, encode_runestone(Stones{plain_stone({})})});
    EXPECT_TRUE(all.input_cleared());
    EXPECT_EQ(all.at(0), 0) << "default output 0, although it is OP_RETURN";
}

// 7.17
TEST(Edicts, Edge17RuntimeBalance) {
    const Spend s({plain_stone(runtime_pointer, {{a, 300, runtime_pointer}, {a, 200, 0}})});
    EXPECT_EQ(s.at(0), 200);
    EXPECT_EQ(s.chain.runtime_balance(a), 800);
    EXPECT_EQ(s.chain.balances("", "/runes/proto/1/runtime/balance"), (Balances{{a, 800}}));
}

// 7.18
TEST(Edicts, Edge18RepeatedIdsInOrder) {
    const Spend s({plain_stone(0, {{a, 600, 0}, {a, 600, 1}})});
    EXPECT_EQ(s.at(0), 600);
    EXPECT_EQ(s.at(1), 400);
}

// 7.19, 7.20, 7.21: an id that nobody owns is listed, after smaller ones by number, and is not stored.
TEST(Edicts, Edge19UnownedIdsAreListed) {
    const RuneId later{2, 256}, first{1, 5};
    const Spend s({plain_stone(0, {{later, 5, 1}, {first, 0, 4}})});
    const Bytes listed = "/runes/proto/1/byheight/" + to_le(std::uint64_t{0});
    EXPECT_EQ(s.chain.list(listed), (std::vector<Bytes>{id32(first), id32(a), id32(later)}));
    EXPECT_TRUE(s.chain.is_initialized(later));
    EXPECT_EQ(s.chain.balances(outpoint(s.tx, 0)), (Balances{{a, 1000}}));
    EXPECT_FALSE(s.chain.has("/runes/proto/1/byoutpoint/" + outpoint(s.tx, 1) + "/runes/length"));
}

TEST(Edicts, IdsAreListedOnce) {
    Spend s({plain_stone(0)});
    s.chain.add_block({transaction({outpoint(s.tx, 0)}, {pay_to(1), encode_runestone(Stones{plain_stone(0)})})});
    EXPECT_TRUE(s.chain.list("/runes/proto/1/byheight/" + to_le(std::uint64_t{1})).empty());
}

TEST(Edicts, IdOfBlock0) {
    EXPECT_EQ(Spend({plain_stone(0, {{{0, 0}, 5, 1}})}).at(0), 1000);
    EXPECT_FALSE(Spend({plain_stone(0, {{{0, 1}, 5, 1}})}).input_cleared()) << "2.16.5: void";
}

// V12 and the helper results behind it: before 943500 OP_RETURN outputs take a share.
TEST(Edicts, V12BothSplitRules) {
    for (const std::uint64_t height : {943499, 943500}) {
        Chain chain("mainnet", height);
        chain.give(source, {{a, 8356}});
        std::vector<Bytes> scripts{encode_runestone(Stones{plain_stone(1, {{a, 500, 18}})})};
        for (std::uint8_t i = 1; i < 18; ++i) scripts.push_back(pay_to(i));
        const auto tx = transaction({source}, scripts);
        chain.add_block({tx});
        EXPECT_EQ(chain.balance(outpoint(tx, 15), a), 500);
        EXPECT_EQ(chain.balance(outpoint(tx, 16), a), height < 943500 ? 356 : 500);
        EXPECT_EQ(chain.balance(outpoint(tx, 17), a), height < 943500 ? 500 : 356);
    }
}

TEST(Edicts, SplitHelperResults) {
    for (const std::uint64_t height : {943499, 943500}) {
        for (const u128 amount : {u128{300}, u128{600}}) {
            Chain chain("mainnet", height);
            chain.give(source, {{a, 1000}});
            const Stones stones{plain_stone(runtime_pointer, {{a, amount, 3}})};
            const auto tx = transaction({source}, {pay_to(1), encode_runestone(stones), pay_to(2)});
            chain.add_block({tx});
            EXPECT_EQ(chain.balance(outpoint(tx, 0), a), amount);
            EXPECT_EQ(chain.balance(outpoint(tx, 2), a), amount == 300 ? 300 : 400);
            EXPECT_EQ(chain.runtime_balance(a), amount == 300 ? 400 : 0);
        }
    }
}

TEST(Edicts, V14) {
    const Spend s({plain_stone(0, {{a, 400, 3}})});
    EXPECT_EQ(s.at(0), 600);
    EXPECT_EQ(s.at(1), 400);
}

TEST(Edicts, V21) {
    struct Case {
        std::uint32_t pointer;
        std::vector<Edict> edicts;
        u128 expected;
    };
    for (const Case& c : {Case{0, {}, 1000}, Case{1, {}, 0}, Case{2, {}, 0}, Case{1, {{a, 222, 0}}, 222},
                          Case{1, {{a, 222, 1}}, 0}, Case{1, {{a, 222, 2}}, 222}}) {
        EXPECT_EQ(Spend({plain_stone(c.pointer, c.edicts)}, 1).at(0), c.expected);
    }
}

// 2.16.1 and 2.16.3: void; inputs stay, layer-1 moves are undone.
TEST(Voids, OverflowOfTheInputs) {
    Chain chain;
    chain.give(foreign_outpoint(1), {{a, u128_max}});
    chain.give(foreign_outpoint(2), {{a, 1}, {b, 5}});
    const Bytes stone = encode_runestone(Stones{plain_stone(0)});
    const auto tx = transaction({foreign_outpoint(1), foreign_outpoint(2)}, {pay_to(1), stone});
    chain.add_block({tx});
    EXPECT_EQ(chain.balances(outpoint(tx, 0)), Balances{});
    EXPECT_EQ(chain.balance(foreign_outpoint(2), b), 5);
}

TEST(Voids, BadProtostones) {
    for (const std::vector<u128>& integers : {std::vector<u128>{1, 99, 91, 0}, std::vector<u128>{1, two_to_32}}) {
        Chain chain;
        chain.give(source, {{a, 1000}});
        chain.give(source, {{{7, 7}, 9}}, rune_table);
        const auto tx = transaction({source}, {pay_to(1), script_of_protostone_integers(integers)});
        chain.add_block({tx});
        EXPECT_EQ(chain.balance(source, a), 1000);
        EXPECT_EQ(chain.balances(outpoint(tx, 0), rune_table), Balances{});
        EXPECT_EQ(chain.balances(source, rune_table), Balances{}) << "cleared all the same";
    }
}

// 2.16.6: more of an id at one output than fits. The runtime balance is read from the store.
TEST(Voids, OverflowOfTheRuntimeBalance) {
    for (const bool by_edict : {false, true}) {
        Chain chain;
        chain.give("", {{a, u128_max}}, "/runes/proto/1/runtime/balance");
        chain.give(source, {{a, 1}});
        const Stones stones{by_edict ? plain_stone(0, {{a, 1, runtime_pointer}}) : plain_stone(runtime_pointer)};
        const auto tx = transaction({source}, {pay_to(1), encode_runestone(stones)});
        chain.add_block({tx});
        EXPECT_EQ(chain.balance(source, a), 1) << "void";
    }
}

// 7.24: a zero entry piped to the runtime balance makes it read, and saved again, from the store.
TEST(Protorunes, Edge24ZeroEntryRereadsTheRuntimeBalance) {
    Chain chain;
    chain.give("", {{a, 5}}, "/runes/proto/1/runtime/balance");
    chain.give(source, {{a, 1}});
    const Stones stones{plain_stone(runtime_pointer, {{a, 0, 0}})};
    const auto tx = transaction({source}, {pay_to(1), encode_runestone(stones)});
    chain.add_block({tx});
    EXPECT_EQ(chain.runtime_balance(a), 5);
    EXPECT_EQ(chain.list("/runes/proto/1/runtime/balance/runes").size(), 2U);
}

// 7.43: no transaction can be made with that txid, so it is put into a decoded one.
TEST(Protorunes, Edge43BlacklistedTransaction) {
    for (const bool blacklisted : {false, true}) {
        Chain chain;
        chain.give(source, {{a, 1000}});
        const Bytes stone = encode_runestone(Stones{plain_stone(0)});
        const auto block =
            bitcoin::Block::decode(bitcoin::serialize_block({}, {transaction({source}, {pay_to(1), stone})}));
        ASSERT_TRUE(block);
        const auto stones = decode_stones(*block, chain.network);
        bitcoin::Transaction tx = block->transactions()[0];
        const Bytes txid =
            "\xb0\x0f\xa6\x5b\xcb\xb0\xd6\x83\xc1\x31\x48\xda\x7c\xfb\xc9\xfd\xf0\xbb\x5f\x10\x45\x3d\x22\xf9"
            "\x7a\x8d\xd0\x6d\x46\x0c\xbb\x5c";
        if (blacklisted) std::copy(txid.begin(), txid.end(), tx.txid.begin());
        store::BlockState changes(chain.state);
        store::Transaction state(changes);
        const BlockContext context{changes, 0, *block, stones, chain.network, chain.handler};
        EXPECT_TRUE(index_protorunes({context, state, tx, stones[0], 0}));
        state.commit();
        EXPECT_EQ(changes.write_count() == 0, blacklisted);
    }
}

TEST(Protorunes, ThousandsOfStones) {
    Stones stones(20000, plain_stone(0));
    stones.back() = plain_stone(1);
    stones.front() = plain_stone(3 + 20000);
    const Spend s(stones);
    EXPECT_EQ(s.at(1), 1000);
}

}  // namespace warpshrew::protorune
