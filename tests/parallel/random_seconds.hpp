#pragma once
// A clock for executors that go by time.

#include <functional>
#include <memory>
#include <random>

namespace warpshrew::test {

/// A clock by which executors take any time, so that each is the faster one now and then.
[[nodiscard]] inline std::function<double()> random_seconds(std::uint64_t seed) {
    struct State {
        std::mt19937_64 random;
        double now = 0;
    };
    auto state = std::make_shared<State>(State{std::mt19937_64(seed)});
    return [state] { return state->now += std::exponential_distribution(1.0)(state->random); };
}

}  // namespace warpshrew::test
