#pragma once
// The reference's edits of contract storage on mainnet (protorune.md 2.9).

#include "store/key_value.hpp"

namespace warpshrew::protorune {

/// Writes what is frozen at a height; for networks with freezes_storage, before the transactions of every block.
void freeze_storage(store::KeyValue& state, std::uint64_t height);

}  // namespace warpshrew::protorune
