#pragma once
// How many random cases a test runs.

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace warpshrew::test {

/// `n` divided by the environment variable WARPSHREW_RANDOM_SCALE, at least 1: sanitizers, which are slow, run a tenth.
inline std::uint64_t scaled(std::uint64_t n) {
    const char* text = std::getenv("WARPSHREW_RANDOM_SCALE");
    const std::uint64_t scale = text ? std::strtoull(text, nullptr, 10) : 1;
    return std::max<std::uint64_t>(1, n / std::max<std::uint64_t>(1, scale));
}

}  // namespace warpshrew::test
