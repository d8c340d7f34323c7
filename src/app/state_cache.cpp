#include "app/state_cache.hpp"

namespace warpshrew::app {

// Beside the bytes of key and value.
static constexpr std::size_t entry_bytes = 96;

bool StateCache::read(BytesView key, Bytes& value) const {
    Part& part = parts_[store::ByteHash()(key) % parts];
    {
        const std::lock_guard lock(part.mutex);
        if (const auto i = part.known.find(key); i != part.known.end()) {
            if (i->second.present) value = i->second.value;
            return i->second.present;
        }
    }
    const bool present = below_.read(key, value);
    const std::size_t bytes = entry_bytes + key.size() + (present ? value.size() : 0);
    if (bytes > part_bytes_) return present;
    const std::lock_guard lock(part.mutex);
    if (part.bytes + bytes > part_bytes_) {
        part.known.clear();
        part.bytes = 0;
    }
    if (part.known.try_emplace(Bytes(key), Known{present, present ? value : Bytes()}).second) part.bytes += bytes;
    return present;
}

}  // namespace warpshrew::app
