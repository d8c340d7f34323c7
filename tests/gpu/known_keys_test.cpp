#include "gpu/known_keys.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

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

TEST_F(KnownKeysTest, OfOneLaneAreExpectedForAFewGroups) {
    group({"a"}, 1);
    groups_of_others(KnownKeys::groups_single);
    EXPECT_EQ(expected(), std::vector<Bytes>{"a"});
    group({"a"}, 1);
    groups_of_others(KnownKeys::groups_single);
    EXPECT_EQ(expected(), std::vector<Bytes>{"a"});
    groups_of_others(1);
    EXPECT_TRUE(expected().empty());
    group({"a"}, 1);
    group({"a"}, 7);
    groups_of_others(KnownKeys::groups_single + 1);
    EXPECT_EQ(expected(), std::vector<Bytes>{"a"});
}

TEST_F(KnownKeysTest, OfOneLaneAreNotExpectedWhereTheyAreMany) {
    const auto few = numbered(KnownKeys::most_single), many = numbered(KnownKeys::most_single + 1, 10'000);
    group(many, 1);
    EXPECT_TRUE(expected().empty());
    group(few, 1);
    EXPECT_EQ(expected().size(), few.size());
    std::vector<KnownKeys::Read> reads{{"shared", 2}};
    for (const Bytes& key : many) reads.push_back({key, 1});
    known.learn(reads);
    EXPECT_EQ(expected().size(), few.size() + 1);
}

TEST_F(KnownKeysTest, AllAreForgottenWhereTheyAreTooMany) {
    group(numbered(KnownKeys::most), 2);
    EXPECT_EQ(expected().size(), KnownKeys::most);
    group({"one more"}, 2);
    EXPECT_TRUE(expected().empty());
}

}  // namespace
}  // namespace warpshrew::gpu
