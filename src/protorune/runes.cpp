#include "protorune/runes.hpp"

#include <utility>

#include "protorune/edicts.hpp"
#include "protorune/etching.hpp"
#include "protorune/input_sheets.hpp"
#include "protorune/key.hpp"

namespace warpshrew::protorune {

namespace {

/// Edicts of 0:0 are about the rune that the transaction etches; without one they are dropped.
std::vector<Edict> resolve_etched(const std::vector<Edict>& edicts, const std::optional<RuneId>& etched) {
    std::vector<Edict> resolved;
    resolved.reserve(edicts.size());
    for (const Edict& edict : edicts) {
        const bool of_etched = edict.id == RuneId{};
        if (of_etched && !etched) continue;
        resolved.push_back({of_etched ? *etched : edict.id, edict.amount, edict.output});
    }
    return resolved;
}

}  // namespace

Result<void> index_runes(const TransactionContext& tx, const Runestone& runestone) {
    auto sheet = load_inputs(tx.state, runes_by_outpoint, tx.transaction);
    if (!sheet) return tl::unexpected(std::move(sheet.error()));

    std::optional<RuneId> etched;
    if (runestone.etching && index_etching(tx, *runestone.etching)) {
        etched = RuneId{tx.block.height, tx.index};
        const u128 premine = runestone.etching->premine.value_or(0);
        if (premine > 0) {
            if (auto done = sheet->increase(*etched, premine); !done) return done;
        }
    }
    if (runestone.mint) {
        if (auto done = index_mint(tx.block, *runestone.mint, *sheet); !done) return done;
    }

    SheetsByVout out;
    if (auto done = process_edicts(tx, resolve_etched(runestone.edicts, etched), *sheet, out); !done) return done;
    const std::uint32_t unallocated_to = runestone.pointer ? *runestone.pointer : tx.default_output();
    if (auto done = pipe_to(out, unallocated_to, std::move(*sheet)); !done) return done;
    KeyBuffer key;
    for (const auto& [vout, balances] : out) {
        if (tx.is_op_return(vout)) continue;
        balances.save(tx.state, key(runes_by_outpoint, view(tx.transaction.txid), vout));
    }
    return {};
}

}  // namespace warpshrew::protorune
