#pragma once
// What `warpshrew inspect` prints: a block's analysis as a table and as JSON.

#include <ostream>

#include "parallel/block_analysis.hpp"

namespace warpshrew::app {

/// "12", or "12.1" for a protostone that is not the first.
[[nodiscard]] std::string candidate_name(const parallel::AnalysedCandidate& candidate);

/// "RAW WAW".
[[nodiscard]] std::string conflict_names(parallel::ConflictSet conflicts);

void print_inspect_table(std::ostream& out, const parallel::BlockAnalysis& analysis);

/// {height, transactions, messages, candidates, edges, batches}, as docs/inspect.md has it.
void print_inspect_json(std::ostream& out, const parallel::BlockAnalysis& analysis);

}  // namespace warpshrew::app
