#pragma once
// Hexadecimal text.

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace warpshrew {

/// Lower-case hex of `bytes`.
[[nodiscard]] std::string to_hex(BytesView bytes);

/// Bytes of hex text in either case; an error with the offset of the first bad digit, or of the end for an odd count.
[[nodiscard]] Result<Bytes> from_hex(std::string_view text);

}  // namespace warpshrew
