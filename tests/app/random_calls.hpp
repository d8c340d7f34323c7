#pragma once
// Lines for bulk simulation over the store of simulation_store().

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "protorune/ids.hpp"

namespace warpshrew::test {

/// "BLOCK:TX".
[[nodiscard]] std::string id_text(u128 block, u128 tx);

/// A line with a target and inputs.
[[nodiscard]] nlohmann::json call_line(const protorune::RuneId& target, const std::vector<u128>& inputs);

/// Calls of every kind, each of which ends soon with any fuel.
class RandomCalls {
 public:
    static constexpr std::uint64_t all_fuel = ~std::uint64_t{0};
    static constexpr std::uint64_t block_fuel = 1'000'000'000;

    explicit RandomCalls(std::uint64_t seed) : random_(seed) {}

    [[nodiscard]] nlohmann::json next();

 private:
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
    nlohmann::json kind(const protorune::RuneId& token, const protorune::RuneId& exerciser,
                        const protorune::RuneId& burner);

    std::mt19937_64 random_;
};

}  // namespace warpshrew::test
