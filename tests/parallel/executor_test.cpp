// Memory of the results: bounded, whatever a block's calls read (design.md 2).
#include "parallel/executor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "parallel/patterns.hpp"

namespace warpshrew::test {
namespace {

TEST(ResultMemory, IsFullAtItsLimit) {
    parallel::ResultMemory memory(64 << 10);
    store::Arena& a = memory.take();
    (void)a.allocate(16 << 10);
    EXPECT_FALSE(memory.full());
    store::Arena& b = memory.take();  // of another thread
    (void)b.allocate(64 << 10);
    EXPECT_TRUE(memory.full());
    memory.give_back(b);
    EXPECT_TRUE(memory.full());  // what is in it is kept
    EXPECT_EQ(&memory.take(), &b);
}

TEST(ResultMemory, KeepsWhatItHadForTheNextBlock) {
    parallel::ResultMemory memory(1 << 20);
    const auto fill = [&](unsigned arenas) {
        std::vector<store::Arena*> taken;
        std::vector<const void*> where;
        for (unsigned i = 0; i < arenas; i++) taken.push_back(&memory.take());
        for (store::Arena* arena : taken) {
            for (unsigned k = 0; k < 100; k++) where.push_back(std::memset(arena->allocate(100, 1), 0xff, 100));
            memory.give_back(*arena);
        }
        std::ranges::sort(where);
        EXPECT_EQ(std::ranges::adjacent_find(where), where.end());
        return where;
    };
    const auto first = fill(3);
    EXPECT_EQ(memory.kept_bytes(), 0u);
    memory.clear();
    const std::size_t kept = memory.kept_bytes();
    EXPECT_GE(kept, 3 * 100 * 100u);
    EXPECT_FALSE(memory.full());
    EXPECT_EQ(fill(3), first);  // the same memory
    EXPECT_EQ(memory.kept_bytes(), 0u);
    memory.clear();
    EXPECT_EQ(memory.kept_bytes(), kept);
}

TEST(ResultMemory, KeepsHalfOfTheLimitAtMost) {
    parallel::ResultMemory memory(1 << 20);
    store::Arena& arena = memory.take();
    (void)arena.allocate(64 << 10);
    (void)arena.allocate(2 << 20);
    EXPECT_TRUE(memory.full());
    memory.clear();  // though it was not given back
    EXPECT_FALSE(memory.full());
    EXPECT_GE(memory.kept_bytes(), 64u << 10);
    EXPECT_LE(memory.kept_bytes(), 512u << 10);
    EXPECT_EQ(&memory.take(), &arena);
}

// Each written key is looked for among those read: of a block made for it that would take hours.
TEST(Patterns, CountersOfACallThatTouchesVeryManyKeysAreNotLookedFor) {
    const Bytes one = to_le(u128{1}), two = to_le(u128{2});
    std::vector<Bytes> keys;
    for (int i = 0; i < 300; i++) keys.push_back("/key/" + std::to_string(i));
    std::vector<alkanes::StateRead> reads;
    std::vector<alkanes::StateWrite> writes;
    for (const Bytes& key : keys) {
        reads.push_back({key, one});
        writes.push_back({key, two});
    }
    alkanes::ExecutedMessage m;
    m.reads = std::span(reads).first(200);
    m.writes = std::span(writes).first(200);
    EXPECT_EQ(parallel::counters_of(m).size(), 200u);
    m.reads = reads;
    EXPECT_TRUE(parallel::counters_of(m).empty());
    m.reads = std::span(reads).first(200);
    m.writes = writes;
    EXPECT_TRUE(parallel::counters_of(m).empty());
}

}  // namespace
}  // namespace warpshrew::test
