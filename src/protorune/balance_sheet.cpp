#include "protorune/balance_sheet.hpp"

#include <algorithm>
#include <utility>

#include "protorune/key.hpp"
#include "protorune/list_appender.hpp"

namespace warpshrew::protorune {

namespace {

tl::unexpected<Error> overflow(u128 current, u128 additional) {
    return fail("overflow error during balance sheet increase, current(" + to_decimal(current) + ") + additional(" +
                to_decimal(additional) + ")");
}

}  // namespace

u128 BalanceSheet::get(const RuneId& id) const {
    if (const auto i = cached_.find(id); i != cached_.end()) return i->second;
    u128 sum = 0;
    KeyBuffer key;
    for (const Bytes& prefix : prefixes_) sum += store::get_uint<u128>(*source_, key(prefix, "/id_to_balance", id));
    return sum;
}

Result<void> BalanceSheet::increase(const RuneId& id, u128 value) {
    const u128 current = get(id);
    u128 sum = 0;
    if (!checked_add(current, value, sum)) return overflow(current, value);
    set(id, sum);
    return {};
}

bool BalanceSheet::decrease(const RuneId& id, u128 value) {
    const u128 current = get(id);
    if (current < value) return false;
    set(id, current - value);
    return true;
}

u128 BalanceSheet::get_and_update(const RuneId& id) {
    const u128 value = get(id);
    set(id, value);
    return value;
}

Result<void> BalanceSheet::pipe(BalanceSheet& to) const {
    for (const auto& [id, value] : cached_) {
        const u128 current = to.get(id);
        u128 sum = 0;
        if (!checked_add(current, value, sum)) return overflow(current, value);
    }
    for (const auto& [id, value] : cached_) to.set(id, to.get(id) + value);
    return {};
}

Result<void> BalanceSheet::debit_mintable(const BalanceSheet& other, store::KeyValue& s) {
    KeyBuffer key;
    for (const auto& [id, value] : other.cached_) {
        const u128 current = get(id);
        if (value > current && !s.get(key("/etching/byruneid/", id)).empty()) {
            return fail("balance underflow during debit_mintable");
        }
        decrease(id, std::min(value, current));
    }
    return {};
}

Result<BalanceSheet> BalanceSheet::merge(const BalanceSheet& a, const BalanceSheet& b) {
    BalanceSheet sum;
    sum.cached_ = a.cached_;
    for (const auto& [id, value] : b.cached_) {
        if (auto done = sum.increase(id, value); !done) return tl::unexpected(std::move(done.error()));
    }
    // Only now: the sums above must not read storage.
    sum.source_ = a.source_ != nullptr ? a.source_ : b.source_;
    sum.prefixes_ = a.prefixes_;
    sum.prefixes_.insert(sum.prefixes_.end(), b.prefixes_.begin(), b.prefixes_.end());
    return sum;
}

void BalanceSheet::save(store::KeyValue& s, BytesView prefix) const {
    const auto is_stored = [](const auto& entry) { return entry.second != 0; };
    if (std::none_of(cached_.begin(), cached_.end(), is_stored)) return;
    KeyBuffer key;
    ListAppender runes(s, key(prefix, "/runes"));
    ListAppender balances(s, key(prefix, "/balances"));
    Bytes id_bytes;
    for (const auto& entry : cached_) {
        if (!is_stored(entry)) continue;
        id_bytes = id32(entry.first);
        const BytesView value = as_bytes(&entry.second, sizeof entry.second);
        runes.append(id_bytes);
        balances.append(value);
        s.set(key(prefix, "/id_to_balance", id_bytes), value);
    }
    runes.finish();
    balances.finish();
}

BalanceSheet BalanceSheet::load(store::KeyValue& s, BytesView prefix) {
    BalanceSheet sheet;
    KeyBuffer key;
    const auto n = store::get_uint<std::uint32_t>(s, key(prefix, "/runes/length"));
    for (std::uint32_t i = 0; i < n; ++i) {
        const std::string index = std::to_string(i);
        Bytes id(s.get(key(prefix, "/runes/", index)));
        id.resize(32);
        sheet.set(parse_id32(id), store::get_uint<u128>(s, key(prefix, "/balances/", index)));
    }
    return sheet;
}

void clear_balances(store::KeyValue& s, BytesView prefix) {
    KeyBuffer key;
    const Bytes zero(16, '\0');
    const auto n = store::get_uint<std::uint32_t>(s, key(prefix, "/runes/length"));
    for (std::uint32_t i = 0; i < n; ++i) s.set(key(prefix, "/balances/", std::to_string(i)), zero);
    // The reference looks for the id in the balance that it has just zeroed, and so zeroes this key instead of the
    // id's.
    if (n > 0) s.set(key(prefix, "/id_to_balance", zero), zero);
}

}  // namespace warpshrew::protorune
