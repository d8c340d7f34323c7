#pragma once
// frBTC payments and the bookkeeping about them (alkanes-vm.md 6.6).

#include <vector>

#include "protorune/network.hpp"
#include "store/key_value.hpp"

namespace warpshrew::alkanes {

inline constexpr protorune::RuneId frbtc{32, 0};

/// An unwrap: the output whose spending fulfils it, and what is paid, in consensus form (value, script).
struct Payment {
    Bytes spendable;  ///< 36 bytes: outpoint
    Bytes output;
};

/// The payments recorded at a height, in order. An item that ends early is cut there (docs/consensus.md).
[[nodiscard]] std::vector<Payment> payments_at(store::KeyValue& state, std::uint64_t height);

/// Whether the payment's outpoint is still unspent, that is, the payment is not fulfilled.
[[nodiscard]] bool is_pending(store::KeyValue& state, const Payment& payment);

/// The first height that can have unfulfilled payments: what is stored, and at least the genesis block.
[[nodiscard]] u128 last_block(store::KeyValue& state, const protorune::Network& network);

/// Updates the list of pending payments and the contract's `last_block`, at the end of an active block.
void update_payments(store::KeyValue& state, const protorune::Network& network, std::uint64_t height);

}  // namespace warpshrew::alkanes
