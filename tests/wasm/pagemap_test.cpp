#include "wasm/pagemap.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <random>

namespace warpshrew::wasm {
namespace {

class PagemapTest : public testing::Test {
 protected:
    const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t pages = 1500;  // more than one read and more regions than one scan lists
    const std::size_t size = pages * page;
    std::uint8_t* memory = static_cast<std::uint8_t*>(
        mmap(nullptr, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    Pagemap pagemap;

    PagemapTest() { madvise(memory, size + page, MADV_NOHUGEPAGE); }
    ~PagemapTest() override { munmap(memory, size + page); }

    /// Every third page or so, some twice, the last one and the one behind the range; how many in the range.
    std::size_t write() {
        std::mt19937_64 random(1);
        std::size_t n = 0;
        for (std::size_t p = 0; p <= pages; p++) {
            if (random() % 3 != 0 && p + 1 < pages) continue;
            memory[p * page + random() % page] = 1;
            memory[p * page + random() % page] = 2;
            if (p < pages) n++;
        }
        return n;
    }
    [[nodiscard]] bool is_zero() const {
        return std::all_of(memory, memory + size, [](std::uint8_t b) { return b == 0; });
    }
    [[nodiscard]] bool behind_is_kept() const {
        return std::any_of(memory + size, memory + size + page, [](std::uint8_t b) { return b != 0; });
    }
};

TEST_F(PagemapTest, ZeroesAllThatWasWrittenAndNothingBehind) {
    for (unsigned round = 0; round < 3; round++) {
        write();
        ASSERT_FALSE(is_zero());
        ASSERT_TRUE(pagemap.zero(memory, size, size));
        EXPECT_TRUE(is_zero());
        EXPECT_TRUE(behind_is_kept());
    }
}

TEST_F(PagemapTest, OlderKernelsDoTheSame) {
    write();
    ASSERT_FALSE(is_zero());
    ASSERT_TRUE(pagemap.zero_listed(memory, size, size));
    EXPECT_TRUE(is_zero());
    EXPECT_TRUE(behind_is_kept());
}

TEST_F(PagemapTest, MoreThanTheMostIsRefused) {
    const std::size_t bytes = write() * page;
    EXPECT_FALSE(pagemap.zero_listed(memory, size, bytes - 1));
    EXPECT_TRUE(pagemap.zero_listed(memory, size, bytes));
    if (const auto scanned = pagemap.zero_scanned(memory, size, bytes - 1)) {
        EXPECT_FALSE(*scanned);
        EXPECT_TRUE(pagemap.zero_scanned(memory, size, bytes).value());
    }
}

// What the pool of memories does then.
TEST_F(PagemapTest, WhatIsRefusedCanBeGivenBack) {
    write();
    ASSERT_FALSE(pagemap.zero(memory, size, page));
    ASSERT_EQ(madvise(memory, size, MADV_DONTNEED), 0);
    EXPECT_TRUE(is_zero());
    EXPECT_TRUE(behind_is_kept());
}

// Otherwise a memory that is only read would grow.
TEST_F(PagemapTest, PagesThatWereOnlyReadAreLeftAlone) {
    volatile std::uint8_t sum = 0;
    for (std::size_t p = 0; p < pages; p++) sum = static_cast<std::uint8_t>(sum + memory[p * page]);
    const auto scanned = pagemap.zero_scanned(memory, size, 0);
    if (!scanned) GTEST_SKIP() << "this kernel has no PAGEMAP_SCAN";
    EXPECT_TRUE(*scanned);
}

}  // namespace
}  // namespace warpshrew::wasm
