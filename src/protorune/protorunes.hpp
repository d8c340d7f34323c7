#pragma once
// Protostones of a transaction: alkanes on its inputs, edicts, messages (protorune.md 2.10).

#include "protorune/context.hpp"

namespace warpshrew::protorune {

/// Where the runtime's balances are kept.
inline constexpr BytesView runtime_balance = "/runes/proto/1/runtime/balance";

/// Runs the transaction's protostones. An error voids the transaction.
[[nodiscard]] Result<void> index_protorunes(const TransactionContext& tx);

}  // namespace warpshrew::protorune
