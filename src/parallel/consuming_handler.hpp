#pragma once
// Phase 2, the pass in block order: uses what was executed ahead where it is proven to be the message's effect, and
// executes everything else here and now (design.md 2).

#include <random>

#include <absl/container/flat_hash_set.h>

#include "parallel/candidates.hpp"
#include "parallel/statistics.hpp"

namespace warpshrew::parallel {

enum class Verify : std::uint8_t {
    none,
    sample,  ///< one in 64, and the first of every contract
    all
};

/// Which effects are executed again on the CPU to compare. Kept from block to block.
struct Verifier {
    Verify mode = Verify::sample;
    std::mt19937_64 random{std::random_device{}()};
    absl::flat_hash_set<protorune::RuneId> known;  ///< contracts of which the first effect was compared

    /// Whether the next effect, of a call to `target`, is to be compared.
    [[nodiscard]] bool chooses(const protorune::RuneId& target);
};

/// Whether two executions of a call have the same effect.
[[nodiscard]] bool same_effect(const alkanes::ExecutedMessage& a, const alkanes::ExecutedMessage& b);

/// Hands messages to `messages`, executed ahead or not.
class ConsumingHandler final : public protorune::MessageHandler {
 public:
    /// All must outlive it.
    ConsumingHandler(const alkanes::BlockWork& block, alkanes::BlockMessages& messages, const Candidates& candidates,
                     Verifier& verifier, Statistics& statistics);

    [[nodiscard]] Result<protorune::MessageOutcome> handle(protorune::Message& message) override;

    /// Whether an effect was not what the CPU gives: then nothing of the block may be kept.
    [[nodiscard]] bool deceived() const noexcept { return statistics_.mismatches != 0; }
    /// By candidate: not 0 if its effect was used.
    [[nodiscard]] const std::vector<char>& used() const noexcept { return used_; }

 private:
    bool is_right(const protorune::Message& message, const alkanes::ExecutedMessage& executed);

    alkanes::BlockMessages& messages_;
    const Candidates& candidates_;
    Verifier& verifier_;
    Statistics& statistics_;
    alkanes::AheadExecution execution_;
    store::Arena arena_;
    std::size_t next_ = 0;  ///< candidate
    std::vector<char> used_;
};

}  // namespace warpshrew::parallel
