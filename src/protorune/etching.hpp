#pragma once
// Runes of layer 1: names, commitments, etching and minting (protorune.md 2.6, 2.7).

#include "protorune/context.hpp"

namespace warpshrew::protorune {

/// Numbers from here on are the names of runes that are etched without one.
inline constexpr u128 reserved_name = u128{6402364363415443603} * 1'000'000'000'000'000'000 + 228541259936211926;

/// The lowest number that may be etched by name at a height; Bitcoin mainnet's schedule, on every chain.
[[nodiscard]] u128 minimum_name_at_height(std::uint64_t height) noexcept;

/// A rune's name in the letters A to Z.
[[nodiscard]] Bytes rune_name(u128 number);

/// Etches the rune of the transaction, if its name may be taken; whether it did.
bool index_etching(const TransactionContext& tx, const Etching& etching);

/// Adds a minted amount to `sheet`. The count of mints left is written past the transaction's state and stays when the
/// transaction is voided. An error, on overflow, voids the transaction.
[[nodiscard]] Result<void> index_mint(const BlockContext& block, const RuneId& id, BalanceSheet& sheet);

}  // namespace warpshrew::protorune
