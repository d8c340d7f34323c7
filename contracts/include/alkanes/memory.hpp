// A bump allocator over the linear memory, and byte buffers of the form that host functions take.
#pragma once
#include "base.hpp"

extern "C" alkanes::u8 __heap_base;

namespace alkanes {

inline u32 heap_top = 0;

/// `n` bytes, aligned to 16. Traps when the memory cannot grow.
[[gnu::noinline]] inline u8* allocate(u32 n) {
    if (heap_top == 0) heap_top = reinterpret_cast<u32>(&__heap_base);
    const u32 at = (heap_top + 15) & ~u32{15};
    const u64 end = u64{at} + n;
    const u64 there = u64{__builtin_wasm_memory_size(0)} << 16;
    if (end > there && __builtin_wasm_memory_grow(0, static_cast<u32>((end - there + 0xffff) >> 16)) == ~size_t{0})
        trap();
    heap_top = static_cast<u32>(end);
    return reinterpret_cast<u8*>(at);
}

/// Room for `n` bytes behind a length word; the bytes are aligned to 16.
inline u8* allocate_buffer(u32 n) {
    u8* p = allocate(n + 16) + 16;
    __builtin_memcpy(p - 4, &n, 4);
    return p;
}

/// A growing byte string behind its length word.
class Buffer {
 public:
    explicit Buffer(u32 capacity = 112) : data_(allocate_buffer(capacity)), capacity_(capacity) {}

    [[gnu::noinline]] Buffer& put(const void* p, u32 n) {
        if (n > capacity_ - size_) reserve(n);
        memcpy(data_ + size_, p, n);
        size_ += n;
        return *this;
    }
    Buffer& put(Bytes b) { return put(b.data, b.size); }
    Buffer& put(u128 x) { return put(&x, 16); }
    Buffer& put_u64(u64 x) { return put(&x, 8); }
    Buffer& put_u32(u32 x) { return put(&x, 4); }
    Buffer& put_u8(u8 x) { return put(&x, 1); }
    Buffer& put(const AlkaneId& id) { return put(id.block).put(id.tx); }

    [[nodiscard]] Bytes bytes() const { return {data_, size_}; }
    /// The pointer that host functions take.
    const u8* sealed() {
        memcpy(data_ - 4, &size_, 4);
        return data_;
    }

 private:
    void reserve(u32 n) {
        capacity_ = 2 * capacity_ + n;
        u8* p = allocate_buffer(capacity_);
        memcpy(p, data_, size_);
        data_ = p;
    }

    u8* data_;
    u32 size_ = 0;
    u32 capacity_;
};

}  // namespace alkanes
