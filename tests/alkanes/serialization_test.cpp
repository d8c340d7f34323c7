// Byte forms that contracts and the host exchange (alkanes-vm.md 1.2, 3.2, 3.3).

#include "alkanes/serialization.hpp"

#include <gtest/gtest.h>

#include "alkanes/guest_memory.hpp"
#include "alkanes/utf8.hpp"
#include "test_chain.hpp"

using namespace warpshrew;
using namespace warpshrew::alkanes;
using test::storage_map;
using test::words;

static Result<std::vector<protorune::RuneTransfer>> parcel(BytesView b) { return read_parcel(b); }
static Result<StorageMap> map(BytesView b) { return read_storage_map(b); }

// 1.2.3, 10.1: each byte of padding is one more input.
TEST(Calldata, PaddingIsInputs) {
    const auto c = decode_calldata(Bytes("\x02\x00\x4d", 3) + Bytes(12, '\0'), false);
    ASSERT_TRUE(c);
    EXPECT_EQ(c->target, (protorune::RuneId{2, 0}));
    ASSERT_EQ(c->inputs.size(), 13u);
    EXPECT_TRUE(c->inputs[0] == 77 && c->inputs[12] == 0);
}

TEST(Calldata, Errors) {
    for (const bool prefix_counts : {false, true}) {
        const auto decode = [&](const Bytes& calldata) { return decode_calldata(calldata, prefix_counts); };
        EXPECT_FALSE(decode(""));
        EXPECT_FALSE(decode("\x02"));                               // 1.2.4: fewer than two integers
        EXPECT_FALSE(decode("\x02\x80"));                           // unterminated
        EXPECT_FALSE(decode("\x02" + Bytes(19, '\x80') + "\x01"));  // too long
        EXPECT_FALSE(decode("\x02" + Bytes(18, '\xff') + "\x04"));  // overflow
        EXPECT_TRUE(decode("\x02" + Bytes(18, '\xff') + "\x03"));
    }
}

// 1.2: cellpacks of calls are words; the rest of a word is ignored.
TEST(Cellpack, Words) {
    const auto c = decode_cellpack(words({2, 7, u128_max}) + "rest");
    ASSERT_TRUE(c);
    EXPECT_EQ(c->target, (protorune::RuneId{2, 7}));
    ASSERT_EQ(c->inputs.size(), 1u);
    EXPECT_TRUE(c->inputs[0] == u128_max);
    EXPECT_EQ(decode_cellpack(Bytes(31, '\0')).error().reason, "failed to fill whole buffer");
}

// 3.3: the count is a u128, and bytes for it need not be there.
TEST(Parcel, CountsThatLie) {
    for (const u128 count : {u128{1}, u128{1} << 60, (u128{1} << 124) + 1, u128_max})
        EXPECT_EQ(parcel(words({count, 2, 1})).error().reason, "failed to fill whole buffer");
    EXPECT_FALSE(parcel(Bytes(15, '\0')));
    const auto p = parcel(words({1, 2, 3, 4, 99}));
    ASSERT_TRUE(p);
    EXPECT_EQ(p->size(), 1u);
    EXPECT_EQ(p->at(0), (protorune::RuneTransfer{{2, 3}, 4}));
}

TEST(StorageMaps, TextsOfShortData) {
    EXPECT_EQ(map(Bytes(3, '\0')).error().reason, "failed to fill whole buffer");
    EXPECT_EQ(map(to_le(2u) + Bytes(15, '\0')).error().reason, "StorageMap: entry count 2 exceeds remaining input");
    EXPECT_EQ(map(to_le(0xffffffffu)).error().reason, "StorageMap: entry count 4294967295 exceeds remaining input");
    EXPECT_EQ(map(to_le(1u) + to_le(5u) + "abcd").error().reason, "StorageMap: key length 5 exceeds remaining input");
    EXPECT_EQ(map(to_le(1u) + to_le(4u) + "abcd").error().reason, "failed to fill whole buffer");
    EXPECT_EQ(map(to_le(1u) + to_le(4u) + "abcd" + to_le(1u)).error().reason,
              "StorageMap: value length 1 exceeds remaining input");
}

TEST(StorageMaps, LaterDuplicateWinsAndTheRestIsLeft) {
    const Bytes bytes = storage_map({{"b", "1"}, {"a", "2"}, {"b", ""}, {"", "3"}}) + "rest";
    BytesView view = bytes;
    const auto m = read_storage_map(view);
    ASSERT_TRUE(m);
    EXPECT_EQ(*m, (StorageMap{{"", "3"}, {"a", "2"}, {"b", ""}}));
    EXPECT_EQ(view, "rest");
    EXPECT_EQ(storage_map_size(*m), 4u + 9 + 10 + 9);
}

// Few entries and many are sorted in different ways.
TEST(StorageMaps, AnyNumberInAnyOrder) {
    for (std::uint32_t n = 1; n < 40; n++) {
        Bytes bytes = to_le(2 * n);
        StorageMap sorted;
        for (std::uint32_t i = 0; i < 2 * n; i++) {
            const Bytes key(1, static_cast<char>('A' + (n - 1 - i % n)));
            bytes += to_le(1u) + key + to_le(4u) + to_le(i);
        }
        for (std::uint32_t i = 0; i < n; i++)
            sorted.emplace_back(Bytes(1, static_cast<char>('A' + i)), to_le(2 * n - 1 - i));
        const auto m = map(bytes);
        ASSERT_TRUE(m);
        EXPECT_EQ(*m, sorted) << n;
    }
}

// 10.46
TEST(Responses, LessThanTwentyBytes) {
    EXPECT_FALSE(decode_response(Bytes(19, '\0')));
    EXPECT_TRUE(decode_response(Bytes(20, '\0')));
    EXPECT_EQ(decode_response(Bytes(20, '\0') + "data")->data, "data");
}

// 3.2
TEST(GuestMemory, Reads) {
    std::vector<std::uint8_t> m(64);
    m[8] = 48;
    EXPECT_EQ(read_buffer(m, 12)->size(), 48u);
    m[8] = 53;
    EXPECT_EQ(read_buffer(m, 12).error().reason, "invalid buffer range");
    m[11] = 0xff;
    EXPECT_EQ(read_buffer(m, 12).error().reason, "invalid buffer range");
    EXPECT_EQ(read_buffer(m, -1).error().reason, "invalid start offset");
    for (const int p : {0, 3, 65, 0x7fffffff})
        EXPECT_EQ(read_buffer(m, p).error().reason, "failed to read length prefix") << p;
    EXPECT_EQ(read_buffer(m, 64)->size(), 0u);
}

TEST(GuestMemory, WritesTheLengthFirst) {
    std::vector<std::uint8_t> m(64);
    EXPECT_TRUE(write_buffer(m, 60, "abcd"));
    EXPECT_EQ(m[63], 'd');
    EXPECT_FALSE(write_buffer(m, 60, "abcde"));
    EXPECT_EQ(m[56], 5);
    EXPECT_EQ(m[63], 'd');
    for (const int p : {-1, 0, 3, 65}) EXPECT_FALSE(write_buffer(m, p, "x")) << p;
    EXPECT_TRUE(write_buffer(m, 64, ""));
    EXPECT_TRUE(write_buffer(m, 4, "x"));
}

// 2.3.4: as Rust's str::from_utf8
TEST(Utf8, WellFormed) {
    for (const char* good :
         {"", "a", "\xc2\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
        EXPECT_TRUE(is_utf8(good)) << good;
    for (const char* bad : {"\x80", "\xc1\xbf", "\xc2", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                            "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "a\xe2\x82z", "\xff"})
        EXPECT_FALSE(is_utf8(bad)) << bad;
}
