#pragma once
// Token balances of contracts (alkanes-vm.md 2.2, 2.4, 5.2).

#include <span>

#include "base/result.hpp"
#include "protorune/ids.hpp"
#include "store/transaction.hpp"

namespace warpshrew::alkanes {

/// What is stored as who's balance of `what`: 16 bytes, or none if it was never set. Looking at a balance that is set
/// appends to who's inventory, past the transaction (alkanes-vm.md 5.2).
[[nodiscard]] BytesView stored_balance(store::Transaction& state, const protorune::RuneId& who,
                                       const protorune::RuneId& what);

/// Adds to a balance. `where` completes the text "balance overflow during ".
[[nodiscard]] Result<void> credit(store::Transaction& state, const protorune::RuneId& to,
                                  const protorune::RuneTransfer& transfer, const char* where);

/// Takes from a balance. Of its own id a contract can give more than it has: that mints.
[[nodiscard]] Result<void> debit(store::Transaction& state, const protorune::RuneId& from,
                                 const protorune::RuneTransfer& transfer);

/// Debit and credit of each entry in turn; to (0, 0) nothing moves.
[[nodiscard]] Result<void> transfer_all(store::Transaction& state, std::span<const protorune::RuneTransfer> transfers,
                                        const protorune::RuneId& from, const protorune::RuneId& to);

}  // namespace warpshrew::alkanes
