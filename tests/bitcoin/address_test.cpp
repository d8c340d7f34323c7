#include "bitcoin/address.hpp"

#include "bitcoin/block.hpp"
#include "chain_data.hpp"

namespace warpshrew::bitcoin {

static const AddressPrefixes mainnet{"bc", 0x00, 0x05};
static const AddressPrefixes regtest{"bcrt", 0x64, 0xc4};

static std::string of(std::string_view hex, const AddressPrefixes& prefixes = mainnet) {
    return address_of(bytes_of(hex), prefixes);
}

// protorune.md 5.2
TEST(Address, Base58Check) {
    // protorune.md 8, V9
    EXPECT_EQ(of("a914ad8028e0e0f9b863174e0efc67f65223c3b7ab5387"), "3HWQMRP8YgGPihjqXLdBmsAAUGkGh4ZCrH");
    EXPECT_EQ(of("a914ad8028e0e0f9b863174e0efc67f65223c3b7ab5387", regtest), "2N94cRAKAA8mjvVNPCUF4Pp9RgcxSUJFLqF");
    EXPECT_EQ(of("76a914" + std::string(40, '0') + "88ac"), "1111111111111111111114oLvT2");
    EXPECT_EQ(of("76a914" + std::string(40, '0') + "88ac", regtest), "hEoKTrop13LcnLwfSxJsVYDfwSmLAp8Jq9");
    EXPECT_EQ(of("a914" + std::string(40, 'f') + "87"), "3R2cuenjG5nFubqX9Wzuukdin2YfBbQ6Kw");
    // The first payment's key hash; the genesis block's address
    EXPECT_EQ(of("76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac"), "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa");
}

TEST(Address, WitnessPrograms) {
    // BIP 173 and BIP 350
    EXPECT_EQ(of("0014751e76e8199196d454941c45d1b3a323f1433bd6"), "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4");
    EXPECT_EQ(of("00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262", {"tb", 0, 0}),
              "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7");
    EXPECT_EQ(of("5128751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6"),
              "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y");
    EXPECT_EQ(of("6002751e"), "bc1sw50qgdz25j");
    EXPECT_EQ(of("5210751e76e8199196d454941c45d1b3a323"), "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs");
    EXPECT_EQ(of("512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
              "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0");
    EXPECT_EQ(of("51024e73"), "bc1pfeessrawgf");  // pay to anchor
    EXPECT_EQ(of("51024e73", regtest), "bcrt1pfeesnyr2tx");
}

TEST(Address, NoneForOtherScripts) {
    const std::string hash20(40, 'a');
    const std::string key(66, '2');
    const std::vector<std::string> scripts{"",
                                           "00",
                                           "6a",
                                           "21" + key + "ac",      // P2PK
                                           "5121" + key + "51ae",  // bare multisig
                                           "6a14" + hash20,        // OP_RETURN
                                           "76a914" + hash20 + "88",
                                           "76a914" + hash20 + "88ad",
                                           "76a914" + hash20 + "88ac00",
                                           "a914" + hash20 + "88",
                                           "a915" + hash20 + "87",
                                           "a914" + hash20 + "8700",
                                           "0013" + std::string(38, 'a'),
                                           "0015" + std::string(42, 'a'),
                                           "00024e73",  // version 0 takes 20 or 32 bytes
                                           "5101aa",
                                           "5129" + std::string(82, 'a'),  // programs of 1 and 41 bytes
                                           "5103aabb",
                                           "5102aabbcc",  // not the length it says
                                           "5002aabb",
                                           "4f02aabb",
                                           "6102aabb"};
    for (const std::string& hex : scripts) {
        EXPECT_EQ(of(hex), "") << hex;
    }
    EXPECT_NE(of("5128" + std::string(80, 'a')), "");
}

// The digest is tests/model's over the same block.
TEST(Address, OfMainnet892614) {
    const Block block = Block::decode(mainnet_block()).value();
    Sha256 digest;
    std::size_t n = 0;
    for (const Transaction& tx : block.transactions()) {
        for (const TxOut& output : tx.outputs) {
            const std::string address = address_of(output.script, mainnet);
            if (address.empty()) continue;
            n++;
            digest.update(address + '\n');
        }
    }
    EXPECT_EQ(n, 7805U);
    EXPECT_EQ(to_hex(view(digest.finish())), "dd829194d056d8538061c4fe0ad5adb6955d3d34f607b731be7bfc8f2ac532b3");
}

}  // namespace warpshrew::bitcoin
