#include "protorune/protorunes.hpp"

#include <algorithm>
#include <utility>

#include "protorune/edicts.hpp"
#include "protorune/input_sheets.hpp"
#include "protorune/key.hpp"
#include "protorune/messages.hpp"

namespace warpshrew::protorune {

namespace {

/// 5cbb0c466dd08d7af9223d45105fbbf0fdc9fb7cda4831c183d6b0cb5ba60fb0, whose protostones the reference skips.
constexpr BytesView blacklisted_txid{
    "\xb0\x0f\xa6\x5b\xcb\xb0\xd6\x83\xc1\x31\x48\xda\x7c\xfb\xc9\xfd"
    "\xf0\xbb\x5f\x10\x45\x3d\x22\xf9\x7a\x8d\xd0\x6d\x46\x0c\xbb\x5c",
    32};

/// The index of the protostone's outputs-like place behind the transaction's outputs.
std::uint32_t shadow_vout(const TransactionContext& tx, std::size_t index) {
    return static_cast<std::uint32_t>(tx.output_count() + 1 + index);
}

/// Gives the inputs' alkanes to the first protostone of the protocol; without one they are burned.
Result<void> place_inputs(const TransactionContext& tx, const std::vector<Protostone>& stones, SheetsByVout& sheets) {
    auto inputs = load_inputs(tx.state, protorunes_by_outpoint, tx.transaction);
    if (!inputs) return tl::unexpected(std::move(inputs.error()));
    const auto first = std::find_if(stones.begin(), stones.end(),
                                    [](const Protostone& s) { return s.protocol_tag == alkanes_protocol_tag; });
    if (first == stones.end()) return {};
    sheets.emplace(shadow_vout(tx, static_cast<std::size_t>(first - stones.begin())), std::move(*inputs));
    return {};
}

Result<void> run_stones(const TransactionContext& tx, const std::vector<Protostone>& stones, SheetsByVout& sheets) {
    const std::uint32_t default_output = tx.default_output();
    for (std::size_t i = 0; i < stones.size(); ++i) {
        const Protostone& stone = stones[i];
        const std::uint32_t vout = shadow_vout(tx, i);
        const std::uint32_t pointer = stone.pointer.value_or(default_output);
        std::uint32_t source_vout = vout;
        if (!stone.message.empty() && stone.protocol_tag == alkanes_protocol_tag) {
            const auto succeeded = process_message(tx, stone, vout, i, stones.size(), sheets);
            if (!succeeded) return tl::unexpected(succeeded.error());
            if (!*succeeded) continue;
            source_vout = pointer;
        }
        BalanceSheet source = take_sheet(sheets, source_vout);
        if (auto done = process_edicts(tx, stone.edicts, source, sheets); !done) return done;
        if (auto done = pipe_to(sheets, pointer, std::move(source)); !done) return done;
    }
    return {};
}

/// Lists the ids that are there for the first time, those with amount 0 too. An error, where all sheets together
/// overflow, voids the transaction.
Result<void> index_new_ids(const TransactionContext& tx, const SheetsByVout& sheets) {
    BalanceSheet all;
    for (const auto& entry : sheets) {
        if (auto done = entry.second.pipe(all); !done) return done;
    }
    KeyBuffer key;
    for (const auto& entry : all.entries()) {
        const BytesView initialized = key("/runes/proto/1/initialized/", entry.first);
        if (!tx.state.get(initialized).empty()) continue;
        tx.state.set(initialized, "\x01");
        store::list_append(tx.state, key("/runes/proto/1/byheight/", tx.block.height), id32(entry.first));
    }
    return {};
}

Result<void> save_sheets(const TransactionContext& tx, const SheetsByVout& sheets) {
    KeyBuffer key;
    for (const auto& [vout, sheet] : sheets) {
        if (vout >= tx.output_count()) break;
        if (tx.is_op_return(vout)) continue;
        sheet.save(tx.state, key(protorunes_by_outpoint, view(tx.transaction.txid), vout));
    }
    sheets.at(runtime_vout).save(tx.state, runtime_balance);
    return index_new_ids(tx, sheets);
}

}  // namespace

Result<void> index_protorunes(const TransactionContext& tx) {
    if (view(tx.transaction.txid) == blacklisted_txid) return {};
    if (!tx.stones.protostones) return tl::unexpected(tx.stones.protostones.error());
    const auto& stones = *tx.stones.protostones;
    if (stones.empty()) return {};

    SheetsByVout sheets;
    sheets.emplace(runtime_vout, BalanceSheet(tx.state, Bytes(runtime_balance)));
    if (auto done = place_inputs(tx, stones, sheets); !done) return done;
    if (auto done = run_stones(tx, stones, sheets); !done) return done;
    if (auto done = save_sheets(tx, sheets); !done) return done;
    clear_inputs(tx.state, protorunes_by_outpoint, tx.transaction);
    return {};
}

}  // namespace warpshrew::protorune
