#pragma once
// Compiles contracts ahead of the block that deploys them.

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "bitcoin/block.hpp"
#include "protorune/network.hpp"
#include "wasm/engine.hpp"

namespace warpshrew::alkanes {

/// A thread that compiles what is handed to it; the result stays in the engine. When it cannot keep up, new work is
/// dropped: the block compiles then.
class Prefetcher {
 public:
    explicit Prefetcher(wasm::Engine& engine) : engine_(engine) {}
    ~Prefetcher();
    Prefetcher(const Prefetcher&) = delete;
    Prefetcher& operator=(const Prefetcher&) = delete;

    /// Queues the code of every transaction of `block` that deploys a contract.
    void prefetch(const bitcoin::Block& block, const protorune::Network& network);

 private:
    void queue(Bytes compressed);
    void work();

    wasm::Engine& engine_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Bytes> queue_;
    std::size_t queued_bytes_ = 0;
    bool stop_ = false;
    std::thread thread_;  // started with the first piece of work
};

}  // namespace warpshrew::alkanes
