#include "parallel/access_set.hpp"

#include <algorithm>

#include "alkanes/keys.hpp"
#include "protorune/input_sheets.hpp"
#include "protorune/protorunes.hpp"

namespace warpshrew::parallel {

using alkanes::StateRead;

KeyId KeyTable::add(BytesView key) {
    if (const auto known = ids_.find(key); known != ids_.end()) return known->second;
    const auto id = static_cast<KeyId>(keys_.size());
    keys_.push_back(ids_.try_emplace(Bytes(key), id).first->first);
    return id;
}

bool NotingReader::read(BytesView key, Bytes& value) const {
    keys_.emplace_back(key);
    return below_.read(key, value);
}

bool NotingReader::written(BytesView key) const {
    keys_.emplace_back(key);
    return below_.written(key);
}

namespace {

constexpr std::size_t txid_size = 32;

/// The transaction whose output's sheet the key belongs to; empty for other keys.
BytesView sheet_owner(BytesView key) {
    for (const BytesView table : {protorune::protorunes_by_outpoint, protorune::runes_by_outpoint})
        if (key.starts_with(table) && key.size() >= table.size() + txid_size)
            return key.substr(table.size(), txid_size);
    return {};
}

/// Numbers of the keys, in the order of the keys, so that they are the same whatever order they were found in.
std::vector<KeyId> add_all(KeyTable& keys, std::vector<Bytes>& list) {
    std::ranges::sort(list);
    list.erase(std::unique(list.begin(), list.end()), list.end());
    std::vector<KeyId> out;
    out.reserve(list.size());
    for (const Bytes& key : list) out.push_back(keys.add(key));
    return out;
}

/// What settling the runtime's balances touches (alkanes-vm.md 2.2, step 9c), and saving them.
void add_runtime(const Candidate& candidate, std::vector<Bytes>& keys) {
    if (candidate.executed.status != alkanes::ExecutionStatus::succeeded) return;
    const Bytes balances(protorune::runtime_balance);
    const auto add = [&](const protorune::RuneTransfer& t) {
        keys.push_back(balances + "/id_to_balance" + protorune::id32(t.id));
    };
    std::ranges::for_each(candidate.incoming, add);
    for (const auto& t : candidate.executed.tokens) {
        add(t);
        keys.push_back("/etching/byruneid/" + protorune::id32(t.id));
    }
    keys.push_back(store::list_length_key(balances + "/runes"));
    keys.push_back(store::list_length_key(balances + "/balances"));
}

}  // namespace

AccessSet access_set_of(KeyTable& keys, const alkanes::BlockWork& block, const CandidateTransaction& transaction,
                        const Candidate& candidate, std::span<const Bytes> planning, std::span<const Bytes> emptied) {
    const alkanes::ExecutedMessage& executed = candidate.executed;
    const auto transactions = block.info.block().transactions();
    const BytesView txid = view(transactions[transaction.tx_index].txid);
    AccessSet set;
    set.fuel_observed = executed.fuel_observed;
    set.fuel_required = executed.fuel_required;

    std::vector<Bytes> reads, writes(emptied.begin(), emptied.end()), in_order;
    const auto made_here = [&](BytesView owner) {
        return owner == txid || std::ranges::any_of(transaction.ancestors, [&](std::uint32_t i) {
                   return owner == view(transactions[i].txid);
               });
    };
    for (const Bytes& key : planning) {
        const BytesView owner = sheet_owner(key);
        (owner.empty() || made_here(owner) ? in_order : reads).push_back(key);
    }
    for (const StateRead& read : executed.reads) {
        const bool lower_bound = !executed.sequence_observed && read.key == alkanes::sequence_key;
        if (lower_bound) set.sequence_required = executed.sequence_required;
        (lower_bound ? in_order : reads).emplace_back(read.key);
    }
    for (const auto& write : executed.writes) writes.emplace_back(write.key);
    add_runtime(candidate, in_order);
    for (const auto& append : executed.appends) in_order.push_back(store::list_length_key(append.list));
    in_order.push_back("/trace/" + protorune::op36(txid, candidate.vout));
    in_order.push_back(store::list_length_key("/trace/" + to_le(block.height)));
    set.reads = add_all(keys, reads);
    set.writes = add_all(keys, writes);
    set.in_order = add_all(keys, in_order);
    return set;
}

}  // namespace warpshrew::parallel
