#include "protorune/protostone.hpp"

#include "base/hex.hpp"
#include "chain.hpp"

namespace warpshrew::protorune {

/// The protostones behind protocol values.
static Result<std::vector<Protostone>> stones_of_values(std::vector<u128> values) {
    Runestone runestone;
    runestone.protocol = std::move(values);
    return decode_protostones(runestone);
}

/// The protostones in bytes, padded as an encoder does.
static Result<std::vector<Protostone>> stones_of_raw(Bytes raw) {
    raw.resize((raw.size() + 14) / 15 * 15);
    std::vector<u128> values;
    for (std::size_t i = 0; i < raw.size(); i += 15) {
        values.push_back(load_le<u128>((raw.substr(i, 15) + Bytes(1, '\0')).data()));
    }
    return stones_of_values(std::move(values));
}

static Result<std::vector<Protostone>> stones_of(const std::vector<u128>& integers) {
    return stones_of_raw(encode_cellpack(integers));
}

TEST(Protostone, None) {
    EXPECT_TRUE(decode_protostones(Runestone{}).value().empty());
    EXPECT_TRUE(stones_of_values({}).value().empty());
    EXPECT_TRUE(stones_of_values({0}).value().empty());
}

// Vectors V6 to V7d of protorune.md 8.

TEST(Protostone, V6) {
    const auto stones = stones_of_values({u128{0x035b0153040d}}).value();
    ASSERT_EQ(stones.size(), 1U);
    EXPECT_EQ(stones[0].protocol_tag, 13);
    EXPECT_EQ(stones[0].burn, 1);
    EXPECT_EQ(stones[0].pointer, 3U);
    EXPECT_FALSE(stones[0].refund || stones[0].from);
}

TEST(Protostone, V7) {
    const auto stones = stones_of_raw(bytes_of("010953005b030080d9800401959aef3a02")).value();
    ASSERT_EQ(stones.size(), 1U);
    EXPECT_EQ(stones[0].burn, 0);
    EXPECT_EQ(stones[0].pointer, 3U);
    EXPECT_EQ(stones[0].edicts, (std::vector<Edict>{{{8400000, 1}, 123456789, 2}}));
}

TEST(Protostone, V7b) {
    const auto tx = bitcoin::OwnedTransaction::decode(bitcoin::serialize(
        transaction({foreign_outpoint(0)}, {script_of({16383, u128{0x96e451025b0153} << 64 | 0x0603035b0153040dU, 16383,
                                                       u128{0x1} << 64 | 0xecf5ba9ceea78bc0U})})));
    const auto decoded = decode_stones(tx->get(), network_named("regtest"));
    ASSERT_TRUE(decoded.protostones);
    const auto& stones = *decoded.protostones;
    ASSERT_EQ(stones.size(), 2U);
    EXPECT_EQ(stones[0].pointer, 3U);
    EXPECT_EQ(stones[1].protocol_tag, 3);
    EXPECT_EQ(stones[1].pointer, 2U);
    EXPECT_EQ(to_hex(stones[1].message), "640b70717273747576" + std::string(12, '0'));
}

// 7.27: the message comes padded to 15 bytes.
TEST(Protostone, V7cEdge27) {
    const auto stones = stones_of_raw(bytes_of("01065b015d015182820c")).value();
    ASSERT_EQ(stones.size(), 1U);
    EXPECT_EQ(stones[0].pointer, 1U);
    EXPECT_EQ(stones[0].refund, 1U);
    EXPECT_EQ(stones[0].message, "\x02\x01\x03" + Bytes(12, '\0'));
}

TEST(Protostone, V7d) {
    const auto stones = stones_of_values({u128{0x5d065b06011080} << 64 | 0x8151065d065b0601U,
                                          u128{0x64010200075d07} << 64 | 0x5b09011080815106U,
                                          u128{0xc8282} << 64 | 0x51015d015b060100U})
                            .value();
    ASSERT_EQ(stones.size(), 4U);
    EXPECT_EQ(stones[1].refund, 6U);
    EXPECT_EQ(stones[2].pointer, 7U);
    EXPECT_EQ(stones[2].edicts, (std::vector<Edict>{{{2, 1}, 100, 0}}));
    EXPECT_EQ(stones[3].pointer, 1U);
    EXPECT_EQ(stones[3].message.substr(0, 3), "\x02\x01\x03");
}

// A message of zeros only is a message (1.6).
TEST(Protostone, ZeroMessageIsAMessage) {
    EXPECT_EQ(stones_of({1, 2, 81, 0}).value().at(0).message, Bytes(15, '\0'));
    EXPECT_TRUE(stones_of({1, 2, 91, 0}).value().at(0).message.empty());
}

// 7.28
TEST(Protostone, Edge28HighestByteIsDropped) {
    const u128 value = 0x035b0153040d;
    const auto stones = stones_of_values({value | u128{0xab} << 120}).value();
    ASSERT_EQ(stones.size(), 1U);
    EXPECT_EQ(stones[0].pointer, 3U);
    EXPECT_EQ(stones_of({1, 2, 81, u128_max}).value().at(0).message, Bytes(15, '\xff'));
}

// 7.29
TEST(Protostone, Edge29PointersAreCutTo32Bits) {
    const auto stone = stones_of({1, 6, 91, two_to_32, 93, two_to_32 * 5 + 7, 95, u128_max}).value().at(0);
    EXPECT_EQ(stone.pointer, 0U);
    EXPECT_EQ(stone.refund, 7U);
    EXPECT_EQ(stone.from, 0xffffffffU);
}

// 7.30
TEST(Protostone, Edge30MalformedEdictsAreNone) {
    EXPECT_EQ(stones_of({1, 7, 91, 1, 0, 2, 0, 5, 1}).value().at(0).edicts.size(), 1U);
    EXPECT_TRUE(stones_of({1, 6, 91, 1, 0, 2, 0, 5}).value().at(0).edicts.empty()) << "not a multiple of four";
    EXPECT_TRUE(stones_of({1, 9, 0, u128_max, 0, 1, 1, 1, 0, 1, 1}).value().at(0).edicts.empty()) << "block";
    EXPECT_TRUE(stones_of({1, 9, 0, 1, u128_max, 1, 1, 0, 1, 1, 1}).value().at(0).edicts.empty()) << "tx";
    EXPECT_EQ(stones_of({1, 6, 91, 1, 0, 2, 0, 5}).value().at(0).pointer, 1U);
}

// 7.31
TEST(Protostone, Edge31IdsOf128Bits) {
    const auto stone = stones_of({1, 9, 0, u128_max, u128_max, 1, u128_max, 0, 0, 2, 3}).value().at(0);
    const RuneId id{u128_max, u128_max};
    EXPECT_EQ(stone.edicts, (std::vector<Edict>{{id, 1, u128_max}, {id, 2, 3}}));
    const auto next = stones_of({1, 9, 0, 5, 9, 1, 0, 1, 3, 1, 0}).value().at(0);
    EXPECT_EQ(next.edicts.at(1).id, (RuneId{6, 3})) << "another block: tx starts anew";
}

// 7.32: the whole stream is decoded first; a stone must be there in full, but a tag alone may end the list.
TEST(Protostone, Edge32WhatVoidsAndWhatEndsTheList) {
    EXPECT_FALSE(stones_of_raw(bytes_of("00") + Bytes(13, '\0') + "\xff")) << "bad integer behind the end";
    EXPECT_FALSE(stones_of_raw(bytes_of("01025b00") + Bytes(20, '\xff')));
    EXPECT_EQ(stones_of({1, 2, 91, 0, 0, 1, 2, 3}).value().size(), 1U) << "what follows tag 0 is not looked at";
    EXPECT_FALSE(stones_of({1, 40, 91})) << "longer than what is there, padding included";
    EXPECT_TRUE(stones_of({1, 13, 91})) << "padding counts";
    EXPECT_FALSE(stones_of({1, two_to_32, 91}));
    EXPECT_FALSE(stones_of({1, two_to_32 * two_to_32 + 2, 91, 0})) << "the length is not cut";
    const Bytes raw = encode_cellpack(std::vector<u128>{1, 12, 91, 7, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1});
    ASSERT_EQ(raw.size(), 15U);
    EXPECT_EQ(stones_of_raw(raw).value().size(), 1U) << "a tag without a length";
}

// 7.33
TEST(Protostone, Edge33RepeatedFields) {
    const auto stone =
        stones_of({1, 20, 81, 1, 91, 1, 91, 2, 83, 5, 83, 6, 93, 3, 93, 4, 95, 8, 95, 9, 81, 2}).value().at(0);
    EXPECT_EQ(stone.message, "\x01" + Bytes(14, '\0') + "\x02" + Bytes(14, '\0'));
    EXPECT_EQ(stone.pointer, 1U);
    EXPECT_EQ(stone.burn, 5);
    EXPECT_EQ(stone.refund, 3U);
    EXPECT_EQ(stone.from, 8U);
    const auto body = stones_of({1, 7, 0, 2, 0, 1, 1, 91, 5}).value().at(0);
    EXPECT_FALSE(body.pointer) << "fields behind key 0 belong to the edicts";
    EXPECT_TRUE(body.edicts.empty());
}

TEST(Protostone, UnknownFieldsAndADanglingIntegerAreIgnored) {
    const auto stones = stones_of({1, 7, 2, 9, 7, 9, 91, 4, 93, 2, 0}).value();
    ASSERT_EQ(stones.size(), 2U);
    EXPECT_EQ(stones[0].pointer, 4U);
    EXPECT_FALSE(stones[0].refund);
    EXPECT_EQ(stones[1].protocol_tag, 2);
}

TEST(Protostone, StonesOfABlock) {
    const auto block = bitcoin::Block::decode(bitcoin::serialize_block(
        {}, {transaction({foreign_outpoint(0)}, {pay_to(1)}),
             transaction({foreign_outpoint(1)}, {encode_runestone(std::vector<Protostone>{plain_stone(0)})}),
             transaction({foreign_outpoint(2)}, {script_of_raw_protostones(Bytes(15, '\xff'))})}));
    ASSERT_TRUE(block);
    const auto stones = decode_stones(*block, network_named("regtest"));
    ASSERT_EQ(stones.size(), 3U);
    EXPECT_TRUE(std::holds_alternative<std::monostate>(stones[0].artifact));
    EXPECT_TRUE(stones[0].protostones && stones[0].protostones->empty());
    EXPECT_EQ(stones[1].protostones.value().size(), 1U);
    EXPECT_FALSE(stones[2].protostones);
}

}  // namespace warpshrew::protorune
