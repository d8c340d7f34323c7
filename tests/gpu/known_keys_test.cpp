#include "gpu/known_keys.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace warpshrew::gpu {
namespace {

class KnownKeysTest : public testing::Test {
 protected:
    /// A group of which `lanes` lanes read each of these keys.
    void group(const std::vector<Bytes>& keys, std::uint32_t lanes) {
        std::vector<KnownKeys::Read> reads;
        for (const Bytes& key : keys) reads.push_back({key, lanes});
        known.learn(reads);
    }
    void groups_of_others(std::uint64_t n) {
        for (; n > 0; n--) known.learn({});
    }
    std::vector<Bytes> expected() const {
        const std::vector<BytesView> keys = known.expected();
        std::vector<Bytes> out(keys.begin(), keys.end());
        std::ranges::sort(out);
        return out;
    }
    static std::vector<Bytes> numbered(std::size_t n, std::size_t first = 0) {
        std::vector<Bytes> out;
        for (std::size_t i = 0; i < n; i++) out.push_back("key " + std::to_string(first + i));
        return out;
    }

    KnownKeys known;
};

TEST_F(KnownKeysTest, OfSeveralLanesAreExpectedForLong) {
    EXPECT_TRUE(expected().empty());
    group({"a", "b"}, 2);
    groups_of_others(KnownKeys::groups_shared);
    EXPECT_EQ(expected(), (std::vector<Bytes>{"a", "b"}));
    group({"b"}, 1);  // it stays one of several lanes
    EXPECT_EQ(expected(), std::vector<Bytes>{"b"});
    groups_of_others(KnownKeys::groups_shared);
    EXPECT_EQ(expected(), std::vector<Bytes>{"b"});
    groups_of_others(1);
    EXPECT_TRUE(expected().empty());
}

TEST_F(KnownKeysTest, OfOneLaneAreExpectedOnceAnotherGroupReadThem) {
    group({"a"}, 1);
    EXPECT_TRUE(expected().empty());
    groups_of_others(1000);
    group({"a", "b"}, 1);
    EXPECT_EQ(expected(), std::vector<Bytes>{"a"});
    groups_of_others(KnownKeys::groups_single);
    EXPECT_EQ(expected(), std::vector<Bytes>{"a"});
    groups_of_others(1);
    EXPECT_TRUE(expected().empty());
    group({"a", "b"}, 1);
    group({"a"}, 7);
    groups_of_others(KnownKeys::groups_single + 1);
    EXPECT_EQ(expected(), std::vector<Bytes>{"a"}) << "it is one of several lanes now";
}

TEST_F(KnownKeysTest, OfManySingleLanesTheLastAreRecognised) {
    group(numbered(KnownKeys::most_seen), 1);
    group(numbered(KnownKeys::most_seen, 1'000'000), 1);
    group({"key 0", "key 1000000", "others"}, 1);
    EXPECT_EQ(expected(), (std::vector<Bytes>{"key 0", "key 1000000"}));
    group(numbered(1, 2'000'000), 1);
    group(numbered(KnownKeys::most_seen, 3'000'000), 1);
    group({"key 1"}, 1);
    EXPECT_EQ(expected(), (std::vector<Bytes>{"key 0", "key 1000000"})) << "it was too long ago";
}

TEST_F(KnownKeysTest, AmongTooManyThoseOfMostLanes) {
    group({"old"}, 9);
    std::vector<Bytes> many = numbered(KnownKeys::most + 100);
    std::vector<KnownKeys::Read> reads;
    for (const Bytes& key : many) reads.push_back({key, 2});
    for (std::size_t i = 0; i < reads.size(); i += 100) reads[i].lanes = 3;
    known.learn(reads);
    std::vector<Bytes> keys = expected();
    EXPECT_EQ(keys.size(), KnownKeys::most);
    EXPECT_FALSE(std::ranges::binary_search(keys, "old"));
    for (std::size_t i = 0; i < many.size(); i += 100) EXPECT_TRUE(std::ranges::binary_search(keys, many[i])) << i;
    // They make room for what comes.
    group({"new"}, 2);
    EXPECT_EQ(expected(), std::vector<Bytes>{"new"});
}

}  // namespace
}  // namespace warpshrew::gpu
