#pragma once
// The prefix 8, 8, which marks a message as a parallel candidate (docs/consensus.md). It stands only at the front of a
// protostone's message, and counts where Network::parallel_active says so.

#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace warpshrew::alkanes {

inline constexpr u128 prefix_integer = 8;

/// Whether calldata begins with the prefix. False for calldata that is no list of integers.
[[nodiscard]] bool has_prefix(BytesView calldata);

/// The integers of a message's calldata (alkanes-vm.md 1.2), without the prefix where it counts. They may be fewer than
/// a cellpack needs. Fails as decode_varints does.
[[nodiscard]] Result<std::vector<u128>> message_integers(BytesView calldata, bool prefix_counts);

}  // namespace warpshrew::alkanes
