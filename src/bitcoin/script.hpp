#pragma once
// Script instructions as rust-bitcoin 0.32's Script::instructions() yields them (protorune.md 1.1).

#include <optional>

#include "bitcoin/transaction.hpp"

namespace warpshrew::bitcoin {

/// One instruction: a push (0x00..0x4e, with its data), or any other opcode, or the error at which iteration ends.
struct Instruction {
    enum class Kind : std::uint8_t { push, opcode, error };
    Kind kind = Kind::error;
    std::uint8_t opcode = 0;  ///< for Kind::opcode
    BytesView data;           ///< for Kind::push

    [[nodiscard]] bool is_push(BytesView bytes) const noexcept { return kind == Kind::push && data == bytes; }
    [[nodiscard]] bool is_opcode(std::uint8_t op) const noexcept { return kind == Kind::opcode && opcode == op; }
};

/// Walks a script. next() gives nothing at the end, and after an error.
class ScriptReader {
 public:
    explicit ScriptReader(BytesView script) noexcept : rest_(script) {}
    [[nodiscard]] std::optional<Instruction> next() noexcept;

 private:
    BytesView rest_;
};

/// The tapscript of a witness: the second element from the end, or the third when there are at least two and the last
/// begins with 0x50 (protorune.md 2.6.2); nothing where that element is missing.
[[nodiscard]] std::optional<BytesView> tapscript(std::span<const BytesView> witness) noexcept;

}  // namespace warpshrew::bitcoin
