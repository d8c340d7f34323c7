#include "protorune/network.hpp"

#include <algorithm>

#include "base/hex.hpp"

namespace warpshrew::protorune {

namespace {

using Versions = std::vector<BuiltinContract::Version>;

// Digests of the built-in contracts' code (alkanes-vm.md 6.3).
constexpr auto genesis_mainnet = "58cca703f5462c733975c068c6d1e245cc32941741f4b6e61a468257b4b5ffb6";
constexpr auto genesis_regtest = "e3628c2127dffe20f3a7f5d1ef4edbcc57dd6e5289a4f413bc8cdea90b0a824b";
constexpr auto genesis_other = "584ef528a0d82cd8db923a966d25d335b73dfd2be47bb7e250ee84f1aa16b1a6";
constexpr auto genesis_upgraded_mainnet = "1fe883c4fe06748a7ce4a06df1006b2f5697a6e3ff66e6b20ded46ce9374cccf";
constexpr auto genesis_upgraded_eoa = "f780aacd1718a312c9ac1a5f8b126a8b8e15708a4b0c908d4d633fbfdb847fd1";
constexpr auto frbtc_1_0 = "ed3c1cc9af5a8727aacd5c096191699d1fd8c6d3b802c463c5832ca2091e83fc";
constexpr auto frbtc_1_1 = "59d41a0f1e6587f9ca364dcd3f9523cf877e1acdf76b52965ac6de3627c0b7bf";
constexpr auto frbtc_1_2 = "a44c14f4c35107afb1f2f730b12d679b7b2dde513fb1de526f795b8645e464e4";
constexpr auto frbtc_1_3 = "c7f29e75cc496dbb009de58cc7547a1a0f3bb95462566c1df529d7a099414b96";
constexpr auto frbtc_1_3_1 = "e67a857f56ca2a574fc1528caa38399a34cc2727057934553a63743c03d94a42";
constexpr auto frsigil = "e09ebe6d4c7315545e5ebbee1ea30205500d8fc9b896e9eb6cedb159d6b0fac8";

// Genesis outpoints, as displayed (protorune.md 5.1).
constexpr auto txid_bitcoin = "3977b30a97c9b9d609afb4b7cc138e17b21d1e0c5e360d25debf1441de933bf4";
constexpr auto txid_fractal = "cf2b52ffaaf1c094df22f190b888fb0e474fe62990547a34e144ec9f8e135b07";
constexpr auto txid_bellscoin = "2c58484a86e117a445c547d8f3acb56b569f7ea036637d909224d52a5b990259";

Bytes internal_order(std::string_view displayed) {
    Bytes txid = *from_hex(displayed);
    std::reverse(txid.begin(), txid.end());
    return txid;
}

// Set-up calls in their order (alkanes-vm.md 6.4).
std::vector<BuiltinContract> builtins(const char* genesis_marker, Versions genesis, const char* frbtc_marker,
                                      Versions frbtc) {
    return {{{2, 0}, genesis_marker, std::move(genesis), {0}, true, std::nullopt},
            {{32, 0}, frbtc_marker, std::move(frbtc), {0}, false, std::nullopt},
            {{32, 1}, frsigil, {{0, frsigil}}, {0, 1}, true, std::nullopt}};
}

// What networks have in common; the rest is that of a build without a chain feature (alkanes-vm.md 6.8).
Network regtest() {
    Network n;
    n.name = "regtest";
    n.addresses = {"bcrt", 0x64, 0xc4};
    n.genesis_txid = internal_order(txid_bitcoin);
    n.minimum_fuel_always = true;
    n.total_fuel_before = 100'000'000;
    n.total_fuel_after = 1'000'000'000;
    n.minimum_fuel_before = 350'000;
    n.minimum_fuel_after = 3'500'000;
    n.builtins = builtins(genesis_regtest, {{0, genesis_upgraded_eoa}}, frbtc_1_3_1, {{0, frbtc_1_3_1}});
    return n;
}

Network testnet(const char* name) {
    Network n = regtest();
    n.name = name;
    n.addresses = {"tb", 0x6f, 0xc4};
    return n;
}

// Blocks of an embedded chain. The code of 2:0 is the caller's to give.
Network devnet() {
    Network n = regtest();
    n.name = "devnet";
    n.parallel_activation_height = 0;
    n.builtins = {{{2, 0}, {}, {}, {0}, true, std::nullopt}};
    return n;
}

Network mainnet() {
    Network n = regtest();
    n.name = "mainnet";
    n.addresses = {"bc", 0x00, 0x05};
    n.genesis_block = 880'000;
    n.genesis_outpoint_height = 872'101;
    n.fuel_change1_height = 899'087;
    n.v217_fix_height = 943'500;
    n.v220_fork_height = 950'000;
    n.freezes_storage = true;
    n.minimum_fuel_always = false;
    n.builtins = builtins(
        genesis_mainnet, {{0, genesis_mainnet}, {908'888, genesis_upgraded_mainnet}, {917'888, genesis_upgraded_eoa}},
        frbtc_1_0,
        {{0, frbtc_1_0}, {917'888, frbtc_1_1}, {950'000, frbtc_1_2}, {957'000, frbtc_1_3}, {960'000, frbtc_1_3_1}});
    return n;
}

// The reference publishes no upgraded genesis contract for these networks: the first one runs at all heights
// (docs/decisions/other-networks.md).
Network other(const char* name, std::uint64_t genesis_block, const char* txid, std::uint64_t outpoint_height,
              std::uint64_t fuel_change1_height, std::uint64_t total_fuel_before) {
    Network n = regtest();
    n.name = name;
    n.genesis_block = genesis_block;
    n.genesis_txid = internal_order(txid);
    n.genesis_outpoint_height = outpoint_height;
    n.fuel_change1_height = fuel_change1_height;
    n.minimum_fuel_always = false;
    n.total_fuel_before = total_fuel_before;
    n.total_fuel_after = 10 * total_fuel_before;
    n.builtins = builtins(genesis_other, {{0, genesis_other}}, frbtc_1_3_1, {{0, frbtc_1_3_1}});
    return n;
}

Network merge_mined(Network n, bitcoin::AddressPrefixes addresses) {
    n.addresses = std::move(addresses);
    n.block_format = bitcoin::BlockFormat::aux_pow;
    return n;
}

Network dogecoin() {
    Network n =
        merge_mined(other("dogecoin", 6'000'000, txid_fractal, 872'101, 5'730'675, 60'000'000), {"dc", 0x1e, 0x16});
    n.dogecoin_runestones = true;
    return n;
}

const std::vector<Network>& networks() {
    static const std::vector<Network> all = {
        mainnet(),
        testnet("testnet"),
        testnet("signet"),
        regtest(),
        devnet(),
        other("fractal", 400'000, txid_fractal, 228'194, 759'865, 50'000'000),
        dogecoin(),
        merge_mined(other("luckycoin", 400'000, txid_fractal, 872'101, 1'664'317, 50'000'000), {"lky", 0x2f, 0x05}),
        merge_mined(other("bellscoin", 500'000, txid_bellscoin, 288'906, 533'970, 50'000'000), {"bel", 0x19, 0x1e}),
    };
    return all;
}

}  // namespace

std::optional<Network> find_network(std::string_view name) {
    for (const Network& n : networks()) {
        if (n.name == name) return n;
    }
    return std::nullopt;
}

const std::vector<std::string>& network_names() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> out;
        for (const Network& n : networks()) out.push_back(n.name);
        return out;
    }();
    return names;
}

}  // namespace warpshrew::protorune
