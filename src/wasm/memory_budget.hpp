#pragma once
// How much linear memory the live instances of a thread, which are the frames of one message, have in all. The
// reference is a wasm32 program and ends beyond 4 GiB; what happens here instead must not depend on the machine
// (docs/consensus.md).

#include <atomic>
#include <cstddef>
#include <memory>

namespace warpshrew::wasm {

/// Of one message: 64 Ki pages. 25 frames of one memory each never come near it.
inline constexpr std::size_t memory_budget = std::size_t{4} << 30;

/// Counts bytes of memory. Instances may end on another thread than the one that they were made on: each keeps the
/// budget that it took from.
class MemoryBudget {
 public:
    /// That of the calling thread.
    [[nodiscard]] static const std::shared_ptr<MemoryBudget>& of_this_thread() {
        thread_local const auto budget = std::make_shared<MemoryBudget>();
        return budget;
    }

    [[nodiscard]] bool has(std::size_t bytes) const noexcept {
        return bytes <= memory_budget - used_.load(std::memory_order_relaxed);
    }
    /// False, and nothing is taken, if that is more than is left.
    [[nodiscard]] bool take(std::size_t bytes) noexcept {
        std::size_t used = used_.load(std::memory_order_relaxed);
        do {
            if (bytes > memory_budget - used) return false;
        } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
        return true;
    }
    void give_back(std::size_t bytes) noexcept { used_.fetch_sub(bytes, std::memory_order_relaxed); }

 private:
    std::atomic<std::size_t> used_ = 0;
};

}  // namespace warpshrew::wasm
