#include "wasm/preservation_slots.hpp"

#include <algorithm>

namespace warpshrew::wasm {

std::int32_t PreservationSlots::put() {
    // The reference forgets here which slots have lost references: they leak unless they lose another one.
    taken_.clear();
    const std::uint32_t k = free_;
    if (k == slots_.size()) {
        slots_.emplace_back();
        free_ = k + 1;
    } else {
        free_ = slots_[k].next_free;
    }
    slots_[k].references = 2;  // one on the stack, one until collect() frees the slot
    occupied_++;
    const std::int32_t reg = first - static_cast<std::int32_t>(k);
    lowest_ = std::min(lowest_, reg - 1);
    return reg;
}

bool PreservationSlots::bump(std::int32_t reg) {
    Slot* s = find(reg);
    if (s == nullptr) return false;
    s->references++;
    return true;
}

bool PreservationSlots::take(std::int32_t reg) {
    Slot* s = find(reg);
    if (s == nullptr) return false;
    const auto k = static_cast<std::uint32_t>(first - reg);
    taken_.push_back(k);
    if (--s->references == 0) vacate(k);
    return true;
}

void PreservationSlots::collect() {
    // A slot that has kept its count since it was last looked at need not be looked at again.
    if (taken_.empty()) return;
    std::sort(taken_.begin(), taken_.end());
    for (const std::uint32_t k : taken_) {
        if (k < slots_.size() && slots_[k].references == 1) vacate(k);
    }
    taken_.clear();
}

PreservationSlots::Slot* PreservationSlots::find(std::int32_t reg) {
    const std::int64_t k = std::int64_t{first} - reg;
    if (k < 0 || k >= static_cast<std::int64_t>(slots_.size())) return nullptr;
    Slot* s = &slots_[static_cast<std::size_t>(k)];
    return s->references == 0 ? nullptr : s;
}

void PreservationSlots::vacate(std::uint32_t k) {
    slots_[k] = {.references = 0, .next_free = free_};
    free_ = k;
    if (--occupied_ == 0) {
        slots_.clear();
        free_ = 0;
    }
}

}  // namespace warpshrew::wasm
