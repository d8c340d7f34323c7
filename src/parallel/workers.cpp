#include "parallel/workers.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace warpshrew::parallel {

struct Workers::Parts {
    std::mutex mutex;
    std::condition_variable begun, ended;
    const std::function<void(unsigned)>* job = nullptr;
    std::uint64_t round = 0;
    unsigned running = 0;
    bool stop = false;
    std::exception_ptr thrown;
    std::vector<std::thread> threads;

    void work(unsigned worker) {
        std::uint64_t done = 0;
        std::unique_lock lock(mutex);
        for (;;) {
            begun.wait(lock, [&] { return stop || round != done; });
            if (stop) return;
            done = round;
            const auto* mine = job;
            lock.unlock();
            std::exception_ptr failure;
            try {
                (*mine)(worker);
            } catch (...) {
                failure = std::current_exception();
            }
            lock.lock();
            if (failure && !thrown) thrown = failure;
            if (--running == 0) ended.notify_one();
        }
    }
};

Workers::Workers(wasm::Engine& engine, unsigned count) : parts_(std::make_unique<Parts>()) {
    for (unsigned i = 1; i < count; i++)
        parts_->threads.emplace_back([&engine, p = parts_.get(), i] { engine.run_deep([&] { p->work(i); }); });
}

Workers::~Workers() {
    {
        const std::lock_guard lock(parts_->mutex);
        parts_->stop = true;
    }
    parts_->begun.notify_all();
    for (auto& t : parts_->threads) t.join();
}

unsigned Workers::count() const noexcept { return static_cast<unsigned>(parts_->threads.size()) + 1; }

void Workers::run(const std::function<void(unsigned)>& job) {
    Parts& p = *parts_;
    if (p.threads.empty()) return job(0);
    {
        const std::lock_guard lock(p.mutex);
        p.job = &job;
        p.round++;
        p.running = static_cast<unsigned>(p.threads.size());
        p.thrown = nullptr;
    }
    p.begun.notify_all();
    std::exception_ptr failure;
    try {
        job(0);
    } catch (...) {
        failure = std::current_exception();
    }
    std::unique_lock lock(p.mutex);
    p.ended.wait(lock, [&] { return p.running == 0; });
    if (!failure) failure = p.thrown;
    lock.unlock();
    if (failure) std::rethrow_exception(failure);
}

void Workers::for_parts(std::size_t n, std::size_t at_a_time,
                        const std::function<void(unsigned, std::size_t, std::size_t)>& job) {
    std::atomic<std::size_t> next = 0;
    const auto take = [&](unsigned worker) {
        for (std::size_t i; (i = next.fetch_add(at_a_time, std::memory_order_relaxed)) < n;)
            job(worker, i, std::min(n, i + at_a_time));
    };
    if (n > at_a_time)
        run(take);
    else
        take(0);
}

void Workers::for_each(std::size_t n, const std::function<void(std::size_t)>& job) {
    // Several at a time where there are many: threads that count together wait for each other. Not too many, of which
    // the last ones might be the longest.
    const std::size_t step = std::clamp<std::size_t>(n / (std::size_t{16} * count()), 1, 16);
    for_parts(n, step, [&](unsigned, std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; i++) job(i);
    });
}

}  // namespace warpshrew::parallel
