#pragma once
// Keys of the store for people.

#include <string>

#include "protorune/ids.hpp"

namespace warpshrew::app {

/// "2:5".
[[nodiscard]] std::string readable_id(const protorune::RuneId& id);

/// Bytes as text: what can be printed as it is, in quotes, and the rest as hex, as in "/seen/"0x00ff. Printable ASCII.
[[nodiscard]] std::string readable_bytes(BytesView bytes);

/// What a key is, where it is known: `storage of 2:5 "/totalsupply"`, `balance of 2:1 in 2:7`, `code of 4:1000`;
/// otherwise its bytes. Printable ASCII.
[[nodiscard]] std::string readable_key(BytesView key);

}  // namespace warpshrew::app
