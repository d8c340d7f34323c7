// Messages: fuel, failures, tokens (alkanes-vm.md 2.2, 2.3, 3.4, 4; 10.N: its edge cases).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alkanes/gzip.hpp"
#include "alkanes/keys.hpp"
#include "test_chain.hpp"

using namespace warpshrew;
using namespace warpshrew::test;
using testing::StartsWith;

namespace {

const std::string out_of_fuel = "ALKANES: revert: all fuel consumed by WebAssembly";

/// A contract that runs `body` and gives the shortest response, whose length word is at 1020.
Bytes doing(std::string_view body, std::map<unsigned, Bytes> buffers = {}) {
    buffers.emplace(1024, empty_response);
    return contract(std::string(body) + " (i32.const 1024)", buffers);
}

TestTransaction transaction(std::vector<protorune::Protostone> stones) { return {std::move(stones), {}, {}, 1}; }

u128 value(const pb::alkanes::Uint128& n) { return u128{n.hi()} << 64 | n.lo(); }

}  // namespace

// 10.1, 10.42: the padding shows in the context: 13 inputs of (2, 1, 77).
TEST(Message, PaddingIsInputs) {
    TestChain chain(bare_network("regtest"), 0);
    const auto id =
        chain.deploy(contract("(i32.store (i32.const 1020) (i32.add (i32.const 20) (call $__request_context)))"
                              "(drop (call $__load_context (i32.const 2052)))"
                              "(memory.copy (i32.const 1044) (i32.const 2052) (call $__request_context))"
                              "(i32.const 1024)",
                              {{1024, empty_response}}));
    chain.call({id.block, id.tx, 77});
    ASSERT_EQ(chain.outcome(), "success");
    std::vector<u128> expected{2, 1, 0, 0, 3, 0, 77};  // 10.42: vout is outputs + 1 + index
    expected.resize(6 + 13);
    EXPECT_EQ(chain.exit().response().data(), words(expected));
}

// 10.2, 10.28: below 943,500 of mainnet host functions are checked, not charged.
TEST(Message, HostFunctionsAreChargedFrom943500) {
    const auto used = [](std::uint64_t height, std::string_view body) {
        TestChain chain(bare_network("mainnet"), height - 1);
        const auto id = chain.deploy(doing(body));
        chain.call({id.block, id.tx});
        EXPECT_EQ(chain.outcome(), "success");
        return chain.exit().fuel_used();
    };
    const auto calls =
        "(call $__height (i32.const 64)) (call $__sequence (i32.const 64)) (call $__fuel (i32.const 64))"
        "(drop (call $__request_transaction)) (drop (call $__request_block))";
    EXPECT_EQ(used(943'500, calls), used(943'499, calls) + 10 + 5 + 5 + 50 + 100);
    EXPECT_EQ(used(943'500, ""), used(943'499, ""));
    const auto loads = "(call $__load_transaction (i32.const 4096)) (call $__load_block (i32.const 8192))";
    EXPECT_EQ(used(943'500, loads), used(943'499, loads) + 500 + 1000);  // 10.28: flat
}

// 10.5 and 4.1: an empty storage map is paid for, 8 or 40 for each of its 4 bytes; the minimum rises with it.
TEST(Message, FuelChangesAt899087) {
    for (const std::uint64_t height : {899'086, 899'087}) {
        TestChain chain(bare_network("mainnet"), height - 1);
        const auto id = chain.deploy(doing(""));
        chain.mine({transaction({message({id.block, id.tx})}), transaction({message({9, 9})})});
        EXPECT_EQ(chain.exit().fuel_used(), 2u + (height < 899'087 ? 32 : 160));
        const auto fuel = chain.trace(1)->events(0).enter_context().context().fuel();
        EXPECT_EQ(fuel / 10'000'000, height < 899'087 ? 5u : 50u);  // half of the block's
    }
}

// 10.3, 10.4, 10.27: abort does not stop the contract; its message is what it returns, unless it traps.
TEST(Message, Abort) {
    TestChain chain(bare_network("regtest"), 0);
    const Bytes text = response({}, {},
                                "\x08\xc3\x79\xa0"
                                "so it is");
    const std::string abort = "(call $abort (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))";
    const auto check = [&](const std::string& body, const Bytes& data) {
        const auto number = chain.height;
        chain.mine({{{message({3, number})},
                     protorune::contract_envelope(alkanes::gzip(contract(body, {{1024, data}}))),
                     {},
                     1}});
        return chain.outcome();
    };
    EXPECT_EQ(check(abort + "(i32.const 1024)", text), "ALKANES: revert: so it is");
    EXPECT_EQ(check(abort + "(i32.const 1024)", empty_response), "ALKANES: revert");
    EXPECT_EQ(check(abort + "unreachable", text), "ALKANES: revert: wasm `unreachable` instruction executed");
    EXPECT_EQ(check(abort + "(i32.const 1024)", response({}, {}, "\x08\xc3\x79\xa0\xff")), "ALKANES: revert: ff");
    EXPECT_EQ(check("(i32.const 1024)", text), "success");  // the selector alone is no failure
    EXPECT_EQ(check("(i32.const 1024)", Bytes(19, '\0')), "ALKANES: revert: failed to fill whole buffer");  // 46
    EXPECT_EQ(check("(i32.const -1)", {}), "ALKANES: revert: invalid start offset");
    EXPECT_EQ(check("(i32.const 3)", {}), "ALKANES: revert: failed to read length prefix");
    // A failing host function is like abort (3.4); one of a bad pointer for __log too (10.27).
    EXPECT_EQ(check("(call $__log (i32.const 0)) (i32.const 1024)", empty_response), "ALKANES: revert");
    EXPECT_EQ(check("(call $__log (i32.const 64)) (i32.const 1024)", empty_response), "success");
}

// 10.6: what the frame used, with its storage, must fit into the transaction's fuel.
// 10.40: a revert shows u64::MAX.
TEST(Message, StorageMustBePaid) {
    TestChain chain(bare_network("regtest"), 0);
    const auto writer = [](std::size_t n) { return returning(response({}, {{"/k", Bytes(n, 'v')}})); };
    chain.mine({{{message({1, 0})}, protorune::contract_envelope(alkanes::gzip(writer(87'400))), {}, 1}});
    EXPECT_EQ(chain.outcome(), "success");
    EXPECT_EQ(chain.exit().fuel_used(), 2u + 40 * (4 + 8 + 2 + 87'400));
    EXPECT_EQ(chain.storage({2, 1}, "/k").size(), 87'400u);
    chain.mine({{{message({1, 0})}, protorune::contract_envelope(alkanes::gzip(writer(87'500))), {}, 1}});
    EXPECT_THAT(chain.outcome(),
                StartsWith("all fuel consumed by WebAssembly: requested 3500562 units, but only 3500000"));
    EXPECT_EQ(chain.exit().fuel_used(), ~std::uint64_t{0});
    EXPECT_EQ(chain.storage({2, 2}, "/k"), "");
}

// 10.7: a message that fails leaves no fuel to those behind it in its transaction. Each has a trace.
TEST(Message, DrainedFuel) {
    TestChain chain(bare_network("regtest"), 0);
    const auto id = chain.deploy(doing(""));
    chain.mine({transaction({message({id.block, id.tx}), message({9, 9}), message({id.block, id.tx})}),
                transaction({message({id.block, id.tx})})});
    EXPECT_EQ(chain.outcome(1, 0), "success");
    EXPECT_EQ(chain.outcome(1, 1), "unexpected end-of-file (at offset 0x0)");
    EXPECT_EQ(chain.outcome(1, 2), out_of_fuel);
    EXPECT_EQ(chain.trace(1, 2)->events(0).enter_context().context().fuel(), 0u);
    EXPECT_EQ(chain.outcome(2, 0), "success");
}

// 10.8: errors before the fuel neither drain it nor show in a trace.
// 10.15: a missing (4, n) is one, a missing (2, n) is not.
TEST(Message, ErrorsBeforeTheFuel) {
    TestChain chain(bare_network("regtest"), 0);
    const auto id = chain.deploy(doing(""));
    const auto good = message({id.block, id.tx});
    auto unterminated = good;
    unterminated.message = Bytes(15, '\x80');
    chain.mine({transaction({unterminated, message({4, 5}), message({1, 0}), message({3, 1}), message({32, 7}),
                             message({6, 5}), message({5, 2}), message({2, 2}), good})});
    for (unsigned i = 0; i < 7; i++) EXPECT_EQ(chain.outcome(1, i), "no trace") << i;
    EXPECT_EQ(chain.trace(1, 7)->events(0).enter_context().context().fuel(), 3'500'000u);
    EXPECT_EQ(chain.outcome(1, 7), "unexpected end-of-file (at offset 0x0)");
    EXPECT_EQ(chain.outcome(1, 8), out_of_fuel);
    EXPECT_EQ(chain.get("/alkanes/sequence"), to_le(u128{2}));
}

// 1.3.6: the rest of the targets, 8, 8 among them.
TEST(Message, UnknownTargets) {
    TestChain chain(bare_network("regtest"), 0);
    for (const auto& target :
         std::vector<std::vector<u128>>{{0, 0}, {1, 1}, {7, 0}, {8, 8, 2, 0}, {800'000'000, 0}, {2, 1}}) {
        chain.call(target);
        EXPECT_EQ(chain.outcome(), "unexpected end-of-file (at offset 0x0)");
    }
}

// 10.19: tokens of its own a contract gives as it likes.
// 10.20: entries are taken in order.
TEST(Message, SelfMint) {
    TestChain chain(bare_network("regtest"), 0);
    const RuneId self{2, 1};
    chain.deploy(returning(response({{self, 5}, {self, 7}})));
    EXPECT_EQ(chain.tokens_on(1, 0, self), 12u);
    EXPECT_EQ(chain.balance(self, self), 0u);
    // The twelve come back, and leave again.
    auto call = transaction({message({2, 1})});
    call.inputs = {chain.spend(1, 0)};
    chain.mine({call});
    EXPECT_EQ(chain.outcome(), "success");
    EXPECT_EQ(chain.balance(self, self), 0u);
    EXPECT_EQ(chain.tokens_on(1, 0, self), 12u);
    EXPECT_EQ(value(chain.trace()->events(0).enter_context().context().inner().incoming_alkanes(0).value()), 12u);
}

// 10.21: but not tokens whose id is that of a rune.
TEST(Message, EtchedIdsAreNotMinted) {
    for (const bool etched : {false, true}) {
        TestChain chain(bare_network("regtest"), 0);
        const RuneId self{2, 1};
        if (etched) chain.state.map["/etching/byruneid/" + protorune::id32(self)] = "NAME";
        const Bytes code = returning(response({{self, 5}}));
        chain.mine({{{message({1, 0})}, protorune::contract_envelope(alkanes::gzip(code)), {}, 1}});
        EXPECT_EQ(chain.outcome() == "success", !etched);
        EXPECT_EQ(chain.tokens_on(1, 0, self), etched ? 0u : 5u);
    }
}

// 10.34, docs/consensus.md: a stored integer of another length is extended by zeros or cut.
TEST(Message, StoredIntegersOfOtherLengths) {
    for (const Bytes& stored : {Bytes("\x05"), to_le(u128{5}) + "xyz"}) {
        TestChain chain(bare_network("regtest"), 0);
        chain.deploy(doing(""));
        chain.state.map[Bytes(alkanes::sequence_key)] = stored;
        EXPECT_EQ(chain.deploy(doing("")), (RuneId{2, 5}));
        EXPECT_EQ(chain.get(alkanes::sequence_key), to_le(u128{6}));
    }
}

// 10.45: tokens that it does not have are an error where they are taken.
TEST(Message, OthersTokens) {
    TestChain chain(bare_network("regtest"), 0);
    const Bytes code = returning(response({{{2, 9}, 5}}));
    chain.mine({{{message({1, 0})}, protorune::contract_envelope(alkanes::gzip(code)), {}, 1}});
    EXPECT_EQ(
        chain.outcome(),
        "balance underflow, transferring(AlkaneTransfer { id: AlkaneId { block: 2, tx: 9 }, value: 5 }), from(AlkaneId "
        "{ block: 2, tx: 1 }), balance(0)");
    const Bytes overflow = returning(response({{{2, 1}, u128_max}, {{2, 1}, 1}}));
    chain.mine({{{message({1, 0})}, protorune::contract_envelope(alkanes::gzip(overflow)), {}, 1}});
    EXPECT_THAT(chain.outcome(), StartsWith("overflow error during balance sheet increase, current(3402823669"));
}

// 10.17: what a failing constructor created is undone, and the id is used again.
// 10.43: its inventory is not.
TEST(Message, RevertsUndoCreation) {
    TestChain chain(bare_network("regtest"), 0);
    const RuneId token{2, 1};
    chain.deploy(returning(response({{token, 100}})));
    auto spend = chain.spend(1, 0);
    const auto keeper = chain.deploy_reserved(doing(""), 7);
    auto give = transaction({message({4, 7})});
    give.inputs = {spend};
    chain.mine({give});
    EXPECT_EQ(chain.balance(token, keeper), 100u);
    EXPECT_EQ(chain.inventory(keeper), 0u);  // the first credit finds nothing

    chain.mine({{{message({1, 0})}, protorune::contract_envelope(alkanes::gzip(contract("unreachable"))), {}, 1}});
    EXPECT_EQ(chain.outcome(), "ALKANES: revert: wasm `unreachable` instruction executed");
    EXPECT_EQ(chain.get("/alkanes/sequence"), to_le(u128{2}));
    EXPECT_EQ(chain.get(alkanes::code_key({2, 2})), "");
    EXPECT_EQ(chain.get(alkanes::creation_key({2, 2})), "");
    EXPECT_EQ(chain.deploy(doing("")), (RuneId{2, 2}));

    // A balance that is set is looked at, twice, and the message fails.
    const Bytes who = protorune::id32(keeper), what = protorune::id32(token);
    const Bytes looks = contract(
        "(call $__balance (i32.const 64) (i32.const 128) (i32.const 2052))"
        "(call $__balance (i32.const 64) (i32.const 128) (i32.const 2052)) unreachable",
        {{64, who}, {128, what}});
    chain.mine({{{message({1, 0})}, protorune::contract_envelope(alkanes::gzip(looks)), {}, 1}});
    EXPECT_EQ(chain.inventory(keeper), 2u);
    EXPECT_EQ(chain.get(alkanes::inventory_key(keeper) + "/1"), what);
}

// 10.26: of a balance that was never set only the length, 0, is written. 3.4: who and what have 32 bytes.
TEST(Message, BalanceThatWasNeverSet) {
    TestChain chain(bare_network("regtest"), 0);
    const std::string look = "(call $__balance (i32.const 64) (i32.const 128) (i32.const 1044))";
    const std::map<unsigned, Bytes> buffers{
        {64, protorune::id32({2, 1})}, {128, protorune::id32({2, 9})}, {1024, Bytes(20, '\0') + Bytes(16, 'z')}};
    chain.mine({{{message({1, 0})},
                 protorune::contract_envelope(alkanes::gzip(contract(look + "(i32.const 1024)", buffers))),
                 {},
                 1}});
    EXPECT_EQ(chain.outcome(), "success");
    EXPECT_EQ(chain.exit().response().data(), Bytes(16, 'z'));
    const Bytes short_id = contract(look + "(i32.const 1024)",
                                    {{64, Bytes(31, '\0')}, {128, protorune::id32({2, 9})}, {1024, empty_response}});
    chain.mine({{{message({1, 0})}, protorune::contract_envelope(alkanes::gzip(short_id)), {}, 1}});
    EXPECT_EQ(chain.outcome(), "ALKANES: revert");
}

// 4.6, docs/consensus.md: a memory that cannot have 512 pages fails its message.
TEST(Message, MemoryThatCannotGrow) {
    TestChain chain(bare_network("regtest"), 0);
    for (const auto* memory : {"1 511", "0 0"}) {
        const Bytes code = contract("(i32.const 1024)", {}, "", memory);
        chain.mine({{{message({1, 0})}, protorune::contract_envelope(alkanes::gzip(code)), {}, 1}});
        EXPECT_NE(chain.outcome(), "success");
        EXPECT_NE(chain.outcome(), "no trace");
    }
    chain.deploy(contract("(i32.const 1024)", {{1024, empty_response}}, "", "1 512"));
}

// 1.3: what is stored for a creation, and for a clone. 10.13, 10.14: sequence numbers and aliases.
TEST(Message, CreationsAndClones) {
    TestChain chain(bare_network("regtest"), 0);
    chain.deploy(doing(""));
    const auto outpoint = chain.get(alkanes::creation_key({2, 1}));
    EXPECT_EQ(outpoint.size(), 36u);
    EXPECT_EQ(outpoint.substr(32), to_le(3u));
    chain.deploy_reserved(returning(response({}, {}, "reserved")), 9);
    EXPECT_EQ(chain.get("/alkanes/sequence"), to_le(u128{2}));
    chain.call({6, 9});
    EXPECT_EQ(chain.get(alkanes::code_key({2, 2})), protorune::id32({4, 9}));
    EXPECT_EQ(value(chain.trace()->events(0).create_alkane().new_alkane().tx()), 2u);
    EXPECT_EQ(chain.exit().response().data(), "reserved");
    chain.call({5, 2});  // a clone of a clone
    EXPECT_EQ(chain.get(alkanes::code_key({2, 3})), protorune::id32({2, 2}));
    chain.call({2, 3});
    EXPECT_EQ(chain.exit().response().data(), "reserved");
    // The id is taken.
    chain.mine({{{message({3, 9})}, protorune::contract_envelope(alkanes::gzip(doing(""))), {}, 1}});
    EXPECT_EQ(chain.outcome(), "no trace");
    // A clone of itself fails, and nothing is written (docs/consensus.md).
    chain.call({5, 4});
    EXPECT_EQ(chain.outcome(), "no trace");
    EXPECT_EQ(chain.get("/alkanes/sequence"), to_le(u128{4}));
}

// Below GENESIS_BLOCK messages fail without a trace.
TEST(Message, BelowGenesis) {
    TestChain chain(bare_network("mainnet"), 879'999);
    chain.call({9, 9});
    EXPECT_EQ(chain.outcome(), "no trace");
    EXPECT_EQ(chain.get("/seen-genesis"), "");
    chain.call({9, 9});
    EXPECT_EQ(chain.outcome(), "unexpected end-of-file (at offset 0x0)");
    EXPECT_EQ(chain.get("/seen-genesis"), "\x01");
}
