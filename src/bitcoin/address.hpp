#pragma once
// Address strings of output scripts (protorune.md 5.2).

#include "bitcoin/transaction.hpp"

namespace warpshrew::bitcoin {

/// How a network writes addresses.
struct AddressPrefixes {
    std::string bech32_hrp;
    std::uint8_t p2pkh = 0;
    std::uint8_t p2sh = 0;

    friend bool operator==(const AddressPrefixes&, const AddressPrefixes&) = default;
};

/// The address of `script`, or an empty string where it has none: P2PK, bare multisig, OP_RETURN, non-standard.
[[nodiscard]] std::string address_of(BytesView script, const AddressPrefixes& prefixes);

}  // namespace warpshrew::bitcoin
