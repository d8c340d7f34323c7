#pragma once
// What contracts give back and what they pass on: alkanes/serialization.hpp for the supervisor.

#include "balances.hpp"

namespace warpshrew::gpu {

/// An entry of a storage map, of a list in the order of the keys.
struct Entry {
    Entry* next;
    Slice key, value;
};

struct Response {
    Failure failure;
    Slice alkanes;  ///< the transfers, without their number
    Entry* storage;
    u32 storage_bytes;  ///< of the map, serialized
    Slice data;
};

inline Slice rest_of(Slice bytes, u32 n) { return {bytes.at + n, bytes.size - n}; }

inline Failure short_buffer() { return {true, text("failed to fill whole buffer")}; }

/// A parcel at the front of `bytes`, which is moved behind it.
inline Failure read_parcel(Slice& bytes, Slice& transfers) {
    if (bytes.size < 16) return short_buffer();
    const u128 count = load128(bytes.at);
    bytes = rest_of(bytes, 16);
    if (count > bytes.size / transfer_bytes) return short_buffer();
    transfers = {bytes.at, static_cast<u32>(count) * transfer_bytes};
    bytes = rest_of(bytes, transfers.size);
    return fine;
}

/// A storage map at the front of `bytes`, which is moved behind it. Of a key that is there twice the last value counts.
inline Failure read_map(Slice& bytes, Entry*& first, u32& serialized) {
    first = nullptr;
    serialized = 4;
    if (bytes.size < 4) return short_buffer();
    const u32 count = load32(bytes.at);
    bytes = rest_of(bytes, 4);
    if (count > bytes.size / 8) hand_back(GiveUp::error_text);
    for (u32 i = 0; i < count; i++) {
        Slice parts[2];
        for (Slice& part : parts) {
            if (bytes.size < 4) return short_buffer();
            const u32 n = load32(bytes.at);
            bytes = rest_of(bytes, 4);
            if (n > bytes.size) hand_back(GiveUp::error_text);
            part = {bytes.at, n};
            bytes = rest_of(bytes, n);
        }
        Entry** at = &first;
        while (*at != nullptr && before((*at)->key, parts[0])) at = &(*at)->next;
        if (*at != nullptr && equal((*at)->key, parts[0])) {
            serialized = serialized - (*at)->value.size + parts[1].size;
            (*at)->value = parts[1];
            continue;
        }
        auto* e = reinterpret_cast<Entry*>(allocate(sizeof(Entry)));
        *e = {*at, parts[0], parts[1]};
        *at = e;
        serialized += 8 + parts[0].size + parts[1].size;
    }
    return fine;
}

inline Response decode_response(Slice bytes) {
    Response r{fine, {nullptr, 0}, nullptr, 4, {nullptr, 0}};
    r.failure = read_parcel(bytes, r.alkanes);
    if (!r.failure.failed) r.failure = read_map(bytes, r.storage, r.storage_bytes);
    r.data = bytes;
    return r;
}

inline void write_storage(const u8* id, const Entry* map) {
    for (; map != nullptr; map = map->next) write(make_key(KeyKind::storage, id, map->key), copy(map->value));
}

/// Number of transfers, transfers, data: what `__returndatacopy` gives.
inline Slice encode_call_response(Slice alkanes, Slice data) {
    const u32 size = 16 + alkanes.size + data.size;
    u8* to = allocate(size);
    store128(to, alkanes.size / transfer_bytes);
    move_bytes(to + 16, alkanes);
    move_bytes(to + 16 + alkanes.size, data);
    return {to, size};
}

inline constexpr u32 revert_selector = 0xa079c308;

inline Slice revert_data(Slice words) {
    u8* to = allocate(4 + words.size);
    __builtin_memcpy(to, &revert_selector, 4);
    move_bytes(to + 4, words);
    return {to, 4 + words.size};
}

}  // namespace warpshrew::gpu
