#include "gpu/known_keys.hpp"

#include <algorithm>

namespace warpshrew::gpu {

void KnownKeys::learn(std::span<const Read> reads) {
    group_++;
    const auto single = std::ranges::count_if(reads, [](const Read& r) { return r.lanes == 1; });
    const bool few_single = static_cast<std::size_t>(single) <= most_single;
    for (const Read& r : reads) {
        const bool shared = r.lanes > 1;
        const auto known = uses_.find(r.key);
        if (known != uses_.end())
            known->second = {group_, known->second.shared || shared};
        else if (shared || few_single)
            uses_.emplace(r.key, Use{group_, shared});
    }
    absl::erase_if(uses_, [&](const auto& known) {
        const Use& use = known.second;
        return group_ - use.group > (use.shared ? groups_shared : groups_single);
    });
    if (uses_.size() > most) uses_.clear();
}

std::vector<BytesView> KnownKeys::expected() const {
    std::vector<BytesView> out;
    out.reserve(uses_.size());
    for (const auto& [key, use] : uses_) out.push_back(key);
    return out;
}

}  // namespace warpshrew::gpu
