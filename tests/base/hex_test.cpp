#include "base/hex.hpp"

#include <gtest/gtest.h>

namespace warpshrew {

TEST(Hex, RoundTrips) {
    Bytes all;
    for (int i = 0; i < 256; i++) all.push_back(static_cast<char>(i));
    EXPECT_EQ(from_hex(to_hex(all)).value(), all);
    EXPECT_EQ(to_hex(Bytes("\0\xab", 2)), "00ab");
    EXPECT_EQ(from_hex("aBCd").value(), "\xab\xcd");
    EXPECT_EQ(from_hex("").value(), "");
}

TEST(Hex, ErrorsHaveTheOffset) {
    const auto offset = [](std::string_view text) { return from_hex(text).error().offset; };
    EXPECT_EQ(offset("0g"), 1U);
    EXPECT_EQ(offset("00g0"), 2U);
    EXPECT_EQ(offset("00 1"), 2U);
    EXPECT_EQ(offset("001"), 3U);
}

}  // namespace warpshrew
