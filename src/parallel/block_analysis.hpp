#pragma once
// Phase 1 of a block: scan, dry run, access sets, conflicts, batches (design.md 2).

#include "alkanes/fuel_tank.hpp"
#include "parallel/conflict_graph.hpp"
#include "parallel/workers.hpp"

namespace warpshrew::parallel {

/// A candidate and what the dry run found out about it.
struct AnalysedCandidate {
    std::uint32_t tx_index = 0;
    std::uint32_t stone = 0;   ///< index of the protostone in its transaction
    protorune::RuneId target;  ///< as the cellpack names it, without the prefix
    u128 opcode = 0;           ///< its first input; 0 if there is none
    std::string demoted;       ///< why it is executed at its turn; empty if it is in a batch
    alkanes::ExecutionStatus status = alkanes::ExecutionStatus::none;
    AccessSet set;                      ///< empty if it was not planned
    std::vector<std::uint32_t> spends;  ///< candidates that it has Conflict::utxo with
    std::uint32_t level = 0;            ///< from 1; 0 if it is demoted
};

struct BlockAnalysis {
    std::uint64_t height = 0;
    std::uint64_t transactions = 0, messages = 0;  ///< of the block
    std::vector<AnalysedCandidate> candidates;     ///< in block order
    std::vector<std::vector<std::uint32_t>> batches;
    KeyTable keys;

    /// The candidates as conflict_graph.hpp takes them. Valid while they are not changed.
    [[nodiscard]] std::vector<Vertex> vertices() const;
};

/// Analyses a block: executes each candidate on the state before the block, where that may be done before its turn,
/// with the fuel that its transaction would have if it was the first. Messages behind the first of a transaction see
/// what those before them wrote. Changes no state, and is the same for any number of workers.
[[nodiscard]] BlockAnalysis analyse_block(const alkanes::BlockWork& block, const alkanes::FuelTank& tank,
                                          Speculate speculate, Workers& workers);

}  // namespace warpshrew::parallel
