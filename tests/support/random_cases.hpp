#pragma once
// How many random cases a test runs, and which.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <string_view>

namespace warpshrew::test {

/// `n` times the environment variable WARPSHREW_RANDOM_TIMES, for long runs, divided by WARPSHREW_RANDOM_SCALE: the
/// presets of sanitizers, which are slow, run fewer (CMakePresets.json). At least `least`, which is what the test needs
/// to see all that it is for.
inline std::uint64_t scaled(std::uint64_t n, std::uint64_t least = 1) {
    const auto number = [](const char* name) {
        const char* text = std::getenv(name);
        return std::max<std::uint64_t>(1, text != nullptr ? std::strtoull(text, nullptr, 10) : 1);
    };
    return std::max(least, n * number("WARPSHREW_RANDOM_TIMES") / number("WARPSHREW_RANDOM_SCALE"));
}

/// Where a test's random cases begin: 1, so that every run of the suite is the same; the environment variable
/// WARPSHREW_RANDOM_SEED, to repeat a failure; or another seed each time if that is "new", for long runs.
inline std::uint64_t random_seed() {
    const char* text = std::getenv("WARPSHREW_RANDOM_SEED");
    if (text == nullptr) return 1;
    if (std::string_view(text) == "new") return std::random_device{}();
    char* end = nullptr;
    const std::uint64_t seed = std::strtoull(text, &end, 10);
    if (end == text || *end != '\0') throw std::invalid_argument("WARPSHREW_RANDOM_SEED is neither a number nor new");
    return seed;
}

}  // namespace warpshrew::test
