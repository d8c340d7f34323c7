#pragma once
// Contract code in witnesses (alkanes-vm.md 1.4).

#include <optional>

#include "bitcoin/transaction.hpp"

namespace warpshrew::alkanes {

/// The content of the transaction's first envelope: its pushes but the first, joined; nothing where there is none.
[[nodiscard]] std::optional<Bytes> witness_payload(const bitcoin::Transaction& tx);

}  // namespace warpshrew::alkanes
