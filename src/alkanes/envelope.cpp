#include "alkanes/envelope.hpp"

#include "bitcoin/script.hpp"

namespace warpshrew::alkanes {

using bitcoin::Instruction;
using bitcoin::ScriptReader;

static constexpr std::uint8_t op_1negate = 0x4f, op_1 = 0x51, op_16 = 0x60, op_if = 0x63, op_endif = 0x68;
static constexpr BytesView marker = "BIN";

/// Collects pushes up to OP_ENDIF; nothing if anything else stands before it.
static std::optional<Bytes> read_body(ScriptReader& reader) {
    Bytes payload;
    for (bool first = true;; first = false) {
        const auto x = reader.next();
        if (!x || x->is_opcode(op_endif)) return x ? std::optional(std::move(payload)) : std::nullopt;
        const char number = static_cast<char>(x->opcode == op_1negate ? 0x81 : x->opcode - op_1 + 1);
        const bool is_number = x->opcode == op_1negate || (x->opcode >= op_1 && x->opcode <= op_16);
        if (x->kind != Instruction::Kind::push && !is_number) return std::nullopt;
        if (first) continue;  // the body tag, whatever it is
        if (x->kind == Instruction::Kind::push)
            payload.append(x->data);
        else
            payload.push_back(number);
    }
}

static bool decodes(BytesView script) noexcept {
    ScriptReader reader(script);
    while (const auto x = reader.next())
        if (x->kind == Instruction::Kind::error) return false;
    return true;
}

static std::optional<Bytes> first_envelope(BytesView script) {
    ScriptReader reader(script);
    auto x = reader.next();
    while (x) {
        const bool starts = x->is_push({});
        x = reader.next();
        // What does not match is looked at again: an empty push may follow an empty push.
        if (!starts || !x || !x->is_opcode(op_if)) continue;
        x = reader.next();
        if (!x || !x->is_push(marker)) continue;
        if (auto payload = read_body(reader)) return payload;
        x = reader.next();
    }
    return std::nullopt;
}

std::optional<Bytes> witness_payload(const bitcoin::Transaction& tx) {
    for (const auto& input : tx.inputs) {
        const auto script = bitcoin::tapscript(input.witness);
        // The search is only a short cut: without the marker there is no envelope.
        if (!script || script->find(marker) == BytesView::npos || !decodes(*script)) continue;
        if (auto payload = first_envelope(*script)) return payload;
    }
    return std::nullopt;
}

}  // namespace warpshrew::alkanes
