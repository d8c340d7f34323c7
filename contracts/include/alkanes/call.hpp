// Calls to other contracts.
#pragma once
#include "response.hpp"

namespace alkanes {

struct CallResult {
    bool ok = false;
    const Transfer* transfers = nullptr;
    u32 transfer_count = 0;
    Bytes data;
};

using CallFunction = int32_t(const u8*, const u8*, const u8*, u64);

/// Calls with the writes made so far. A call that fails dooms this one too, whatever it does afterwards.
inline CallResult call(CallFunction* kind, Buffer& cellpack, const Transfer* transfers, u32 count) {
    Buffer parcel;
    parcel.put(u128{count}).put(transfers, count * 48);
    Buffer storage;
    put_storage(storage);
    const int32_t n = kind(cellpack.sealed(), parcel.sealed(), storage.sealed(), ~u64{0});
    CallResult result;
    result.ok = n >= 0;
    const u32 size = static_cast<u32>(n < 0 ? -n : n);
    u8* p = allocate_buffer(size);
    host::returndatacopy(p);
    if (size < 16) return result;
    result.transfer_count = static_cast<u32>(*reinterpret_cast<const u128*>(p));
    result.transfers = reinterpret_cast<const Transfer*>(p + 16);
    const u32 head = 16 + 48 * result.transfer_count;
    result.data = {p + head, size - head};
    return result;
}

/// A cellpack: target, then inputs.
template <class... T>
Buffer cellpack(const AlkaneId& target, T... inputs) {
    Buffer b;
    b.put(target);
    (b.put(u128{inputs}), ...);
    return b;
}

}  // namespace alkanes
