// Calls between contracts (alkanes-vm.md 2.4 to 2.6, 6.1; 10.N: its edge cases).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alkanes/gzip.hpp"
#include "alkanes/keys.hpp"
#include "test_chain.hpp"

using namespace warpshrew;
using namespace warpshrew::test;
using testing::HasSubstr;

namespace {

const Bytes no_tokens(16, '\0'), no_writes(4, '\0');

/// A contract that calls `target` once and answers with the call's result and returndata behind the shortest response.
Bytes calling(std::string_view function, const std::vector<u128>& target, const Bytes& tokens = no_tokens,
              const Bytes& writes = no_writes) {
    return contract("(i32.store (i32.const 1044) (call $" + std::string(function) +
                        " (i32.const 64) (i32.const 512) (i32.const 768) (i64.const 0)))"
                        "(call $__returndatacopy (i32.const 1052)) "
                        "(i32.store (i32.const 1020) (i32.add (i32.const 28) (i32.load (i32.const 1048))))"
                        "(i32.const 1024)",
                    {{64, words(target)}, {512, tokens}, {768, writes}, {1024, empty_response}});
}

TestTransaction create(const Bytes& code, std::vector<protorune::Protostone> stones = {message({1, 0})}) {
    return {std::move(stones), protorune::contract_envelope(alkanes::gzip(code)), {}, 1};
}

/// The call's result, and what it returned.
std::pair<std::int32_t, Bytes> answer(const TestChain& chain) {
    const Bytes data = chain.exit().response().data();
    if (data.size() < 8) return {0, "no answer: " + chain.outcome()};
    return {load_le<std::int32_t>(data.data()), data.substr(8)};
}

std::string text_of(const pb::alkanes::AlkanesExitContext& e) {
    return e.response().data().substr(std::min<std::size_t>(4, e.response().data().size()));
}

}  // namespace

TEST(Call, ReturnsTheChildsAnswer) {
    TestChain chain(bare_network("regtest"), 0);
    chain.deploy(returning(response({}, {{"/child", "1"}}, "hello")));
    const auto caller = chain.deploy(calling("__call", {2, 1}, no_tokens, storage_map({{"/caller", "2"}})));
    EXPECT_EQ(answer(chain), std::pair(21, no_tokens + "hello"));
    EXPECT_EQ(chain.storage({2, 1}, "/child"), "1");
    EXPECT_EQ(chain.storage(caller, "/caller"), "2");
    const auto trace = chain.trace();
    ASSERT_EQ(trace->events_size(), 5);  // create, enter, enter, exit, exit
    EXPECT_EQ(trace->events(2).enter_context().context().inner().caller().tx().lo(), caller.tx);
    // The child starts with what is left after the call's price: 500 and 40 for each byte of the map.
    const auto start = trace->events(1).enter_context().context().fuel();
    const auto at_call = trace->events(2).enter_context().context().fuel();
    const auto map_price = 40 * storage_map({{"/caller", "2"}}).size();
    EXPECT_LT(at_call, start - 500 - map_price);
    EXPECT_GT(at_call, start - 500 - map_price - 60);
}

// 10.22: the child writes into the caller, sees the caller's caller, and its tokens do not move.
TEST(Call, Delegate) {
    TestChain chain(bare_network("regtest"), 0);
    chain.deploy(returning(response({{{2, 1}, 3}}, {{"/child", "1"}})));
    const auto caller =
        chain.deploy(calling("__delegatecall", {2, 1}, words({1, 2, 99, 5})));  // a parcel that it lacks
    EXPECT_EQ(chain.storage(caller, "/child"), "1");
    EXPECT_EQ(chain.storage({2, 1}, "/child"), "1");  // of its own deployment
    EXPECT_EQ(chain.balance({2, 1}, caller), 0u);
    const auto trace = chain.trace();
    const auto& inner = trace->events(2).enter_context().context().inner();
    EXPECT_EQ(inner.myself().tx().lo(), caller.tx);
    EXPECT_EQ(inner.caller().tx().lo(), 0u);
    EXPECT_EQ(inner.incoming_alkanes_size(), 1);
}

// 10.23: everything is taken back, the caller's own map too; the returndata and the fuel are not.
TEST(Call, Static) {
    TestChain chain(bare_network("regtest"), 0);
    chain.deploy_reserved(returning(response({}, {}, "x")), 1);
    const Bytes child = returning(response({{{4, 2}, 9}}, {{"/child", "1"}}, "seen"));
    chain.deploy_reserved(child, 2);
    const auto caller = chain.deploy(calling("__staticcall", {4, 2}, no_tokens, storage_map({{"/caller", "2"}})));
    EXPECT_EQ(answer(chain).second, words({1, 4, 2, 9}) + "seen");
    EXPECT_EQ(chain.storage(caller, "/caller"), "");
    EXPECT_EQ(chain.balance({4, 2}, caller), 0u);
    // A clone inside vanishes with its number.
    chain.deploy(calling("__staticcall", {6, 1}));
    EXPECT_EQ(answer(chain).second, no_tokens + "x");
    EXPECT_EQ(chain.get("/alkanes/sequence"), to_le(u128{3}));
}

// 10.24, 2.4.10: a call that fails before its child runs marks the caller, which runs on.
TEST(Call, FailsBeforeTheChild) {
    TestChain chain(bare_network("regtest"), 0);
    const auto fails = [&](const std::vector<u128>& target, const Bytes& tokens, const Bytes& map) {
        chain.mine({create(calling("__call", target, tokens, map))});
        EXPECT_EQ(chain.outcome(), "ALKANES: revert");
        const auto trace = chain.trace();
        const auto& e = trace->events(trace->events_size() - 2).exit_context();
        EXPECT_EQ(e.status(), pb::alkanes::FAILURE);
        EXPECT_EQ(e.fuel_used(), 0u);
        return text_of(e);
    };
    EXPECT_EQ(fails({2}, no_tokens, no_writes), "failed to fill whole buffer");
    EXPECT_EQ(fails({2, 1}, words({u128_max}), no_writes), "failed to fill whole buffer");
    EXPECT_EQ(fails({2, 1}, no_tokens, to_le(0xffffffffu)),
              "StorageMap: entry count 4294967295 exceeds remaining input");
    EXPECT_EQ(fails({4, 77}, no_tokens, storage_map({{"/k", "v"}})), "unexpected end of file");
    EXPECT_EQ(chain.storage({2, 1}, "/k"), "");
    EXPECT_EQ(fails({5, 2}, no_tokens, no_writes), "unexpected end of file");  // the clone of itself
    EXPECT_THAT(fails({7, 7}, words({1, 2, 99, 5}), no_writes),
                HasSubstr("balance underflow, transferring(AlkaneTransfer"));
    EXPECT_EQ(fails({800'000'000, 4}, no_tokens, no_writes), "Unknown precompiled contract: [800000000, 4]");
}

// 10.37, 2.4.9: from the fork on a child that fails leaves its caller without fuel, before it the caller is marked.
// Neither message lives.
TEST(Call, ContainmentFrom950000) {
    for (const std::uint64_t height : {949'999, 950'000}) {
        TestChain chain(bare_network("mainnet"), height);
        chain.mine({create(calling("__call", {7, 7}))});
        const auto trace = chain.trace();
        ASSERT_EQ(trace->events_size(), 5);
        const auto& e = trace->events(3).exit_context();
        EXPECT_EQ(text_of(e), "unexpected end-of-file (at offset 0x0)");
        const auto start = trace->events(2).enter_context().context().fuel();
        EXPECT_EQ(e.fuel_used(), height < 950'000 ? 0 : start);  // 40
        EXPECT_NE(chain.outcome(), "success");
    }
}

// 10.39, 2.6: 25 frames and no more; the last may not even call a precompile.
TEST(Call, Depth) {
    TestChain chain(bare_network("regtest"), 0);
    chain.mine({create(calling("__call", {4, 3}), {message({3, 3})})});
    const auto trace = chain.trace();
    ASSERT_TRUE(trace);
    int frames = 0;
    const pb::alkanes::AlkanesExitContext* first = nullptr;
    for (const auto& e : trace->events()) {
        frames += e.has_enter_context();
        if (!first && e.has_exit_context()) first = &e.exit_context();
    }
    EXPECT_EQ(frames, 25);
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(text_of(*first), "Possible infinite recursion encountered: checkpoint depth too large(76)");
    EXPECT_NE(chain.outcome(), "success");
}

// A contract that calls itself n times and stops: 23 calls are possible from each side of the limit.
TEST(Call, DepthThatIsAllowed) {
    // The first input counts down; it lies behind six words of the context, and in the third word of the cellpack.
    const Bytes code = contract(
        "(drop (call $__load_context (i32.const 2052)))"
        "(if (i32.gt_u (i32.load8_u (i32.const 2148)) (i32.const 0)) (then"
        "  (i32.store8 (i32.const 96) (i32.sub (i32.load8_u (i32.const 2148)) (i32.const 1)))"
        "  (drop (call $__call (i32.const 64) (i32.const 512) (i32.const 768) (i64.const 0)))))"
        "(i32.const 1024)",
        {{64, words({4, 3, 0})}, {512, no_tokens}, {768, no_writes}, {1024, empty_response}});
    TestChain chain(bare_network("regtest"), 0);
    chain.deploy_reserved(code, 3);
    chain.call({4, 3, 24});
    EXPECT_EQ(chain.outcome(), "success");
    chain.call({4, 3, 25});
    EXPECT_NE(chain.outcome(), "success");
}

// 10.44: of the frames of one contract that write a key, the outermost returns last.
TEST(Call, TheLastToReturnWrites) {
    const unsigned value_at = 1024 + 16 + 4 + 4 + 2 + 4;  // in the response
    const Bytes code = contract(
        "(drop (call $__load_context (i32.const 2052)))"
        "(if (i32.gt_u (i32.load8_u (i32.const 2148)) (i32.const 0)) (then"
        "  (i32.store8 (i32.const 96) (i32.sub (i32.load8_u (i32.const 2148)) (i32.const 1)))"
        "  (drop (call $__call (i32.const 64) (i32.const 512) (i32.const 768) (i64.const 0)))))"
        "(i32.store8 (i32.const " +
            std::to_string(value_at) + ") (i32.load8_u (i32.const 2148))) (i32.const 1024)",
        {{64, words({4, 3, 0})}, {512, no_tokens}, {768, no_writes}, {1024, response({}, {{"/k", "?"}})}});
    TestChain chain(bare_network("regtest"), 0);
    chain.deploy_reserved(code, 3);
    chain.call({4, 3, 5});
    EXPECT_EQ(chain.outcome(), "success");
    EXPECT_EQ(chain.storage({4, 3}, "/k"), "\x05");
}

// docs/consensus.md: two frames of 32,768 pages fit into 4 GiB, with one page more the second fails.
TEST(Call, MemoryOfAllFrames) {
    TestChain chain(bare_network("regtest"), 0);
    for (const unsigned last : {384, 385}) {
        std::string memories = "(memory " + std::to_string(last) + ")";  // behind the exported one's 512 pages
        for (int i = 0; i < 48; i++) memories += "(memory 664)";
        const auto large = chain.deploy(contract("(i32.const 1024)", {{1024, empty_response}}, memories));
        const std::string call = "(drop (call $__call (i32.const 64) (i32.const 512) (i32.const 768) (i64.const 0)))";
        const Bytes caller =
            contract(call + call + "(i32.const 1024)",
                     {{64, words({large.block, large.tx})}, {512, no_tokens}, {768, no_writes}, {1024, empty_response}},
                     "(memory 384)" + memories.substr(memories.find(')') + 1));
        chain.mine({create(caller)});
        if (last == 384) {
            EXPECT_EQ(chain.outcome(), "success");
            continue;
        }
        EXPECT_NE(chain.outcome(), "success");
        const auto trace = chain.trace();
        ASSERT_TRUE(trace);
        ASSERT_GT(trace->events_size(), 3);
        EXPECT_EQ(text_of(trace->events(3).exit_context()), "out of bounds memory allocation");
    }
}

// 10.18: creations in calls take the transaction's first envelope as well.
TEST(Call, CreatesFromTheSameEnvelope) {
    // Only the frame that a message calls, whose caller is (0, 0), creates.
    const Bytes code = contract(
        "(drop (call $__load_context (i32.const 2052)))"
        "(if (i32.eqz (i32.load (i32.const 2084))) (then"
        "  (drop (call $__call (i32.const 64) (i32.const 512) (i32.const 768) (i64.const 0)))))"
        "(i32.const 1024)",
        {{64, words({1, 0})}, {512, no_tokens}, {768, no_writes}, {1024, empty_response}});
    TestChain chain(bare_network("regtest"), 0);
    chain.deploy(code);
    EXPECT_EQ(chain.get("/alkanes/sequence"), to_le(u128{3}));
    EXPECT_EQ(chain.get(alkanes::code_key({2, 2})), alkanes::gzip(code));
    EXPECT_EQ(chain.get(alkanes::creation_key({2, 2})), chain.get(alkanes::creation_key({2, 1})));
    // 41 bytes of the same code lie under two ids, both run.
    chain.call({2, 2});
    EXPECT_EQ(chain.outcome(), "ALKANES: revert");  // no envelope now
}

// 10.16: (1, 1) creates nothing, but costs what a deployment costs.
TEST(Call, DeploymentFee) {
    for (const u128 block : {1, 7}) {
        TestChain chain(bare_network("regtest"), 0);
        chain.mine({create(calling("__call", {block, 1}))});
        const auto trace = chain.trace();
        const auto spent =
            trace->events(1).enter_context().context().fuel() - trace->events(2).enter_context().context().fuel();
        EXPECT_EQ(spent / 100'000, block == 1 ? 1u : 0u);
    }
}

// 10.25: to (0, 0) nothing moves, and nothing is checked.
TEST(Call, TransferToNobody) {
    TestChain chain(bare_network("mainnet"), 949'000);
    chain.mine({create(calling("__call", {0, 0}, words({1, 2, 99, 5})))});
    EXPECT_EQ(text_of(chain.trace()->events(3).exit_context()), "unexpected end-of-file (at offset 0x0)");
}

// 6.1; 10.29: the sum of the coinbase's outputs; 10.31: an exit without an enter.
TEST(Call, Precompiles) {
    TestChain chain(bare_network("regtest"), 0);
    const auto ask = [&](u128 n) {
        chain.deploy(calling("__call", {800'000'000, n}, words({1, 2, 99, 5})));
        EXPECT_EQ(chain.trace()->events_size(), 4);  // create, enter, exit, exit
        EXPECT_EQ(chain.trace()->events(2).exit_context().fuel_used(), 0u);
        const auto [result, data] = answer(chain);
        EXPECT_EQ(result, static_cast<std::int32_t>(data.size()));
        EXPECT_EQ(data.substr(0, 16), no_tokens);
        return data.substr(16);
    };
    const auto block = [&] { return chain.get("/blockdata/" + to_le(static_cast<std::uint32_t>(chain.height - 1))); };
    const auto header = ask(0);
    EXPECT_EQ(header, block().substr(0, 80));
    const auto coinbase = ask(1);
    EXPECT_GT(coinbase.size(), 60u);
    EXPECT_EQ(coinbase, block().substr(81, coinbase.size()));
    EXPECT_EQ(ask(2), to_le(u128{0}));
    EXPECT_EQ(ask(3), to_le(u128{5'000'000'000}));
}

// 10.30: attempts are counted by their form, one a transaction.
TEST(Call, MintsOfTheBlock) {
    TestChain chain(bare_network("regtest"), 0);
    const auto plain = [](std::vector<protorune::Protostone> stones) {
        return TestTransaction{std::move(stones), {}, {}, 1};
    };
    const auto mint = message({2, 0, 77});
    auto other_protocol = mint, bad_pointer = mint, broken = mint;
    other_protocol.protocol_tag = 2;
    bad_pointer.pointer = 1000;
    broken.message = Bytes(15, '\x80');
    chain.mine({create(calling("__call", {800'000'000, 2})), plain({mint, mint}), plain({message({9, 9}), mint}),
                plain({bad_pointer}), plain({broken, mint}), plain({other_protocol}), plain({message({2, 0, 78})}),
                plain({message({2, 1, 77})}), plain({broken})});
    EXPECT_EQ(answer(chain).second.substr(16), to_le(u128{4}));
}
