#include "sync/index_chain.hpp"

#include <chrono>
#include <future>

#include "base/hex.hpp"

namespace warpshrew::sync {

using Clock = std::chrono::steady_clock;

static double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

static std::string display(BytesView hash) { return to_hex(Bytes(hash.rbegin(), hash.rend())); }

static BytesView previous_hash(const bitcoin::Block& block) { return block.header().substr(4, 32); }

static void add(alkanes::BlockStats& total, const alkanes::BlockStats& block) {
    total.transactions += block.transactions;
    total.messages += block.messages;
    total.calls += block.calls;
    total.fuel += block.fuel;
}

// The height of the first block to index: behind the last one on which store and source agree. Undoes nothing.
static Result<std::uint64_t> find_fork(const store::Database& db, const BlockSource& source) {
    const std::optional<std::uint64_t> tip = db.tip();
    if (!tip) return source.start();
    if (source.start() > *tip + 1) {
        return fail("the store ends at height " + std::to_string(*tip) + ", the blocks given begin at " +
                    std::to_string(source.start()) + ": blocks are missing between them");
    }
    for (std::uint64_t height = std::min(*tip + 1, source.end()); height > source.start(); height--) {
        Result<bitcoin::Block> block = source.read(height - 1);
        if (!block) return tl::unexpected(block.error());
        const auto known = db.block_hash(height - 1);
        if (!known) return tl::unexpected(known.error());
        if (*known && view(**known) == view(block->hash())) return height;
    }
    if (db.first() && source.start() < *db.first()) {
        return fail("the store begins at height " + std::to_string(*db.first()) + ", the blocks given at " +
                    std::to_string(source.start()) + " and none of them is in the store");
    }
    return source.start();
}

static Result<void> check_link(const store::Database& db, std::uint64_t height, const bitcoin::Block& block) {
    if (height == 0) return {};
    const auto below = db.block_hash(height - 1);
    if (!below) return tl::unexpected(below.error());
    if (*below && view(**below) != previous_hash(block)) {
        return fail("block " + display(view(block.hash())) + " at height " + std::to_string(height) +
                    " does not follow the store's block " + display(view(**below)) +
                    ": are the files in order, and is --start-block right?");
    }
    return {};
}

Result<IndexOutcome> index_chain(store::Database& db, alkanes::Indexer& indexer, const BlockSource& source,
                                 const IndexOptions& options) {
    IndexOutcome outcome;
    const Clock::time_point start = Clock::now();
    Progress& now = outcome.last;
    now.end = source.end();
    if (options.exit_at) now.end = std::min(now.end, *options.exit_at);

    const Result<std::uint64_t> fork = find_fork(db, source);
    if (!fork) return tl::unexpected(fork.error());
    if (*fork >= now.end) return outcome;

    if (!db.tip()) indexer.prepare(*fork);
    const auto fetch = [&](std::uint64_t height) {
        Result<bitcoin::Block> block = source.read(height);
        if (block) indexer.prefetch(*block);
        return block;
    };
    std::future<Result<bitcoin::Block>> next = std::async(std::launch::async, fetch, *fork);
    for (std::uint64_t height = *fork; height < now.end; height++) {
        Result<bitcoin::Block> block = next.get();
        if (!block) return tl::unexpected(block.error());
        if (height == *fork) {
            // The first block decides whether the source belongs to this store; only then is anything undone.
            if (Result<void> linked = check_link(db, height, *block); !linked) return tl::unexpected(linked.error());
            if (db.tip() && *db.tip() >= height) {
                outcome.rolled_back = *db.tip() - height + 1;
                if (Result<void> undone = db.truncate(height); !undone) return tl::unexpected(undone.error());
                indexer.forget();
            }
        } else if (Result<void> linked = check_link(db, height, *block); !linked) {
            return tl::unexpected(linked.error());
        }
        if (height + 1 < now.end) next = std::async(std::launch::async, fetch, height + 1);

        const Clock::time_point block_start = Clock::now();
        const std::unique_ptr<store::StateReader> below = db.latest();
        store::BlockState state(*below);
        const Result<alkanes::BlockStats> stats = indexer.index(state, height, *block, options.runner);
        if (!stats) return fail("block " + std::to_string(height) + ": " + stats.error().reason);
        if (Result<void> written = db.commit(height, block->hash(), state); !written)
            return tl::unexpected(written.error());

        now.height = height;
        now.blocks++;
        now.block = *stats;
        add(now.total, *stats);
        if (options.runner != nullptr) {
            now.block_parallel = options.runner->statistics();
            now.total_parallel.add(now.block_parallel);
        }
        now.keys = state.write_count();
        now.block_seconds = seconds_since(block_start);
        now.seconds = seconds_since(start);
        if (options.report) options.report(now);
        if (options.stop && *options.stop) {
            outcome.stopped = height + 1 < now.end;
            break;
        }
    }
    return outcome;
}

}  // namespace warpshrew::sync
