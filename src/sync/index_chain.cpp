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

/// Whether the block follows the one at the height before, where that is known.
static Result<void> check_link(const std::optional<Digest>& below, std::uint64_t height, const bitcoin::Block& block) {
    if (!below || view(*below) == previous_hash(block)) return {};
    return fail("block " + display(view(block.hash())) + " at height " + std::to_string(height) +
                " does not follow the store's block " + display(view(*below)) +
                ": are the files in order, and is --start-block right?");
}

namespace {

/// A block's changes over what was below it: the state of the next block, while the store does not have them yet.
class Uncommitted final : public store::StateReader {
 public:
    explicit Uncommitted(const store::BlockState& changes) : changes_(changes) {}
    [[nodiscard]] bool read(BytesView key, Bytes& value) const override { return changes_.read(key, value); }

 private:
    const store::BlockState& changes_;
};

/// A block that is indexed and on its way into the store, on another thread.
class Committing {
 public:
    Committing(store::Database& db, std::uint64_t height, const Digest& hash, std::unique_ptr<store::StateReader> below,
               std::unique_ptr<store::BlockState> changes)
        : below_(std::move(below)),
          changes_(std::move(changes)),
          reader_(*changes_),
          done_(std::async(std::launch::async,
                           [&db, height, hash, state = changes_.get()] { return db.commit(height, hash, *state); })) {}

    /// The state behind the block.
    [[nodiscard]] const store::StateReader& state() const noexcept { return reader_; }
    [[nodiscard]] Result<void> wait() { return done_.get(); }

 private:
    std::unique_ptr<store::StateReader> below_;
    std::unique_ptr<store::BlockState> changes_;
    Uncommitted reader_;
    std::future<Result<void>> done_;
};

/// Indexes blocks one after the other; while a block is indexed, the one before it is committed.
class Chain {
 public:
    Chain(store::Database& db, alkanes::Indexer& indexer, const IndexOptions& options, std::uint64_t end)
        : db_(db), indexer_(indexer), options_(options) {
        now_.end = end;
    }

    [[nodiscard]] Result<void> add(std::uint64_t height, const bitcoin::Block& block) {
        std::unique_ptr<store::StateReader> below;
        if (!committing_) below = db_.latest();
        auto changes = std::make_unique<store::BlockState>(committing_ ? committing_->state() : *below);
        const Result<alkanes::BlockStats> stats = indexer_.index(*changes, height, block, options_.runner);
        Result<void> before = finish();
        if (!stats) return fail("block " + std::to_string(height) + ": " + stats.error().reason);
        if (!before) return before;
        if (!below) {
            below = db_.latest();
            changes->rebase(*below);
        }
        next_.height = height;
        next_.block = *stats;
        next_.keys = changes->write_count();
        next_.block_parallel = options_.runner != nullptr ? options_.runner->statistics() : parallel::Statistics();
        committing_.emplace(db_, height, block.hash(), std::move(below), std::move(changes));
        return {};
    }

    /// Waits until all that was added is in the store, and reports it.
    [[nodiscard]] Result<void> finish() {
        if (!committing_) return {};
        Result<void> written = committing_->wait();
        committing_.reset();
        if (!written) return written;
        now_.height = next_.height;
        now_.block = next_.block;
        now_.keys = next_.keys;
        now_.block_parallel = next_.block_parallel;
        now_.blocks++;
        ::warpshrew::sync::add(now_.total, now_.block);
        now_.total_parallel.add(now_.block_parallel);
        const double seconds = seconds_since(start_);
        now_.block_seconds = seconds - now_.seconds;
        now_.seconds = seconds;
        if (options_.report) options_.report(now_);
        return {};
    }

    [[nodiscard]] const Progress& progress() const noexcept { return now_; }

 private:
    store::Database& db_;
    alkanes::Indexer& indexer_;
    const IndexOptions& options_;
    const Clock::time_point start_ = Clock::now();
    Progress now_, next_;
    std::optional<Committing> committing_;
};

}  // namespace

Result<IndexOutcome> index_chain(store::Database& db, alkanes::Indexer& indexer, const BlockSource& source,
                                 const IndexOptions& options) {
    IndexOutcome outcome;
    const std::uint64_t end = options.exit_at ? std::min(source.end(), *options.exit_at) : source.end();
    outcome.last.end = end;
    const Result<std::uint64_t> fork = find_fork(db, source);
    if (!fork) return tl::unexpected(fork.error());
    if (*fork >= end) return outcome;

    Chain chain(db, indexer, options, end);
    if (!db.tip()) indexer.prepare(*fork);
    const auto fetch = [&](std::uint64_t height) {
        Result<bitcoin::Block> block = source.read(height);
        if (block) indexer.prefetch(*block);
        return block;
    };
    std::future<Result<bitcoin::Block>> next = std::async(std::launch::async, fetch, *fork);
    std::optional<Digest> tip;
    const auto index = [&]() -> Result<void> {
        for (std::uint64_t height = *fork; height < end; height++) {
            Result<bitcoin::Block> block = next.get();
            if (!block) return tl::unexpected(block.error());
            if (height == *fork) {
                // The first block decides whether the source belongs to this store; only then is anything undone.
                if (height != 0) {
                    const auto known = db.block_hash(height - 1);
                    if (!known) return tl::unexpected(known.error());
                    tip = *known;
                }
                if (Result<void> linked = check_link(tip, height, *block); !linked) return linked;
                if (db.tip() && *db.tip() >= height) {
                    outcome.rolled_back = *db.tip() - height + 1;
                    if (Result<void> undone = db.truncate(height); !undone) return undone;
                    indexer.forget();
                }
            } else if (Result<void> linked = check_link(tip, height, *block); !linked) {
                return linked;
            }
            if (options.stop && *options.stop) {
                outcome.stopped = true;
                return {};
            }
            if (height + 1 < end) next = std::async(std::launch::async, fetch, height + 1);
            if (Result<void> added = chain.add(height, *block); !added) return added;
            tip = block->hash();
        }
        return {};
    };
    Result<void> indexed = index();
    // What is indexed is whole, also where what comes behind it is not.
    if (Result<void> finished = chain.finish(); indexed && !finished) indexed = finished;
    if (!indexed) return tl::unexpected(indexed.error());
    outcome.last = chain.progress();
    return outcome;
}

}  // namespace warpshrew::sync
