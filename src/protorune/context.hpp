#pragma once
// What the steps of indexing work on.

#include "protorune/indexer.hpp"

namespace warpshrew::protorune {

struct BlockContext {
    store::BlockState& state;
    std::uint64_t height = 0;
    const bitcoin::Block& block;
    const std::vector<TransactionStones>& stones;
    const Network& network;
    MessageHandler& handler;
};

struct TransactionContext {
    const BlockContext& block;
    store::Transaction& state;
    const bitcoin::Transaction& transaction;
    const TransactionStones& stones;
    std::uint32_t index = 0;

    [[nodiscard]] std::uint32_t output_count() const noexcept {
        return static_cast<std::uint32_t>(transaction.outputs.size());
    }
    /// Whether `vout` is an output of the transaction that burns what it is given.
    [[nodiscard]] bool is_op_return(std::uint32_t vout) const noexcept {
        return vout < transaction.outputs.size() && transaction.outputs[vout].is_op_return();
    }
    /// The lowest output that is not OP_RETURN; 0 if all are (2.5.2).
    [[nodiscard]] std::uint32_t default_output() const noexcept {
        for (std::uint32_t v = 0; v < output_count(); ++v) {
            if (!is_op_return(v)) return v;
        }
        return 0;
    }
};

}  // namespace warpshrew::protorune
