#pragma once
// Compressed contract code (alkanes-vm.md 1.5).

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace warpshrew::alkanes {

/// Larger contracts do not exist: the reference has no limit but its own memory (docs/consensus.md).
inline constexpr std::size_t max_code_size = std::size_t{256} << 20;

/// The first gzip member of `bytes`; what follows it is ignored. Errors are worded as the reference's (flate2), or say
/// that the content is larger than `limit` bytes.
[[nodiscard]] Result<Bytes> gunzip(BytesView bytes, std::size_t limit = max_code_size);

/// `bytes` as one gzip member without a timestamp, best compression.
[[nodiscard]] Bytes gzip(BytesView bytes);

}  // namespace warpshrew::alkanes
