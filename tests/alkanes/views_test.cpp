// Views over small states that are written by hand: alkanes-vm.md 7, protorune.md 4. Views over real chains are in
// views_oracle_test.cpp.

#include "alkanes/views.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "alkanes/alkanes.pb.h"
#include "alkanes/gzip.hpp"
#include "alkanes/keys.hpp"
#include "alkanes/protorune.pb.h"
#include "alkanes/views_prost.hpp"
#include "base/hex.hpp"
#include "protorune/encode.hpp"
#include "store/memory_state.hpp"
#include "support/devnet_network.hpp"
#include "test_chain.hpp"

using namespace warpshrew;
using namespace warpshrew::alkanes;
using protorune::RuneId;
using testing::HasSubstr;
using warpshrew::test::devnet;
using warpshrew::test::test_engine;
namespace pba = warpshrew::pb::alkanes;
namespace pbp = warpshrew::pb::protorune;

namespace {

Bytes hex(std::string_view text) { return from_hex(text).value(); }

template <class Id>
void write_id(const RuneId& id, Id& out) {
    out.mutable_block()->set_lo(static_cast<std::uint64_t>(id.block));
    out.mutable_block()->set_hi(static_cast<std::uint64_t>(id.block >> 64));
    out.mutable_tx()->set_lo(static_cast<std::uint64_t>(id.tx));
    out.mutable_tx()->set_hi(static_cast<std::uint64_t>(id.tx >> 64));
}

Bytes calldata(std::initializer_list<u128> integers) { return protorune::encode_cellpack(std::vector<u128>(integers)); }

Bytes parcel(std::initializer_list<u128> integers, std::uint64_t height = 0) {
    pba::MessageContextParcel p;
    p.set_calldata(calldata(integers));
    p.set_height(height);
    return p.SerializeAsString();
}

const Bytes txid_a(32, '\x11'), txid_b(32, '\x22');

class ViewsTest : public testing::Test {
 protected:
    ViewsTest() : network(devnet()), builtins(network, {}), views(network, builtins, test_engine()) {
        set("/alkanes/sequence", to_le(u128{1}));  // 2:0 is there (alkanes-vm.md 1.3)
    }

    void set(BytesView key, BytesView value) { state.map.insert_or_assign(Bytes(key), Bytes(value)); }
    void set_list(const Bytes& key, const std::vector<Bytes>& items) {
        set(key + "/length", to_le(static_cast<std::uint32_t>(items.size())));
        for (std::size_t i = 0; i < items.size(); ++i) set(key + "/" + std::to_string(i), items[i]);
    }
    Result<Bytes> call(std::string_view name, BytesView request, std::uint64_t height = 0) {
        return views.call(name, height, request, state);
    }
    Bytes answer(std::string_view name, BytesView request, std::uint64_t height = 0) {
        const auto r = call(name, request, height);
        EXPECT_TRUE(r.has_value()) << name << ": " << r.error().reason;
        return r.value_or(Bytes("an error"));
    }
    template <class M>
    M parsed(std::string_view name, BytesView request, std::uint64_t height = 0) {
        M m;
        EXPECT_TRUE(m.ParseFromString(answer(name, request, height)));
        return m;
    }

    /// A token whose contract gives the name that is stored.
    void deploy_token(const RuneId& id, BytesView name, BytesView symbol) {
        set(code_key(id), gzip(contracts::embedded_contract("owned_token")));
        set(storage_key(id, "/name"), name);
        set(storage_key(id, "/symbol"), symbol);
    }
    /// An outpoint of a block at `height`, whose only transaction it is.
    Bytes put_outpoint(const Bytes& txid, std::uint64_t height, const Bytes& address) {
        const Bytes op = protorune::op36(txid, 1);
        set("/height/byoutpoint/" + op, to_le(height));
        set_list("/txids/byheight" + to_le(height), {Bytes(32, '\0'), txid});
        set("/txindex/byid" + txid, to_le(std::uint32_t{1}));
        pbp::Output output;
        output.set_script("script");
        output.set_value(546);
        set("/output/byoutpoint/" + op, output.SerializeAsString());
        set("/outpoint/spendableby/" + op, address);
        return op;
    }
    void put_sheet(const Bytes& table, const std::vector<protorune::RuneTransfer>& sheet) {
        std::vector<Bytes> ids, amounts;
        for (const auto& [id, value] : sheet) {
            ids.push_back(protorune::id32(id));
            amounts.push_back(to_le(value));
        }
        set_list(table + "/runes", ids);
        set_list(table + "/balances", amounts);
    }

    store::MemoryState state;
    protorune::Network network;
    Builtins builtins;
    Views views;
};

Bytes outpoint_request(const Bytes& txid, std::uint32_t vout, std::optional<std::uint64_t> tag = {}) {
    pbp::OutpointWithProtocol r;
    r.set_txid(txid);
    r.set_vout(vout);
    if (tag) r.mutable_protocol()->set_lo(*tag);
    return r.SerializeAsString();
}

Bytes wallet_request(const Bytes& wallet, std::optional<std::uint64_t> tag = {}) {
    pbp::ProtorunesWalletRequest r;
    r.set_wallet(wallet);
    if (tag) r.mutable_protocol_tag()->set_lo(*tag);
    return r.SerializeAsString();
}

template <class Request>
Bytes id_request(const RuneId& id) {
    Request r;
    write_id(id, *r.mutable_id());
    return r.SerializeAsString();
}

}  // namespace

// ---------------------------------------------------------------- names, requests

TEST_F(ViewsTest, NamesOfAllViews) {
    const auto names = view_names();
    EXPECT_THAT(std::vector<std::string_view>(names.begin(), names.end()),
                testing::UnorderedElementsAre("simulate", "multisimluate", "multisimulate", "meta", "sequence", "trace",
                                              "traceblock", "getbytecode", "getblock", "alkanes_id_to_outpoint",
                                              "getinventory", "getstorageat", "unwrap", "runesbyaddress",
                                              "runesbyoutpoint", "runesbyheight", "protorunesbyaddress",
                                              "spendablesbyaddress", "protorunesbyoutpoint", "protorunesbyheight"));
}

TEST_F(ViewsTest, UnknownAndUnsupportedViews) {
    EXPECT_EQ(call("nothing", "").error().reason, "view nothing does not exist");
    for (const char* name : {"simulatetransaction", "simulateprotostones", "simulateblock"}) {
        EXPECT_EQ(call(name, "").error().reason, "view " + std::string(name) + " is not supported");
    }
}

TEST_F(ViewsTest, ContractsAreNotRunWithoutTheBuiltins) {
    const protorune::Network mainnet = *protorune::find_network("mainnet");
    const Builtins none(mainnet, {});
    const Views without(mainnet, none, test_engine());
    const auto r = without.call("simulate", 880'000, parcel({4, 1, 99}), state);
    ASSERT_FALSE(r.has_value());
    EXPECT_THAT(r.error().reason, HasSubstr("warpshrew genesis extract"));
    EXPECT_TRUE(without.call("simulate", 879'999, parcel({4, 1, 99}), state).has_value()) << "before genesis";
    EXPECT_TRUE(without.call("sequence", 880'000, "", state).has_value()) << "runs no contract";
}

// What prost 0.12 refuses; each is an error where the reference unwraps and empty where it has a default
// (protorune.md 4.2).
TEST_F(ViewsTest, RequestsThatDoNotDecode) {
    const std::vector<Bytes> bad = {
        hex("0a"),          // no length
        hex("0a05aabb"),    // content ends early
        hex("0d00000000"),  // field 1 as 32 bits
        hex("0900000000000000"
            "00"),    // field 1 as 64 bits
        hex("0b0c"),  // field 1 as a group
        hex("00"),    // field number 0
        hex("06"),
        hex("07"),                                // no such wire type
        hex("7b"),                                // a group without end
        hex("7c"),                                // an end without a group
        hex("7b8401"),                            // the end of another group
        hex("78ffffffffffffffffff02"),            // a varint of more than 64 bits
        hex("78ffffffffffffffffffff01"),          // a varint of eleven bytes
        hex("f8ffffff7f00"),                      // a key of more than 32 bits
        Bytes(200, '\x7b') + Bytes(200, '\x7c'),  // groups nested too deep
    };
    const auto views_that = [&](bool trap) {
        return trap ? std::vector<std::string_view>{"simulate", "multisimluate", "multisimulate", "meta",
                                                    "trace",    "getblock",      "getinventory",  "getstorageat"}
                    : std::vector<std::string_view>{
                          "getbytecode",         "alkanes_id_to_outpoint", "runesbyaddress",
                          "runesbyoutpoint",     "runesbyheight",          "protorunesbyaddress",
                          "spendablesbyaddress", "protorunesbyoutpoint",   "protorunesbyheight"};
    };
    for (const Bytes& request : bad) {
        for (const auto name : views_that(true))
            EXPECT_FALSE(call(name, request).has_value()) << name << to_hex(request);
        for (const auto name : views_that(false)) EXPECT_EQ(answer(name, request), "") << name << to_hex(request);
    }
}

TEST_F(ViewsTest, UnknownFieldsAndOverlongKeysArePassedOver) {
    pba::AlkaneStorageRequest m;
    // id {block {lo 4}, tx {}}, with unknown fields 15 of every type between; the key of path has a superfluous byte.
    const Bytes request = hex("0a060a02"
                              "0804"
                              "1200") +
                          hex("7801"
                              "7a0161"
                              "7d00000000"
                              "790000000000000000"
                              "7b78017b7c7c") +
                          hex("928000"
                              "0161");
    ASSERT_TRUE(decode_prost(request, m));
    EXPECT_EQ(m.id().block().lo(), 4U);
    EXPECT_TRUE(m.id().has_tx());
    EXPECT_EQ(m.path(), "a");
    // A message that comes twice is merged, a scalar replaced; uint32 is cut.
    pba::AlkaneStorageRequest twice;
    ASSERT_TRUE(decode_prost(hex("0a040a020804"
                                 "0a04"
                                 "12020805"
                                 "120161"
                                 "120162"),
                             twice));
    EXPECT_EQ(twice.id().block().lo(), 4U);
    EXPECT_EQ(twice.id().tx().lo(), 5U);
    EXPECT_EQ(twice.path(), "b");
    pba::BlockRequest cut;
    ASSERT_TRUE(decode_prost(hex("08818080808001"), cut));
    EXPECT_EQ(cut.height(), 1U);
    // Strings must be UTF-8.
    pba::SimulateResponse text;
    EXPECT_TRUE(decode_prost(hex("1a02c3a9"), text));
    EXPECT_FALSE(decode_prost(hex("1a01ff"), text));
}

// ---------------------------------------------------------------- simulate, multisimulate, meta

TEST_F(ViewsTest, Simulate) {
    const auto r = parsed<pba::SimulateResponse>("simulate", parcel({2, 0, 99}));
    EXPECT_EQ(r.error(), "");
    EXPECT_EQ(r.execution().data(), "GENESIS");
    EXPECT_GT(r.gas_used(), 160U);

    // A mint: the contract's own token, and storage by ascending keys. Nothing stays.
    const auto mint = parsed<pba::SimulateResponse>("simulate", parcel({2, 0, 77}, 5));
    ASSERT_EQ(mint.execution().alkanes_size(), 1);
    EXPECT_EQ(mint.execution().alkanes(0).id().block().lo(), 2U);
    EXPECT_TRUE(mint.execution().alkanes(0).id().has_tx());
    EXPECT_EQ(mint.execution().alkanes(0).value().lo(), 5'000'000'000U);
    ASSERT_EQ(mint.execution().storage_size(), 2);
    EXPECT_EQ(mint.execution().storage(0).key(), "/seen/" + to_le(std::uint64_t{5}));
    EXPECT_EQ(mint.execution().storage(1).key(), "/totalsupply");
    EXPECT_EQ(parsed<pba::SimulateResponse>("simulate", parcel({2, 0, 77}, 5)).SerializeAsString(),
              mint.SerializeAsString());
    EXPECT_EQ(state.map.size(), 1U);
}

TEST_F(ViewsTest, SimulateGivesErrorsInFieldThreeOnly) {
    const auto r = parsed<pba::SimulateResponse>("simulate", parcel({2, 0, 12345}));
    EXPECT_FALSE(r.has_execution());
    EXPECT_EQ(r.gas_used(), 0U);
    EXPECT_THAT(r.error(), HasSubstr("ALKANES: revert: "));
    EXPECT_EQ(parsed<pba::SimulateResponse>("simulate", parcel({7, 7, 7})).error(),
              "unexpected end-of-file (at offset 0x0)");  // alkanes-vm.md 12
    EXPECT_NE(parsed<pba::SimulateResponse>("simulate", "").error(), "") << "no calldata";
    EXPECT_NE(parsed<pba::SimulateResponse>("simulate", parcel({4, 1, 0})).error(), "") << "nothing deployed";
}

TEST_F(ViewsTest, SimulateTrapsOnParcelsThatAreNone) {
    pba::MessageContextParcel p;
    p.set_calldata(calldata({2, 0, 99}));
    p.add_alkanes()->mutable_value()->set_lo(1);
    EXPECT_FALSE(call("simulate", p.SerializeAsString()).has_value()) << "a transfer without id";
    write_id({2, 0}, *p.mutable_alkanes(0)->mutable_id());
    p.mutable_alkanes(0)->clear_value();
    EXPECT_FALSE(call("simulate", p.SerializeAsString()).has_value()) << "a transfer without value";
    p.mutable_alkanes(0)->mutable_value();
    p.mutable_alkanes(0)->mutable_id()->clear_block();
    EXPECT_TRUE(call("simulate", p.SerializeAsString()).has_value()) << "halves of an id default to 0";
    p.clear_alkanes();
    p.set_block("no block");
    EXPECT_FALSE(call("simulate", p.SerializeAsString()).has_value());
    p.set_block(Bytes(1, '\1') + Bytes(80, '\0') + "trailing bytes");
    EXPECT_TRUE(call("simulate", p.SerializeAsString()).has_value());
    p.set_transaction("no transaction");
    EXPECT_FALSE(call("simulate", p.SerializeAsString()).has_value());
    p.set_transaction(hex("010000000001000000000000") + "trailing bytes");
    EXPECT_TRUE(call("simulate", p.SerializeAsString()).has_value());
}

TEST_F(ViewsTest, TheTokensOfAParcelComeIn) {
    pba::MessageContextParcel p;
    p.set_calldata(calldata({2, 0, 77}));
    pba::AlkaneTransfer& t = *p.add_alkanes();
    write_id({4, 9}, *t.mutable_id());
    t.mutable_value()->set_hi(1);
    const auto r = parsed<pba::SimulateResponse>("simulate", p.SerializeAsString());
    ASSERT_EQ(r.execution().alkanes_size(), 2);  // what came in goes back
    EXPECT_EQ(r.execution().alkanes(0).id().tx().lo() + r.execution().alkanes(1).id().tx().lo(), 9U);
}

// The response's error is that of the last parcel that failed; every parcel has a response.
TEST_F(ViewsTest, Multisimulate) {
    pba::MultiSimulateRequest request;
    for (const Bytes& p : {parcel({2, 0, 99}), parcel({7, 7, 7}), parcel({2, 0, 100}), parcel({2, 0, 12345})}) {
        ASSERT_TRUE(request.add_parcels()->ParseFromString(p));
    }
    for (const char* name : {"multisimluate", "multisimulate"}) {
        const auto r = parsed<pba::MultiSimulateResponse>(name, request.SerializeAsString());
        ASSERT_EQ(r.responses_size(), 4);
        EXPECT_EQ(r.responses(0).execution().data(), "GENESIS");
        EXPECT_EQ(r.responses(1).SerializeAsString(), "");
        EXPECT_EQ(r.responses(2).execution().data(), "GEN");
        EXPECT_EQ(r.responses(3).SerializeAsString(), "");
        EXPECT_THAT(r.error(), HasSubstr("ALKANES: revert: "));
    }
    EXPECT_EQ(answer("multisimulate", ""), "");
    request.mutable_parcels(3)->set_block("no block");
    EXPECT_FALSE(call("multisimulate", request.SerializeAsString()).has_value());
}

TEST_F(ViewsTest, Meta) {
    EXPECT_THAT(answer("meta", parcel({2, 0})), HasSubstr("{\"contract\":\"genesis_token\",\"methods\":["));
    EXPECT_EQ(answer("meta", parcel({4, 1})), "") << "nothing deployed";
    EXPECT_EQ(answer("meta", ""), "") << "no calldata";
}

// ---------------------------------------------------------------- state of the ALKANES layer

TEST_F(ViewsTest, Sequence) {
    EXPECT_EQ(answer("sequence", ""), to_le(u128{1}));
    state.map.clear();
    EXPECT_EQ(answer("sequence", ""), Bytes(16, '\0'));
    set("/alkanes/sequence", to_le(u128{7} << 64));
    EXPECT_EQ(answer("sequence", "ignored"), to_le(u128{7} << 64));
}

TEST_F(ViewsTest, Trace) {
    set("/trace/" + protorune::op36(txid_a, 3), "trace");
    EXPECT_EQ(answer("trace", outpoint_request(txid_a, 3)), "trace");
    EXPECT_EQ(answer("trace", outpoint_request(txid_a, 4)), "");
    EXPECT_FALSE(call("trace", outpoint_request("short", 3)).has_value());
}

TEST_F(ViewsTest, TraceblockIsOfTheHeightOfTheCall) {
    const Bytes op = protorune::op36(txid_a, 3), other = protorune::op36(txid_b, 0);
    const Bytes trace = hex("0a0a1a080a060a0208021200");  // one creation: 2:0, whose tx is an empty message
    set_list("/trace/" + to_le(std::uint64_t{5}), {op, other});
    set("/trace/" + op, trace);
    set("/txindex/byid" + txid_a, to_le(std::uint32_t{9}));
    EXPECT_EQ(answer("traceblock", "", 4), "");
    // The second has no trace: it is there as an empty message. Its index and output are 0 and left out.
    EXPECT_EQ(to_hex(answer("traceblock", "", 5)), "0a360a0c" + to_hex(trace) + "12240a20" + to_hex(txid_a) +
                                                       "10031809" + "0a260a00" + "12220a20" + to_hex(txid_b));
    set("/trace/" + op, "damaged");
    EXPECT_FALSE(call("traceblock", "", 5).has_value());
    set("/trace/" + to_le(std::uint64_t{5}) + "/0", "short");
    EXPECT_FALSE(call("traceblock", "", 5).has_value());
}

TEST_F(ViewsTest, Getbytecode) {
    set(code_key({2, 5}), gzip("code"));
    set(code_key({2, 6}), protorune::id32({2, 5}));
    set(code_key({2, 7}), "no gzip");
    EXPECT_EQ(answer("getbytecode", id_request<pba::BytecodeRequest>({2, 5})), "code");
    EXPECT_EQ(answer("getbytecode", id_request<pba::BytecodeRequest>({2, 6})), "code") << "an alias";
    EXPECT_EQ(answer("getbytecode", id_request<pba::BytecodeRequest>({2, 7})), "");
    EXPECT_EQ(answer("getbytecode", id_request<pba::BytecodeRequest>({2, 8})), "");
    EXPECT_EQ(answer("getbytecode", id_request<pba::BytecodeRequest>({2, 0}), 100),
              contracts::embedded_contract("genesis_token"));
    EXPECT_FALSE(call("getbytecode", "").has_value()) << "no id";
    EXPECT_FALSE(call("getbytecode", hex("0a040a020802")).has_value()) << "half an id";
}

TEST_F(ViewsTest, Getblock) {
    set("/blockdata/" + to_le(std::uint32_t{7}), "block");
    EXPECT_EQ(to_hex(answer("getblock", hex("0807"))), "0a05" + to_hex("block") + "1007");
    EXPECT_FALSE(call("getblock", hex("0808")).has_value());
}

// 10.41
TEST_F(ViewsTest, AlkanesIdToOutpointGivesTheTxidAsDisplayed) {
    Bytes txid(32, '\0');
    txid[0] = 1;
    set(creation_key({2, 5}), protorune::op36(txid, 3));
    EXPECT_EQ(to_hex(answer("alkanes_id_to_outpoint", id_request<pba::AlkaneIdToOutpointRequest>({2, 5}))),
              "0a20" + std::string(62, '0') + "01" + "1003");
    EXPECT_EQ(answer("alkanes_id_to_outpoint", id_request<pba::AlkaneIdToOutpointRequest>({2, 6})), "");
    set(creation_key({2, 6}), "short");
    EXPECT_EQ(answer("alkanes_id_to_outpoint", id_request<pba::AlkaneIdToOutpointRequest>({2, 6})), "");
    EXPECT_FALSE(call("alkanes_id_to_outpoint", "").has_value());
}

// Duplicates stay, each with the balance of now (alkanes-vm.md 5.2, 7).
TEST_F(ViewsTest, Getinventory) {
    const RuneId who{4, 1}, a{2, 0}, b{2, 1};
    set_list(inventory_key(who), {protorune::id32(a), protorune::id32(b), protorune::id32(a)});
    set(balance_key(a, who), to_le(u128{5}));
    const auto r = parsed<pba::AlkaneInventoryResponse>("getinventory", id_request<pba::AlkaneInventoryRequest>(who));
    ASSERT_EQ(r.alkanes_size(), 3);
    EXPECT_EQ(r.alkanes(0).value().lo(), 5U);
    EXPECT_TRUE(r.alkanes(1).has_value()) << "a balance of 0 is an empty message";
    EXPECT_EQ(r.alkanes(1).id().tx().lo(), 1U);
    EXPECT_EQ(r.alkanes(2).SerializeAsString(), r.alkanes(0).SerializeAsString());
    EXPECT_FALSE(call("getinventory", "").has_value());
    set(inventory_key(who) + "/1", "short");
    EXPECT_FALSE(call("getinventory", id_request<pba::AlkaneInventoryRequest>(who)).has_value());
}

TEST_F(ViewsTest, Getstorageat) {
    set(storage_key({2, 5}, "/key"), "value");
    pba::AlkaneStorageRequest r;
    write_id({2, 5}, *r.mutable_id());
    r.set_path("/key");
    EXPECT_EQ(answer("getstorageat", r.SerializeAsString()), "\x0a\x05value");
    r.set_path("key");
    EXPECT_EQ(answer("getstorageat", r.SerializeAsString()), "");
    r.mutable_id()->clear_tx();
    EXPECT_FALSE(call("getstorageat", r.SerializeAsString()).has_value());
}

// Payments that were fulfilled since the list was cleaned do not show (alkanes-vm.md 6.6).
TEST_F(ViewsTest, Unwrap) {
    EXPECT_EQ(answer("unwrap", "", ~0ULL), "") << "before the list is begun";
    const Bytes open = protorune::op36(txid_a, 1), spent = protorune::op36(txid_b, 0);
    const Bytes output = to_le(std::uint64_t{1000}) + Bytes("\x02\x51\x52", 3);
    set("/__INTERNAL/pending_unwraps_initialized", "\1");
    set_list("/__INTERNAL/pending_unwraps",
             {to_le(std::uint64_t{3}) + spent + output, to_le(std::uint64_t{4}) + open + output, "short"});
    set("/outpoint/spendableby/" + open, "bcrt1q");
    set("/outpoint/spendableby/" + spent, Bytes(1, '\0'));
    EXPECT_EQ(to_hex(answer("unwrap", "", 4)), "0a330a240a20" + to_hex(txid_a) + "1001" + "120b" + to_hex(output));
}

// ---------------------------------------------------------------- protorune

TEST_F(ViewsTest, OutpointWithoutBalances) {
    put_outpoint(txid_a, 7, "addr");
    const auto r = parsed<pbp::OutpointResponse>("runesbyoutpoint", outpoint_request(txid_a, 1));
    EXPECT_TRUE(r.has_balances());
    EXPECT_EQ(r.balances().entries_size(), 0);
    EXPECT_EQ(r.outpoint().txid(), txid_a);
    EXPECT_EQ(r.outpoint().vout(), 1U);
    EXPECT_EQ(r.output().value(), 546U);
    EXPECT_EQ(r.height(), 7U);
    EXPECT_EQ(r.txindex(), 1U);
    EXPECT_EQ(answer("runesbyoutpoint", outpoint_request(txid_b, 1)), "") << "not indexed";
    EXPECT_EQ(answer("runesbyoutpoint", outpoint_request("short", 1)), "");
    set("/output/byoutpoint/" + protorune::op36(txid_a, 1), "\xff");
    EXPECT_EQ(answer("runesbyoutpoint", outpoint_request(txid_a, 1)), "") << "the output is damaged";
}

// The genesis outpoint's txid stands in front of its block's: its position is not that of the table (protorune.md 2.1).
TEST_F(ViewsTest, PositionIsThatInTheListOfItsHeight) {
    put_outpoint(txid_a, 7, "addr");
    set("/txindex/byid" + txid_a, to_le(std::uint32_t{0}));
    EXPECT_EQ(parsed<pbp::OutpointResponse>("runesbyoutpoint", outpoint_request(txid_a, 1)).txindex(), 1U);
}

// protorune.md 7.40, 4.3: with an entry, of whatever amount, height and position are the smallest id.
TEST_F(ViewsTest, OutpointWithBalances) {
    const Bytes op = put_outpoint(txid_a, 7, "addr");
    put_sheet("/runes/proto/5/byoutpoint/" + op, {{{900, 3}, 5}, {{2, (u128{1} << 32) + 1}, 0}});
    const auto r = parsed<pbp::OutpointResponse>("protorunesbyoutpoint", outpoint_request(txid_a, 1, 5));
    ASSERT_EQ(r.balances().entries_size(), 2);
    EXPECT_EQ(r.height(), 2U);
    EXPECT_EQ(r.txindex(), 1U) << "cut to 32 bits";
    const auto& first = r.balances().entries(0);
    EXPECT_TRUE(first.has_balance()) << "a balance of 0 is an empty message";
    EXPECT_EQ(first.balance().ByteSizeLong(), 0U);
    EXPECT_EQ(first.rune().name(), "UNKNOWN");
    EXPECT_EQ(first.rune().symbol(), "0");
    EXPECT_EQ(first.rune().divisibility(), 1U);
    EXPECT_EQ(first.rune().spacers(), 1U);
}

TEST_F(ViewsTest, OutpointOfAlkanesHasNames) {
    deploy_token({4, 1}, "name", "sym");
    const Bytes op = put_outpoint(txid_a, 7, "addr");
    put_sheet("/runes/proto/1/byoutpoint/" + op, {{{2, 0}, 1}, {{2, 77}, 1}, {{4, 1}, 1}, {{840000, 1}, 1}});
    const auto r = parsed<pbp::OutpointResponse>("protorunesbyoutpoint", outpoint_request(txid_a, 1, 1));
    ASSERT_EQ(r.balances().entries_size(), 4);
    const auto rune = [&](int i) { return r.balances().entries(i).rune(); };
    EXPECT_EQ(rune(0).name(), "GENESIS");
    EXPECT_EQ(rune(0).symbol(), "GEN");
    EXPECT_EQ(rune(0).spacers(), 0U);
    EXPECT_EQ(rune(0).divisibility(), 1U);
    EXPECT_EQ(rune(1).name(), "{REVERT}");
    EXPECT_EQ(rune(1).symbol(), "{REVERT}");
    EXPECT_EQ(rune(2).name(), "name");
    EXPECT_EQ(rune(2).symbol(), "sym");
    EXPECT_EQ(rune(3).name(), "UNKNOWN") << "no contract";
    EXPECT_EQ(rune(3).spacers(), 1U);
}

TEST_F(ViewsTest, ANameThatIsNotUtf8Traps) {
    deploy_token({4, 1}, "\xff", "sym");
    const Bytes op = put_outpoint(txid_a, 7, "addr");
    put_sheet("/runes/proto/1/byoutpoint/" + op, {{{4, 1}, 1}});
    EXPECT_FALSE(call("protorunesbyoutpoint", outpoint_request(txid_a, 1, 1)).has_value());
}

// 300 calls a sheet; behind them the id as text, and the spacers stay (protorune.md 4.3).
TEST_F(ViewsTest, AtMost300NamesInASheet) {
    const Bytes op = put_outpoint(txid_a, 7, "addr");
    std::vector<protorune::RuneTransfer> sheet;
    for (unsigned i = 0; i < 302; ++i) sheet.push_back({{2, u128{1} << 64 | (1000 + i)}, 1});
    put_sheet("/runes/proto/1/byoutpoint/" + op, sheet);
    const auto r = parsed<pbp::OutpointResponse>("protorunesbyoutpoint", outpoint_request(txid_a, 1, 1));
    ASSERT_EQ(r.balances().entries_size(), 302);
    EXPECT_EQ(r.balances().entries(299).rune().name(), "{REVERT}");
    EXPECT_EQ(r.balances().entries(299).rune().spacers(), 0U);
    EXPECT_EQ(r.balances().entries(300).rune().name(), "Uint128 { lo: 2, hi: 0 }:Uint128 { lo: 1300, hi: 1 }");
    EXPECT_EQ(r.balances().entries(300).rune().symbol(), r.balances().entries(300).rune().name());
    EXPECT_EQ(r.balances().entries(300).rune().spacers(), 1U);
}

TEST_F(ViewsTest, AMissingProtocolTraps) {  // protorune.md 4.2
    const Bytes op = put_outpoint(txid_a, 7, "addr");
    EXPECT_FALSE(call("protorunesbyoutpoint", outpoint_request(txid_a, 1)).has_value());
    EXPECT_FALSE(call("protorunesbyoutpoint", outpoint_request("short", 1)).has_value());
    EXPECT_EQ(answer("protorunesbyoutpoint", outpoint_request("short", 1, 1)), "");

    // By address only if an outpoint is visited.
    set_list("/outpoint/byaddress/addr", {op});
    for (const char* name : {"protorunesbyaddress", "spendablesbyaddress"}) {
        EXPECT_FALSE(call(name, wallet_request("addr")).has_value()) << name;
        EXPECT_EQ(answer(name, wallet_request("other")), "") << name;
    }
    set("/outpoint/spendableby/" + op, Bytes(1, '\0'));
    EXPECT_EQ(answer("protorunesbyaddress", wallet_request("addr")), "") << "all are spent";
}

TEST_F(ViewsTest, ByAddress) {
    const Bytes with = put_outpoint(txid_a, 7, "addr"), without = put_outpoint(txid_b, 8, "addr");
    const Bytes spent = protorune::op36(txid_b, 2);
    set("/outpoint/spendableby/" + spent, Bytes(1, '\0'));
    set_list("/outpoint/byaddress/addr", {with, spent, without});
    put_sheet("/runes/byoutpoint/" + with, {{{840000, 1}, 3}});
    put_sheet("/runes/proto/1/byoutpoint/" + with, {{{2, 0}, 1}});

    const auto layer1 = parsed<pbp::WalletResponse>("runesbyaddress", wallet_request("addr"));
    ASSERT_EQ(layer1.outpoints_size(), 2);
    EXPECT_EQ(layer1.outpoints(0).balances().entries(0).balance().lo(), 3U);
    EXPECT_EQ(layer1.outpoints(1).outpoint().txid(), txid_b);

    const auto all = parsed<pbp::WalletResponse>("spendablesbyaddress", wallet_request("addr", 1));
    ASSERT_EQ(all.outpoints_size(), 2);
    EXPECT_EQ(all.outpoints(0).balances().entries(0).rune().name(), "GENESIS");
    const auto filled = parsed<pbp::WalletResponse>("protorunesbyaddress", wallet_request("addr", 1));
    ASSERT_EQ(filled.outpoints_size(), 1);
    EXPECT_EQ(filled.outpoints(0).SerializeAsString(), all.outpoints(0).SerializeAsString());

    // Another protocol: nothing there, no names asked for.
    EXPECT_EQ(answer("protorunesbyaddress", wallet_request("addr", 2)), "");

    // One that fails makes the whole response empty.
    set("/height/byoutpoint/" + without, to_le(std::uint64_t{99}));
    EXPECT_EQ(answer("runesbyaddress", wallet_request("addr")), "");
    EXPECT_EQ(answer("spendablesbyaddress", wallet_request("addr", 1)), "");
}

// protorune.md 7.35, 4.3
TEST_F(ViewsTest, SpentIsToldByLengthAlone) {
    const Bytes op = put_outpoint(txid_a, 7, "rdda");
    set_list("/outpoint/byaddress/addr", {op});
    EXPECT_EQ(parsed<pbp::WalletResponse>("runesbyaddress", wallet_request("addr")).outpoints_size(), 1);
    set_list("/outpoint/byaddress/addr", {op, "short"});
    EXPECT_EQ(answer("runesbyaddress", wallet_request("addr")), "");
}

TEST_F(ViewsTest, Runesbyheight) {
    const Bytes request = hex("0807");
    set_list("/runes/byheight/" + to_le(std::uint64_t{7}), {"ABC"});
    EXPECT_FALSE(call("runesbyheight", request).has_value()) << "no id";
    set("/runeid/byetching/ABC", protorune::id32({7, 1}));
    EXPECT_EQ(answer("runesbyheight", request), "") << "no symbol";
    set("/runes/symbol/ABC", to_le(std::uint32_t{0x1f600}));
    set("/runes/spaces/ABC", to_le(std::uint32_t{3}));
    set("/runes/divisibility/ABC", Bytes(1, '\2'));
    // rune {id {7, 1}, name "ABC", divisibility 2, spacers 3, symbol}
    EXPECT_EQ(to_hex(answer("runesbyheight", request)),
              "0a190a080a0208071202080112034142431802"
              "20032a04f09f9880");
    set("/runes/symbol/ABC", to_le(std::uint32_t{0xd800}));
    EXPECT_FALSE(call("runesbyheight", request).has_value());
    for (const auto& [symbol, text] :
         std::map<std::uint32_t, std::string>{{0x24, "$"}, {0xe9, "\xc3\xa9"}, {0x20bf, "\xe2\x82\xbf"}}) {
        set("/runes/symbol/ABC", to_le(symbol));
        EXPECT_EQ(parsed<pbp::RunesResponse>("runesbyheight", request).runes(0).symbol(), text);
    }
    EXPECT_EQ(answer("runesbyheight", ""), "");
}

// Without a tag: the table of protocol 0, names as for protocol 1 (protorune.md 4.2).
TEST_F(ViewsTest, Protorunesbyheight) {
    set_list("/runes/proto/1/byheight/" + to_le(std::uint64_t{7}), {protorune::id32({2, 0}), protorune::id32({9, 9})});
    set_list("/runes/proto/0/byheight/" + to_le(std::uint64_t{7}), {protorune::id32({2, 0})});
    set_list("/runes/proto/2/byheight/" + to_le(std::uint64_t{7}), {protorune::id32({2, 0})});
    const auto one = parsed<pbp::RunesResponse>("protorunesbyheight", hex("080712020801"));
    ASSERT_EQ(one.runes_size(), 2);
    EXPECT_EQ(one.runes(0).name(), "GENESIS");
    EXPECT_EQ(one.runes(0).divisibility(), 0U);
    EXPECT_EQ(one.runes(1).name(), "");
    const auto none = parsed<pbp::RunesResponse>("protorunesbyheight", hex("0807"));
    ASSERT_EQ(none.runes_size(), 1);
    EXPECT_EQ(none.runes(0).symbol(), "GEN");
    EXPECT_EQ(parsed<pbp::RunesResponse>("protorunesbyheight", hex("080712020802")).runes(0).name(), "");
    EXPECT_EQ(parsed<pbp::RunesResponse>("protorunesbyheight", hex("08071200")).runes(0).name(), "");
    set("/runes/proto/1/byheight/" + to_le(std::uint64_t{7}) + "/1", "short");
    EXPECT_EQ(answer("protorunesbyheight", hex("080712020801")), "");
}

TEST_F(ViewsTest, CallsFromSeveralThreads) {
    deploy_token({4, 1}, "name", "sym");
    const Bytes op = put_outpoint(txid_a, 7, "addr");
    put_sheet("/runes/proto/1/byoutpoint/" + op, {{{2, 0}, 1}, {{4, 1}, 1}});
    const std::pair<const char*, Bytes> calls[] = {{"simulate", parcel({2, 0, 77})},
                                                   {"protorunesbyoutpoint", outpoint_request(txid_a, 1, 1)}};
    std::vector<Bytes> expected;
    for (const auto& [name, request] : calls) expected.push_back(answer(name, request));
    std::vector<std::thread> threads;
    std::atomic<int> wrong = 0;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (std::size_t i = 0; i < 20; ++i) {
                const auto r = views.call(calls[i % 2].first, 7, calls[i % 2].second, state);
                if (!r || *r != expected[i % 2]) ++wrong;
            }
        });
    }
    for (std::thread& t : threads) t.join();
    EXPECT_EQ(wrong, 0);
}

// Stored values of any length are read within their bounds (under a sanitizer this test is worth something).
TEST_F(ViewsTest, ShortValuesEverywhere) {
    const Bytes op = put_outpoint(txid_a, 7, "addr");
    set_list("/outpoint/byaddress/addr", {op});
    put_sheet("/runes/proto/1/byoutpoint/" + op, {{{2, 0}, 1}});
    set_list("/trace/" + to_le(std::uint64_t{0}), {op});
    set_list(inventory_key({2, 0}), {protorune::id32({2, 0})});
    const auto whole = state.map;
    const std::vector<std::pair<std::string, Bytes>> calls = {
        {"spendablesbyaddress", wallet_request("addr", 1)},
        {"protorunesbyoutpoint", outpoint_request(txid_a, 1, 1)},
        {"traceblock", ""},
        {"getinventory", id_request<pba::AlkaneInventoryRequest>({2, 0})},
        {"simulate", parcel({2, 0, 99})},
        {"sequence", ""}};
    for (const auto& [key, value] : whole) {
        for (const std::size_t length : {std::size_t{0}, std::size_t{1}, value.size() / 2, value.size() + 1}) {
            if (key.ends_with("/length") && length > value.size()) continue;
            state.map = whole;
            Bytes changed = value;
            changed.resize(length, '\1');
            state.map[key] = changed;
            for (const auto& [name, request] : calls) static_cast<void>(call(name, request));
        }
    }
}
