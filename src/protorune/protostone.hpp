#pragma once
// Protostones (protorune.md 1.6), and the decoded stones of a whole block.

#include <vector>

#include "base/result.hpp"
#include "bitcoin/block.hpp"
#include "protorune/runestone.hpp"

namespace warpshrew::protorune {

struct Protostone {
    u128 protocol_tag = 0;
    std::optional<u128> burn;
    std::optional<std::uint32_t> pointer, refund, from;
    Bytes message;  ///< a multiple of 15 bytes; not empty: the stone is a message
    std::vector<Edict> edicts;
};

inline constexpr u128 alkanes_protocol_tag = 1;

/// The protostones of a runestone. An error voids the transaction.
[[nodiscard]] Result<std::vector<Protostone>> decode_protostones(const Runestone& runestone);

/// What is decoded of a transaction, once.
struct TransactionStones {
    Artifact artifact;
    Result<std::vector<Protostone>> protostones;  ///< empty unless the artifact is a Runestone
};

/// Decodes every transaction of a block, in order.
[[nodiscard]] std::vector<TransactionStones> decode_stones(const bitcoin::Block& block, const Network& network);
[[nodiscard]] TransactionStones decode_stones(const bitcoin::Transaction& tx, const Network& network);

}  // namespace warpshrew::protorune
