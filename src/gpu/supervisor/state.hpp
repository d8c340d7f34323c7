#pragma once
// The state: what the call has written, over what the host supplies (layout.hpp, input_state).

#include "memory.hpp"

namespace warpshrew::gpu {

/// A value, in the supervisor's memory or in input_state.
struct Value {
    const u8* own;  ///< null: in input_state
    u32 word;
    u32 size;

    [[nodiscard]] u64 word64(u32 byte) const {
        return own != nullptr ? load64(own + byte) : input_state(word + byte / 4);
    }
};

struct Key {
    Slice bytes;
    u64 hash;
    mutable u32 place = 0;  ///< in input_state, once it was read
};

/// A key; `rest` may be anywhere.
inline Key make_key(KeyKind kind, const u8* id, Slice rest) {
    const u32 size = key_front + rest.size;
    u8* to = allocate(size);
    u64 hash = size;
    const auto add = [&](u32 at, u64 word) {
        store64(to + at, word);
        hash = key_hash(hash, word);
    };
    add(0, static_cast<u64>(kind));
    add(8, id != nullptr ? load64(id) : 0);
    add(16, id != nullptr ? load64(id + 8) : 0);
    add(24, id != nullptr ? load64(id + 16) : 0);
    add(32, id != nullptr ? load64(id + 24) : 0);
    u32 left = rest.size, at = key_front;
    for (; left >= 8; left -= 8, at += 8, rest.at += 8) add(at, load64(rest.at));
    if (left != 0) add(at, load_last(rest.at, left));
    return {{to, size}, hash};
}

[[gnu::always_inline]] inline bool same_key(u32 place, Slice key) {
    if (static_cast<u32>(input_state(place)) != key.size) return false;
    static_assert(key_front == 40);
    place += key_words;
    const u8* p = key.at;
    if (input_state(place) != load64(p) || input_state(place + 2) != load64(p + 8) ||
        input_state(place + 4) != load64(p + 16) || input_state(place + 6) != load64(p + 24) ||
        input_state(place + 8) != load64(p + 32))
        return false;
    const u8* const end = p + key.size;
    for (p += key_front, place += key_front / 4; p < end; p += 8, place += 2)
        if (input_state(place) != load64(p)) return false;
    return true;
}

/// The place of a key in input_state, 0 if it is not there.
inline u32 find_place(const Key& key) {
    const u32 mask = static_cast<u32>(get_state(static_cast<u32>(LaneField::map_mask)));
    for (u32 slot = static_cast<u32>(key.hash) & mask;; slot = (slot + 1) & mask) {
        const u64 entry = state_map(slot * 2);
        const u32 place = static_cast<u32>(entry >> 32);
        if (place == 0) return 0;
        if (static_cast<u32>(entry) == static_cast<u32>(key.hash >> 32) && same_key(place, key.bytes)) return place;
    }
}

/// Whether the lane may touch the key at that place so.
inline bool permitted(u32 place, u32 access) {
    const u32 list = lane().permissions;
    if (list == 0) return true;
    u32 low = 0, high = lane().permission_count;
    while (low < high) {
        const u32 middle = (low + high) / 2;
        const auto word = static_cast<u32>(tx_payloads(list + middle));
        const u32 at = word >> permission::place_shift;
        if (at == place) return (word & access) != 0;
        if (at < place)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}
inline bool may_read(const Key& key, u32 place) {
    return load64(key.bytes.at) > static_cast<u64>(KeyKind::balance) || permitted(place, permission::reads);
}

/// A read of the state below: waits for the host where it has not supplied the key, or does not permit it.
inline Value read_below(const Key& key) {
    u32 place = find_place(key);
    while (place == 0 || !may_read(key, place)) {
        const u32 out = lane().out;
        put(Record::want, key.bytes.size);
        put_bytes(key.bytes);
        lane().out = out;
        stop(static_cast<u32>(LaneStatus::wants_key), out);
        place = find_place(key);
    }
    key.place = place;
    put(Record::read, place);
    u32 low = 0, high = static_cast<u32>(input_state(place) >> 32);
    const u32 versions = static_cast<u32>(input_state(place + 2));
    while (low + 1 < high) {
        const u32 middle = (low + high) / 2;
        if (static_cast<u32>(input_state(versions + middle * version_words)) <= lane().position)
            low = middle;
        else
            high = middle;
    }
    const u32 version = versions + low * version_words;
    return {nullptr, static_cast<u32>(input_state(version) >> 32), static_cast<u32>(input_state(version + 2))};
}

inline Value read(const Key& key) {
    for (const Write* w = lane().writes; w != nullptr; w = w->before)
        if (w->hash == key.hash && equal(w->key, key.bytes)) {
            key.place = w->place;
            return {w->value.at, 0, w->value.size};
        }
    return read_below(key);
}

/// `value` must stay as it is.
inline void write(const Key& key, Slice value) {
    auto* w = reinterpret_cast<Write*>(allocate(sizeof(Write)));
    *w = {lane().writes, key.hash, key.bytes, value, key.place};
    lane().writes = w;
}

/// A stored u128, 0 if there is none.
inline u128 number(const Value& v) {
    if (v.size == 0) return 0;
    if (v.size != 16) hand_back(GiveUp::odd_balance);
    return v.word64(0) | static_cast<u128>(v.word64(8)) << 64;
}
inline void write_number(const Key& key, u128 n) {
    u8* to = allocate(16);
    store128(to, n);
    write(key, {to, 16});
}

}  // namespace warpshrew::gpu
