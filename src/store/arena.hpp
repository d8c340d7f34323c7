#pragma once
// Byte strings that are given back all together.

#include <algorithm>
#include <memory>
#include <memory_resource>
#include <span>
#include <type_traits>

#include "base/bytes.hpp"

namespace warpshrew::store {

using Arena = std::pmr::monotonic_buffer_resource;

/// A copy of `bytes` that lives as long as the arena.
[[nodiscard]] inline BytesView copy_into(Arena& arena, BytesView bytes) {
    if (bytes.empty()) return "";
    char* copy = static_cast<char*>(arena.allocate(bytes.size(), 1));
    std::memcpy(copy, bytes.data(), bytes.size());
    return {copy, bytes.size()};
}

/// A copy of `items` that lives as long as the arena; it is never destroyed.
template <class T>
[[nodiscard]] std::span<const T> copy_into(Arena& arena, std::span<const T> items) {
    static_assert(std::is_trivially_destructible_v<T>);
    if (items.empty()) return {};
    T* copy = static_cast<T*>(arena.allocate(items.size_bytes(), alignof(T)));
    std::uninitialized_copy(items.begin(), items.end(), copy);
    return {copy, items.size()};
}

/// A byte string in an arena that can be replaced. It takes twice the room whenever it has to move, so that what it
/// leaves behind is never more than it has.
class ArenaBytes {
 public:
    /// Never at a null pointer, which memcpy may not be given.
    [[nodiscard]] BytesView get() const noexcept { return data_ != nullptr ? BytesView(data_, size_) : ""; }

    /// `bytes` may lie in what is replaced.
    void assign(Arena& arena, BytesView bytes) {
        if (bytes.size() > capacity_) {
            const std::size_t capacity = std::max(bytes.size(), 2 * capacity_);
            data_ = static_cast<char*>(arena.allocate(capacity, 1));
            capacity_ = capacity;
        }
        if (!bytes.empty()) std::memmove(data_, bytes.data(), bytes.size());
        size_ = bytes.size();
    }

 private:
    char* data_ = nullptr;
    std::size_t size_ = 0, capacity_ = 0;
};

}  // namespace warpshrew::store
