#pragma once
// Keys put together from parts.

#include <string>

#include "protorune/ids.hpp"

namespace warpshrew::protorune {

/// Builds keys in memory that is used again: key(prefix, outpoint) and so on. Integers go in as little-endian bytes of
/// their width, ids as their 32 bytes. The view is valid until the next key.
class KeyBuffer {
 public:
    template <class... Parts>
    BytesView operator()(const Parts&... parts) {
        bytes_.clear();
        (add(parts), ...);
        return bytes_;
    }

 private:
    void add(BytesView part) { bytes_.append(part); }
    void add(std::uint32_t part) { append_le(bytes_, part); }
    void add(std::uint64_t part) { append_le(bytes_, part); }
    void add(const RuneId& part) {
        append_le(bytes_, part.block);
        append_le(bytes_, part.tx);
    }

    Bytes bytes_;
};

}  // namespace warpshrew::protorune
