#include "parallel/executor.hpp"

#include <cstddef>

namespace warpshrew::parallel {

void* ResultMemory::Counted::do_allocate(std::size_t n, std::size_t alignment) {
    void* p = nullptr;
    if (alignment <= alignof(std::max_align_t)) {
        const std::lock_guard lock(mutex_);
        if (const auto kept = free_.find(n); kept != free_.end() && !kept->second.empty()) {
            p = kept->second.back();
            kept->second.pop_back();
            kept_ -= n;
        }
        alignment = alignof(std::max_align_t);
    }
    if (p == nullptr) p = std::pmr::new_delete_resource()->allocate(n, alignment);
    used_.fetch_add(n, std::memory_order_relaxed);
    return p;
}

void ResultMemory::Counted::do_deallocate(void* p, std::size_t n, std::size_t alignment) {
    used_.fetch_sub(n, std::memory_order_relaxed);
    if (alignment > alignof(std::max_align_t)) return std::pmr::new_delete_resource()->deallocate(p, n, alignment);
    const std::lock_guard lock(mutex_);
    free_[n].push_back(p);
    kept_ += n;
}

/// The largest go first: they are what few blocks need.
void ResultMemory::Counted::keep_at_most(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    while (kept_ > bytes) {
        const auto largest = std::prev(free_.end());
        if (largest->second.empty()) {
            free_.erase(largest);
            continue;
        }
        std::pmr::new_delete_resource()->deallocate(largest->second.back(), largest->first, alignof(std::max_align_t));
        largest->second.pop_back();
        kept_ -= largest->first;
    }
}

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

void ResultMemory::clear() {
    const std::lock_guard lock(mutex_);
    idle_.clear();
    for (store::Arena& arena : arenas_) {
        arena.release();
        idle_.push_back(&arena);
    }
    counted_.keep_at_most(limit_ / 2);
}

}  // namespace warpshrew::parallel
