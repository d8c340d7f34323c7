#include "parallel/parallel_runner.hpp"

#include <chrono>
#include <utility>

#include "protorune/context.hpp"

namespace warpshrew::parallel {

static constexpr unsigned failures_to_retire = 3;

ParallelRunner::ParallelRunner(Executor& executor, Workers& workers, RunnerOptions options)
    : executor_(&executor), workers_(workers), options_(std::move(options)), memory_(options_.result_bytes) {
    verifier_.mode = options_.verify;
    verifier_.random.seed(options_.seed);
}

void ParallelRunner::retire(const std::string& why) {
    retired_ = true;
    failures_ = 0;
    Executor& old = *std::exchange(executor_, executor_ != options_.otherwise ? options_.otherwise : nullptr);
    old.add_to(statistics_);
    if (!options_.warn) return;
    options_.warn("executor " + std::string(old.name()) + " is given up for the rest of this run, which goes on " +
                  (executor_ != nullptr ? "with executor " + std::string(executor_->name()) : "in order") + ": " + why);
}

void ParallelRunner::speculate(const alkanes::BlockWork& block, const alkanes::FuelTank& tank, Candidates& candidates) {
    Speculation speculation(block, tank, candidates, *executor_, workers_, patterns_, options_.speculation, memory_,
                            statistics_);
    std::string what = "unknown exception";
    try {
        speculation.run();
        failures_ = 0;
        return;
    } catch (const std::exception& e) {
        what = e.what();
    } catch (...) {
    }
    statistics_.executor_failures++;
    if (++failures_ == failures_to_retire) {
        retire("it failed in " + std::to_string(failures_) + " blocks in a row: " + what);
    } else if (options_.warn) {
        options_.warn("executor " + std::string(executor_->name()) + " failed in block " +
                      std::to_string(block.height) + ", whose messages are executed in order: " + what);
    }
}

bool ParallelRunner::run(const alkanes::BlockWork& block, alkanes::BlockMessages& messages) {
    statistics_ = {};
    if (executor_ == nullptr) {
        alkanes::run_in_order(block, messages);
        return true;
    }
    using Clock = std::chrono::steady_clock;
    auto start = Clock::now();
    memory_.clear();
    Candidates candidates = find_candidates(block, options_.speculate);
    const Executor* const asked = executor_;
    statistics_.plan_seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (!candidates.list.empty()) speculate(block, messages.tank(), candidates);
    if (executor_ != nullptr) executor_->add_to(statistics_);
    for (const Candidate& c : candidates.list) {
        if (c.demotion == Demotion::ordinary) continue;
        statistics_.candidates++;
        statistics_.demoted += c.demotion == Demotion::none ? 0 : 1;
    }

    start = Clock::now();
    ConsumingHandler handler(block, messages, candidates, verifier_, statistics_);
    try {
        alkanes::run_in_order(block, handler);
    } catch (const std::exception&) {
        // Behind a wrong effect anything may fail.
        if (!handler.deceived()) throw;
    }
    statistics_.pass_seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (handler.deceived()) {
        // Nothing of it is used; the messages are counted as what becomes of them.
        statistics_.in_order += statistics_.used;
        statistics_.used = 0;
        statistics_.rejected = {};
        const std::string why =
            "in block " + std::to_string(block.height) +
            " the effect of a call was not what the CPU gives; the block is executed again in order";
        if (executor_ == nullptr || executor_ != asked) return false;  // it was retired before the pass
        if (!executor_->drop_suspect())
            retire(why);
        else if (options_.warn)
            options_.warn("executor " + std::string(executor_->name()) +
                          " goes on on CPU threads alone for the rest of this run: " + why);
        return false;
    }
    note_usefulness(patterns_, candidates, handler.used());
    return true;
}

}  // namespace warpshrew::parallel
