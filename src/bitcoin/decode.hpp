#pragma once
// Decoding of one transaction out of a longer input.

#include <memory_resource>

#include "bitcoin/reader.hpp"
#include "bitcoin/transaction.hpp"

namespace warpshrew::bitcoin {

/// Bytes of the smallest transaction that decodes: the segwit form without inputs and outputs.
inline constexpr std::size_t smallest_transaction = 12;

/// Decodes the transaction at the reader's position (rust-bitcoin 0.32's rules); failures stay in the reader. The
/// arrays come from `arena`. Segwit flags from `lowest_flag` to 1 pass: 0 for the coinbase in merge-mining data.
[[nodiscard]] Transaction decode_transaction(Reader& reader, std::pmr::memory_resource& arena,
                                             std::uint8_t lowest_flag = 1);

/// `n` default values from `arena`, which frees them without destructors.
template <class T>
[[nodiscard]] std::span<T> make_array(std::pmr::memory_resource& arena, std::size_t n) {
    static_assert(std::is_trivially_destructible_v<T>);
    if (n == 0) return {};
    T* const first = static_cast<T*>(arena.allocate(n * sizeof(T), alignof(T)));
    std::uninitialized_value_construct_n(first, n);
    return {first, n};
}

}  // namespace warpshrew::bitcoin
