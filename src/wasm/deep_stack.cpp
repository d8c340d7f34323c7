#include "wasm/deep_stack.hpp"

#include <pthread.h>
#include <sys/mman.h>

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <new>

namespace warpshrew::wasm {
namespace {

constexpr std::size_t guard_size = std::size_t{1} << 20;
constexpr std::size_t kept_size = std::size_t{64} << 20;  ///< of a stack, between two jobs

thread_local std::uintptr_t stack_bottom = 0;

}  // namespace

std::size_t deep_stack_left() noexcept {
    if (stack_bottom == 0) return 0;
    return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) - stack_bottom;
}

class DeepStacks::Thread {
 public:
    Thread() {
        stack_ = mmap(nullptr, deep_stack_size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
        if (stack_ == MAP_FAILED) throw std::bad_alloc();
        madvise(stack_, deep_stack_size, MADV_NOHUGEPAGE);
        pthread_attr_t attributes;
        pthread_attr_init(&attributes);
        const bool started = mprotect(stack_, guard_size, PROT_NONE) == 0 &&
                             pthread_attr_setstack(&attributes, stack_, deep_stack_size) == 0 &&
                             pthread_create(&thread_, &attributes, main, this) == 0;
        pthread_attr_destroy(&attributes);
        if (!started) {
            munmap(stack_, deep_stack_size);
            throw std::bad_alloc();
        }
    }
    ~Thread() {
        {
            const std::lock_guard lock(mutex_);
            stop_ = true;
        }
        changed_.notify_all();
        pthread_join(thread_, nullptr);
        munmap(stack_, deep_stack_size);
    }
    Thread(const Thread&) = delete;
    Thread& operator=(const Thread&) = delete;

    /// Runs f there; what it throws, or null.
    std::exception_ptr run(const std::function<void()>& f) {
        std::unique_lock lock(mutex_);
        job_ = &f;
        changed_.notify_all();
        changed_.wait(lock, [this] { return job_ == nullptr; });
        return std::move(thrown_);
    }

 private:
    static void* main(void* self) {
        static_cast<Thread*>(self)->serve();
        return nullptr;
    }

    void serve() {
        stack_bottom = reinterpret_cast<std::uintptr_t>(stack_) + guard_size;
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [this] { return stop_ || job_ != nullptr; });
            if (stop_) return;
            std::exception_ptr thrown;
            try {
                (*job_)();
            } catch (...) {
                thrown = std::current_exception();
            }
            // What an absurdly deep call touched goes back to the system.
            madvise(static_cast<char*>(stack_) + guard_size, deep_stack_size - guard_size - kept_size, MADV_DONTNEED);
            thrown_ = std::move(thrown);
            job_ = nullptr;
            changed_.notify_all();
        }
    }

    void* stack_;
    pthread_t thread_{};
    std::mutex mutex_;
    std::condition_variable changed_;
    const std::function<void()>* job_ = nullptr;
    std::exception_ptr thrown_;
    bool stop_ = false;
};

DeepStacks::DeepStacks() = default;
DeepStacks::~DeepStacks() = default;

std::unique_ptr<DeepStacks::Thread> DeepStacks::take() {
    {
        const std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            std::unique_ptr<Thread> t = std::move(idle_.back());
            idle_.pop_back();
            return t;
        }
    }
    return std::make_unique<Thread>();
}

void DeepStacks::run(const std::function<void()>& f) {
    if (deep_stack_left() != 0) return f();
    std::unique_ptr<Thread> t = take();
    const std::exception_ptr thrown = t->run(f);
    {
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(t));
    }
    if (thrown) std::rethrow_exception(thrown);
}

}  // namespace warpshrew::wasm
