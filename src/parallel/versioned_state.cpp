#include "parallel/versioned_state.hpp"

#include <algorithm>

namespace warpshrew::parallel {

const VersionedState::Version* VersionedState::version(std::uint32_t position, BytesView key) const {
    const auto all = versions(key);
    const auto above = std::ranges::lower_bound(all, position, {}, &Version::position);
    return above == all.begin() ? nullptr : &*std::prev(above);
}

std::span<const VersionedState::Version> VersionedState::versions(BytesView key) const {
    const auto i = versions_.find(key);
    if (i == versions_.end()) return {};
    return i->second;
}

bool VersionedState::read(std::uint32_t position, BytesView key, Bytes& value) const {
    if (const Version* v = version(position, key)) {
        value = v->value;
        return true;
    }
    return read_base(key, value);
}

bool VersionedState::read_base(BytesView key, Bytes& value) const {
    const std::size_t hash = store::ByteHash()(key);
    Shard& shard = shards_[hash % shards_.size()];
    {
        const std::lock_guard lock(shard.mutex);
        if (const auto i = shard.read.find(key, hash); i != shard.read.end()) {
            if (i->second) value = *i->second;
            return i->second.has_value();
        }
    }
    // Outside of the lock: another thread may read the same meanwhile, and both find the same.
    const bool found = base_.read(key, value);
    const std::lock_guard lock(shard.mutex);
    shard.read.try_emplace(Bytes(key), found ? std::optional(value) : std::nullopt);
    return found;
}

bool VersionedState::written(std::uint32_t position, BytesView key) const {
    return version(position, key) != nullptr || base_.written(key);
}

void VersionedState::add(BytesView key, const Version& version) {
    auto i = versions_.find(key);
    if (i == versions_.end()) i = versions_.try_emplace(Bytes(key)).first;
    i->second.push_back(version);
}

void VersionedState::clear_versions() { versions_.clear(); }

void VersionedState::remember_reads_in(store::BlockState& base) {
    for (Shard& shard : shards_)
        for (const auto& [key, value] : shard.read) base.remember(key, value ? BytesView(*value) : BytesView());
}

}  // namespace warpshrew::parallel
