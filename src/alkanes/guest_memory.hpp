#pragma once
// Buffers in a contract's memory: a length word in the four bytes before the pointer (alkanes-vm.md 3.2).

#include <span>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace warpshrew::alkanes {

/// The buffer at `pointer`. A view of the memory: valid until the contract runs again.
[[nodiscard]] Result<BytesView> read_buffer(std::span<const std::uint8_t> memory, std::int32_t pointer);

/// Writes the length of `value` before `pointer` and `value` at it. False if it does not fit; the length has then been
/// written if there was room for that.
[[nodiscard]] bool write_buffer(std::span<std::uint8_t> memory, std::int32_t pointer, BytesView value) noexcept;

}  // namespace warpshrew::alkanes
