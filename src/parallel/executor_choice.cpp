#include "parallel/executor_choice.hpp"

#include <algorithm>
#include <bit>

namespace warpshrew::parallel {

namespace {

/// A trial is two batches, which cost as much more as that executor is slower. So one every 64 batches, times by how
/// much it was slower at the last trial, costs 1/32 of the time at most.
constexpr double rarity = 64;
constexpr std::uint32_t least_wait = 16, most_wait = 1 << 24;

ExecutorChoice::Kind other(ExecutorChoice::Kind kind) noexcept {
    return kind == ExecutorChoice::Kind::cpu ? ExecutorChoice::Kind::device : ExecutorChoice::Kind::cpu;
}

std::uint32_t wait_after(double slower) noexcept {
    return static_cast<std::uint32_t>(std::clamp<double>(rarity * (slower - 1), least_wait, most_wait));
}

}  // namespace

ExecutorChoice::Kind ExecutorChoice::of(std::size_t calls) const noexcept {
    if (calls < least_calls_) return Kind::cpu;
    const Class& c = classes_[static_cast<std::size_t>(std::bit_width(calls))];
    return c.wait == 0 ? other(c.usual) : c.usual;
}

void ExecutorChoice::note(std::size_t calls, Kind kind, double pace) noexcept {
    if (calls < least_calls_) return;
    Class& c = classes_[static_cast<std::size_t>(std::bit_width(calls))];
    // No clock is finer, and ratios stay finite.
    recent(c, kind).add(std::max(pace, 1e-15));
    Recent &usual = recent(c, c.usual), &tried = recent(c, other(c.usual));
    if (c.wait == 0) {
        if (!tried.full()) return;  // the trial goes on
        c.wait = wait_after(tried.pace() / usual.pace());
        if (tried.pace() < usual.pace()) c.usual = other(c.usual);
    } else if (tried.full() && tried.pace() < usual.pace()) {
        // It has become slower than the other one was; whether that one is still so, its next batches tell.
        c.usual = other(c.usual);
        c.wait = least_wait;
    } else if (--c.wait == 0) {
        tried = {};
    }
}

}  // namespace warpshrew::parallel
