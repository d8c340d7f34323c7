#include "store/block_state.hpp"

#include <utility>
#include <vector>

#include "store/byte_map.hpp"

namespace warpshrew::store {

namespace {
struct Entry {
    Bytes value;
    bool written = false;
};
}  // namespace

struct BlockState::Parts {
    const StateReader& below;
    ByteMap<Entry> entries;  // what was written, and what was read from below, absent keys too
    std::vector<const std::pair<const Bytes, Entry>*> writes;
};

BlockState::BlockState(const StateReader& below) : parts_(std::make_unique<Parts>(Parts{below, {}, {}})) {}
BlockState::~BlockState() = default;

BytesView BlockState::get(BytesView key) {
    const auto [i, inserted] = parts_->entries.try_emplace(key);
    if (inserted && !parts_->below.read(key, i->second.value)) i->second.value.clear();
    return i->second.value;
}

void BlockState::set(BytesView key, BytesView value) {
    const auto [i, inserted] = parts_->entries.try_emplace(key);
    i->second.value.assign(value);
    if (std::exchange(i->second.written, true)) return;
    parts_->writes.push_back(&*i);
}

bool BlockState::written(BytesView key) const {
    const auto i = parts_->entries.find(key);
    return i != parts_->entries.end() && i->second.written;
}

void BlockState::for_each_write(const std::function<void(BytesView key, BytesView value)>& f) const {
    for (const auto* write : parts_->writes) f(write->first, write->second.value);
}

std::size_t BlockState::write_count() const noexcept { return parts_->writes.size(); }

}  // namespace warpshrew::store
