#pragma once
// UTF-8.

#include "base/bytes.hpp"

namespace warpshrew::alkanes {

/// Whether `text` is well-formed UTF-8: shortest forms, no surrogates, at most U+10FFFF.
[[nodiscard]] bool is_utf8(BytesView text) noexcept;

}  // namespace warpshrew::alkanes
