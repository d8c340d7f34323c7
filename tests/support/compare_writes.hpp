#pragma once
// Whether two ways of indexing a block wrote the same.

#include <string>

#include "base/sha256.hpp"
#include "store/block_state.hpp"

namespace warpshrew::test {

/// SHA-256 over all keys and values written, ascending by key.
[[nodiscard]] Digest writes_digest(const store::BlockState& block);

/// The first keys, ascending, that were written by one alone or with other values, in words; empty if there are none.
[[nodiscard]] std::string compare_writes(store::BlockState& expected, store::BlockState& actual);

}  // namespace warpshrew::test
