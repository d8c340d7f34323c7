#include "parallel/faster_executor.hpp"

#include <algorithm>
#include <chrono>

namespace warpshrew::parallel {

using alkanes::ExecutedMessage;
using alkanes::ExecutionStatus;
using Kind = ExecutorChoice::Kind;

namespace {

constexpr unsigned failures_to_give_up = 3;

bool is_left(const ExecutedMessage& m) { return m.status == ExecutionStatus::none; }

/// Of a call that uses so much fuel. A CPU takes as long for 40,000 as for a call that uses none, 6 us.
double work_of(std::uint64_t fuel) { return 1 + static_cast<double>(fuel) / 40'000; }

double work_of(std::span<const ExecutedMessage> results) {
    double work = 0;
    for (const ExecutedMessage& m : results) work += work_of(std::min(m.fuel_used, m.call.fuel));  // it may be a lie
    return work;
}

ExecutorChoice::Load load_of(const Batch& batch) {
    ExecutorChoice::Load load{batch.calls.size()};
    for (const Call& c : batch.calls) load.work += work_of(std::min(c.likely_fuel, c.fuel));
    return load;
}

}  // namespace

double steady_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void FasterExecutor::execute(const Batch& batch, ResultMemory& memory, std::span<ExecutedMessage> results) {
    const ExecutorChoice::Load load = load_of(batch);
    const Kind kind = given_up_ ? Kind::cpu : choice_.of(load);
    const double start = options_.seconds();
    const std::uint64_t failures = done_.executor_failures;
    if (kind == Kind::device) on_device(batch, memory, results);
    execute_rest(batch, memory, results);
    // A batch that the device failed in, or that memory cut short, tells nothing of how long one takes.
    if (done_.executor_failures != failures || memory.full()) return;
    choice_.note(load, kind, options_.seconds() - start, work_of(results));
}

void FasterExecutor::on_device(const Batch& batch, ResultMemory& memory, std::span<ExecutedMessage> results) {
    try {
        device_.execute(batch, memory, results);
        failures_ = 0;
    } catch (const std::exception& e) {
        note_failure(batch, e.what());
    } catch (...) {
        note_failure(batch, "unknown exception");
    }
    done_.device.batches++;
    done_.device.calls += static_cast<std::uint64_t>(std::ranges::count_if(results, std::not_fn(is_left)));
}

void FasterExecutor::on_cpu(const Batch& batch, ResultMemory& memory, std::span<ExecutedMessage> results) {
    cpu_.execute(batch, memory, results);
    done_.cpu.batches++;
    done_.cpu.calls += static_cast<std::uint64_t>(std::ranges::count_if(results, std::not_fn(is_left)));
}

/// The calls that have no result yet.
void FasterExecutor::execute_rest(const Batch& batch, ResultMemory& memory, std::span<ExecutedMessage> results) {
    std::vector<std::size_t> left;
    for (std::size_t i = 0; i < results.size(); i++)
        if (is_left(results[i])) left.push_back(i);
    if (left.empty() || memory.full()) return;
    if (left.size() == results.size()) return on_cpu(batch, memory, results);
    std::vector<Call> calls;
    calls.reserve(left.size());
    for (const std::size_t i : left) calls.push_back(batch.calls[i]);
    Batch rest = batch;
    rest.calls = calls;
    std::vector<ExecutedMessage> executed(left.size());
    on_cpu(rest, memory, executed);
    for (std::size_t k = 0; k < left.size(); k++) results[left[k]] = executed[k];
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
        options_.warn("executor " + std::string(device_.name()) + " failed in block " + std::to_string(batch.height) +
                      ", whose messages are executed on CPU threads: " + what);
}

void FasterExecutor::add_to(Statistics& statistics) { statistics.add(std::exchange(done_, {})); }

bool FasterExecutor::drop_suspect() { return !std::exchange(given_up_, true); }

}  // namespace warpshrew::parallel
