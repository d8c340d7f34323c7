#include "bitcoin/script.hpp"

namespace warpshrew::bitcoin {

static constexpr std::uint8_t op_pushdata1 = 0x4c;
static constexpr std::uint8_t op_pushdata4 = 0x4e;
static constexpr char annex_tag = 0x50;

std::optional<Instruction> ScriptReader::next() noexcept {
    if (rest_.empty()) return std::nullopt;
    const std::uint8_t op = byte_at(rest_, 0);
    rest_.remove_prefix(1);
    if (op > op_pushdata4) return Instruction{Instruction::Kind::opcode, op, {}};
    std::size_t size = op;
    if (op >= op_pushdata1) {
        const std::size_t width = std::size_t{1} << (op - op_pushdata1);
        if (rest_.size() < width) {
            rest_ = {};
            return Instruction{};
        }
        size = 0;
        for (std::size_t i = 0; i < width; i++) size |= std::size_t{byte_at(rest_, i)} << 8 * i;
        rest_.remove_prefix(width);
    }
    if (rest_.size() < size) {
        rest_ = {};
        return Instruction{};
    }
    const BytesView data = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return Instruction{Instruction::Kind::push, 0, data};
}

std::optional<BytesView> tapscript(std::span<const BytesView> witness) noexcept {
    const bool annex = witness.size() >= 2 && !witness.back().empty() && witness.back()[0] == annex_tag;
    const std::size_t from_end = annex ? 3 : 2;
    if (witness.size() < from_end) return std::nullopt;
    return witness[witness.size() - from_end];
}

}  // namespace warpshrew::bitcoin
