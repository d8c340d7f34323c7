#pragma once
// An executor that does wrong on purpose.

#include <random>

#include "parallel/cpu_executor.hpp"

namespace warpshrew::test {

/// What a hostile executor does to what the CPU gives.
enum class Hostility : std::uint8_t {
    none,
    slow,            ///< comes back after a while
    late,            ///< gives the results of the batch before
    nothing,         ///< gives nothing at all
    some_nothing,    ///< gives some, and hands back some
    throws,          ///< throws before, between or behind the results
    throws_no_text,  ///< what it throws is no std::exception
    swaps,           ///< gives calls the results of other calls
    flips,           ///< flips bits anywhere in results
    mistakes,        ///< flips bits of the calls, under the right checksum: effects of other calls than were asked for
    forges,          ///< the same, under the right checksum
    lies             ///< gives wrong effects, under the right checksum
};
inline constexpr std::size_t hostilities = 12;
[[nodiscard]] std::string_view text(Hostility hostility);

class HostileExecutor final : public parallel::Executor {
 public:
    /// `executor` must outlive it. Does wrong to one in `odds` results.
    HostileExecutor(parallel::Executor& executor, Hostility hostility, std::uint64_t seed, unsigned odds = 3)
        : executor_(executor), hostility_(hostility), random_(seed), odds_(odds) {}

    [[nodiscard]] std::string_view name() const noexcept override { return "hostile"; }
    [[nodiscard]] std::size_t lanes() const noexcept override { return executor_.lanes(); }
    void execute(const parallel::Batch& batch, parallel::ResultMemory& memory,
                 std::span<alkanes::ExecutedMessage> results) override;

    /// From now on; none: does as it should.
    void set(Hostility hostility) noexcept { hostility_ = hostility; }

    std::uint64_t deeds = 0;  ///< results to which it did wrong, or that it kept

 private:
    bool strikes() { return random_() % odds_ == 0; }
    std::uint64_t below(std::uint64_t n) { return random_() % n; }
    void swap(std::span<alkanes::ExecutedMessage> results);
    void delay(std::span<alkanes::ExecutedMessage> results);
    void flip(alkanes::ExecutedMessage& m, store::Arena& arena);
    bool flip_call(alkanes::ExecutedMessage& m, store::Arena& arena);
    void lie(alkanes::ExecutedMessage& m, store::Arena& arena);
    BytesView flipped(BytesView bytes, store::Arena& arena);

    parallel::Executor& executor_;
    Hostility hostility_;
    std::mt19937_64 random_;
    unsigned odds_;
    std::uint64_t batches_ = 0;
    store::Arena kept_;                             // what `before_` refers to
    std::vector<alkanes::ExecutedMessage> before_;  // results of the batch before
};

}  // namespace warpshrew::test
