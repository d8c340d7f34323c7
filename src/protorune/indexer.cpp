#include "protorune/indexer.hpp"

#include "protorune/block_tables.hpp"
#include "protorune/context.hpp"
#include "protorune/etching.hpp"
#include "protorune/freeze.hpp"
#include "protorune/input_sheets.hpp"
#include "protorune/protorunes.hpp"
#include "protorune/runes.hpp"

namespace warpshrew::protorune {

namespace {

Result<void> index_runestone(const TransactionContext& tx, const Runestone& runestone) {
    if (auto done = index_runes(tx, runestone); !done) return done;
    return index_protorunes(tx);
}

}  // namespace

void begin_block(const BlockContext& block) {
    index_block_tables(block);
    if (block.network.freezes_storage) freeze_storage(block.state, block.height);
}

// 2.4
void index_transaction(const BlockContext& block, std::uint32_t index) {
    const auto& transaction = block.block.transactions()[index];
    const TransactionStones& stones = block.stones[index];
    if (const auto* runestone = std::get_if<Runestone>(&stones.artifact)) {
        store::Transaction state(block.state);
        if (index_runestone({block, state, transaction, stones, index}, *runestone)) state.commit();
    } else if (const auto* cenotaph = std::get_if<Cenotaph>(&stones.artifact); cenotaph && cenotaph->etching) {
        store::Transaction state(block.state);
        Etching etching;
        etching.rune = cenotaph->etching;
        index_etching({block, state, transaction, stones, index}, etching);
        state.commit();
    }
    clear_inputs(block.state, runes_by_outpoint, transaction);
}

void index_block(store::BlockState& state, std::uint64_t height, const bitcoin::Block& block,
                 const std::vector<TransactionStones>& stones, const Network& network, MessageHandler& handler) {
    const BlockContext context{state, height, block, stones, network, handler};
    begin_block(context);
    const auto count = static_cast<std::uint32_t>(block.transactions().size());
    for (std::uint32_t i = 0; i < count; ++i) index_transaction(context, i);
}

}  // namespace warpshrew::protorune
