#include "protorune/varint.hpp"

#include <gtest/gtest.h>

namespace warpshrew::protorune {

using Integers = std::vector<u128>;

static std::string error_of(BytesView bytes) {
    const auto decoded = decode_varints(bytes);
    return decoded ? "none" : decoded.error().reason;
}

// V1 of protorune.md 8.
TEST(Varint, V1) {
    const Bytes zeros(18, '\x80');
    EXPECT_EQ(decode_varints(zeros + Bytes(1, '\0')), Integers{0});
    EXPECT_EQ(decode_varints(zeros + '\x02'), Integers{u128{1} << 127});
    EXPECT_EQ(error_of(Bytes(19, '\x80') + Bytes(1, '\0')), "too long");
    EXPECT_EQ(error_of(zeros + '\x04'), "overflow");
    EXPECT_EQ(error_of("\x80"), "unterminated");
    EXPECT_EQ(error_of(Bytes(19, '\x80')), "unterminated");
}

TEST(Varint, ErrorsTellTheOffsetOfTheInteger) { EXPECT_EQ(decode_varints("\x01\x85\x02\xff\xff").error().offset, 3); }

TEST(Varint, DecodesUntilTheEnd) {
    EXPECT_EQ(decode_varints(""), Integers{});
    EXPECT_EQ(decode_varints(BytesView("\x00\x7f\x80\x01", 4)), (Integers{0, 127, 128}));
}

// 1.2: zero padding up to 19 bytes is accepted.
TEST(Varint, NonCanonical) { EXPECT_EQ(decode_varints(BytesView("\x81\x80\x80\x00", 4)), Integers{1}); }

TEST(Varint, RoundTripsAtEveryWidth) {
    for (int bits = 0; bits < 128; ++bits) {
        for (const u128 n : {u128{1} << bits, (u128{1} << bits) - 1, u128_max >> bits}) {
            Bytes encoded;
            append_varint(encoded, n);
            EXPECT_EQ(decode_varints(encoded), Integers{n});
        }
    }
}

}  // namespace warpshrew::protorune
