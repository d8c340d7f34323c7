#include "parallel/speculation.hpp"

#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <chrono>

namespace warpshrew::parallel {

using alkanes::ExecutedMessage;
using alkanes::ExecutionStatus;
using alkanes::StateRead;

namespace {

class Timer {
 public:
    explicit Timer(double& seconds) : seconds_(seconds) {}
    ~Timer() { seconds_ += std::chrono::duration<double>(Clock::now() - start_).count(); }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

 private:
    using Clock = std::chrono::steady_clock;
    double& seconds_;
    Clock::time_point start_ = Clock::now();
};

/// Calls of a pattern that are worth a look at two of them first.
constexpr std::size_t worth_learning = 4;
/// Calls of a pattern that is not proven that are executed before the others.
constexpr std::size_t trial = 32;
/// Of one message, ahead: what is still not right then is left to its turn.
constexpr unsigned max_executions = 4;
/// An unprofitable pattern is tried again after so many blocks.
constexpr unsigned retry_after = 16;

bool has_effect(const ExecutedMessage& m) {
    return m.status == ExecutionStatus::succeeded || m.status == ExecutionStatus::failed;
}

bool was_executed(const Candidate& c) { return c.executed.status != ExecutionStatus::none; }

}  // namespace

static constexpr std::uint64_t LaneCounts::*lane_counts[] = {
    &LaneCounts::calls,  &LaneCounts::executed,         &LaneCounts::handed_back,      &LaneCounts::not_started,
    &LaneCounts::faults, &LaneCounts::out_of_set_reads, &LaneCounts::out_of_set_writes};

void LaneCounts::add(const LaneCounts& o) noexcept {
    for (const auto count : lane_counts) this->*count += o.*count;
    for (std::size_t i = 0; i < reasons.size(); i++) reasons[i] += o.reasons[i];
}

LaneCounts LaneCounts::since(const LaneCounts& before) const noexcept {
    LaneCounts out = *this;
    for (const auto count : lane_counts) out.*count -= before.*count;
    for (std::size_t i = 0; i < reasons.size(); i++) out.reasons[i] -= before.reasons[i];
    return out;
}

void Statistics::add(const Statistics& o) noexcept {
    candidates += o.candidates;
    demoted += o.demoted;
    speculated += o.speculated;
    executions += o.executions;
    used += o.used;
    for (std::size_t i = 0; i < rejected.size(); i++) rejected[i] += o.rejected[i];
    in_order += o.in_order;
    rounds += o.rounds;
    verified += o.verified;
    mismatches += o.mismatches;
    executor_failures += o.executor_failures;
    cpu.batches += o.cpu.batches;
    cpu.calls += o.cpu.calls;
    device.batches += o.device.batches;
    device.calls += o.device.calls;
    lanes.add(o.lanes);
    plan_seconds += o.plan_seconds;
    execute_seconds += o.execute_seconds;
    schedule_seconds += o.schedule_seconds;
    pass_seconds += o.pass_seconds;
}

Speculation::Speculation(const alkanes::BlockWork& block, const alkanes::FuelTank& tank, Candidates& candidates,
                         Executor& executor, Workers& workers, Patterns& patterns, const SpeculationOptions& options,
                         ResultMemory& memory, Statistics& statistics)
    : block_(block),
      tank_(tank),
      candidates_(candidates),
      executor_(executor),
      workers_(workers),
      patterns_(patterns),
      options_(options),
      memory_(memory),
      statistics_(statistics),
      state_(block.state),
      // An execution ahead costs the time of one lane, and saves that time at its turn: so it pays where more than one
      // in `lanes` is used.
      least_(std::min(0.7, 1.2 / static_cast<double>(executor.lanes()))),
      fuel_(candidates.list.size()),
      as_seen_(candidates.list.size()),
      executions_(candidates.list.size()) {}

void Speculation::demote_unprofitable() {
    absl::flat_hash_map<Pattern*, bool> tried;
    for (Candidate& c : candidates_.list) {
        if (c.demotion != Demotion::none) continue;
        Pattern& pattern = patterns_.of(c);
        if (pattern.usefulness >= least_) continue;
        const auto [i, inserted] = tried.try_emplace(&pattern, false);
        if (inserted) {
            i->second = ++pattern.skipped >= retry_after;
            if (i->second) pattern.skipped = 0;
        }
        if (!i->second) c.demotion = Demotion::unprofitable;
    }
}

/// The candidates that can be executed now and could not before.
Speculation::Indices Speculation::plan() {
    const Timer timer(statistics_.plan_seconds);
    std::vector<char> found(candidates_.transactions.size());
    workers_.for_each(found.size(), [&](std::size_t i) {
        const auto& tx = candidates_.transactions[i];
        found[i] = plan_next(block_, state_, tx, candidates_.of(tx)) ? 1 : 0;
    });
    Indices out;
    for (std::size_t i = 0; i < found.size(); i++) {
        if (found[i] == 0) continue;
        const auto& tx = candidates_.transactions[i];
        for (std::uint32_t c = tx.first; c < tx.first + tx.count; c++)
            if (candidates_.list[c].planned && !was_executed(candidates_.list[c])) out.push_back(c);
    }
    return out;
}

/// Executes two calls of each pattern that is new and has many, to see what counters they move.
void Speculation::learn(const Indices& planned) {
    absl::flat_hash_map<Pattern*, Indices> unknown;
    for (const std::uint32_t i : planned) {
        Pattern& pattern = patterns_.of(candidates_.list[i]);
        if (!pattern.known) unknown[&pattern].push_back(i);
    }
    Indices first;
    for (const auto& [pattern, calls] : unknown)
        if (calls.size() >= worth_learning) first.insert(first.end(), {calls[0], calls[1]});
    if (first.empty()) return;
    std::ranges::sort(first);
    execute(first);
    for (const auto& [pattern, calls] : unknown) {
        if (calls.size() < worth_learning) continue;
        Patterns::learn(*pattern, candidates_.list[calls[0]].executed, candidates_.list[calls[1]].executed);
    }
}

/// Of patterns that are not proven, takes all but the first few calls out of `planned`, and returns them.
Speculation::Indices Speculation::hold_back(Indices& planned) {
    absl::flat_hash_map<const Pattern*, std::size_t> tried;
    Indices held;
    std::erase_if(planned, [&](std::uint32_t i) {
        const Pattern& pattern = patterns_.of(candidates_.list[i]);
        const bool hold = !pattern.proven && ++tried[&pattern] > trial;
        if (hold) held.push_back(i);
        return hold;
    });
    return held;
}

/// Those of the calls held back whose like were executed to some use; the others are left to their turn, and those of
/// them that were tried are not tried again.
Speculation::Indices Speculation::release(const Indices& held, Indices& again) {
    struct Count {
        double executed = 0, good = 0;
    };
    absl::flat_hash_map<const Pattern*, Count> counts;
    for (std::size_t i = 0; i < candidates_.list.size(); i++) {
        if (!was_executed(candidates_.list[i])) continue;
        Count& count = counts[&patterns_.of(candidates_.list[i])];
        count.executed++;
        count.good += as_seen_[i];
    }
    const auto is_useful = [&](std::uint32_t i) {
        const Count& count = counts[&patterns_.of(candidates_.list[i])];
        return count.good >= least_ * count.executed;
    };
    Indices out;
    absl::flat_hash_set<const Pattern*> useless;
    for (const std::uint32_t i : held) {
        if (is_useful(i)) {
            out.push_back(i);
        } else {
            candidates_.list[i].demotion = Demotion::unprofitable;
            useless.insert(&patterns_.of(candidates_.list[i]));
        }
    }
    std::erase_if(again, [&](std::uint32_t i) { return useless.contains(&patterns_.of(candidates_.list[i])); });
    return out;
}

/// Adds the versions that a call of this pattern will make.
void Speculation::predict(std::uint32_t position, const Pattern& pattern) {
    Bytes value;
    for (const auto& counter : pattern.counters) {
        value.clear();
        (void)state_.read(position, counter.key, value);
        if (const auto next = advanced(value, {counter.key, counter.step, counter.width}))
            state_.add(counter.key, {position, true, store::copy_into(guesses_, *next)});
    }
}

/// Goes over the candidates in block order as the pass will, and gathers what each of them will see: makes the versions
/// anew, and the fuel. Returns those that were executed on what is not so, and that would now see what is reliable.
Speculation::Indices Speculation::look_at_results() {
    const Timer timer(statistics_.schedule_seconds);
    state_.clear_versions();
    alkanes::FuelTank tank = tank_;
    Indices again;
    Bytes seen;
    for (std::uint32_t i = 0; i < candidates_.list.size(); i++) {
        Candidate& c = candidates_.list[i];
        const ExecutedMessage& executed = c.executed;
        fuel_[i] = tank.enter(c.tx_index);
        if (!has_effect(executed)) {
            if (!options_.predict) continue;
            const Pattern& pattern = patterns_.of(c);
            (void)tank.consume(pattern.fuel_used);
            predict(i, pattern);
            continue;
        }
        bool as_seen = executed.fuel_observed ? executed.call.fuel == fuel_[i] : executed.fuel_required <= fuel_[i];
        bool reliable = true;
        for (const StateRead& read : executed.reads) {
            if (const auto* v = state_.version(i, read.key)) reliable = reliable && v->reliable;
            if (read.kind == StateRead::Kind::unwritten) {
                as_seen = as_seen && !state_.written(i, read.key);
            } else if (as_seen) {
                seen.clear();
                (void)state_.read(i, read.key, seen);
                as_seen = seen == read.value;
            }
        }
        if (executed.status == ExecutionStatus::succeeded)
            (void)tank.consume(executed.fuel_used);
        else
            tank.drain();
        as_seen_[i] = as_seen ? 1 : 0;
        if (!as_seen && reliable && executions_[i] < max_executions) again.push_back(i);
        const auto counters = as_seen ? std::vector<Counter>() : counters_of(executed);
        for (const auto& write : executed.writes) {
            // What was read wrongly is added to what there really is.
            const auto counter = std::ranges::find(counters, write.key, &Counter::key);
            if (counter != counters.end() && options_.predict) {
                seen.clear();
                const auto* v = state_.version(i, write.key);
                const bool certain = v == nullptr || v->reliable;
                (void)state_.read(i, write.key, seen);
                if (const auto next = advanced(seen, *counter)) {
                    state_.add(write.key, {i, certain, store::copy_into(guesses_, *next)});
                    continue;
                }
            }
            state_.add(write.key, {i, as_seen && reliable, write.value});
        }
    }
    return again;
}

void Speculation::execute(const Indices& which) {
    const Timer timer(statistics_.execute_seconds);
    std::vector<Call> calls;
    std::vector<protorune::RuneTransfer> tokens;
    calls.reserve(which.size());
    for (const std::uint32_t i : which) {
        const Candidate& c = candidates_.list[i];
        calls.push_back({c.tx_index, c.vout, i, static_cast<std::uint32_t>(tokens.size()),
                         static_cast<std::uint32_t>(c.incoming.size()), c.calldata, fuel_[i],
                         patterns_.of(c).fuel_used});
        tokens.insert(tokens.end(), c.incoming.begin(), c.incoming.end());
    }
    std::vector<ExecutedMessage> results(calls.size());
    const auto keep = [&] {
        for (std::size_t k = 0; k < which.size(); k++) {
            Candidate& c = candidates_.list[which[k]];
            if (results[k].status == ExecutionStatus::none) continue;
            statistics_.speculated += was_executed(c) ? 0 : 1;
            statistics_.executions++;
            executions_[which[k]]++;
            // It refers to the batch's tokens, which are gone soon. Where it is not these, the checksum is wrong now.
            if (std::ranges::equal(results[k].call.incoming, c.incoming))
                results[k].call.incoming = c.incoming;
            else
                results[k].call.incoming = {};
            c.executed = results[k];
        }
    };
    statistics_.rounds++;
    try {
        executor_.execute({block_.environment, block_.codes, block_.info, state_, block_.height, calls, tokens},
                          memory_, results);
    } catch (...) {
        keep();
        throw;
    }
    keep();
    for (const std::uint32_t i : which) {
        const Candidate& c = candidates_.list[i];
        if (c.executed.status == ExecutionStatus::succeeded) patterns_.of(c).fuel_used = c.executed.fuel_used;
    }
}

void Speculation::run() {
    patterns_.begin_block();
    if (options_.adaptive) demote_unprofitable();
    Indices next = plan();
    (void)look_at_results();
    if (options_.predict) learn(next);
    Indices held = options_.adaptive ? hold_back(next) : Indices();
    for (unsigned round = 0; round < options_.max_rounds; round++) {
        Indices again = look_at_results();
        std::erase_if(next, [&](std::uint32_t i) { return was_executed(candidates_.list[i]); });
        // Two batches tell: what was executed on a guess, and again on a better one.
        if (!held.empty() && (round == 2 || (round != 0 && next.empty() && again.size() < 2))) {
            const Indices released = release(held, again);
            held.clear();
            next.insert(next.end(), released.begin(), released.end());
        }
        // A single call gains nothing ahead of its turn.
        if (next.empty() && again.size() < 2) break;
        next.insert(next.end(), again.begin(), again.end());
        std::ranges::sort(next);
        execute(next);
        next = plan();
    }
    state_.remember_reads_in(block_.state);
}

void note_usefulness(Patterns& patterns, const Candidates& candidates, std::span<const char> used) {
    struct Count {
        double executed = 0, used = 0;
    };
    absl::flat_hash_map<Pattern*, Count> counts;
    for (std::size_t i = 0; i < candidates.list.size(); i++) {
        const Candidate& c = candidates.list[i];
        if (!was_executed(c)) continue;
        Count& count = counts[&patterns.of(c)];
        count.executed++;
        count.used += used[i] != 0 ? 1 : 0;
    }
    for (const auto& [pattern, count] : counts) {
        const double share = count.used / count.executed;
        pattern->usefulness = (pattern->usefulness + share) / 2;
        pattern->proven = share >= 0.5;
        if (share < 0.5) pattern->known = false;  // what it was seen to do is no longer so
    }
}

}  // namespace warpshrew::parallel
