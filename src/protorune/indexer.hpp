#pragma once
// The protorune layer of a block (protorune.md 2.2 to 2.12).

#include "protorune/balance_sheet.hpp"
#include "protorune/protostone.hpp"
#include "store/transaction.hpp"

namespace warpshrew::protorune {

/// A message on its way to the handler (protorune.md 2.11.6, alkanes-vm.md 2.1).
struct Message {
    store::Transaction& state;  ///< its checkpoint is pushed; the handler leaves the depth as it is
    const bitcoin::Block& block;
    const std::vector<TransactionStones>& stones;  ///< of the whole block
    const bitcoin::Transaction& transaction;
    std::uint32_t tx_index = 0;
    std::uint64_t height = 0;
    std::uint32_t vout = 0;  ///< shadow vout: outputs + 1 + index of the protostone
    std::uint32_t pointer = 0;
    std::uint32_t refund_pointer = 0;
    BytesView calldata;
    std::vector<RuneTransfer> runes;  ///< ascending by id, none zero
    BalanceSheet runtime_balances;
};

/// What a message that succeeded gives back.
struct MessageOutcome {
    std::vector<RuneTransfer> transfers;  ///< in the order of the response; ids may repeat
    BalanceSheet runtime_balances;
};

/// The subprotocol that messages are for. An error fails the message: its writes are undone and its tokens refunded.
class MessageHandler {
 public:
    virtual ~MessageHandler() = default;
    [[nodiscard]] virtual Result<MessageOutcome> handle(Message& message) = 0;
};

struct BlockContext;

/// Steps 1 to 7 of protorune.md 2.2: what a block changes before its transactions.
void begin_block(const BlockContext& block);

/// One transaction of step 8: its writes are kept together or, where it is void, dropped.
void index_transaction(const BlockContext& block, std::uint32_t index);

/// Both, for all transactions in order. `stones` are the block's, from decode_stones.
void index_block(store::BlockState& state, std::uint64_t height, const bitcoin::Block& block,
                 const std::vector<TransactionStones>& stones, const Network& network, MessageHandler& handler);

}  // namespace warpshrew::protorune
