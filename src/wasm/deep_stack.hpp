#pragma once
// Threads whose stacks carry contract calls nested to the limit.

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace warpshrew::wasm {

/// What one call of a contract may use of the native stack, its nested calls included. Its own limits (wasmi-fuel.md 4)
/// must be met before: a frame of native code holds more than wasmi's cells where the compiler keeps values that are
/// computed twice, but every value costs at least one unit of fuel, and a block has 10^9 of them.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr std::size_t wasm_stack_size = std::size_t{256} << 20;  // shadow memory is a multiple of it
#else
inline constexpr std::size_t wasm_stack_size = std::size_t{2} << 30;
#endif

/// Twice that, so that a call at any depth has its share: all the calls around it together cannot use more than one.
/// Only what is touched takes memory.
inline constexpr std::size_t deep_stack_size = 2 * wasm_stack_size + (std::size_t{16} << 20);

/// Bytes of stack left to this thread; 0 if it is not one of these threads.
[[nodiscard]] std::size_t deep_stack_left() noexcept;

/// The threads, kept for the next call.
class DeepStacks {
 public:
    DeepStacks();
    ~DeepStacks();
    DeepStacks(const DeepStacks&) = delete;
    DeepStacks& operator=(const DeepStacks&) = delete;

    /// Runs f on one of the threads and waits; throws what f throws, and std::bad_alloc if no thread can be had. On one
    /// of these threads already, just runs it.
    void run(const std::function<void()>& f);

 private:
    class Thread;
    std::unique_ptr<Thread> take();
    std::mutex mutex_;
    std::vector<std::unique_ptr<Thread>> idle_;
};

}  // namespace warpshrew::wasm
