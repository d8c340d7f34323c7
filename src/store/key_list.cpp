#include "store/key_list.hpp"

#include <algorithm>

namespace warpshrew::store {

static void append_varint(Bytes& out, std::size_t n) {
    for (; n >= 0x80; n >>= 7) out.push_back(static_cast<char>(n | 0x80));
    out.push_back(static_cast<char>(n));
}

static bool read_varint(BytesView list, std::size_t& offset, std::size_t& n) {
    n = 0;
    for (unsigned shift = 0; shift < 63 && offset < list.size(); shift += 7) {
        const std::size_t byte = byte_at(list, offset++);
        n |= (byte & 0x7f) << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

void append_key(Bytes& list, BytesView previous, BytesView key) {
    const auto shared = static_cast<std::size_t>(
        std::mismatch(previous.begin(), previous.end(), key.begin(), key.end()).first - previous.begin());
    append_varint(list, shared);
    append_varint(list, key.size() - shared);
    list.append(key.substr(shared));
}

Result<void> for_each_key(BytesView list, const std::function<void(BytesView)>& f) {
    Bytes key, previous;
    for (std::size_t offset = 0; offset < list.size();) {
        const std::size_t start = offset;
        std::size_t shared = 0, rest = 0;
        if (!read_varint(list, offset, shared) || !read_varint(list, offset, rest) || shared > key.size() ||
            rest > list.size() - offset) {
            return fail("damaged list of keys", start);
        }
        previous = key;
        key.resize(shared);
        key.append(list.substr(offset, rest));
        if (start != 0 && key <= previous) return fail("list of keys out of order", start);
        offset += rest;
        f(key);
    }
    return {};
}

}  // namespace warpshrew::store
