#pragma once
// How many random cases a test runs.

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace warpshrew::test {

/// `n` times the environment variable WARPSHREW_RANDOM_TIMES, for long runs, divided by WARPSHREW_RANDOM_SCALE, at
/// least 1: sanitizers, which are slow, run a tenth.
inline std::uint64_t scaled(std::uint64_t n) {
    const auto number = [](const char* name) {
        const char* text = std::getenv(name);
        return std::max<std::uint64_t>(1, text != nullptr ? std::strtoull(text, nullptr, 10) : 1);
    };
    return std::max<std::uint64_t>(1, n * number("WARPSHREW_RANDOM_TIMES") / number("WARPSHREW_RANDOM_SCALE"));
}

}  // namespace warpshrew::test
