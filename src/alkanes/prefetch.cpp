#include "alkanes/prefetch.hpp"

#include <algorithm>

#include "alkanes/candidate.hpp"
#include "alkanes/envelope.hpp"
#include "alkanes/gzip.hpp"
#include "protorune/protostone.hpp"

namespace warpshrew::alkanes {

namespace {

constexpr std::size_t max_queue = 64, max_queued_bytes = std::size_t{16} << 20;
constexpr std::size_t max_module = std::size_t{4} << 20;  // larger ones are not worth the risk of guessing

bool deploys(const bitcoin::Transaction& tx, const protorune::Network& network) {
    const auto stones = protorune::decode_stones(tx, network);
    if (!stones.protostones) return false;
    // A guess needs no height.
    const bool prefix_counts = network.parallel_activation_height.has_value();
    return std::any_of(stones.protostones->begin(), stones.protostones->end(), [&](const auto& stone) {
        if (stone.protocol_tag != protorune::alkanes_protocol_tag) return false;
        const auto words = message_integers(stone.message, prefix_counts);
        return words && words->size() >= 2 && (((*words)[0] == 1 && (*words)[1] == 0) || (*words)[0] == 3);
    });
}

}  // namespace

Prefetcher::~Prefetcher() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Prefetcher::prefetch(const bitcoin::Block& block, const protorune::Network& network) {
    for (const auto& tx : block.transactions())
        if (auto payload = witness_payload(tx); payload && !payload->empty() && deploys(tx, network))
            queue(std::move(*payload));
}

void Prefetcher::queue(Bytes compressed) {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= max_queue || queued_bytes_ + compressed.size() > max_queued_bytes) return;
    queued_bytes_ += compressed.size();
    queue_.push_back(std::move(compressed));
    if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
    changed_.notify_one();
}

void Prefetcher::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stop_ || !queue_.empty(); });
        if (stop_) return;
        const Bytes compressed = std::move(queue_.front());
        queue_.pop_front();
        queued_bytes_ -= compressed.size();
        lock.unlock();
        // Whatever is wrong with the code, the block will find the same and say so.
        if (const auto module = gunzip(compressed, max_module)) (void)engine_.compile(*module);
        lock.lock();
    }
}

}  // namespace warpshrew::alkanes
