#pragma once
// A clock for executors that go by time.

#include <cstdint>
#include <random>

namespace warpshrew::test {

/// A clock by which executors take any time, so that each is the faster one now and then. Kept by who uses it:
/// executors get a reference.
class RandomSeconds {
 public:
    explicit RandomSeconds(std::uint64_t seed) : random_(seed) {}
    double operator()() { return now_ += std::exponential_distribution(1.0)(random_); }

 private:
    std::mt19937_64 random_;
    double now_ = 0;
};

}  // namespace warpshrew::test
