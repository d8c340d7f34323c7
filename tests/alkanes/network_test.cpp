// Parameters of the networks: alkanes-vm.md 4.1, 6.2, 6.3, 6.4; protorune.md 5.1.

#include "protorune/network.hpp"

#include <gtest/gtest.h>

#include "base/hex.hpp"

using namespace warpshrew;
using protorune::BuiltinContract;
using protorune::find_network;
using protorune::Network;

namespace {

Network network(std::string_view name) {
    const auto n = find_network(name);
    EXPECT_TRUE(n.has_value()) << name;
    return n.value_or(Network{});
}

std::vector<std::uint64_t> heights(const BuiltinContract& contract) {
    std::vector<std::uint64_t> out;
    for (const auto& v : contract.versions) out.push_back(v.from);
    return out;
}

std::vector<std::string> prefixes(const BuiltinContract& contract) {
    std::vector<std::string> out = {contract.marker_sha256.substr(0, 16)};
    for (const auto& v : contract.versions) out.push_back(v.sha256.substr(0, 16));
    return out;
}

using Heights = std::vector<std::uint64_t>;
using Prefixes = std::vector<std::string>;

}  // namespace

TEST(Network, NamesAreThoseOfTheCommandLine) {
    EXPECT_EQ(protorune::network_names(), (std::vector<std::string>{"mainnet", "testnet", "signet", "regtest", "devnet",
                                                                    "fractal", "dogecoin", "luckycoin", "bellscoin"}));
    for (const std::string& name : protorune::network_names()) EXPECT_EQ(network(name).name, name);
    EXPECT_FALSE(find_network("Mainnet").has_value());
    EXPECT_FALSE(find_network("").has_value());
}

TEST(Network, Addresses) {  // protorune.md 5.1
    const std::map<std::string, bitcoin::AddressPrefixes> expected = {
        {"mainnet", {"bc", 0x00, 0x05}},   {"testnet", {"tb", 0x6f, 0xc4}},    {"signet", {"tb", 0x6f, 0xc4}},
        {"regtest", {"bcrt", 0x64, 0xc4}}, {"devnet", {"bcrt", 0x64, 0xc4}},   {"fractal", {"bcrt", 0x64, 0xc4}},
        {"dogecoin", {"dc", 0x1e, 0x16}},  {"luckycoin", {"lky", 0x2f, 0x05}}, {"bellscoin", {"bel", 0x19, 0x1e}}};
    for (const auto& [name, addresses] : expected) EXPECT_EQ(network(name).addresses, addresses) << name;
}

TEST(Network, HeightsAndFuel) {  // alkanes-vm.md 4.1, 6.2
    struct Row {
        const char* name;
        std::uint64_t genesis, outpoint_height, fuel_change1, v217, v220, total_before, total_after;
        bool minimum_always;
    };
    const Row rows[] = {
        {"mainnet", 880'000, 872'101, 899'087, 943'500, 950'000, 100'000'000, 1'000'000'000, false},
        {"testnet", 0, 0, 0, 0, 0, 100'000'000, 1'000'000'000, true},
        {"signet", 0, 0, 0, 0, 0, 100'000'000, 1'000'000'000, true},
        {"regtest", 0, 0, 0, 0, 0, 100'000'000, 1'000'000'000, true},
        {"devnet", 0, 0, 0, 0, 0, 100'000'000, 1'000'000'000, true},
        {"fractal", 400'000, 228'194, 759'865, 0, 0, 50'000'000, 500'000'000, false},
        {"dogecoin", 6'000'000, 872'101, 5'730'675, 0, 0, 60'000'000, 600'000'000, false},
        {"luckycoin", 400'000, 872'101, 1'664'317, 0, 0, 50'000'000, 500'000'000, false},
        {"bellscoin", 500'000, 288'906, 533'970, 0, 0, 50'000'000, 500'000'000, false},
    };
    for (const Row& row : rows) {
        const Network n = network(row.name);
        EXPECT_EQ(n.genesis_block, row.genesis) << row.name;
        EXPECT_EQ(n.genesis_outpoint_height, row.outpoint_height) << row.name;
        EXPECT_EQ(n.fuel_change1_height, row.fuel_change1) << row.name;
        EXPECT_EQ(n.v217_fix_height, row.v217) << row.name;
        EXPECT_EQ(n.v220_fork_height, row.v220) << row.name;
        EXPECT_EQ(n.total_fuel_before, row.total_before) << row.name;
        EXPECT_EQ(n.total_fuel_after, row.total_after) << row.name;
        EXPECT_EQ(n.minimum_fuel_before, 350'000U) << row.name;
        EXPECT_EQ(n.minimum_fuel_after, 3'500'000U) << row.name;
        EXPECT_EQ(n.minimum_fuel_always, row.minimum_always) << row.name;
        EXPECT_EQ(n.freezes_storage, n.name == "mainnet") << row.name;
        EXPECT_EQ(n.dogecoin_runestones, n.name == "dogecoin") << row.name;
        const bool merge_mined = n.name == "dogecoin" || n.name == "luckycoin" || n.name == "bellscoin";
        EXPECT_EQ(n.block_format == bitcoin::BlockFormat::aux_pow, merge_mined) << row.name;
        EXPECT_EQ(n.parallel_activation_height.has_value(), n.name == "devnet") << row.name;
    }
}

TEST(Network, ChangesTakeEffectAtTheirHeight) {  // alkanes-vm.md 4.1: height >= X
    const Network n = network("mainnet");
    EXPECT_FALSE(n.active(879'999));
    EXPECT_TRUE(n.active(880'000));
    EXPECT_EQ(n.per_store_byte(899'086), 8U);
    EXPECT_EQ(n.per_store_byte(899'087), 40U);
    EXPECT_EQ(n.deploy_fee(899'086), 10'000U);
    EXPECT_EQ(n.deploy_fee(899'087), 100'000U);
    EXPECT_EQ(n.minimum_fuel(899'086), 350'000U);
    EXPECT_EQ(n.total_fuel(899'087), 1'000'000'000U);
}

TEST(Network, GenesisOutpoints) {  // internal order
    EXPECT_EQ(to_hex(network("mainnet").genesis_txid),
              "f43b93de4114bfde250d365e0c1e1db2178e13ccb7b4af09d6b9c9970ab37739");
    EXPECT_EQ(to_hex(network("dogecoin").genesis_txid), to_hex(network("fractal").genesis_txid));
    EXPECT_TRUE(to_hex(network("bellscoin").genesis_txid).starts_with("5902995b"));
}

TEST(Network, BuiltinContracts) {  // alkanes-vm.md 6.3, 6.4
    const auto main = network("mainnet").builtins;
    ASSERT_EQ(main.size(), 3U);
    EXPECT_EQ(main[0].id, (protorune::RuneId{2, 0}));
    EXPECT_EQ(main[1].id, (protorune::RuneId{32, 0}));
    EXPECT_EQ(main[2].id, (protorune::RuneId{32, 1}));
    EXPECT_EQ(heights(main[0]), (Heights{0, 908'888, 917'888}));
    EXPECT_EQ(prefixes(main[0]),
              (Prefixes{"58cca703f5462c73", "58cca703f5462c73", "1fe883c4fe06748a", "f780aacd1718a312"}));
    EXPECT_EQ(heights(main[1]), (Heights{0, 917'888, 950'000, 957'000, 960'000}));
    EXPECT_EQ(prefixes(main[1]), (Prefixes{"ed3c1cc9af5a8727", "ed3c1cc9af5a8727", "59d41a0f1e6587f9",
                                           "a44c14f4c35107af", "c7f29e75cc496dbb", "e67a857f56ca2a57"}));
    EXPECT_EQ(prefixes(main[2]), (Prefixes{"e09ebe6d4c731554", "e09ebe6d4c731554"}));
    EXPECT_EQ(main[0].set_up_inputs, (std::vector<u128>{0}));
    EXPECT_EQ(main[1].set_up_inputs, (std::vector<u128>{0}));
    EXPECT_EQ(main[2].set_up_inputs, (std::vector<u128>{0, 1}));
    EXPECT_TRUE(main[0].keeps_tokens);
    EXPECT_FALSE(main[1].keeps_tokens);
    EXPECT_TRUE(main[2].keeps_tokens);

    // The marker of 2:0 is not the code that runs.
    const auto reg = network("regtest").builtins;
    EXPECT_EQ(prefixes(reg[0]), (Prefixes{"e3628c2127dffe20", "f780aacd1718a312"}));
    EXPECT_EQ(prefixes(reg[1]), (Prefixes{"e67a857f56ca2a57", "e67a857f56ca2a57"}));

    const auto dev = network("devnet").builtins;
    ASSERT_EQ(dev.size(), 1U);
    EXPECT_EQ(dev[0].id, (protorune::RuneId{2, 0}));
    EXPECT_FALSE(dev[0].code.has_value());

    for (const char* name : {"fractal", "dogecoin", "luckycoin", "bellscoin"}) {
        const auto other = network(name).builtins;
        EXPECT_EQ(prefixes(other[0]), (Prefixes{"584ef528a0d82cd8", "584ef528a0d82cd8"})) << name;
        EXPECT_EQ(prefixes(other[1]), (Prefixes{"e67a857f56ca2a57", "e67a857f56ca2a57"})) << name;
    }
}
