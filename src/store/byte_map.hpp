#pragma once
// A hash map from byte strings whose entries stay where they are.

#include <absl/container/node_hash_map.h>
#include <absl/hash/hash.h>
#include <absl/strings/string_view.h>

#include "base/bytes.hpp"

namespace warpshrew::store {

/// Abseil's own functions for strings know its string_view only, which Debian builds as a class apart from std's.
struct ByteHash {
    using is_transparent = void;
    std::size_t operator()(BytesView b) const noexcept {
        return absl::Hash<absl::string_view>()(absl::string_view(b.data(), b.size()));
    }
};

struct ByteEqual {
    using is_transparent = void;
    bool operator()(BytesView a, BytesView b) const noexcept { return a == b; }
};

template <class T>
using ByteMap = absl::node_hash_map<Bytes, T, ByteHash, ByteEqual>;

}  // namespace warpshrew::store
