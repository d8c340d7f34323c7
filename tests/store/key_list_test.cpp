#include "store/key_list.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

#include "support/random_cases.hpp"

namespace warpshrew::store {
namespace {

Result<std::vector<Bytes>> keys_of(BytesView list) {
    std::vector<Bytes> out;
    auto done = for_each_key(list, [&](BytesView key) { out.emplace_back(key); });
    if (!done) return tl::unexpected(done.error());
    return out;
}

TEST(KeyList, RoundTrips) {
    const std::uint64_t seed = test::random_seed();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 rng(seed);
    for (int round = 0; round < 200; round++) {
        std::set<Bytes> keys;
        for (auto n = rng() % 30; n > 0; n--) {
            keys.insert(Bytes(rng() % 200, 'a') + Bytes(rng() % 3 == 0 ? rng() % 300 : 3, static_cast<char>(rng())));
        }
        if (rng() % 2) keys.insert("");
        Bytes list;
        BytesView previous;
        for (const Bytes& key : keys) {
            append_key(list, previous, key);
            previous = key;
        }
        const auto read = keys_of(list);
        ASSERT_TRUE(read) << read.error().reason;
        ASSERT_EQ(*read, std::vector<Bytes>(keys.begin(), keys.end()));
    }
}

TEST(KeyList, RefusesDamage) {
    Bytes list;
    append_key(list, "", "alpha");
    append_key(list, "alpha", "alphabet");
    ASSERT_TRUE(keys_of(list));
    for (std::size_t n = 1; n < list.size(); n++) {
        if (n == 7) continue;  // the end of the first key
        EXPECT_FALSE(keys_of(list.substr(0, n))) << "cut to " << n;
    }
    EXPECT_FALSE(keys_of(BytesView("\1\1a", 3))) << "shares with nothing";
    EXPECT_FALSE(keys_of(BytesView("\0\1b\0\1a", 6))) << "descending";
    EXPECT_FALSE(keys_of(BytesView("\0\1a\1\0", 5))) << "the same key twice";
    EXPECT_FALSE(keys_of(Bytes("\0", 1) + Bytes(8, '\xff') + '\x7f')) << "longer than there is";
    EXPECT_FALSE(keys_of(Bytes(20, '\xff'))) << "an integer without an end";
}

}  // namespace
}  // namespace warpshrew::store
