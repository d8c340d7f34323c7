#pragma once
// Integers and lists in the flat map, as the reference's key pointers lay them out (alkanes-vm.md 0.2,
// protorune.md 3.1).

#include <string>

#include "store/key_value.hpp"

namespace warpshrew::store {

/// The integer stored at `key`, little-endian; an absent key is 0. The reference panics where the length is not
/// sizeof(T); here a shorter value is extended with zeros and a longer one cut (docs/consensus.md).
template <class T>
[[nodiscard]] T get_uint(KeyValue& s, BytesView key) {
    const BytesView v = s.get(key);
    T x = 0;
    std::memcpy(&x, v.data(), v.size() < sizeof x ? v.size() : sizeof x);
    return x;
}

template <class T>
void set_uint(KeyValue& s, BytesView key, T x) {
    s.set(key, as_bytes(&x, sizeof x));
}

[[nodiscard]] inline Bytes list_length_key(BytesView key) { return Bytes(key) + "/length"; }
[[nodiscard]] inline Bytes list_item_key(BytesView key, std::uint32_t i) {
    return Bytes(key) + "/" + std::to_string(i);
}
[[nodiscard]] inline std::uint32_t list_length(KeyValue& s, BytesView key) {
    return get_uint<std::uint32_t>(s, list_length_key(key));
}
[[nodiscard]] inline BytesView list_get(KeyValue& s, BytesView key, std::uint32_t i) {
    return s.get(list_item_key(key, i));
}
inline void list_append(KeyValue& s, BytesView key, BytesView value) {
    const Bytes length = list_length_key(key);
    const auto n = get_uint<std::uint32_t>(s, length);
    set_uint<std::uint32_t>(s, length, n + 1);
    s.set(list_item_key(key, n), value);
}

}  // namespace warpshrew::store
