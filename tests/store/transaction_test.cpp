// BlockState and Transaction against plain models (alkanes-vm.md 0.1, protorune.md 2.15 and 3.1).

#include "store/transaction.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

#include "store/list.hpp"
#include "store/memory_state.hpp"
#include "support/random_cases.hpp"

namespace warpshrew::store {
namespace {

using Plain = std::map<Bytes, Bytes, std::less<>>;

std::map<Bytes, Bytes> writes(const BlockState& block) {
    std::map<Bytes, Bytes> out;
    block.for_each_write([&](BytesView k, BytesView v) { EXPECT_TRUE(out.emplace(k, v).second) << "listed twice"; });
    EXPECT_EQ(out.size(), block.write_count());
    return out;
}

class Counting final : public StateReader {
 public:
    bool read(BytesView key, Bytes& value) const override {
        reads++;
        if (key == "present") value = "below";
        return key == "present";
    }
    mutable int reads = 0;
};

TEST(BlockState, CachesReadsOfPresentAndAbsentKeys) {
    const Counting below;
    BlockState block(below);
    for (int i = 0; i < 3; i++) {
        EXPECT_EQ(block.get("present"), "below");
        EXPECT_EQ(block.get("absent"), "");
    }
    EXPECT_EQ(below.reads, 2);
    EXPECT_EQ(block.write_count(), 0U);
    EXPECT_FALSE(block.written("present"));
}

TEST(BlockState, WriteNeedsNoReadAndIsListedOnceWithTheLastValue) {
    const Counting below;
    BlockState block(below);
    block.set("present", "1");
    block.set("present", "");
    block.set("other", "x");
    EXPECT_EQ(below.reads, 0);
    EXPECT_EQ(block.get("present"), "");
    EXPECT_TRUE(block.written("present"));
    EXPECT_EQ(writes(block), (std::map<Bytes, Bytes>{{"other", "x"}, {"present", ""}}));
}

TEST(BlockState, ViewsSurviveWritesOfOtherKeys) {
    const Counting below;
    BlockState block(below);
    const BytesView present = block.get("present");
    block.set("short", "s");
    const BytesView s = block.get("short");
    for (int i = 0; i < 10000; i++) block.set(std::to_string(i), "v");
    EXPECT_EQ(present, "below");
    EXPECT_EQ(s, "s");
}

TEST(Transaction, RollbackBringsBackAbsenceAndShowsTheBlockAgain) {
    const MemoryState below;
    BlockState block(below);
    Transaction t(block);
    t.checkpoint();
    t.set("k", "1");
    EXPECT_TRUE(t.written("k"));
    t.rollback();
    EXPECT_EQ(t.depth(), 1U);
    EXPECT_FALSE(t.written("k"));
    EXPECT_EQ(t.get("k"), "");
    block.set("k", "direct");  // a write that bypasses the transaction shows through
    EXPECT_EQ(t.get("k"), "direct");
    t.commit();
    EXPECT_EQ(writes(block), (std::map<Bytes, Bytes>{{"k", "direct"}}));
}

TEST(Transaction, EmptyValueIsAWrite) {
    MemoryState below;
    below.map["k"] = "old";
    BlockState block(below);
    Transaction t(block);
    t.set("k", "");
    EXPECT_EQ(t.get("k"), "");
    t.commit();
    EXPECT_EQ(writes(block), (std::map<Bytes, Bytes>{{"k", ""}}));
}

// protorune.md 7.47: a commit hands on each key once, with its last value; what is set below it is one write each.
TEST(Transaction, CommitWritesEachKeyOnce) {
    const MemoryState below;
    BlockState block(below);
    Transaction t(block);
    for (const auto* value : {"1", "2", "3"}) t.set("k", value);
    t.checkpoint();
    t.set("k", "4");
    t.set("other", "5");
    t.commit();
    EXPECT_TRUE(writes(block).empty());
    t.commit();
    std::vector<Bytes> handed_on;
    block.for_each_write([&](BytesView key, BytesView) { handed_on.emplace_back(key); });
    EXPECT_EQ(handed_on.size(), 2U);
    EXPECT_EQ(writes(block), (std::map<Bytes, Bytes>{{"k", "4"}, {"other", "5"}}));
}

TEST(Transaction, CommitAtDepthOneKeepsTheMap) {  // alkanes-vm.md 0.1: "the map is not cleared"
    const MemoryState below;
    BlockState block(below);
    Transaction t(block);
    t.set("k", "1");
    t.commit();
    EXPECT_EQ(t.depth(), 1U);
    block.set("k", "2");
    EXPECT_EQ(t.get("k"), "1");
    t.commit();
    EXPECT_EQ(block.get("k"), "1");
}

TEST(Transaction, RollbackAtDepthOneDropsEverything) {
    const MemoryState below;
    BlockState block(below);
    Transaction t(block);
    t.set("a", "1");
    t.checkpoint();
    t.set("a", "2");
    t.commit();
    t.rollback();
    EXPECT_EQ(t.depth(), 1U);
    t.commit();
    EXPECT_EQ(block.write_count(), 0U);
}

TEST(Transaction, ValueMayBeAViewOfTheSameKey) {
    const MemoryState below;
    BlockState block(below);
    Transaction t(block);
    t.set("k", "abc");
    t.checkpoint();
    t.set("k", t.get("k"));
    t.set("k", t.get("k").substr(1));
    EXPECT_EQ(t.get("k"), "bc");
    t.rollback();
    EXPECT_EQ(t.get("k"), "abc");
}

TEST(Transaction, NestsTo75) {  // alkanes-vm.md 2.6: the check fails at depth 75
    const MemoryState below;
    BlockState block(below);
    Transaction t(block);
    for (int i = 1; i <= 75; i++) {
        EXPECT_EQ(t.depth(), static_cast<std::size_t>(i));
        t.set("k", std::to_string(i));
        t.set(std::to_string(i), "x");
        t.checkpoint();
    }
    for (int i = 75; i >= 1; i--) {
        t.rollback();
        EXPECT_EQ(t.get("k"), std::to_string(i));
        EXPECT_EQ(t.get(std::to_string(i + 1)), "");
        EXPECT_EQ(t.get(std::to_string(i)), "x");
    }
}

TEST(Transaction, ViewsSurviveOtherKeysCheckpointsAndCommits) {
    MemoryState below;
    below.map["below"] = "b";
    BlockState block(below);
    Transaction t(block);
    t.set("mine", "m");
    const BytesView mine = t.get("mine");
    const BytesView through = t.get("below");
    t.checkpoint();
    for (int i = 0; i < 10000; i++) t.set(std::to_string(i), "v");
    t.commit();
    t.commit();
    EXPECT_EQ(mine, "m");
    EXPECT_EQ(through, "b");
}

TEST(List, AppendLaysOutLengthAndDecimalItems) {  // alkanes-vm.md 0.2
    const MemoryState below;
    BlockState block(below);
    for (int i = 0; i < 11; i++) list_append(block, "/l", std::to_string(i));
    EXPECT_EQ(list_length(block, "/l"), 11U);
    EXPECT_EQ(list_get(block, "/l", 10), "10");
    EXPECT_EQ(block.get("/l/length"), to_le<std::uint32_t>(11));
    EXPECT_EQ(block.get("/l/10"), "10");
}

// The reference's stack of maps, as alkanes-vm.md 0.1 words it.
struct Model {
    Plain block;  // the block's cache over `below`
    std::vector<Plain> stack{1};

    Bytes get(BytesView key) const {
        for (auto i = stack.rbegin(); i != stack.rend(); ++i) {
            if (const auto at = i->find(key); at != i->end()) return at->second;
        }
        const auto at = block.find(key);
        return at != block.end() ? at->second : Bytes();
    }
    void commit() {
        Plain& into = stack.size() > 1 ? stack[stack.size() - 2] : block;
        for (const auto& [k, v] : stack.back()) into.insert_or_assign(k, v);
        if (stack.size() > 1) stack.pop_back();
    }
    void rollback() {
        if (stack.size() > 1) {
            stack.pop_back();
        } else {
            stack.back().clear();
        }
    }
};

TEST(Transaction, RandomOperationsMatchAStackOfMaps) {
    const std::uint64_t seed = test::random_seed();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 rng(seed);
    const auto below_n = [&](unsigned n) { return static_cast<unsigned>(rng() % n); };
    for (std::uint64_t round = 0; round < test::scaled(400); round++) {
        const unsigned keys = 1 + below_n(20);
        const auto key = [&] { return Bytes(below_n(3) * 12, 'k') + std::to_string(below_n(keys)); };
        const auto value = [&] { return Bytes(below_n(4) == 0 ? 0 : below_n(40), static_cast<char>(rng())); };
        MemoryState below;
        for (unsigned i = 0; i < keys / 2; i++) below.map[key()] = value();
        BlockState block(below);
        Model m;
        m.block = below.map;
        std::map<Bytes, Bytes> direct;
        for (int transactions = 0; transactions < 3; transactions++) {
            Transaction t(block);
            m.stack.assign(1, {});
            for (unsigned op = below_n(200); op > 0; op--) {
                switch (below_n(10)) {
                    case 0:
                    case 1:
                        t.checkpoint();
                        m.stack.emplace_back();
                        break;
                    case 2:
                        t.commit();
                        m.commit();
                        break;
                    case 3:
                        t.rollback();
                        m.rollback();
                        break;
                    case 4: {
                        const Bytes k = key(), v = value();
                        block.set(k, v);
                        m.block.insert_or_assign(k, v);
                        break;
                    }
                    case 5:
                    case 6:
                    case 7: {
                        const Bytes k = key(), v = value();
                        t.set(k, v);
                        m.stack.back().insert_or_assign(k, v);
                        break;
                    }
                    default: {
                        const Bytes k = key();
                        ASSERT_EQ(t.get(k), m.get(k));
                    }
                }
                ASSERT_EQ(t.depth(), m.stack.size());
            }
            for (const char* prefix : {"", "kkkkkkkkkkkk", "kkkkkkkkkkkkkkkkkkkkkkkk"}) {
                for (unsigned i = 0; i < keys; i++) {
                    const Bytes k = prefix + std::to_string(i);
                    ASSERT_EQ(t.get(k), m.get(k));
                }
            }
        }
        for (const auto& [k, v] : m.block) ASSERT_EQ(block.get(k), v);
        for (const auto& [k, v] : writes(block)) ASSERT_EQ(m.block.at(k), v);
    }
}

}  // namespace
}  // namespace warpshrew::store
