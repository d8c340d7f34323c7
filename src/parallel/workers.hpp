#pragma once
// Threads whose stacks carry contract calls. A pool from a library would not do: its threads' stacks are its own.

#include <cstddef>
#include <functional>
#include <memory>

#include "wasm/engine.hpp"

namespace warpshrew::parallel {

/// A number of workers, of which the calling thread is one.
class Workers {
 public:
    /// `count` at least 1. `engine` must outlive it.
    Workers(wasm::Engine& engine, unsigned count);
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    [[nodiscard]] unsigned count() const noexcept;

    /// Runs job(worker) on all workers and waits. An exception ends that worker's part; the first one is thrown here.
    /// From one thread at a time, one of Engine::run_deep.
    void run(const std::function<void(unsigned worker)>& job);

    /// Runs job(worker, begin, end) for the parts of `n`, each of `at_a_time` but the last, spread over the workers.
    void for_parts(std::size_t n, std::size_t at_a_time,
                   const std::function<void(unsigned worker, std::size_t begin, std::size_t end)>& job);

    /// Runs job(i) for each i below `n`, spread over the workers.
    void for_each(std::size_t n, const std::function<void(std::size_t i)>& job);

 private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace warpshrew::parallel
