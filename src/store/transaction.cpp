#include "store/transaction.hpp"

#include <utility>
#include <vector>

#include "store/byte_map.hpp"

namespace warpshrew::store {

// One map holds the newest value of every key, so that a read is one lookup at any depth; what a rollback has to bring
// back is in the journal.
namespace {
struct Entry {
    Bytes value;
    std::size_t journaled = 0;  // 1 + index of the newest undo record of this key; 0 if there is none
};
using Map = ByteMap<Entry>;

struct Undo {
    Map::value_type* entry;
    Entry before;  // journaled == 0: the key was not in the map
};
}  // namespace

struct Transaction::Parts {
    BlockState& below;
    Map map;
    std::vector<Undo> journal;
    std::vector<std::size_t> marks;  // size of the journal at each checkpoint
};

Transaction::Transaction(BlockState& below) : parts_(std::make_unique<Parts>(Parts{below, {}, {}, {0}})) {}
Transaction::~Transaction() = default;

BytesView Transaction::get(BytesView key) {
    const auto i = parts_->map.find(key);
    return i != parts_->map.end() ? BytesView(i->second.value) : parts_->below.get(key);
}

void Transaction::set(BytesView key, BytesView value) {
    Bytes copy(value);  // `value` may lie in what is replaced
    auto& entry = *parts_->map.try_emplace(key).first;
    if (entry.second.journaled <= parts_->marks.back()) {  // the first write of this key since the checkpoint
        const std::size_t journaled = parts_->journal.size() + 1;
        parts_->journal.push_back({&entry, std::exchange(entry.second, {{}, journaled})});
    }
    entry.second.value = std::move(copy);
}

void Transaction::checkpoint() { parts_->marks.push_back(parts_->journal.size()); }

void Transaction::commit() {
    if (parts_->marks.size() > 1) {
        parts_->marks.pop_back();  // its records now undo the level below
        return;
    }
    // As in the reference the writes stay visible here too.
    for (const auto& [key, entry] : parts_->map) parts_->below.set(key, entry.value);
}

void Transaction::rollback() {
    auto& p = *parts_;
    const std::size_t mark = p.marks.back();
    while (p.journal.size() > mark) {
        Undo undo = std::move(p.journal.back());
        p.journal.pop_back();
        if (undo.before.journaled == 0) {
            p.map.erase(undo.entry->first);
        } else {
            undo.entry->second = std::move(undo.before);
        }
    }
    if (p.marks.size() > 1) p.marks.pop_back();
}

std::size_t Transaction::depth() const noexcept { return parts_->marks.size(); }

bool Transaction::written(BytesView key) const { return parts_->map.contains(key) || parts_->below.written(key); }

BlockState& Transaction::block() noexcept { return parts_->below; }

}  // namespace warpshrew::store
