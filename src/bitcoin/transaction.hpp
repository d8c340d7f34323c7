#pragma once
// Transactions, decoded from untrusted bytes without copying: everything is a view into the bytes that were decoded.
// The rules are those of rust-bitcoin 0.32's consensus decoding, which the reference uses (protorune.md 1.1,
// alkanes-vm.md 4.2).

#include <cstdint>
#include <span>

#include "base/bytes.hpp"
#include "base/sha256.hpp"

namespace warpshrew::bitcoin {

/// An outpoint's: txid in internal order, then the output index as u32 LE (protorune.md: op36).
inline constexpr std::size_t outpoint_size = 36;

struct TxIn {
    BytesView previous_output;  ///< outpoint_size bytes
    BytesView script_sig;
    std::uint32_t sequence = 0;
    std::span<const BytesView> witness;
};

struct TxOut {
    std::uint64_t value = 0;  ///< satoshis
    BytesView script;

    /// Whether the script begins with OP_RETURN (0x6a).
    [[nodiscard]] bool is_op_return() const noexcept { return !script.empty() && script[0] == '\x6a'; }
};

struct Transaction {
    BytesView raw;  ///< the consensus form with witnesses, as it stands in the block
    std::uint32_t version = 0;
    std::uint32_t lock_time = 0;
    std::span<const TxIn> inputs;
    std::span<const TxOut> outputs;
    Digest txid{};              ///< internal order; computed once, while decoding
    std::size_t base_size = 0;  ///< bytes of the form without witnesses

    /// ceil(weight / 4). With `without_first_witness`, as if the witness of input 0 were empty; the segwit marker then
    /// counts only if some other input has a witness (alkanes-vm.md 4.2).
    [[nodiscard]] std::size_t vsize(bool without_first_witness = false) const noexcept;
};

}  // namespace warpshrew::bitcoin
