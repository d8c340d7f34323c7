#include "app/bulk_simulation.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include "app/ordered_output.hpp"

namespace warpshrew::app {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t piece_bytes = std::size_t{4} << 20;     // a batch's results are written when they are so many
constexpr auto piece_time = std::chrono::milliseconds(200);   // or so old
constexpr std::size_t results_bytes = std::size_t{64} << 20;  // that wait for those before them
constexpr std::size_t queued_bytes = std::size_t{64} << 20;   // of lines that wait for a thread
constexpr std::size_t queued_per_thread = 2;                  // batches

struct NumberedBatch {
    std::uint64_t number = 0;
    LineBatch lines;
};

/// Batches on their way from the thread that reads to those that execute.
class BatchQueue {
 public:
    explicit BatchQueue(std::size_t most) : most_(most) {}

    /// Waits for room. False if the queue is closed.
    bool push(NumberedBatch batch) {
        std::unique_lock lock(mutex_);
        changed_.wait(
            lock, [&] { return closed_ || batches_.empty() || (batches_.size() < most_ && bytes_ < queued_bytes); });
        if (closed_) return false;
        bytes_ += batch.lines.bytes;
        batches_.push_back(std::move(batch));
        lock.unlock();
        changed_.notify_all();
        return true;
    }

    /// The oldest batch; waits for one. Nothing when there are no more.
    std::optional<NumberedBatch> pop() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return closed_ || complete_ || !batches_.empty(); });
        if (closed_ || batches_.empty()) return std::nullopt;
        NumberedBatch out = std::move(batches_.front());
        batches_.pop_front();
        bytes_ -= out.lines.bytes;
        lock.unlock();
        changed_.notify_all();
        return out;
    }

    /// No more batches will come.
    void complete() { set(complete_); }
    /// And those that wait are dropped.
    void close() { set(closed_); }

 private:
    void set(bool& flag) {
        {
            const std::lock_guard lock(mutex_);
            flag = true;
        }
        changed_.notify_all();
    }

    const std::size_t most_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<NumberedBatch> batches_;
    std::uint64_t bytes_ = 0;
    bool complete_ = false, closed_ = false;
};

class BulkRun {
 public:
    BulkRun(SimulationExecutor& executor, LineSource& source, const std::function<Result<void>(BytesView)>& write,
            const BulkOptions& options)
        : executor_(executor),
          source_(source),
          options_(options),
          queue_(queued_per_thread * options.threads),
          output_(write, results_bytes) {}

    Result<BulkOutcome> run() {
        std::vector<std::thread> threads;
        try {
            for (unsigned i = 0; i < options_.threads; i++) threads.emplace_back([this] { work(); });
            read();
        } catch (const std::exception& e) {
            fail_run({e.what()});
        }
        for (std::thread& t : threads) t.join();
        if (auto failure = output_.failure()) return tl::unexpected(*std::move(failure));
        done_.seconds = seconds();
        return BulkOutcome{done_, !at_end_ || output_.finished() != batches_};
    }

 private:
    [[nodiscard]] double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
    [[nodiscard]] bool stopping() const { return (options_.stop != nullptr && *options_.stop) || output_.ended(); }

    void fail_run(Error error) {
        output_.end(std::move(error));
        queue_.close();
    }

    void read() {
        for (;;) {
            Result<LineBatch> batch = source_.next([this] { return stopping(); });
            if (!batch) return fail_run(batch.error());
            if (stopping()) return queue_.close();
            if (batch->lines.empty()) break;
            if (!queue_.push({batches_++, *std::move(batch)})) return;
        }
        at_end_ = true;
        queue_.complete();
    }

    void work() {
        try {
            while (auto batch = queue_.pop()) {
                if (!process(*batch)) return queue_.close();
            }
        } catch (const std::exception& e) {
            fail_run({e.what()});
        }
    }

    /// False: the run ends here.
    bool process(const NumberedBatch& batch);

    SimulationExecutor& executor_;
    LineSource& source_;
    const BulkOptions& options_;
    const Clock::time_point start_ = Clock::now();
    BatchQueue queue_;
    OrderedOutput output_;
    std::uint64_t batches_ = 0;  // read
    bool at_end_ = false;
    SimulationProgress done_;
};

/// One batch on its way through: its lines in order, those that are calls with their results.
class BatchResults {
 public:
    SimulationProgress counts;
    Bytes text;

    explicit BatchResults(const LineBatch& batch, bool strict) : first_(batch.first) {
        calls.reserve(batch.lines.size());
        for (std::size_t i = 0; i < batch.lines.size(); i++) {
            auto call = batch.lines[i].and_then([](const Bytes& line) { return read_simulation_call(line); });
            if (call) {
                calls.push_back(*std::move(call));
                continue;
            }
            invalid_.push_back({i, std::move(call.error())});
            if (strict) break;
        }
    }

    std::vector<SimulationCall> calls;

    void add(const Result<SimulationResult>& result) {
        add_invalid();
        append_simulation_result(text, first_ + line_++, result);
        (result ? counts.succeeded : counts.failed)++;
    }
    /// The lines before the next call that are none.
    void add_invalid() {
        for (; next_invalid_ < invalid_.size() && invalid_[next_invalid_].line == line_; next_invalid_++) {
            append_invalid_line(text, first_ + line_++, invalid_[next_invalid_].error);
            counts.invalid++;
        }
    }
    /// What is wrong with the first line that is no call.
    [[nodiscard]] std::optional<Error> first_error() const {
        if (invalid_.empty()) return std::nullopt;
        const auto& [line, error] = invalid_.front();
        return Error{"line " + std::to_string(first_ + line) + ": " + error.reason, error.offset};
    }

 private:
    struct Invalid {
        std::size_t line;
        Error error;
    };
    const std::uint64_t first_;
    std::size_t line_ = 0;
    std::vector<Invalid> invalid_;
    std::size_t next_invalid_ = 0;
};

bool BulkRun::process(const NumberedBatch& batch) {
    BatchResults results(batch.lines, options_.strict);
    Clock::time_point begun = Clock::now();
    const auto put = [&](OrderedOutput::Piece piece) {
        if (piece.last) results.counts.bytes = batch.lines.bytes;
        piece.text = std::exchange(results.text, {});
        piece.written = [this, counts = std::exchange(results.counts, {})] {
            done_.succeeded += counts.succeeded;
            done_.failed += counts.failed;
            done_.invalid += counts.invalid;
            done_.bytes += counts.bytes;
            done_.seconds = seconds();
            if (options_.report) options_.report(done_);
        };
        output_.add(batch.number, std::move(piece));
        begun = Clock::now();
    };

    bool stopped = false;
    const auto on_result = [&](const Result<SimulationResult>& result) {
        results.add(result);
        if (results.text.size() >= piece_bytes || (Clock::now() - begun >= piece_time && output_.is_turn(batch.number)))
            put({});
        stopped = stopping();
        return !stopped;
    };
    if (const Result<void> ran = executor_.run(results.calls, on_result); !ran) {
        fail_run(ran.error());
        return false;
    }
    OrderedOutput::Piece last;
    last.last = !stopped;
    if (!stopped) results.add_invalid();
    if (options_.strict && !stopped) last.failure = results.first_error();
    last.ends = stopped || last.failure.has_value();
    const bool go_on = !last.ends;
    put(std::move(last));
    return go_on;
}

}  // namespace

Result<BulkOutcome> simulate_lines(SimulationExecutor& executor, LineSource& source,
                                   const std::function<Result<void>(BytesView)>& write, const BulkOptions& options) {
    return BulkRun(executor, source, write, options).run();
}

}  // namespace warpshrew::app
