#pragma once
// Identifiers and transfers of runes and alkanes.

#include <compare>
#include <string>

#include "base/bytes.hpp"

namespace warpshrew::protorune {

/// Id of a rune or alkane. Ordered numerically by (block, tx), which is not the order of the 32 bytes.
struct RuneId {
    u128 block = 0;
    u128 tx = 0;

    friend constexpr bool operator==(const RuneId&, const RuneId&) = default;
    friend constexpr bool operator<(const RuneId& a, const RuneId& b) noexcept {
        return a.block != b.block ? a.block < b.block : a.tx < b.tx;
    }
    template <class H>
    friend H AbslHashValue(H h, const RuneId& id) {
        return H::combine(std::move(h), static_cast<std::uint64_t>(id.block),
                          static_cast<std::uint64_t>(id.block >> 64), static_cast<std::uint64_t>(id.tx),
                          static_cast<std::uint64_t>(id.tx >> 64));
    }
};

struct RuneTransfer {
    RuneId id;
    u128 value = 0;

    friend bool operator==(const RuneTransfer&, const RuneTransfer&) = default;
};

/// 32 bytes: block and tx, u128 LE each (protorune.md: id32).
[[nodiscard]] inline Bytes id32(const RuneId& id) {
    Bytes out;
    append_le(out, id.block);
    append_le(out, id.tx);
    return out;
}

/// The id in 32 bytes at the front of `b`, which the caller has checked to be there.
[[nodiscard]] inline RuneId parse_id32(BytesView b) noexcept {
    return {load_le<u128>(b.data()), load_le<u128>(b.data() + 16)};
}

/// 36 bytes: txid (internal order) and output index, u32 LE (protorune.md: op36).
[[nodiscard]] inline Bytes op36(BytesView txid, std::uint32_t vout) {
    Bytes out(txid);
    append_le(out, vout);
    return out;
}

}  // namespace warpshrew::protorune
