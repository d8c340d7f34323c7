#include "parallel/executor_choice.hpp"

#include <algorithm>
#include <bit>

namespace warpshrew::parallel {

namespace {

/// Trials may lose one in so many seconds.
constexpr double rarity = 32;
constexpr std::uint32_t trial_batches = 2, least_wait = 16, most_wait = 1 << 24;

ExecutorChoice::Kind other(ExecutorChoice::Kind kind) noexcept {
    return kind == ExecutorChoice::Kind::cpu ? ExecutorChoice::Kind::device : ExecutorChoice::Kind::cpu;
}

/// Batches after which a class has made up for a trial of an executor that takes so many times as long.
std::uint32_t wait_after(double times) noexcept {
    return static_cast<std::uint32_t>(std::clamp<double>(rarity * trial_batches * (times - 1), least_wait, most_wait));
}

}  // namespace

ExecutorChoice::Key ExecutorChoice::key(const Load& load) noexcept {
    const double of_a_call = load.work / static_cast<double>(std::max<std::size_t>(load.calls, 1));
    return {std::bit_width(load.calls), std::bit_width(static_cast<std::uint32_t>(std::clamp(of_a_call, 0.0, 1e9)))};
}

ExecutorChoice::Kind ExecutorChoice::of(const Load& load) const noexcept {
    if (load.calls < least_calls_) return Kind::cpu;
    const auto c = classes_.find(key(load));
    if (c == classes_.end()) return Kind::cpu;
    // The waits bound what each class loses, but for its first trial.
    const bool is_trial = c->second.wait == 0 && lost_ * rarity <= seconds_;
    return is_trial ? other(c->second.usual) : c->second.usual;
}

void ExecutorChoice::note(const Load& load, Kind kind, double seconds, double work) {
    seconds_ += seconds;
    if (load.calls < least_calls_) return;
    Class& c = classes_[key(load)];
    recent(c, kind).add(std::max(seconds / work, 1e-15));  // so that ratios are finite
    Recent &usual = recent(c, c.usual), &tried = recent(c, other(c.usual));
    if (kind != c.usual) {
        lost_ += std::max(0.0, seconds - usual.pace() * work);
        const double times = tried.pace() / usual.pace();
        if (times >= 1 && !tried.full()) return;  // it gets another batch
        c.wait = wait_after(std::max(times, 1 / times));
        if (times < 1) c.usual = kind;
    } else if (tried.full() && tried.pace() < usual.pace()) {
        // It has become slower than the other one was; whether that one is still so, its next batches tell.
        c.usual = other(c.usual);
        c.wait = least_wait;
    } else if (c.wait != 0 && --c.wait == 0) {
        tried = {};
    }
}

void ExecutorChoice::note_failure(const Load& load, double seconds) {
    seconds_ += seconds;
    lost_ += seconds;
    if (load.calls < least_calls_) return;
    Class& c = classes_[key(load)];
    recent(c, Kind::device) = {};
    c.usual = Kind::cpu;
    c.wait = std::min(least_wait << 2 * std::min(c.failures++, 10U), most_wait);
}

}  // namespace warpshrew::parallel
