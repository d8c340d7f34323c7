#include "wasm/linear_memory.hpp"

#include <sys/mman.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wasm/memory_budget.hpp"
#include "wasm/pagemap.hpp"
#include "wasm/wasmtime_api.hpp"

namespace warpshrew::wasm {
namespace {

constexpr std::size_t reservation = std::size_t{4} << 30;    ///< bytes of addresses for a memory
constexpr std::size_t most_resident = std::size_t{2} << 20;  ///< bytes that a memory at rest may keep
constexpr std::size_t most_at_rest = 1024;                   ///< memories

class MemoryPool;

/// An address range for one memory after another.
struct Slot {
    MemoryPool* pool;
    std::uint8_t* base;
    std::size_t size = 0;                    ///< of the memory
    std::size_t accessible = 0;              ///< readable and writable from `base` on; zeros behind `size`
    std::shared_ptr<MemoryBudget> budget{};  ///< from which `size` is taken
};

class MemoryPool {
 public:
    MemoryPool() = default;
    ~MemoryPool() {
        for (Slot* s : free_) discard(s);
    }
    MemoryPool(const MemoryPool&) = delete;
    MemoryPool& operator=(const MemoryPool&) = delete;

    /// A memory of zeros, or null.
    Slot* take(std::size_t size) {
        Slot* s = nullptr;
        {
            const std::lock_guard lock(mutex_);
            if (!free_.empty()) {
                s = free_.back();
                free_.pop_back();
            }
        }
        if (s == nullptr) s = make();
        if (s != nullptr && !resize(*s, size)) {
            discard(s);
            return nullptr;
        }
        return s;
    }

    /// Shrinking needs clean memory.
    bool resize(Slot& s, std::size_t size) const {
        if (size > reservation) return false;
        if (size > s.accessible) {
            if (mprotect(s.base + s.accessible, size - s.accessible, PROT_READ | PROT_WRITE) != 0) return false;
            s.accessible = size;
        }
        s.size = size;
        return true;
    }

    void give_back(Slot* s) {
        if (clean(*s)) {
            const std::lock_guard lock(mutex_);
            if (free_.size() < most_at_rest) {
                free_.push_back(s);
                return;
            }
        }
        discard(s);
    }

 private:
    [[nodiscard]] Slot* make() {
        void* p = mmap(nullptr, reservation, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (p == MAP_FAILED) return nullptr;
        // Contracts touch a few small pages here and there: huge ones would only be more to clean.
        madvise(p, reservation, MADV_NOHUGEPAGE);
        return new Slot{this, static_cast<std::uint8_t*>(p)};
    }

    void discard(Slot* s) const {
        munmap(s->base, reservation);
        delete s;
    }

    bool clean(Slot& s) const {
        if (!pagemap_.zero(s.base, s.size, most_resident) && madvise(s.base, s.size, MADV_DONTNEED) != 0) return false;
        // Zeros that larger memories left behind this one, each of them within its limit.
        return s.accessible - s.size <= most_resident ||
               madvise(s.base + s.size, s.accessible - s.size, MADV_DONTNEED) == 0;
    }

    Pagemap pagemap_;
    std::mutex mutex_;
    std::vector<Slot*> free_;
};

wasmtime_error_t* error(std::string_view text) { return wasmtime_error_new(std::string(text).c_str()); }

thread_local bool growth_failed = false;

std::uint8_t* get_memory(void* env, std::size_t* size, std::size_t* capacity) {
    const auto* s = static_cast<Slot*>(env);
    *size = s->size;
    *capacity = reservation;
    return s->base;
}

wasmtime_error_t* grow_memory(void* env, std::size_t size) {
    auto* s = static_cast<Slot*>(env);
    const std::size_t more = size - s->size;  // wasmtime asks for no less than there is
    if (!s->budget->take(more)) return error("more memory than a message may have");
    if (s->pool->resize(*s, size)) return nullptr;
    s->budget->give_back(more);
    growth_failed = true;
    return error("no memory left");
}

void drop_memory(void* env) {
    auto* s = static_cast<Slot*>(env);
    std::exchange(s->budget, nullptr)->give_back(s->size);
    s->pool->give_back(s);
}

wasmtime_error_t* new_memory(void* env, const wasm_memorytype_t*, std::size_t minimum, std::size_t /*maximum*/,
                             std::size_t reserved, std::size_t guard, wasmtime_linear_memory_t* out) {
    auto* pool = static_cast<MemoryPool*>(env);
    if (reserved > reservation || guard != 0) return error("a memory of unexpected form");
    auto budget = MemoryBudget::of_this_thread();
    if (!budget->take(minimum)) return error("more memory than a message may have");
    Slot* s = pool->take(minimum);
    if (s == nullptr) {
        budget->give_back(minimum);
        return error("no memory left");
    }
    s->budget = std::move(budget);
    *out = {s, get_memory, grow_memory, drop_memory};
    return nullptr;
}

void drop_pool(void* env) { delete static_cast<MemoryPool*>(env); }

}  // namespace

bool take_growth_failure() noexcept { return std::exchange(growth_failed, false); }

void use_memory_pool(wasm_config_t* config) {
    wasmtime_memory_creator_t creator{new MemoryPool, new_memory, drop_pool};
    wasmtime_config_memory_init_cow_set(config, false);  // images of memories do not go with memories from outside
    // For so little, without guard pages, wasmtime compiles a comparison with the memory's size into every access.
    wasmtime_config_memory_reservation_set(config, 0);
    wasmtime_config_memory_guard_size_set(config, 0);
    wasmtime_config_memory_may_move_set(config, false);
    wasmtime_config_cranelift_flag_set(config, "enable_heap_access_spectre_mitigation", "false");
    wasmtime_config_host_memory_creator_set(config, &creator);
}

}  // namespace warpshrew::wasm
