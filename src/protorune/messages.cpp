#include "protorune/messages.hpp"

#include <utility>

namespace warpshrew::protorune {

namespace {

/// Protostones from this index on may not be messages.
constexpr std::size_t message_limit = 99;

std::vector<RuneTransfer> incoming(const BalanceSheet& sheet) {
    std::vector<RuneTransfer> out;
    for (const auto& [id, value] : sheet.entries()) {
        if (value > 0) out.push_back({id, value});
    }
    return out;
}

/// Puts what the message gives out at its pointer. On an error the sheets are as before.
Result<void> reconcile(const TransactionContext& tx, std::uint32_t vout, std::uint32_t pointer,
                       MessageOutcome&& outcome, SheetsByVout& sheets) {
    auto available = BalanceSheet::merge(sheets[vout], sheets[runtime_vout]);
    if (!available) return tl::unexpected(std::move(available.error()));
    BalanceSheet outgoing;
    for (const auto& [id, value] : outcome.transfers) {
        if (auto done = outgoing.increase(id, value); !done) return done;
    }
    if (auto done = available->debit_mintable(outgoing, tx.state); !done) return done;
    if (auto done = available->debit_mintable(outcome.runtime_balances, tx.state); !done) return done;
    // What is left in `available` is gone.

    BalanceSheet consumed = take_sheet(sheets, vout);
    if (auto done = pipe_to(sheets, pointer, std::move(outgoing)); !done) {
        sheets.emplace(vout, std::move(consumed));
        return done;
    }
    sheets.insert_or_assign(runtime_vout, std::move(outcome.runtime_balances));
    return {};
}

/// The checkpoint is pushed. On an error the sheets are as before.
Result<void> run(const TransactionContext& tx, const Protostone& stone, std::uint32_t vout, SheetsByVout& sheets) {
    const BlockContext& block = tx.block;
    if (!block.network.active(block.height)) return fail("messages do not run at this height");
    Message message{.state = tx.state,
                    .block = block.block,
                    .stones = block.stones,
                    .transaction = tx.transaction,
                    .tx_index = tx.index,
                    .height = block.height,
                    .vout = vout,
                    .pointer = *stone.pointer,
                    .refund_pointer = *stone.refund,
                    .calldata = stone.message,
                    .runes = incoming(sheets[vout]),
                    .runtime_balances = sheets[runtime_vout]};
    auto outcome = block.handler.handle(message);
    if (!outcome) return tl::unexpected(std::move(outcome.error()));
    return reconcile(tx, vout, *stone.pointer, std::move(*outcome), sheets);
}

}  // namespace

Result<bool> process_message(const TransactionContext& tx, const Protostone& stone, std::uint32_t vout,
                             std::size_t index, std::size_t count, SheetsByVout& sheets) {
    if (!stone.pointer || !stone.refund) return fail("message without pointer or refund pointer");
    const std::size_t last_vout = tx.output_count() + count;
    if (*stone.pointer > last_vout || *stone.refund > last_vout) return fail("message pointer out of range");
    if (index >= message_limit) return fail("too many protostones before a message");

    tx.state.checkpoint();
    if (run(tx, stone, vout, sheets)) {
        tx.state.commit();
        return true;
    }
    tx.state.rollback();
    auto refunded = pipe_to(sheets, *stone.refund, take_sheet(sheets, vout));
    if (!refunded) return tl::unexpected(std::move(refunded.error()));
    return false;
}

}  // namespace warpshrew::protorune
