#include "parallel/faster_executor.hpp"

#include <absl/cleanup/cleanup.h>

#include <algorithm>
#include <chrono>

namespace warpshrew::parallel {

using alkanes::ExecutedMessage;
using alkanes::ExecutionStatus;
using Kind = ExecutorChoice::Kind;

namespace {

constexpr unsigned failures_to_give_up = 3;

/// Of a call that uses so much fuel. A CPU takes as long for 40,000 as for a call that uses none, 6 us.
double work_of(std::uint64_t fuel) { return 1 + static_cast<double>(fuel) / 40'000; }

ExecutorChoice::Load load_of(const Batch& batch) {
    ExecutorChoice::Load load{batch.calls.size()};
    for (const Call& c : batch.calls) load.work += work_of(std::min(c.likely_fuel, c.fuel));
    return load;
}

}  // namespace

double steady_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// In one look at the results: of many calls they fit into no cache.
FasterExecutor::Done FasterExecutor::done_of(std::span<const ExecutedMessage> results) const {
    constexpr std::size_t at_a_time = 4096;
    std::vector<Done> parts((results.size() + at_a_time - 1) / at_a_time);
    const auto look = [&](unsigned, std::size_t begin, std::size_t end) {
        Done& part = parts[begin / at_a_time];
        for (std::size_t i = begin; i < end; i++) {
            const ExecutedMessage& m = results[i];
            if (m.status == ExecutionStatus::none)
                part.left.push_back(i);
            else
                part.work += work_of(std::min(m.fuel_used, m.call.fuel));  // it may be a lie
        }
    };
    if (options_.workers != nullptr) {
        options_.workers->for_parts(results.size(), at_a_time, look);
    } else {
        for (std::size_t i = 0; i < results.size(); i += at_a_time) look(0, i, std::min(results.size(), i + at_a_time));
    }
    Done out;
    for (const Done& part : parts) {
        out.left.insert(out.left.end(), part.left.begin(), part.left.end());
        out.work += part.work;
    }
    return out;
}

void FasterExecutor::execute(const Batch& batch, ResultMemory& memory, std::span<ExecutedMessage> results) {
    const ExecutorChoice::Load load = load_of(batch);
    const Kind kind = given_up_ ? Kind::cpu : choice_.of(load);
    const double start = options_.seconds();
    const double work =
        kind == Kind::device ? on_device(load, start, batch, memory, results) : on_cpu(batch, memory, results);
    // A batch that memory cut short tells nothing of how long one takes.
    if (work != 0 && !memory.full()) choice_.note(load, kind, options_.seconds() - start, work);
}

double FasterExecutor::on_device(const ExecutorChoice::Load& load, double start, const Batch& batch,
                                 ResultMemory& memory, std::span<ExecutedMessage> results) {
    bool failed = true;
    try {
        device_.execute(batch, memory, results);
        failed = false;
        failures_ = 0;
    } catch (const std::exception& e) {
        note_failure(batch, e.what());
    } catch (...) {
        note_failure(batch, "unknown exception");
    }
    if (failed || memory.full()) choice_.note_failure(load, options_.seconds() - start);
    const Done done = done_of(results);
    done_.device.batches++;
    done_.device.calls += results.size() - done.left.size();
    const double of_left = execute_left(batch, memory, results, done.left);
    return failed ? 0 : done.work + of_left;
}

double FasterExecutor::on_cpu(const Batch& batch, ResultMemory& memory, std::span<ExecutedMessage> results) {
    Done done;
    {
        // What is there counts, even if it throws.
        const absl::Cleanup count = [&] {
            done = done_of(results);
            done_.cpu.batches++;
            done_.cpu.calls += results.size() - done.left.size();
        };
        cpu_.execute(batch, memory, results);
    }
    return done.work;
}

/// Executes the calls `left` on the CPU.
double FasterExecutor::execute_left(const Batch& batch, ResultMemory& memory, std::span<ExecutedMessage> results,
                                    std::span<const std::size_t> left) {
    if (left.empty() || memory.full()) return 0;
    if (left.size() == results.size()) return on_cpu(batch, memory, results);
    std::vector<Call> calls;
    calls.reserve(left.size());
    for (const std::size_t i : left) calls.push_back(batch.calls[i]);
    Batch rest = batch;
    rest.calls = calls;
    std::vector<ExecutedMessage> executed(left.size());
    const absl::Cleanup put_back = [&] {
        for (std::size_t k = 0; k < left.size(); k++) results[left[k]] = executed[k];
    };
    return on_cpu(rest, memory, executed);
}

void FasterExecutor::note_failure(const Batch& batch, const std::string& what) {
    done_.executor_failures++;
    given_up_ = ++failures_ == failures_to_give_up;
    if (!options_.warn) return;
    if (given_up_)
        options_.warn("executor " + std::string(device_.name()) +
                      " is given up for the rest of this run, which goes on on CPU threads: it failed in " +
                      std::to_string(failures_) + " batches in a row: " + what);
    else
        options_.warn("executor " + std::string(device_.name()) + " failed in a batch of block " +
                      std::to_string(batch.height) + ", which is executed on CPU threads: " + what);
}

void FasterExecutor::add_to(Statistics& statistics) {
    statistics.add(std::exchange(done_, {}));
    cpu_.add_to(statistics);
    device_.add_to(statistics);
}

bool FasterExecutor::drop_suspect() { return !std::exchange(given_up_, true); }

}  // namespace warpshrew::parallel
