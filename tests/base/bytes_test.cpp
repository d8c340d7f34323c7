#include "base/bytes.hpp"

#include <gtest/gtest.h>

namespace warpshrew {

TEST(Bytes, LittleEndian) {
    EXPECT_EQ(to_le<std::uint32_t>(0x01020304), Bytes("\4\3\2\1"));
    EXPECT_EQ(to_le(u128_max), Bytes(16, '\xff'));
    EXPECT_EQ(load_le<std::uint32_t>("\4\3\2\1"), 0x01020304U);
    EXPECT_EQ(load_le<u128>(to_le(u128_max - 1).data()), u128_max - 1);
    EXPECT_EQ(byte_at("\xff", 0), 255);
}

TEST(Bytes, DecimalRoundTrips) {
    const char* const most = "340282366920938463463374607431768211455";
    EXPECT_EQ(to_decimal(0), "0");
    EXPECT_EQ(to_decimal(u128_max), most);
    u128 n = 7;
    EXPECT_TRUE(parse_decimal(most, n));
    EXPECT_EQ(n, u128_max);
    EXPECT_TRUE(parse_decimal("007", n));
    EXPECT_EQ(n, u128{7});
}

TEST(Bytes, DecimalRefusesEverythingElse) {
    u128 n = 7;
    for (const char* text : {"", "-1", "+1", " 1", "1 ", "0x1", "1.0", "340282366920938463463374607431768211456",
                             "3402823669209384634633746074317682114550"}) {
        EXPECT_FALSE(parse_decimal(text, n)) << text;
    }
    EXPECT_EQ(n, u128{7});
}

TEST(Bytes, CheckedAdd) {
    u128 sum = 5;
    EXPECT_TRUE(checked_add(u128_max - 1, 1, sum));
    EXPECT_EQ(sum, u128_max);
    EXPECT_FALSE(checked_add(u128_max, 1, sum));
    EXPECT_EQ(sum, u128_max);
}

}  // namespace warpshrew
