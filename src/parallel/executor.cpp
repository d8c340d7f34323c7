#include "parallel/executor.hpp"

namespace warpshrew::parallel {

store::Arena& ResultMemory::take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return arenas_.emplace_back(&counted_);
    store::Arena& arena = *idle_.back();
    idle_.pop_back();
    return arena;
}

void ResultMemory::give_back(store::Arena& arena) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(&arena);
}

}  // namespace warpshrew::parallel
