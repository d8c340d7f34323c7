// A contract's storage: reads go to the host, writes are kept and handed over with calls and with the response.
#pragma once
#include "host.hpp"
#include "memory.hpp"

namespace alkanes {

struct Write {
    Bytes key;
    Bytes value;
    Write* next = nullptr;
};

inline Write* writes = nullptr;
inline u32 write_count = 0;

inline Bytes copy(Bytes b) {
    u8* p = allocate(b.size);
    memcpy(p, b.data, b.size);
    return {p, b.size};
}

inline Write* find_write(Bytes key) {
    for (Write* w = writes; w != nullptr; w = w->next)
        if (equal(w->key, key)) return w;
    return nullptr;
}

/// The value under a key; empty if there is none.
inline Bytes load(Bytes key) {
    if (const Write* w = find_write(key)) return w->value;
    Buffer k(key.size);
    const u8* sealed = k.put(key).sealed();
    const u32 n = host::request_storage(sealed);
    u8* p = allocate_buffer(n);
    host::load_storage(sealed, p);
    return {p, n};
}

inline void store(Bytes key, Bytes value) {
    if (Write* w = find_write(key)) {
        w->value = copy(value);
        return;
    }
    auto* w = reinterpret_cast<Write*>(allocate(sizeof(Write)));
    *w = {copy(key), copy(value), writes};
    writes = w;
    ++write_count;
}

/// A number under a key; 0 if there is none.
inline u128 load_u128(Bytes key) {
    const Bytes b = load(key);
    u128 n = 0;
    memcpy(&n, b.data, b.size < 16 ? b.size : 16);
    return n;
}
inline void store_u128(Bytes key, u128 n) { store(key, {reinterpret_cast<const u8*>(&n), 16}); }

/// An id under a key; (0,0) if there is none.
inline AlkaneId load_id(Bytes key) {
    const Bytes b = load(key);
    AlkaneId id;
    if (b.size == 32) memcpy(&id, b.data, 32);
    return id;
}
inline void store_id(Bytes key, const AlkaneId& id) { store(key, {reinterpret_cast<const u8*>(&id), 32}); }

/// The writes in the form that calls and responses take.
inline void put_storage(Buffer& out) {
    out.put_u32(write_count);
    for (const Write* w = writes; w != nullptr; w = w->next) {
        out.put_u32(w->key.size).put(w->key);
        out.put_u32(w->value.size).put(w->value);
    }
}

}  // namespace alkanes
