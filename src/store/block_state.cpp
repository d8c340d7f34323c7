#include "store/block_state.hpp"

#include <absl/container/flat_hash_set.h>

#include <new>
#include <utility>
#include <vector>

#include "store/byte_map.hpp"
#include "store/list.hpp"

namespace warpshrew::store {

namespace {

// A block has some ten thousand entries: they lie in an arena, for to free each by itself would take as long as to make
// it.
struct CachedEntry {
    BytesView key;
    ArenaBytes value;
    bool written = false;
};

// A table of entries with their hashes, so that it grows without a look at the keys.
struct Slot {
    std::size_t hash;
    CachedEntry* entry;
};
struct Wanted {
    std::size_t hash;
    BytesView key;
};
struct SlotHash {
    using is_transparent = void;
    std::size_t operator()(const Slot& s) const noexcept { return s.hash; }
    std::size_t operator()(const Wanted& w) const noexcept { return w.hash; }
};
struct SlotEqual {
    using is_transparent = void;
    bool operator()(const Slot& a, const Slot& b) const noexcept { return a.entry == b.entry; }
    bool operator()(const Slot& a, const Wanted& b) const noexcept { return a.hash == b.hash && a.entry->key == b.key; }
};

constexpr std::size_t first_arena_bytes = 64 << 10;

}  // namespace

struct BlockState::Parts {
    const StateReader* below;
    Arena arena{first_arena_bytes};
    absl::flat_hash_set<Slot, SlotHash, SlotEqual> entries;  // what was written or read from below, absent keys too
    std::vector<const CachedEntry*> writes;
    Bytes read;
    DeferredAppends* deferred = nullptr;

    explicit Parts(const StateReader& reader) : below(&reader) {}

    /// The key's entry, and whether it is new.
    std::pair<CachedEntry*, bool> find(BytesView key) {
        const Wanted wanted{ByteHash()(key), key};
        bool inserted = false;
        const auto i = entries.lazy_emplace(wanted, [&](const auto& construct) {
            inserted = true;
            construct(Slot{wanted.hash, new (arena.allocate(sizeof(CachedEntry), alignof(CachedEntry)))
                                            CachedEntry{copy_into(arena, key), {}, false}});
        });
        return {i->entry, inserted};
    }
};

BlockState::BlockState(const StateReader& below) : parts_(std::make_unique<Parts>(below)) {}
BlockState::~BlockState() = default;

BytesView BlockState::get(BytesView key) {
    Parts& p = *parts_;
    const auto [entry, inserted] = p.find(key);
    if (inserted && p.below->read(entry->key, p.read)) entry->value.assign(p.arena, p.read);
    return entry->value.get();
}

void BlockState::set(BytesView key, BytesView value) {
    Parts& p = *parts_;
    CachedEntry* entry = p.find(key).first;
    entry->value.assign(p.arena, value);
    if (std::exchange(entry->written, true)) return;
    p.writes.push_back(entry);
}

bool BlockState::read(BytesView key, Bytes& value) const {
    const auto i = parts_->entries.find(Wanted{ByteHash()(key), key});
    if (i == parts_->entries.end()) return parts_->below->read(key, value);
    value = i->entry->value.get();
    return true;
}

bool BlockState::written(BytesView key) const {
    const auto i = parts_->entries.find(Wanted{ByteHash()(key), key});
    return (i != parts_->entries.end() && i->entry->written) || parts_->below->written(key);
}

void BlockState::remember(BytesView key, BytesView value) {
    const auto [entry, inserted] = parts_->find(key);
    if (inserted) entry->value.assign(parts_->arena, value);
}

void BlockState::append(BytesView list, BytesView item) {
    auto* deferred = parts_->deferred;
    if (deferred == nullptr) return list_append(*this, list, item);
    deferred->items.push_back({copy_into(deferred->arena, list), copy_into(deferred->arena, item)});
}

void BlockState::defer_appends(DeferredAppends* deferred) noexcept { parts_->deferred = deferred; }

void BlockState::rebase(const StateReader& below) noexcept { parts_->below = &below; }

void BlockState::clear() {
    parts_->entries.clear();
    parts_->writes.clear();
    parts_->arena.release();
}

void BlockState::for_each_write(const std::function<void(BytesView key, BytesView value)>& f) const {
    for (const CachedEntry* write : parts_->writes) f(write->key, write->value.get());
}

std::size_t BlockState::write_count() const noexcept { return parts_->writes.size(); }

}  // namespace warpshrew::store
