#pragma once
// Phase 2, ahead of the block: gives batches of candidates to the executor, looks at what came back in block order, and
// gives those again that read what was not so, as long as that promises anything (docs/decisions/speculation.md).

#include "parallel/executor.hpp"
#include "parallel/patterns.hpp"
#include "parallel/statistics.hpp"
#include "parallel/workers.hpp"

namespace warpshrew::parallel {

struct SpeculationOptions {
    bool adaptive = true;     ///< leave calls to their turn whose like were executed ahead in vain
    bool predict = true;      ///< guess counters
    unsigned max_rounds = 8;  ///< batches a block at most
};

/// Executes a block's candidates ahead. Their effects are in `candidates` afterwards; some have none. What the executor
/// throws ends it early.
class Speculation {
 public:
    /// All must outlive it. `tank`: as it is before the block's first message.
    Speculation(const alkanes::BlockWork& block, const alkanes::FuelTank& tank, Candidates& candidates,
                Executor& executor, Workers& workers, Patterns& patterns, const SpeculationOptions& options,
                ResultMemory& memory, Statistics& statistics);

    /// Changes no state, but has `block.state` remember what was read.
    void run();

 private:
    using Indices = std::vector<std::uint32_t>;

    void demote_unprofitable();
    Indices hold_back(Indices& planned);
    Indices release(const Indices& held, Indices& again);
    Indices plan();
    void learn(const Indices& planned);
    Indices look_at_results();
    void execute(const Indices& which);
    void predict(std::uint32_t position, const Pattern& pattern);

    const alkanes::BlockWork& block_;
    const alkanes::FuelTank& tank_;
    Candidates& candidates_;
    Executor& executor_;
    Workers& workers_;
    Patterns& patterns_;
    const SpeculationOptions& options_;
    ResultMemory& memory_;
    Statistics& statistics_;
    VersionedState state_;
    const double least_;               ///< usefulness from which on executing ahead pays
    std::vector<std::uint64_t> fuel_;  ///< that each candidate starts with, as far as can be told
    std::vector<char> as_seen_;  ///< whether each candidate's execution saw what it will see, as far as can be told
    std::vector<unsigned> executions_;  ///< of each candidate, ahead
    store::Arena guesses_;              ///< values of versions that nobody wrote
};

/// After the block: what of it was used, by candidate.
void note_usefulness(Patterns& patterns, const Candidates& candidates, std::span<const char> used);

}  // namespace warpshrew::parallel
