#include "gpu/state_table.hpp"

#include <algorithm>
#include <bit>

#include "alkanes/keys.hpp"

namespace warpshrew::gpu {

std::optional<DeviceKey> parse_device_key(BytesView bytes) {
    if (bytes.size() < key_front) return std::nullopt;
    const auto kind = load_le<std::uint64_t>(bytes.data());
    if (kind > static_cast<std::uint64_t>(KeyKind::sequence)) return std::nullopt;
    const DeviceKey out{static_cast<KeyKind>(kind), protorune::parse_id32(bytes.substr(8, 32)),
                        bytes.substr(key_front)};
    if (out.kind == KeyKind::balance && out.rest.size() != 32) return std::nullopt;
    return out;
}

Bytes device_key(KeyKind kind, const protorune::RuneId& id, BytesView rest) {
    Bytes out;
    append_le(out, static_cast<std::uint64_t>(kind));
    append_le(out, id.block);
    append_le(out, id.tx);
    return out.append(rest);
}

Bytes store_key(const DeviceKey& key) {
    switch (key.kind) {
        case KeyKind::storage:
            return alkanes::storage_key(key.id, key.rest);
        case KeyKind::balance:
            return alkanes::balance_key(key.id, protorune::parse_id32(key.rest));
        case KeyKind::code:
            return alkanes::code_key(key.id);
        case KeyKind::sequence:
            break;
    }
    return Bytes(alkanes::sequence_key);
}

std::optional<Bytes> device_key_of(BytesView key) {
    constexpr BytesView front = "/alkanes/", storage = "/storage/", balances = "/balances/";
    if (!key.starts_with(front) || key.size() < front.size() + 32) return std::nullopt;
    const protorune::RuneId id = protorune::parse_id32(key.substr(front.size(), 32));
    const BytesView rest = key.substr(front.size() + 32);
    if (rest.starts_with(storage)) return device_key(KeyKind::storage, id, rest.substr(storage.size()));
    if (rest.starts_with(balances) && rest.size() == balances.size() + 32)
        return device_key(KeyKind::balance, id, rest.substr(balances.size()));
    return std::nullopt;
}

const StateTable::Entry::Version& StateTable::Entry::version_at(std::uint32_t position) const noexcept {
    const auto after = std::upper_bound(versions.begin(), versions.end(), position,
                                        [](std::uint32_t p, const Version& v) { return p < v.from; });
    return after == versions.begin() ? versions.front() : *std::prev(after);
}

void StateTable::put(BytesView bytes) {
    const std::size_t at = words_.size();
    words_.resize(at + even_words(bytes.size()));
    if (!bytes.empty()) std::memcpy(words_.data() + at, bytes.data(), bytes.size());
}

void StateTable::add(std::span<const BytesView> keys, store::Arena& arena, bool are_waiting) {
    numbers_.reserve(numbers_.size() + keys.size());
    entries_.reserve(entries_.size() + keys.size());
    for (const BytesView bytes : keys) {
        const auto key = parse_device_key(bytes);
        if (!key) continue;
        const auto number = static_cast<std::uint32_t>(entries_.size());
        bool is_new = false;
        const auto at = numbers_.lazy_emplace(bytes, [&](const auto& construct) {
            construct(store::copy_into(arena, bytes), number);
            is_new = true;
        });
        if (is_new) entries_.push_back({.number = number, .kind = key->kind, .id = key->id, .key = at->first});
        if (are_waiting) entries_[at->second].waiting++;
    }
}

/// Positions are in ascending order, and so are the versions that they see.
void StateTable::read_versions(Entry& e, store::Arena& arena) const {
    const auto all = batch_.state.versions(e.store_key);
    const auto below = [&](std::size_t i) {
        return std::ranges::lower_bound(all, positions_[i], {}, &parallel::VersionedState::Version::position) -
               all.begin();
    };
    const std::size_t end = positions_.size();
    for (std::size_t begin = 0; begin < end;) {
        const auto first = below(begin);
        std::size_t low = begin, high = end;  // the last position with the same version lies in [low, high)
        if (below(end - 1) == first) low = end - 1;
        while (high - low > 1) {
            const std::size_t middle = low + (high - low) / 2;
            (below(middle) == first ? low : high) = middle;
        }
        Bytes base;
        if (first == 0 && !batch_.state.read_base(e.store_key, base)) base.clear();
        const BytesView value = first == 0 ? BytesView(base) : all[static_cast<std::size_t>(first) - 1].value;
        e.versions.push_back({e.versions.empty() ? 0 : positions_[begin], store::copy_into(arena, value)});
        begin = low + 1;
    }
}

void StateTable::read(std::size_t number, store::Arena& arena) {
    Entry& e = entries_[number];
    e.store_key = store::copy_into(arena, store_key({e.kind, e.id, e.key.substr(key_front)}));
    e.hash = e.key.size();
    for (std::size_t i = 0; i < e.key.size(); i += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, e.key.data() + i, std::min<std::size_t>(8, e.key.size() - i));
        e.hash = key_hash(e.hash, word);
    }
    if (e.kind == KeyKind::code) {
        // One version for all: who comes after a deployment of the block does not run it on the device.
        const std::uint32_t code = codes_.known(e.id, positions_.back()).header;
        e.versions.push_back({0, code == 0 ? "" : store::copy_into(arena, to_le(std::uint64_t{code}))});
    } else {
        read_versions(e, arena);
    }
}

void StateTable::put_values() {
    for (; with_values_ < entries_.size(); with_values_++) {
        Entry& e = entries_[with_values_];
        std::uint64_t size = words_.size() + key_words + even_words(e.key.size());
        for (const auto& v : e.versions) size += even_words(v.value.size()) + 2 + version_words;
        if (size > most_words_) continue;
        for (auto& v : e.versions) {
            v.place = static_cast<std::uint32_t>(words_.size());
            put(v.value);
            words_.resize(words_.size() + 2);  // values are read eight bytes at a time
        }
        const auto versions = static_cast<std::uint32_t>(words_.size());
        for (const auto& v : e.versions)
            words_.insert(words_.end(), {v.from, v.place, static_cast<std::uint32_t>(v.value.size()), 0});
        e.place = static_cast<std::uint32_t>(words_.size());
        words_.insert(words_.end(), {static_cast<std::uint32_t>(e.key.size()),
                                     static_cast<std::uint32_t>(e.versions.size()), versions, 0});
        put(e.key);
        at_place_.resize(e.place / 2 + 1);
        at_place_.back() = e.number + 1;
    }
}

std::uint32_t StateTable::place(BytesView key) const {
    const auto at = numbers_.find(key);
    return at == numbers_.end() ? 0 : entries_[at->second].place;
}

std::uint32_t StateTable::slots() const noexcept {
    return std::bit_ceil(std::max(static_cast<std::uint32_t>(entries_.size()) * 2, 16U));
}

std::vector<std::uint32_t> StateTable::state_map() const {
    const std::uint32_t n = slots();
    std::vector<std::uint32_t> out(std::size_t{n} * 2);
    for (const Entry& e : entries_) {
        if (e.place == 0) continue;
        std::size_t slot = static_cast<std::uint32_t>(e.hash) & (n - 1);
        while (out[slot * 2 + 1] != 0) slot = (slot + 1) & (n - 1);
        out[slot * 2] = static_cast<std::uint32_t>(e.hash >> 32);
        out[slot * 2 + 1] = e.place;
    }
    return out;
}

}  // namespace warpshrew::gpu
