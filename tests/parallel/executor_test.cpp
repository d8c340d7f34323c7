// Memory of the results: bounded, whatever a block's calls read (design.md 2).
#include "parallel/executor.hpp"

#include <gtest/gtest.h>

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
