#include "wasm/constant_folding.hpp"

#include <gtest/gtest.h>

#include <bit>

namespace warpshrew::wasm {
namespace {

std::uint64_t bits_of(double x) { return std::bit_cast<std::uint64_t>(x); }
std::uint64_t f32(float x) { return std::bit_cast<std::uint32_t>(x); }

// Sections 2.7 and 5: what traps, and the one remainder that does not.
TEST(ConstantFolding, Division) {
    for (const unsigned w : {32u, 64u}) {
        const std::uint64_t min = std::uint64_t{1} << (w - 1), ones = w == 32 ? 0xffffffff : ~std::uint64_t{0};
        EXPECT_EQ(fold(IntBinary::div_s, w, min, ones), std::nullopt);
        EXPECT_EQ(fold(IntBinary::rem_s, w, min, ones), 0u);
        EXPECT_EQ(fold(IntBinary::div_s, w, ones, 2), 0u);
        EXPECT_EQ(fold(IntBinary::rem_s, w, ones - 6, 4), ones - 2);
        for (const auto op : {IntBinary::div_s, IntBinary::div_u, IntBinary::rem_s, IntBinary::rem_u})
            EXPECT_EQ(fold(op, w, 1, 0), std::nullopt);
    }
}

TEST(ConstantFolding, ShiftsAreModuloTheWidth) {
    EXPECT_EQ(fold(IntBinary::shl, 32, 1, 33), 2u);
    EXPECT_EQ(fold(IntBinary::shr_s, 32, 0x80000000, 31), 0xffffffffu);
    EXPECT_EQ(fold(IntBinary::rotl, 32, 0x80000001, 1), 3u);
    EXPECT_EQ(fold(IntBinary::rotr, 64, 1, 64), 1u);
    EXPECT_EQ(fold(IntUnary::clz, 32, 0), 32u);
    EXPECT_EQ(fold(IntUnary::ctz, 32, 0), 32u);
    EXPECT_EQ(fold(IntUnary::clz, 64, 1), 63u);
}

// Section 5: NaN and out of range.
TEST(ConstantFolding, Truncation) {
    EXPECT_EQ(fold_truncate(64, 32, true, false, bits_of(2147483647.9)), 0x7fffffffu);
    EXPECT_EQ(fold_truncate(64, 32, true, false, bits_of(2147483648.0)), std::nullopt);
    EXPECT_EQ(fold_truncate(64, 32, true, false, bits_of(-2147483648.9)), 0x80000000u);
    EXPECT_EQ(fold_truncate(64, 32, false, false, bits_of(-0.9)), 0u);
    EXPECT_EQ(fold_truncate(64, 32, false, false, bits_of(-1.0)), std::nullopt);
    EXPECT_EQ(fold_truncate(64, 64, false, false, bits_of(18446744073709551616.0)), std::nullopt);
    EXPECT_EQ(fold_truncate(32, 64, true, true, f32(1e30f)), 0x7fffffffffffffffu);
    EXPECT_EQ(fold_truncate(32, 32, true, true, f32(-1e30f)), 0x80000000u);
    EXPECT_EQ(fold_truncate(32, 32, true, false, 0x7fc00000), std::nullopt);
    EXPECT_EQ(fold_truncate(32, 32, true, true, 0x7fc00000), 0u);
}

TEST(ConstantFolding, Floats) {
    EXPECT_EQ(fold(FloatBinary::min, 64, bits_of(0.0), bits_of(-0.0)), bits_of(-0.0));
    EXPECT_EQ(fold(FloatBinary::max, 64, bits_of(-0.0), bits_of(0.0)), bits_of(0.0));
    EXPECT_EQ(fold(FloatBinary::add, 32, 0x7fa00001, f32(1)), 0x7fc00000u);  // canonical
    EXPECT_EQ(fold(FloatBinary::div, 64, bits_of(0.0), bits_of(0.0)), 0x7ff8000000000000u);
    EXPECT_EQ(fold(FloatUnary::nearest, 64, bits_of(2.5)), bits_of(2.0));
    EXPECT_EQ(fold(FloatUnary::neg, 32, 0x7fa00001), 0xffa00001u);                            // bits only
    EXPECT_EQ(fold_convert(64, 32, false, 0x8000008000000001), f32(9223373136366403584.0f));  // rounded once
    EXPECT_EQ(fold_extend(8, 32, 0x80), 0xffffff80u);
}

}  // namespace
}  // namespace warpshrew::wasm
