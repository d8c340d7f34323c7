// The (8,8) prefix of messages (docs/consensus.md), form by form. Whole chains are in stripped_chain_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alkanes/candidate.hpp"
#include "alkanes/fuel_tank.hpp"
#include "alkanes/gzip.hpp"
#include "alkanes/keys.hpp"
#include "alkanes/profile.hpp"
#include "alkanes/serialization.hpp"
#include "alkanes/views.hpp"
#include "base/file.hpp"
#include "base/temporary_folder.hpp"
#include "contracts/embedded.hpp"
#include "protorune/varint.hpp"
#include "test_chain.hpp"

namespace warpshrew::test {
namespace {

const std::string no_code = "unexpected end-of-file (at offset 0x0)";  // of a target that is no contract

protorune::Network bare_devnet() { return bare_network("devnet"); }

protorune::Network active_from(std::uint64_t height) {
    auto network = bare_network("regtest");
    network.parallel_activation_height = height;
    return network;
}

TestTransaction transaction(std::vector<protorune::Protostone> stones) { return {std::move(stones), {}, {}, 1}; }

TestTransaction create(const Bytes& code, std::vector<u128> list) {
    return {{message(std::move(list))}, protorune::contract_envelope(alkanes::gzip(code)), {}, 1};
}

/// A message of these very bytes, which are padded to a multiple of 15.
protorune::Protostone raw(Bytes calldata) {
    auto stone = message({});
    stone.message = std::move(calldata);
    return stone;
}

/// `n`, which is small, in `size` bytes.
Bytes long_integer(char n, std::size_t size) {
    return Bytes(1, static_cast<char>(n | '\x80')) + Bytes(size - 2, '\x80') + Bytes(1, '\0');
}

/// A contract that gives its context back as data.
Bytes telling_context() {
    return contract(
        "(i32.store (i32.const 1020) (i32.add (i32.const 20) (call $__request_context)))"
        "(drop (call $__load_context (i32.const 2052)))"
        "(memory.copy (i32.const 1044) (i32.const 2052) (call $__request_context))"
        "(i32.const 1024)",
        {{1024, empty_response}});
}

/// A contract that calls `target` and gives back what that answers, behind the result.
Bytes calling(const std::vector<u128>& target) {
    return contract(
        "(i32.store (i32.const 1044) (call $__call (i32.const 64) (i32.const 512) (i32.const 768) (i64.const 0)))"
        "(call $__returndatacopy (i32.const 1052)) "
        "(i32.store (i32.const 1020) (i32.add (i32.const 28) (i32.load (i32.const 1048))))"
        "(i32.const 1024)",
        {{64, words(target)}, {512, Bytes(16, '\0')}, {768, Bytes(4, '\0')}, {1024, empty_response}});
}

std::vector<u128> inputs_in(const pb::alkanes::AlkanesTrace& trace) {
    std::vector<u128> out;
    for (const auto& n : trace.events(0).enter_context().context().inner().inputs())
        out.push_back(u128{n.hi()} << 64 | n.lo());
    return out;
}

RuneId target_in(const pb::alkanes::AlkanesTrace& trace) {
    const auto& id = trace.events(0).enter_context().context().inner().myself();
    return {id.block().lo(), id.tx().lo()};
}

std::vector<u128> padded(std::vector<u128> list, std::size_t size) {
    list.resize(size);
    return list;
}

}  // namespace

TEST(Prefix, IsTwoIntegersAtTheFront) {
    EXPECT_TRUE(alkanes::has_prefix("\x08\x08"));
    EXPECT_TRUE(alkanes::has_prefix("\x08\x08\x02\x01"));
    EXPECT_TRUE(alkanes::has_prefix(BytesView("\x88\x00\x88\x80\x00\x02", 6)));  // integers, however long
    EXPECT_FALSE(alkanes::has_prefix(""));
    EXPECT_FALSE(alkanes::has_prefix("\x08"));
    EXPECT_FALSE(alkanes::has_prefix("\x08\x09\x02\x01"));
    EXPECT_FALSE(alkanes::has_prefix("\x09\x08\x02\x01"));
    EXPECT_FALSE(alkanes::has_prefix("\x02\x08\x08\x02"));
    EXPECT_FALSE(alkanes::has_prefix("\x08\x08\x02\x80"));  // no list of integers
}

TEST(Prefix, IsTakenOffOnce) {
    using List = std::vector<u128>;
    const auto integers = [](BytesView calldata) { return alkanes::message_integers(calldata, true).value(); };
    EXPECT_EQ(integers("\x08\x08\x02\x01\x4d"), (List{2, 1, 77}));
    EXPECT_EQ(integers("\x08\x08\x08\x08\x02"), (List{8, 8, 2}));
    EXPECT_EQ(integers("\x08\x08\x02"), (List{2}));
    EXPECT_EQ(integers("\x08\x08"), List{});
    EXPECT_EQ(integers("\x08\x02\x08\x08"), (List{8, 2, 8, 8}));
    EXPECT_EQ(integers(""), List{});
    EXPECT_EQ(alkanes::message_integers("\x08\x08\x02\x01\x4d", false).value(), (List{8, 8, 2, 1, 77}));
    EXPECT_EQ(alkanes::message_integers("\x08\x08\x80", true).error().offset, 2u);
}

TEST(Prefix, TooFewIntegersFailAsWithoutIt) {
    const auto reason = [](BytesView calldata, bool prefix_counts) {
        const auto cellpack = alkanes::decode_calldata(calldata, prefix_counts);
        return cellpack ? "none" : cellpack.error().reason;
    };
    EXPECT_EQ(reason("\x08\x08\x02\x01", true), "none");
    for (const BytesView few : {"\x08\x08\x02", "\x08\x08"}) {
        EXPECT_EQ(reason(few, true), reason("\x02", false));
        EXPECT_EQ(reason(few, false), "none");
    }
}

TEST(Prefix, CountsFromTheActivationHeight) {
    const auto never = bare_network("regtest"), from_7 = active_from(7), always = bare_devnet();
    for (const std::uint64_t height : {std::uint64_t{0}, std::uint64_t{6}, std::uint64_t{7}, ~std::uint64_t{0}}) {
        EXPECT_FALSE(never.parallel_active(height));
        EXPECT_TRUE(always.parallel_active(height));
        EXPECT_EQ(from_7.parallel_active(height), height >= 7);
    }
}

// What runs, what it is given and what the trace shows: the cellpack behind the prefix.
TEST(Prefix, TheContractAndTheTraceDoNotSeeIt) {
    TestChain chain(bare_devnet(), 0);
    const auto id = chain.deploy(telling_context());
    chain.call({8, 8, id.block, id.tx, 77});
    ASSERT_EQ(chain.outcome(), "success");
    const auto inputs = padded({77}, 11);  // 15 bytes, four integers of which are prefix and target
    EXPECT_EQ(target_in(*chain.trace()), id);
    EXPECT_EQ(inputs_in(*chain.trace()), inputs);
    std::vector<u128> context{id.block, id.tx, 0, 0, 3, 0};
    context.insert(context.end(), inputs.begin(), inputs.end());
    EXPECT_EQ(chain.exit().response().data(), words(context));

    // However its integers are written.
    chain.mine({transaction({raw(long_integer(8, 2) + long_integer(8, 5) + "\x02\x01\x4d")})});
    ASSERT_EQ(chain.outcome(), "success");
    EXPECT_EQ(inputs_in(*chain.trace()), padded({77}, 6));
}

TEST(Prefix, IsAnUnknownTargetBelowTheActivationHeightAndOnOtherNetworks) {
    for (const auto& [network, active] :
         {std::pair{active_from(3), true}, std::pair{active_from(4), false}, std::pair{bare_network("regtest"), false},
          std::pair{bare_network("mainnet"), false}}) {
        SCOPED_TRACE(network.name + (active ? ", active" : ""));
        TestChain chain(network, network.name == "mainnet" ? 900'000 : 2);
        const auto id = chain.deploy(returning(response({}, {}, "here")));  // at 2
        chain.call({8, 8, id.block, id.tx, 77});                            // at 3
        EXPECT_EQ(chain.outcome(), active ? "success" : no_code);
        EXPECT_EQ(target_in(*chain.trace()), active ? id : (RuneId{8, 8}));
        EXPECT_EQ(inputs_in(*chain.trace()), active ? padded({77}, 11) : padded({id.block, id.tx, 77}, 13));
    }
}

// 1.2.4, 10.8: an error before anything ran: no trace, no fuel taken, the tokens come back.
TEST(Prefix, TooFewIntegersLeaveNoTraceAndRefundTheTokens) {
    const std::vector<Bytes> few = {long_integer(8, 8) + long_integer(8, 7),  // nothing behind it
                                    Bytes("\x08\x08") + long_integer(2, 13),  // a target's half
                                    long_integer(8, 10) + long_integer(8, 10) + long_integer(2, 10)};
    for (const bool active : {true, false}) {
        TestChain chain(active ? bare_devnet() : bare_network("regtest"), 0);
        const RuneId id{2, 1};
        chain.deploy(returning(response({{id, 5}})));
        for (const Bytes& calldata : few) {
            auto call = transaction({raw(calldata), message({id.block, id.tx})});
            call.inputs = {chain.spend(1, 0)};
            call.stones[0].refund = 0;
            chain.mine({call});
            if (active) {
                EXPECT_EQ(chain.outcome(1, 0), "no trace");
                EXPECT_EQ(chain.outcome(1, 1), "success");
                EXPECT_EQ(chain.trace(1, 1)->events(0).enter_context().context().fuel(), 3'500'000u);
                EXPECT_EQ(chain.tokens_on(1, 0, id), 10u);
            } else {
                EXPECT_EQ(chain.outcome(1, 0), no_code);
                EXPECT_NE(chain.outcome(1, 1), "success");  // without fuel
                EXPECT_EQ(chain.tokens_on(1, 0, id), 5u);
            }
            chain.state.map.clear();
            chain.deploy(returning(response({{id, 5}})));
        }
    }
}

TEST(Prefix, ASecondOneIsATarget) {
    TestChain chain(bare_devnet(), 0);
    const auto id = chain.deploy(telling_context());
    chain.call({8, 8, 8, 8, id.block, id.tx, 77});
    EXPECT_EQ(chain.outcome(), no_code);
    EXPECT_EQ(target_in(*chain.trace()), (RuneId{8, 8}));
    EXPECT_EQ(inputs_in(*chain.trace()), padded({id.block, id.tx, 77}, 11));
}

TEST(Prefix, IsATargetInACallOfAContract) {
    TestChain chain(bare_devnet(), 0);
    const auto id = chain.deploy(returning(response({}, {}, "here")));
    const auto direct = chain.deploy(calling({id.block, id.tx, 77}));
    chain.call({8, 8, direct.block, direct.tx});
    EXPECT_THAT(chain.exit().response().data(), testing::EndsWith("here"));
    chain.mine({create(calling({8, 8, id.block, id.tx, 77}), {8, 8, 1, 0})});
    EXPECT_NE(chain.outcome(), "success");
    const auto trace = chain.trace();
    const auto& child = trace->events(2).enter_context().context().inner();
    EXPECT_EQ(child.myself().block().lo(), 8u);
    EXPECT_EQ(child.myself().tx().lo(), 8u);
    EXPECT_EQ(child.inputs_size(), 3);
    EXPECT_EQ(trace->events(3).exit_context().response().data().substr(4), no_code);
}

TEST(Prefix, SeveralProtostonesWithAndWithoutIt) {
    TestChain chain(bare_devnet(), 0);
    const RuneId id{2, 1};
    chain.deploy(returning(response({{id, 5}}, {}, "here")));
    auto edict = message({});
    edict.message.clear();
    edict.edicts = {{id, 7, 1}};
    auto first = message({8, 8, 2, 1}), failing = message({8, 8, 9, 9});
    first.pointer = 4;  // to the second protostone: outputs, OP_RETURN, one more, its index
    TestTransaction mixed = transaction({first, message({2, 1}), edict, message({8, 8, 2, 1}), message({2, 1, 0})});
    mixed.outputs = 1;
    chain.mine({mixed, transaction({message({8, 8, 2, 1}), failing, message({8, 8, 2, 1}), message({2, 1})}),
                transaction({message({2, 1})})});
    for (const unsigned i : {0, 1, 3, 4}) EXPECT_EQ(chain.outcome(1, i), "success") << i;
    EXPECT_EQ(chain.trace(1, 1)->events(0).enter_context().context().inner().incoming_alkanes_size(), 1);
    EXPECT_EQ(chain.tokens_on(1, 0, id), 15u);  // the contract does not give back what comes in
    // 10.7: a failure leaves nothing to those behind it in its transaction, whatever they carry.
    EXPECT_EQ(chain.outcome(2, 0), "success");
    EXPECT_EQ(chain.outcome(2, 1), no_code);
    for (const unsigned i : {2, 3}) EXPECT_EQ(chain.trace(2, i)->events(0).enter_context().context().fuel(), 0u) << i;
    EXPECT_EQ(chain.outcome(3, 0), "success");
}

TEST(Prefix, StandsBeforeDeployments) {
    TestChain chain(bare_devnet(), 0);
    const Bytes code = returning(response({}, {}, "here"));
    chain.mine({create(code, {8, 8, 1, 0}), create(code, {8, 8, 3, 7}), transaction({message({8, 8, 5, 1})}),
                transaction({message({8, 8, 6, 7})})});
    for (unsigned i = 1; i <= 4; i++) EXPECT_EQ(chain.outcome(i), "success") << i;
    EXPECT_EQ(chain.get("/alkanes/sequence"), to_le(u128{4}));
    EXPECT_FALSE(chain.get(alkanes::code_key({4, 7})).empty());
    EXPECT_TRUE(chain.trace(1)->events(0).has_create_alkane() || chain.trace(1)->events(1).has_create_alkane());
}

// 4.2: what is a message, and that a deployment's witness is not counted, is told behind the prefix.
TEST(Prefix, FuelSize) {
    const auto size = [](const protorune::Protostone& stone, bool prefix_counts) {
        bitcoin::NewTransaction tx;
        tx.inputs.push_back({Bytes(32, 'i'), 0, {}, 0, {Bytes(4000, 'w')}});
        tx.outputs = {{1, "\x51"}, {0, protorune::encode_runestone(std::vector{stone})}};
        const auto block = bitcoin::Block::decode(
            bitcoin::serialize_block({}, std::vector{bitcoin::coinbase(1, {{1, "\x51"}}), std::move(tx)}));
        const auto stones = protorune::decode_stones(*block, bare_devnet());
        return alkanes::fuel_size(block->transactions()[1], stones[1], prefix_counts);
    };
    for (const std::vector<u128>& deployment : {std::vector<u128>{8, 8, 1, 0}, std::vector<u128>{8, 8, 3, 5}}) {
        EXPECT_LT(size(message(deployment), true), 400u);
        EXPECT_GT(size(message(deployment), false), 1000u);
    }
    EXPECT_GT(size(message({8, 8, 2, 1}), true), 1000u);
    EXPECT_GT(size(message({8, 8, 8, 8, 1, 0}), true), 1000u);  // a target behind the prefix
    const auto few = raw(Bytes("\x08\x08") + long_integer(2, 13));
    EXPECT_EQ(size(few, true), 0u);
    EXPECT_GT(size(few, false), 1000u);
}

// 6.1, 10.30: one a transaction.
TEST(Prefix, MintsOfTheBlockCountBehindIt) {
    for (const auto& [network, count] : {std::pair{bare_devnet(), 4}, std::pair{active_from(1), 4},
                                         std::pair{active_from(2), 1}, std::pair{bare_network("regtest"), 1}}) {
        TestChain chain(network, 0);
        const auto id = chain.deploy(calling({800'000'000, 2}));  // at 0
        const auto mint = message({8, 8, 2, 0, 77});
        auto other_protocol = mint;
        other_protocol.protocol_tag = 2;
        chain.mine({transaction({message({id.block, id.tx})}), transaction({mint, mint}),
                    transaction({message({9, 9}), mint}), transaction({mint, message({2, 0, 77})}),
                    transaction({raw(long_integer(8, 3) + "\x08\x02" + Bytes(1, '\0') + "\x4d")}),
                    transaction({other_protocol}), transaction({message({8, 8, 8, 8, 2, 0, 77})}),
                    transaction({message({8, 8, 2, 0, 78})}), transaction({message({8, 9, 2, 0, 77})})});
        ASSERT_EQ(chain.outcome(), "success");
        EXPECT_THAT(chain.exit().response().data(), testing::EndsWith(to_le(u128{static_cast<unsigned>(count)})));
    }
}

namespace {

/// Views over a chain of which the genesis token is 2:0.
class PrefixViews : public testing::Test {
 protected:
    static protorune::Network network_active_from(std::uint64_t height) {
        auto network = protorune::find_network("devnet").value();
        network.builtins[0].code = Bytes(contracts::embedded_contract("genesis_token"));
        network.parallel_activation_height = height;
        return network;
    }

    static Bytes parcel(const std::vector<u128>& list, std::uint64_t height, BytesView block = {}) {
        pb::alkanes::MessageContextParcel p;
        p.set_calldata(protorune::encode_cellpack(list));
        p.set_height(height);
        p.set_block(Bytes(block));
        return p.SerializeAsString();
    }

    [[nodiscard]] Bytes answer(std::string_view name, BytesView request) const {
        const alkanes::Views views(network, builtins, test_engine());
        const auto r = views.call(name, 9, request, state);
        EXPECT_TRUE(r) << r.error().reason;
        return r ? *r : Bytes();
    }

    protorune::Network network = network_active_from(5);
    alkanes::Builtins builtins{network, {}};
    store::MemoryState state{[] {
        store::MemoryState s;
        s.map["/alkanes/sequence"] = to_le(u128{1});
        return s;
    }()};
};

}  // namespace

// The height of the parcel decides, as it does for code and prices.
TEST_F(PrefixViews, Simulate) {
    EXPECT_EQ(answer("simulate", parcel({8, 8, 2, 0, 99}, 5)), answer("simulate", parcel({2, 0, 99}, 5)));
    pb::alkanes::SimulateResponse r;
    ASSERT_TRUE(r.ParseFromString(answer("simulate", parcel({8, 8, 2, 0, 99}, 5))));
    EXPECT_EQ(r.execution().data(), "GENESIS");
    for (const Bytes& p : {parcel({8, 8, 2, 0, 99}, 4), parcel({8, 8, 8, 8, 2, 0, 99}, 5)}) {
        ASSERT_TRUE(r.ParseFromString(answer("simulate", p)));
        EXPECT_EQ(r.error(), no_code);
    }
    for (const auto& few : {std::vector<u128>{8, 8}, std::vector<u128>{8, 8, 2}})
        EXPECT_EQ(answer("simulate", parcel(few, 5)), answer("simulate", parcel({2}, 5)));
}

TEST_F(PrefixViews, Multisimulate) {
    pb::alkanes::MultiSimulateRequest request;
    for (const Bytes& p : {parcel({8, 8, 2, 0, 99}, 5), parcel({8, 8, 2, 0, 99}, 4), parcel({2, 0, 100}, 5)})
        ASSERT_TRUE(request.add_parcels()->ParseFromString(p));
    for (const char* name : {"multisimluate", "multisimulate"}) {
        pb::alkanes::MultiSimulateResponse r;
        ASSERT_TRUE(r.ParseFromString(answer(name, request.SerializeAsString())));
        EXPECT_EQ(r.responses(0).execution().data(), "GENESIS");
        EXPECT_EQ(r.responses(1).SerializeAsString(), "");
        EXPECT_EQ(r.responses(2).execution().data(), "GEN");
        EXPECT_EQ(r.error(), no_code);
    }
}

TEST_F(PrefixViews, Meta) {
    EXPECT_THAT(answer("meta", parcel({8, 8, 2, 0}, 5)), testing::HasSubstr("\"contract\":\"genesis_token\""));
    EXPECT_EQ(answer("meta", parcel({8, 8, 2, 0}, 4)), "");
    EXPECT_EQ(answer("meta", parcel({8, 8, 2}, 5)), "");
}

// The mints of a parcel's block are counted by the parcel's height.
TEST_F(PrefixViews, MintsOfAParcelsBlock) {
    bitcoin::NewTransaction tx;
    tx.inputs.push_back({Bytes(32, 'i'), 0, {}, 0, {}});
    tx.outputs = {{1, "\x51"}, {0, protorune::encode_runestone(std::vector{message({8, 8, 2, 0, 77})})}};
    const Bytes block = bitcoin::serialize_block({}, std::vector{bitcoin::coinbase(1, {{1, "\x51"}}), tx});
    state.map[alkanes::code_key({4, 1})] = alkanes::gzip(calling({800'000'000, 2}));
    for (const std::uint64_t height : {4, 5}) {
        pb::alkanes::SimulateResponse r;
        ASSERT_TRUE(r.ParseFromString(answer("simulate", parcel({4, 1}, height, block))));
        EXPECT_THAT(r.execution().data(), testing::EndsWith(to_le(u128{height == 5 ? 1U : 0U}))) << r.error();
    }
}

// A profile file sets the height.
TEST(Prefix, CountsFromTheHeightOfAProfile) {
    const TemporaryFolder folder;
    const auto file = folder.path() / "own.json";
    const auto outcomes = [&](std::string_view height) {
        EXPECT_TRUE(write_file(file, R"({"base": "regtest", "parallel_activation_height": )" + std::string(height) +
                                         R"(, "builtins": {"2:0": null, "32:0": null, "32:1": null}})"));
        TestChain chain(alkanes::load_network(file.string()).value(), 0);
        chain.deploy(returning(empty_response));
        std::vector<std::string> out;
        for (int i = 0; i < 2; i++) {
            chain.call({8, 8, 2, 1});  // at 1, at 2
            out.push_back(chain.outcome());
        }
        return out;
    };
    EXPECT_EQ(outcomes("2"), (std::vector<std::string>{no_code, "success"}));
    EXPECT_EQ(outcomes("0"), (std::vector<std::string>{"success", "success"}));
    EXPECT_EQ(outcomes("null"), (std::vector<std::string>{no_code, no_code}));
}

}  // namespace warpshrew::test
