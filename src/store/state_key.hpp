#pragma once
// Keys of the column family `state`: the user's key, then 8 bytes of height.

#include <rocksdb/comparator.h>
#include <rocksdb/slice_transform.h>

#include <cstdint>

#include "base/bytes.hpp"

namespace warpshrew::store {

inline constexpr std::size_t height_size = 8;

/// Appends the complement of `height`, big-endian, so that later heights sort first.
void append_height(Bytes& out, std::uint64_t height);

/// The user's key and the height of a key of `state`, which is at least height_size bytes long.
[[nodiscard]] BytesView user_key(BytesView state_key) noexcept;
[[nodiscard]] std::uint64_t key_height(BytesView state_key) noexcept;

/// Orders by the user's key as bytes, then by height, descending. Plain byte order would put the versions of a key
/// between those of the keys it is a prefix of.
[[nodiscard]] const rocksdb::Comparator* state_comparator();

/// The user's key as the prefix that the Bloom filters hold, so that they answer for a key at all heights.
[[nodiscard]] std::shared_ptr<const rocksdb::SliceTransform> state_prefix();

}  // namespace warpshrew::store
