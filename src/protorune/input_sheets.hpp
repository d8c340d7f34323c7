#pragma once
// Balances on the outputs that a transaction spends, in one of the tables by outpoint.

#include "protorune/context.hpp"

namespace warpshrew::protorune {

inline constexpr BytesView runes_by_outpoint = "/runes/byoutpoint/";
inline constexpr BytesView protorunes_by_outpoint = "/runes/proto/1/byoutpoint/";

/// The sum of the inputs' sheets under `table`. An error, on overflow, voids the transaction.
[[nodiscard]] Result<BalanceSheet> load_inputs(store::KeyValue& state, BytesView table, const bitcoin::Transaction& tx);

/// clear_balances for every input.
void clear_inputs(store::KeyValue& state, BytesView table, const bitcoin::Transaction& tx);

}  // namespace warpshrew::protorune
