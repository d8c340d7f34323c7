#include "gpu/code_buffer.hpp"

#include <gtest/gtest.h>

namespace warpshrew::gpu {
namespace {

constexpr std::uint64_t page = memory_page_bytes;

DeviceModule module_of(std::uint64_t bytes, std::uint32_t word) {
    DeviceModule out;
    out.words.assign(bytes / 4, word);
    return out;
}

TEST(CodeBuffer, IsFullWhereWhatWasForgottenWouldMakeRoom) {
    CodeBuffer code(16 * page);
    EXPECT_EQ(code.add(module_of(2 * page, 7)), page / 16);
    code.keep();
    EXPECT_EQ(code.add(module_of(9 * page, 1)), 0U) << "more than half";
    EXPECT_FALSE(code.is_full());
    for (std::uint32_t k = 0; k < 3; k++)
        EXPECT_EQ(code.add(module_of(4 * page, 10 + k)), (3 + 4 * k) * page / 16) << k;
    EXPECT_EQ(code.bytes(), 15 * page);
    EXPECT_EQ(code.add(module_of(2 * page, 2)), 0U);
    EXPECT_TRUE(code.is_full());
    EXPECT_EQ(code.bytes(), 15 * page);
    EXPECT_EQ(code.add(module_of(page, 3)), 15 * page / 16) << "there is room for smaller ones";
    code.forget();
    EXPECT_FALSE(code.is_full());
    EXPECT_EQ(code.bytes(), 3 * page);
    EXPECT_EQ(code.words()[page / 4], 7U) << "what was kept";
    EXPECT_EQ(code.add(module_of(2 * page, 2)), 3 * page / 16);
    EXPECT_EQ(code.words()[3 * page / 4], 2U);
}

}  // namespace
}  // namespace warpshrew::gpu
