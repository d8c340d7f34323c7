// Profiles of networks (design.md 5, docs/operations.md "Network profiles").

#include "alkanes/profile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/hex.hpp"
#include "base/temporary_folder.hpp"

using namespace warpshrew;
using alkanes::load_network;
using testing::HasSubstr;

namespace {

class Profile : public testing::Test {
 protected:
    Result<protorune::Network> load(std::string_view json, const char* name = "own.json") {
        EXPECT_TRUE(write_file(folder.path() / name, json).has_value());
        return load_network((folder.path() / name).string());
    }
    std::string error(std::string_view json, const char* name = "own.json") {
        const auto n = load(json, name);
        return n ? "no error" : n.error().reason;
    }

    TemporaryFolder folder;
};

}  // namespace

TEST_F(Profile, ANameIsANetwork) {
    const auto n = load_network("regtest");
    ASSERT_TRUE(n.has_value());
    EXPECT_EQ(n->name, "regtest");
}

TEST_F(Profile, NeitherNameNorFileSaysWhatThereIs) {
    const auto n = load_network("nowhere");
    ASSERT_FALSE(n.has_value());
    EXPECT_THAT(n.error().reason, HasSubstr("\"nowhere\" is neither a profile file nor a network: mainnet, testnet"));
    EXPECT_FALSE(load_network(folder.path().string()).has_value()) << "a folder";
    EXPECT_FALSE(load_network("").has_value());
}

TEST_F(Profile, WhatIsNotGivenIsTheBase) {
    const auto n = load(R"({"base": "mainnet"})");
    ASSERT_TRUE(n.has_value()) << n.error().reason;
    const auto base = *protorune::find_network("mainnet");
    EXPECT_EQ(n->name, "own");
    EXPECT_EQ(n->genesis_block, base.genesis_block);
    EXPECT_EQ(n->addresses, base.addresses);
    EXPECT_EQ(n->genesis_txid, base.genesis_txid);
    EXPECT_EQ(n->freezes_storage, true);
    ASSERT_EQ(n->builtins.size(), 3U);
    EXPECT_EQ(n->builtins[1].versions.size(), 5U);
    EXPECT_FALSE(n->parallel_activation_height.has_value());
}

TEST_F(Profile, EveryMember) {
    const auto n = load(R"({"base": "regtest", "name": "staging",
        "addresses": {"bech32_hrp": "xx", "p2pkh": 1, "p2sh": 255},
        "genesis_block": 1, "genesis_outpoint_height": 2, "v217_fix_height": 3, "fuel_change1_height": 4,
        "v220_fork_height": 18446744073709551615, "minimum_fuel_always": false,
        "minimum_fuel_before": 6, "minimum_fuel_after": 7, "total_fuel_before": 8, "total_fuel_after": 1099511627776,
        "parallel_activation_height": 9,
        "genesis_outpoint_txid": "3977b30a97c9b9d609afb4b7cc138e17b21d1e0c5e360d25debf1441de933b00"})");
    ASSERT_TRUE(n.has_value()) << n.error().reason;
    EXPECT_EQ(n->name, "staging");
    EXPECT_EQ(n->addresses, (bitcoin::AddressPrefixes{"xx", 1, 255}));
    EXPECT_EQ(n->genesis_block, 1U);
    EXPECT_EQ(n->genesis_outpoint_height, 2U);
    EXPECT_EQ(n->v217_fix_height, 3U);
    EXPECT_EQ(n->fuel_change1_height, 4U);
    EXPECT_EQ(n->v220_fork_height, ~0ULL);
    EXPECT_FALSE(n->minimum_fuel_always);
    EXPECT_EQ(n->minimum_fuel_before, 6U);
    EXPECT_EQ(n->minimum_fuel_after, 7U);
    EXPECT_EQ(n->total_fuel_before, 8U);
    EXPECT_EQ(n->total_fuel_after, 1ULL << 40U);
    EXPECT_EQ(n->parallel_activation_height, 9U);
    EXPECT_TRUE(to_hex(n->genesis_txid).starts_with("003b93de"));
}

TEST_F(Profile, PartOfTheAddressesAndNeverParallel) {
    const auto n = load(R"({"base": "devnet", "addresses": {"p2sh": 7}, "parallel_activation_height": null})");
    ASSERT_TRUE(n.has_value()) << n.error().reason;
    EXPECT_EQ(n->addresses, (bitcoin::AddressPrefixes{"bcrt", 0x64, 7}));
    EXPECT_FALSE(n->parallel_activation_height.has_value());
}

TEST_F(Profile, BuiltinContractsGivenAndLeftOut) {
    ASSERT_TRUE(write_file(folder.path() / "own.wasm", "code").has_value());
    const auto n = load(R"({"base": "mainnet", "builtins": {"32:1": "own.wasm", "32:0": null}})");
    ASSERT_TRUE(n.has_value()) << n.error().reason;
    ASSERT_EQ(n->builtins.size(), 2U);
    EXPECT_EQ(n->builtins[0].id, (protorune::RuneId{2, 0}));
    EXPECT_FALSE(n->builtins[0].code.has_value());
    EXPECT_EQ(n->builtins[1].id, (protorune::RuneId{32, 1}));
    EXPECT_EQ(n->builtins[1].code, "code");
    EXPECT_EQ(n->builtins[1].set_up_inputs, (std::vector<u128>{0, 1}));
}

TEST_F(Profile, ABuiltinThatTheBaseLeavesOutIsSetUpInOrder) {  // alkanes-vm.md 6.4
    ASSERT_TRUE(write_file(folder.path() / "a.wasm", "a").has_value());
    const auto n = load(R"({"base": "devnet", "builtins": {"32:1": "a.wasm", "32:0": "a.wasm", "2:0": "a.wasm"}})");
    ASSERT_TRUE(n.has_value()) << n.error().reason;
    ASSERT_EQ(n->builtins.size(), 3U);
    EXPECT_EQ(n->builtins[0].id, (protorune::RuneId{2, 0}));
    EXPECT_EQ(n->builtins[1].id, (protorune::RuneId{32, 0}));
    EXPECT_FALSE(n->builtins[1].keeps_tokens);
    EXPECT_EQ(n->builtins[2].id, (protorune::RuneId{32, 1}));
}

TEST_F(Profile, ErrorsSayWhatIsAllowed) {
    EXPECT_THAT(error("{"), HasSubstr("parse error"));
    EXPECT_THAT(error("[]"), HasSubstr("must be a JSON object"));
    EXPECT_THAT(error("{}"), HasSubstr("\"base\" must name a network: mainnet"));
    EXPECT_THAT(error(R"({"base": 1})"), HasSubstr("\"base\" must name"));
    EXPECT_THAT(error(R"({"base": "devnet", "minimum_fuel": 1})"),
                HasSubstr("no member \"minimum_fuel\"; allowed: base, name"));
    EXPECT_THAT(error(R"({"base": "devnet", "addresses": {"hrp": "x"}})"),
                HasSubstr("no member \"hrp\"; allowed: bech32_hrp, p2pkh, p2sh"));
    EXPECT_THAT(error(R"({"base": "devnet", "addresses": {"p2pkh": 256}})"), HasSubstr("from 0 to 255"));
    EXPECT_THAT(error(R"({"base": "devnet", "addresses": {"bech32_hrp": "BC"}})"), HasSubstr("upper-case"));
    EXPECT_THAT(error(R"({"base": "devnet", "addresses": {"bech32_hrp": ""}})"), HasSubstr("1 to 83"));
    EXPECT_THAT(error(R"({"base": "devnet", "addresses": 1})"), HasSubstr("must be an object"));
    EXPECT_THAT(error(R"({"base": "devnet", "genesis_block": -1})"), HasSubstr("whole number"));
    EXPECT_THAT(error(R"({"base": "devnet", "genesis_block": 1.5})"), HasSubstr("whole number"));
    EXPECT_THAT(error(R"({"base": "devnet", "total_fuel_after": 1099511627777})"), HasSubstr("to 1099511627776"));
    EXPECT_THAT(error(R"({"base": "devnet", "minimum_fuel_always": 1})"), HasSubstr("true or false"));
    EXPECT_THAT(error(R"({"base": "devnet", "parallel_activation_height": "x"})"), HasSubstr("a height or null"));
    EXPECT_THAT(error(R"({"base": "devnet", "genesis_outpoint_txid": "00"})"), HasSubstr("64 hex digits"));
    EXPECT_THAT(error(R"({"base": "devnet", "name": ""})"), HasSubstr("not empty"));
    EXPECT_THAT(error(R"({"base": "devnet", "builtins": {"2:1": null}})"), HasSubstr("allowed: 2:0, 32:0, 32:1"));
    EXPECT_THAT(error(R"({"base": "devnet", "builtins": {"2:0": 1}})"), HasSubstr("or null to leave it out"));
    EXPECT_THAT(error(R"({"base": "devnet", "builtins": {"2:0": "absent.wasm"}})"), HasSubstr("absent.wasm"));
}

TEST_F(Profile, DoesNotPassForAnotherNetwork) {
    EXPECT_THAT(error(R"({"base": "mainnet", "name": "regtest"})"), HasSubstr("name of another network"));
    EXPECT_THAT(error(R"({"base": "mainnet"})", "mainnet.json"), HasSubstr("name of another network"));
    EXPECT_EQ(load(R"({"base": "mainnet", "name": "x"})", "mainnet.json")->name, "x");
}

TEST_F(Profile, DeepNestingIsAnErrorNotACrash) {
    EXPECT_THAT(error(std::string(1'000'000, '[')), HasSubstr("parse error"));
    EXPECT_THAT(error(std::string(2'000'000, ' ')), HasSubstr("too large"));
}
