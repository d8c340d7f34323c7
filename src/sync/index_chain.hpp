#pragma once
// Brings a store to the end of a block source: decoding ahead, one commit a block, reorgs undone.

#include <atomic>
#include <functional>

#include "alkanes/indexer.hpp"
#include "parallel/parallel_runner.hpp"
#include "store/database.hpp"
#include "sync/block_source.hpp"

namespace warpshrew::sync {

/// Where indexing is, after each block.
struct Progress {
    std::uint64_t height = 0;                             ///< of the block just committed
    std::uint64_t end = 0;                                ///< height behind the last block to index
    std::uint64_t blocks = 0;                             ///< committed in this run
    alkanes::BlockStats block;                            ///< of this block
    alkanes::BlockStats total;                            ///< of this run
    std::uint64_t keys = 0;                               ///< written by this block
    parallel::Statistics block_parallel, total_parallel;  ///< all zero without a runner
    double block_seconds = 0;                             ///< since the block before was committed
    double seconds = 0;                                   ///< since the run began
};

struct IndexOptions {
    std::optional<std::uint64_t> exit_at;         ///< stop before this height
    const std::atomic<bool>* stop = nullptr;      ///< begin no other block once it is true
    parallel::ParallelRunner* runner = nullptr;   ///< runs the transactions; null: in order
    std::function<void(const Progress&)> report;  ///< called after each block
};

/// What a run did.
struct IndexOutcome {
    Progress last;
    std::uint64_t rolled_back = 0;  ///< blocks undone because the source has others at their heights
    bool stopped = false;           ///< by options.stop
};

/// Indexes the source's blocks that the store does not have. Blocks of the store that differ from the source's are
/// undone first; a source that does not connect to the store is an error and changes nothing. Every block is committed
/// in one batch, in order, while the one behind it is indexed already; an error leaves the store at the end of the
/// block before.
[[nodiscard]] Result<IndexOutcome> index_chain(store::Database& db, alkanes::Indexer& indexer,
                                               const BlockSource& source, const IndexOptions& options = {});

}  // namespace warpshrew::sync
