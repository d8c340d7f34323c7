#pragma once
// Balance sheets (protorune.md 2.3).

#include <string>
#include <vector>

#include <absl/container/btree_map.h>

#include "base/result.hpp"
#include "protorune/ids.hpp"
#include "store/list.hpp"

namespace warpshrew::protorune {

/// Amounts by id, with storage prefixes that ids which are not cached are read through. Errors carry the text of the
/// reference (alkanes-vm.md 12), since a failing message shows it in its trace.
class BalanceSheet {
 public:
    BalanceSheet() = default;
    /// A sheet that reads ids lazily from `prefix`/id_to_balance in `s`, which must outlive it.
    BalanceSheet(store::KeyValue& s, Bytes prefix) : source_(&s), prefixes_{std::move(prefix)} {}

    [[nodiscard]] u128 get(const RuneId& id) const;
    void set(const RuneId& id, u128 value) { cached_.insert_or_assign(id, value); }
    /// Fails on overflow.
    [[nodiscard]] Result<void> increase(const RuneId& id, u128 value);
    /// False, and nothing done, if there is less than `value`.
    bool decrease(const RuneId& id, u128 value);
    /// get, which also caches what it found, a zero too.
    u128 get_and_update(const RuneId& id);
    /// Adds all cached entries to `to`, zeros too; all or none.
    [[nodiscard]] Result<void> pipe(BalanceSheet& to) const;
    /// Takes `other` away; an id that was not etched at layer 1 can be taken beyond what is there (mintable).
    [[nodiscard]] Result<void> debit_mintable(const BalanceSheet& other, store::KeyValue& s);
    [[nodiscard]] static Result<BalanceSheet> merge(const BalanceSheet& a, const BalanceSheet& b);

    /// Cached entries, ascending by id.
    [[nodiscard]] const absl::btree_map<RuneId, u128>& entries() const noexcept { return cached_; }

    /// Appends the entries that are not zero to the lists at `prefix`.
    void save(store::KeyValue& s, BytesView prefix) const;
    /// The sheet in the lists at `prefix`; the last entry of an id wins.
    [[nodiscard]] static BalanceSheet load(store::KeyValue& s, BytesView prefix);

 private:
    absl::btree_map<RuneId, u128> cached_;
    store::KeyValue* source_ = nullptr;
    std::vector<Bytes> prefixes_;
};

/// clear_balances of the reference, with its odd extra key (protorune.md 2.3).
void clear_balances(store::KeyValue& s, BytesView prefix);

}  // namespace warpshrew::protorune
