#pragma once
// A state in memory, for tests and tools.

#include <map>

#include "store/block_state.hpp"

namespace warpshrew::store {

/// A sorted map as a StateReader. Not for concurrent writing.
class MemoryState final : public StateReader {
 public:
    [[nodiscard]] bool read(BytesView key, Bytes& value) const override {
        const auto i = map.find(key);
        if (i == map.end()) return false;
        value = i->second;
        return true;
    }
    /// Takes over what a block wrote.
    void apply(const BlockState& block) {
        block.for_each_write([&](BytesView k, BytesView v) { map.insert_or_assign(Bytes(k), Bytes(v)); });
    }

    std::map<Bytes, Bytes, std::less<>> map;
};

}  // namespace warpshrew::store
