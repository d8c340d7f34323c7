#include "store/state_key.hpp"

#include <gtest/gtest.h>

#include <random>

#include "support/random_cases.hpp"

namespace warpshrew::store {
namespace {

Bytes at(BytesView key, std::uint64_t height) {
    Bytes out(key);
    append_height(out, height);
    return out;
}

TEST(StateKey, SplitsIntoWhatItWasMadeOf) {
    for (const std::uint64_t height : {std::uint64_t{0}, std::uint64_t{880000}, UINT64_MAX}) {
        for (const BytesView key : {BytesView(""), BytesView("k"), BytesView("\0\xff", 2)}) {
            EXPECT_EQ(user_key(at(key, height)), key);
            EXPECT_EQ(key_height(at(key, height)), height);
        }
    }
}

TEST(StateKey, LaterHeightsComeFirst) {
    EXPECT_LT(state_comparator()->Compare(at("k", 256), at("k", 255)), 0);
    EXPECT_GT(state_comparator()->Compare(at("k", 0), at("k", UINT64_MAX)), 0);
    EXPECT_EQ(state_comparator()->Compare(at("k", 7), at("k", 7)), 0);
}

TEST(StateKey, VersionsOfAKeyStayTogetherBesideKeysItIsAPrefixOf) {
    // In plain byte order "k" at height 5 (k ff..fa) falls between the versions of keys that begin with k ff.
    const Bytes longer = at("k", 5);
    const Bytes low = at("k", UINT64_MAX), high = at("k", 0);
    EXPECT_LT(state_comparator()->Compare(low, at(longer, 9)), 0);
    EXPECT_LT(state_comparator()->Compare(high, at(longer, 9)), 0);
    EXPECT_LT(state_comparator()->Compare(high, at(Bytes("k\0", 2), 9)), 0);
}

TEST(StateKey, OrdersAsPairsDo) {
    const std::uint64_t seed = test::random_seed();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 rng(seed);
    const auto key = [&] {
        Bytes k(rng() % 11, '\0');
        for (char& c : k) c = "\0\1\xfe\xff"[rng() % 4];
        return k;
    };
    const auto height = [&] { return rng() % 2 ? std::uint64_t{rng() % 3} : UINT64_MAX - rng() % 3; };
    const auto sign = [](int order) { return order < 0 ? -1 : order > 0 ? 1 : 0; };
    for (int i = 0; i < 20000; i++) {
        const Bytes a = key(), b = key();
        const std::uint64_t x = height(), y = height();
        const auto left = std::pair(BytesView(a), ~x), right = std::pair(BytesView(b), ~y);
        const int expected = left < right ? -1 : left == right ? 0 : 1;
        ASSERT_EQ(sign(state_comparator()->Compare(at(a, x), at(b, y))), expected);
    }
}

TEST(StateKey, PrefixIsTheUserKey) {
    const Bytes key = at("some key", 5);
    EXPECT_EQ(state_prefix()->Transform(key).ToStringView(), "some key");
}

}  // namespace
}  // namespace warpshrew::store
