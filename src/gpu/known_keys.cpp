#include "gpu/known_keys.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace warpshrew::gpu {

/// Whether a group before this one read it.
bool KnownKeys::seen_before(BytesView key) {
    const std::size_t hash = store::ByteHash()(key);
    if (seen_.contains(hash) || seen_earlier_.contains(hash)) return true;
    if (seen_.size() == most_seen) {
        seen_earlier_ = std::move(seen_);
        seen_.clear();
    }
    seen_.insert(hash);
    return false;
}

void KnownKeys::learn(std::span<const Read> reads) {
    group_++;
    std::vector<Read> found;
    for (const Read& r : reads) {
        const auto known = uses_.find(r.key);
        if (known != uses_.end())
            known->second = {group_, known->second.shared || r.lanes > 1};
        else if (r.lanes > 1 || seen_before(r.key))
            found.push_back(r);
    }
    const bool is_full = uses_.size() + found.size() > most;
    absl::erase_if(uses_, [&](const auto& known) {
        const Use& use = known.second;
        return group_ - use.group > (is_full ? 0 : use.shared ? groups_shared : groups_single);
    });
    if (const std::size_t room = most - uses_.size(); found.size() > room) {
        std::ranges::nth_element(found, found.begin() + static_cast<std::ptrdiff_t>(room), std::greater(),
                                 &Read::lanes);
        found.resize(room);
    }
    for (const Read& r : found) uses_.emplace(r.key, Use{group_, r.lanes > 1});
}

std::vector<BytesView> KnownKeys::expected() const {
    std::vector<BytesView> out;
    out.reserve(uses_.size());
    for (const auto& [key, use] : uses_) out.push_back(key);
    return out;
}

}  // namespace warpshrew::gpu
