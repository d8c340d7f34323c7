#pragma once
// Writing code: one member function for each instruction that the instrumentation needs.

#include "wasm/opcodes.hpp"
#include "wasm/writer.hpp"

namespace warpshrew::wasm {

/// Appends instructions to `out`.
class CodeWriter {
 public:
    explicit CodeWriter(Bytes& out) noexcept : out_(out) {}

    CodeWriter& op(std::uint8_t opcode) {
        out_.push_back(static_cast<char>(opcode));
        return *this;
    }
    CodeWriter& op(std::uint8_t opcode, std::uint32_t immediate) {
        op(opcode);
        append_unsigned(out_, immediate);
        return *this;
    }
    CodeWriter& i32(std::int32_t n) {
        op(op_i32_const);
        append_signed(out_, n);
        return *this;
    }
    CodeWriter& i64(std::int64_t n) {
        op(op_i64_const);
        append_signed(out_, n);
        return *this;
    }
    /// block, loop or if without values.
    CodeWriter& open(Opcode opcode) { return op(opcode).op(0x40); }
    CodeWriter& raw(BytesView code) {
        out_.append(code);
        return *this;
    }

 private:
    Bytes& out_;
};

}  // namespace warpshrew::wasm
