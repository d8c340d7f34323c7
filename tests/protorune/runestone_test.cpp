#include "protorune/runestone.hpp"

#include "chain.hpp"

namespace warpshrew::protorune {

/// Deciphers a transaction with these outputs.
static Artifact decipher_outputs(const std::vector<Bytes>& scripts, bool dogecoin = false) {
    const auto tx = bitcoin::OwnedTransaction::decode(bitcoin::serialize(transaction({foreign_outpoint(0)}, scripts)));
    EXPECT_TRUE(tx);
    return decipher(tx->get(), dogecoin);
}

/// Deciphers a payload in a transaction with one output.
static Artifact decipher_integers(const std::vector<u128>& integers) { return decipher_outputs({script_of(integers)}); }

static std::optional<Flaw> flaw_of(const Artifact& artifact) {
    const auto* cenotaph = std::get_if<Cenotaph>(&artifact);
    return cenotaph ? std::optional(cenotaph->flaw) : std::nullopt;
}

static Runestone runestone_of(const Artifact& artifact) {
    const auto* stone = std::get_if<Runestone>(&artifact);
    EXPECT_NE(stone, nullptr);
    return stone ? *stone : Runestone{};
}

constexpr u128 two_to_64 = u128{1} << 64;

// Vectors V2 to V5 of protorune.md 8.

TEST(Runestone, V2) {
    const Runestone stone = runestone_of(decipher_integers({0, 1, 1, 2, 0}));
    EXPECT_EQ(stone.edicts, (std::vector<Edict>{{{1, 1}, 2, 0}}));
    EXPECT_FALSE(stone.etching || stone.mint || stone.pointer || stone.protocol);
}

TEST(Runestone, V3) {
    EXPECT_EQ(flaw_of(decipher_integers({2, 2, 0, 0, 0, 0, 0})), Flaw::unrecognized_flag);
    EXPECT_EQ(flaw_of(decipher_integers({6, 0})), Flaw::unrecognized_even_tag);
    const Artifact with_etching = decipher_integers({2, 1, 4, 4, 4, 5, 0, 1, 1, 2, 0});
    EXPECT_EQ(flaw_of(with_etching), Flaw::unrecognized_even_tag);
    EXPECT_EQ(std::get<Cenotaph>(with_etching).etching, 4);
    EXPECT_EQ(runestone_of(decipher_integers({2, 1, 1, 4, 1, 5, 0, 1, 1, 2, 0})).etching.value().divisibility, 4);
    EXPECT_EQ(flaw_of(decipher_integers({127, 100, 0, 1, 1, 2, 0})), std::nullopt);
    EXPECT_EQ(flaw_of(decipher_integers({126, 0, 0, 1, 1, 2, 0})), Flaw::unrecognized_even_tag);
}

TEST(Runestone, V4) {
    EXPECT_EQ(flaw_of(decipher_integers({0, 1, 1, 2, 2})), Flaw::edict_output);
    EXPECT_EQ(flaw_of(decipher_integers({0, 0, 1, 2, 0})), Flaw::edict_rune_id);
    EXPECT_EQ(flaw_of(decipher_integers({0, 1, 0, 0, 0, two_to_64 - 1, 0, 0, 0})), Flaw::edict_rune_id);
    EXPECT_EQ(flaw_of(decipher_integers({2, 1, 2})), Flaw::truncated_field);
}

TEST(Runestone, V5) {
    EXPECT_EQ(flaw_of(decipher_outputs({"\x6a\x5d"})), std::nullopt);
    EXPECT_TRUE(std::holds_alternative<Runestone>(decipher_outputs({"\x6a\x5d"})));
    EXPECT_EQ(flaw_of(decipher_outputs({"\x6a\x5d\x51"})), Flaw::opcode);
    EXPECT_EQ(flaw_of(decipher_outputs({"\x6a\x5d\x04"})), Flaw::invalid_script);
    EXPECT_EQ(flaw_of(decipher_outputs({"\x6a\x5d\x01\x80"})), Flaw::varint);
    const Artifact second = decipher_outputs({"\x6a\x09\x5d\x04", script_of({20, 1, 20, 1})});
    EXPECT_EQ(runestone_of(second).mint, (RuneId{1, 1}));
}

TEST(Runestone, FirstOutputWithTheMagicDecides) {
    EXPECT_EQ(flaw_of(decipher_outputs({"\x6a\x5d\x51", script_of({20, 1, 20, 1})})), Flaw::opcode);
    EXPECT_TRUE(std::holds_alternative<std::monostate>(decipher_outputs({pay_to(1), "\x6a", "\x6a\x01\x5d", ""})));
}

TEST(Runestone, PushesOfAllFormsAreJoined) {
    const Bytes script = Bytes("\x6a\x5d\x00\x01\x14\x4c\x01\x07\x4d\x01\x00\x14\x4e\x01\x00\x00\x00\x03", 18);
    EXPECT_EQ(runestone_of(decipher_outputs({script})).mint, (RuneId{7, 3}));
}

TEST(Runestone, DogecoinMagicIsAPush) {
    EXPECT_TRUE(std::holds_alternative<Runestone>(decipher_outputs({"\x6a\x01\x44"}, true)));
    EXPECT_TRUE(std::holds_alternative<std::monostate>(decipher_outputs({"\x6a\x5d"}, true)));
    EXPECT_TRUE(std::holds_alternative<std::monostate>(decipher_outputs({"\x6a\x01\x44"})));
}

// 7.1: what makes a cenotaph of a stone that has protostones. Pointer 1 is out of range: there is one output.
TEST(Runestone, Edge1Cenotaphs) {
    const std::vector<u128> protocol{16383, 5};
    const auto with = [&](std::vector<u128> more) {
        more.insert(more.begin(), protocol.begin(), protocol.end());
        return flaw_of(decipher_integers(more));
    };
    EXPECT_EQ(with({}), std::nullopt);
    EXPECT_EQ(with({22, 0}), std::nullopt);
    EXPECT_EQ(with({24, 0}), Flaw::unrecognized_even_tag);
    EXPECT_EQ(with({22, 1}), Flaw::unrecognized_even_tag);
    EXPECT_EQ(with({22, 0, 22, 0}), Flaw::unrecognized_even_tag);
    EXPECT_EQ(with({20, 1}), Flaw::unrecognized_even_tag);
    EXPECT_EQ(with({20, 0, 20, 1}), Flaw::unrecognized_even_tag);
    EXPECT_EQ(with({20, 1, 20, 1, 20, 1}), Flaw::unrecognized_even_tag);
    EXPECT_EQ(with({0, 1, 1, 1}), Flaw::trailing_integers);
    EXPECT_EQ(with({0, 1, 1, 1, 2}), Flaw::edict_output);
    EXPECT_EQ(with({0, 1, 1, 1, u128{1} << 32}), Flaw::edict_output);
    EXPECT_EQ(with({7}), Flaw::truncated_field);
    EXPECT_EQ(with({7, 1, 81, 4, 101, 0}), std::nullopt);
}

// 7.30, 7.31: ids of layer-1 edicts are u64 and u32, and a bad list is a flaw.
TEST(Runestone, Edge31IdLimits) {
    const u128 u32_max = 0xffffffff;
    EXPECT_EQ(flaw_of(decipher_integers({0, two_to_64 - 1, u32_max, 1, 0})), std::nullopt);
    EXPECT_EQ(flaw_of(decipher_integers({0, two_to_64, 0, 1, 0})), Flaw::edict_rune_id);
    EXPECT_EQ(flaw_of(decipher_integers({0, 1, u32_max + 1, 1, 0})), Flaw::edict_rune_id);
    EXPECT_EQ(flaw_of(decipher_integers({0, 1, u32_max, 1, 0, 0, 1, 1, 0})), Flaw::edict_rune_id);
    EXPECT_EQ(flaw_of(decipher_integers({0, 1, u32_max, 1, 0, 1, u32_max, 1, 0})), std::nullopt);
}

// 1.5: limits of the fields of an etching; a value that is refused stays and makes a flaw if its tag is even.
TEST(Runestone, EtchingFields) {
    const Etching e =
        runestone_of(decipher_integers({2, 7, 1,  38, 3,  0x07ffffff,    5,  0x10ffff, 4,  u128_max, 6,  1,
                                        8, 2, 10, 3,  12, two_to_64 - 1, 14, 5,        16, 6,        18, 7}))
            .etching.value();
    EXPECT_EQ(e.divisibility, 38);
    EXPECT_EQ(e.spacers, 0x07ffffffU);
    EXPECT_EQ(e.symbol, char32_t{0x10ffff});
    EXPECT_EQ(e.rune, u128_max);
    EXPECT_EQ(e.premine, 1);
    EXPECT_TRUE(e.turbo);
    const Terms t = e.terms.value();
    EXPECT_EQ(t.cap, 2);
    EXPECT_EQ(t.amount, 3);
    EXPECT_EQ(t.height_start, UINT64_MAX);
    EXPECT_EQ(t.height_end, 5U);
    EXPECT_EQ(t.offset_start, 6U);
    EXPECT_EQ(t.offset_end, 7U);

    const Etching refused = runestone_of(decipher_integers({2, 1, 1, 39, 3, 0x08000000, 5, 0xd800})).etching.value();
    EXPECT_FALSE(refused.divisibility || refused.spacers || refused.symbol || refused.turbo);
    EXPECT_EQ(flaw_of(decipher_integers({2, 3, 12, two_to_64})), Flaw::unrecognized_even_tag);
    EXPECT_EQ(flaw_of(decipher_integers({2, 1, 8, 1})), Flaw::unrecognized_even_tag) << "cap without terms";
    EXPECT_EQ(flaw_of(decipher_integers({2, 4})), Flaw::unrecognized_flag) << "turbo without etching";
    EXPECT_EQ(flaw_of(decipher_integers({2, 9})), Flaw::unrecognized_flag);
}

TEST(Runestone, SupplyMustFit) {
    EXPECT_EQ(flaw_of(decipher_integers({2, 3, 6, u128_max, 8, 1, 10, 1})), Flaw::supply_overflow);
    EXPECT_EQ(flaw_of(decipher_integers({2, 3, 8, two_to_64, 10, two_to_64})), Flaw::supply_overflow);
    EXPECT_EQ(flaw_of(decipher_integers({2, 3, 6, u128_max, 8, 1})), std::nullopt);
    // (2^64 - 1) * (2^64 + 1) is 2^128 - 1.
    EXPECT_EQ(flaw_of(decipher_integers({2, 3, 8, two_to_64 - 1, 10, two_to_64 + 1})), std::nullopt);
    EXPECT_EQ(flaw_of(decipher_integers({2, 3, 6, 1, 8, two_to_64 - 1, 10, two_to_64 + 1})), Flaw::supply_overflow);
}

TEST(Runestone, OnlyTheFirstFlawIsKept) {
    EXPECT_EQ(flaw_of(decipher_integers({2, 9, 6, 1, 24, 0, 0, 1})), Flaw::trailing_integers);
    EXPECT_EQ(flaw_of(decipher_integers({2, 8, 24, 0})), Flaw::unrecognized_flag);
}

TEST(Runestone, ProtocolValuesInOrder) {
    const Runestone stone = runestone_of(decipher_integers({16383, 9, 7, 1, 16383, u128_max, 22, 0, 16383, 0}));
    EXPECT_EQ(stone.protocol, (std::vector<u128>{9, u128_max, 0}));
}

}  // namespace warpshrew::protorune
