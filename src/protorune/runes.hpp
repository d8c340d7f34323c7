#pragma once
// Runes of layer 1 in a transaction with a runestone (protorune.md 2.5, steps 1 to 8).

#include "protorune/context.hpp"

namespace warpshrew::protorune {

/// Etches, mints and moves runes. An error voids the transaction.
[[nodiscard]] Result<void> index_runes(const TransactionContext& tx, const Runestone& runestone);

}  // namespace warpshrew::protorune
