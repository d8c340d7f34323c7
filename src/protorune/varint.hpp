#pragma once
// LEB128 integers of up to 128 bits (protorune.md 1.2).

#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace warpshrew::protorune {

/// Decodes integers until the end of `bytes`. Errors: "too long" (a 20th byte), "overflow", "unterminated", with the
/// offset of the integer.
[[nodiscard]] Result<std::vector<u128>> decode_varints(BytesView bytes);

/// Appends `n` in LEB128.
void append_varint(Bytes& out, u128 n);

}  // namespace warpshrew::protorune
