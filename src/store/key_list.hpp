#pragma once
// The keys a block wrote, as the column family `heights` keeps them.

#include <functional>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace warpshrew::store {

/// Appends `key` to a list whose last key is `previous`: how many bytes it shares with that one, how many follow (both
/// as base-128 integers), and these. Keys are appended in ascending order.
void append_key(Bytes& list, BytesView previous, BytesView key);

/// Calls f for every key of a list; an error where the list is damaged or not strictly ascending.
[[nodiscard]] Result<void> for_each_key(BytesView list, const std::function<void(BytesView)>& f);

}  // namespace warpshrew::store
