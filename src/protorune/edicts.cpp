#include "protorune/edicts.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace warpshrew::protorune {

namespace {

/// Moves `target` of what is left to `vout`, or all of it for a target of 0. In the split of an amount by the rule
/// before v217_fix_height that gives what OP_RETURN outputs swallowed to the first output whose share is 0.
Result<void> transfer(const RuneId& id, u128 target, std::uint32_t vout, BalanceSheet& source, SheetsByVout& out) {
    const u128 left = source.get(id);
    const u128 moved = target == 0 ? left : std::min(target, left);
    source.set(id, left - moved);
    return out[vout].increase(id, moved);
}

Result<void> split_evenly(const TransactionContext& tx, const Edict& edict, BalanceSheet& source, SheetsByVout& out) {
    const auto outputs = tx.transaction.outputs;
    const auto eligible = static_cast<std::size_t>(
        std::count_if(outputs.begin(), outputs.end(), [](const bitcoin::TxOut& o) { return !o.is_op_return(); }));
    if (eligible == 0) return {};
    const u128 available = source.get(edict.id);
    const u128 share = available / eligible;
    u128 larger_shares = available % eligible;
    for (std::uint32_t v = 0; v < tx.output_count(); ++v) {
        if (tx.is_op_return(v)) continue;
        const u128 target = larger_shares > 0 ? share + 1 : share;
        if (larger_shares > 0) --larger_shares;
        if (auto done = transfer(edict.id, target, v, source, out); !done) return done;
    }
    return {};
}

Result<void> split_by_amount(const TransactionContext& tx, const Edict& edict, BalanceSheet& source,
                             SheetsByVout& out) {
    const bool op_return_swallows = tx.block.height < tx.block.network.v217_fix_height;
    u128 remaining = source.get(edict.id);
    for (std::uint32_t v = 0; v < tx.output_count(); ++v) {
        if (tx.is_op_return(v) && !op_return_swallows) continue;
        const u128 target = std::min(remaining, edict.amount);
        remaining -= target;
        if (tx.is_op_return(v)) continue;
        if (auto done = transfer(edict.id, target, v, source, out); !done) return done;
    }
    return {};
}

Result<void> process_edict(const TransactionContext& tx, const Edict& edict, BalanceSheet& source, SheetsByVout& out) {
    if (edict.id.block == 0 && edict.id.tx != 0) return fail("edict of a rune in block 0");
    source.get_and_update(edict.id);
    const auto vout = static_cast<std::uint32_t>(edict.output);
    // The reference compares after a cast to its 32-bit usize.
    if (vout == tx.output_count()) {
        return edict.amount == 0 ? split_evenly(tx, edict, source, out) : split_by_amount(tx, edict, source, out);
    }
    if (edict.output > std::numeric_limits<std::uint32_t>::max()) return fail("edict output beyond 32 bits");
    return transfer(edict.id, edict.amount, vout, source, out);
}

}  // namespace

Result<void> process_edicts(const TransactionContext& tx, const std::vector<Edict>& edicts, BalanceSheet& source,
                            SheetsByVout& out) {
    for (const Edict& edict : edicts) {
        if (auto done = process_edict(tx, edict, source, out); !done) return done;
    }
    return {};
}

Result<void> pipe_to(SheetsByVout& out, std::uint32_t vout, BalanceSheet&& sheet) {
    if (const auto i = out.find(vout); i != out.end()) return sheet.pipe(i->second);
    out.emplace(vout, std::move(sheet));
    return {};
}

BalanceSheet take_sheet(SheetsByVout& sheets, std::uint32_t vout) {
    const auto i = sheets.find(vout);
    if (i == sheets.end()) return {};
    BalanceSheet sheet = std::move(i->second);
    sheets.erase(i);
    return sheet;
}

}  // namespace warpshrew::protorune
