#pragma once
// Messages of protostones to the subprotocol (protorune.md 2.11, 2.12).

#include "protorune/edicts.hpp"

namespace warpshrew::protorune {

/// Where the runtime balance is among the sheets of a transaction.
inline constexpr std::uint32_t runtime_vout = 0xffffffff;

/// Runs the message of protostone `index` out of `count`, whose sheet is at `vout`. Whether it succeeded; where not,
/// its tokens are at the refund pointer. An error voids the transaction.
[[nodiscard]] Result<bool> process_message(const TransactionContext& tx, const Protostone& stone, std::uint32_t vout,
                                           std::size_t index, std::size_t count, SheetsByVout& sheets);

}  // namespace warpshrew::protorune
