#pragma once
// Edicts of runestones and protostones (protorune.md 2.8).

#include <absl/container/btree_map.h>

#include "protorune/context.hpp"

namespace warpshrew::protorune {

/// Sheets by output index; shadow vouts and the runtime balance (0xffffffff) too.
using SheetsByVout = absl::btree_map<std::uint32_t, BalanceSheet>;

/// Moves what the edicts say from `source` to `out`, in order. An error voids the transaction.
[[nodiscard]] Result<void> process_edicts(const TransactionContext& tx, const std::vector<Edict>& edicts,
                                          BalanceSheet& source, SheetsByVout& out);

/// Adds `sheet` to the one at `vout`, or puts it there if there is none. An error, on overflow, voids the transaction.
[[nodiscard]] Result<void> pipe_to(SheetsByVout& out, std::uint32_t vout, BalanceSheet&& sheet);

/// Takes the sheet at `vout` out; an empty one if there is none.
[[nodiscard]] BalanceSheet take_sheet(SheetsByVout& sheets, std::uint32_t vout);

}  // namespace warpshrew::protorune
