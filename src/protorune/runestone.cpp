#include "protorune/runestone.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "bitcoin/script.hpp"
#include "protorune/tags.hpp"
#include "protorune/varint.hpp"

namespace warpshrew::protorune {

namespace {

constexpr std::uint8_t op_return = 0x6a;
constexpr std::uint8_t op_13 = 0x5d;

constexpr u128 u32_max = std::numeric_limits<std::uint32_t>::max();
constexpr u128 u64_max = std::numeric_limits<std::uint64_t>::max();

/// The pushes behind OP_RETURN and the magic, put together; nothing if no output has them (1.1).
std::optional<Result<Bytes, Flaw>> find_payload(const bitcoin::Transaction& tx, bool dogecoin) {
    for (const auto& output : tx.outputs) {
        if (!output.is_op_return()) continue;
        bitcoin::ScriptReader script(output.script);
        if (const auto first = script.next(); !first || !first->is_opcode(op_return)) continue;
        const auto magic = script.next();
        if (!magic || !(dogecoin ? magic->is_push("D") : magic->is_opcode(op_13))) continue;
        Bytes payload;
        while (const auto instruction = script.next()) {
            if (instruction->kind == bitcoin::Instruction::Kind::opcode) return tl::unexpected(Flaw::opcode);
            if (instruction->kind == bitcoin::Instruction::Kind::error) return tl::unexpected(Flaw::invalid_script);
            payload += instruction->data;
        }
        return payload;
    }
    return std::nullopt;
}

struct Field {
    u128 tag = 0, value = 0;
    bool taken = false;
};

/// The integers of a payload as fields and edicts (1.3).
struct Fields {
    std::vector<Field> fields;
    std::vector<Edict> edicts;
    std::optional<Flaw> flaw;  // the first one
};

std::optional<RuneId> rune_id(u128 block, u128 tx) {
    if (block > u64_max || tx > u32_max || (block == 0 && tx > 0)) return std::nullopt;
    return RuneId{block, tx};
}

std::optional<RuneId> next_rune_id(const RuneId& last, u128 block_delta, u128 tx_delta) {
    if (block_delta > u64_max || tx_delta > u32_max) return std::nullopt;
    return rune_id(last.block + block_delta, block_delta == 0 ? last.tx + tx_delta : tx_delta);
}

std::optional<Flaw> parse_edicts(const std::vector<u128>& integers, std::size_t i, std::size_t outputs,
                                 std::vector<Edict>& edicts) {
    RuneId id;
    for (; i < integers.size(); i += 4) {
        if (integers.size() - i < 4) return Flaw::trailing_integers;
        const auto next = next_rune_id(id, integers[i], integers[i + 1]);
        if (!next) return Flaw::edict_rune_id;
        const u128 output = integers[i + 3];
        if (output > u32_max || output > outputs) return Flaw::edict_output;
        id = *next;
        edicts.push_back({id, integers[i + 2], output});
    }
    return std::nullopt;
}

Fields parse_fields(const std::vector<u128>& integers, std::size_t outputs) {
    Fields parsed;
    for (std::size_t i = 0; i < integers.size(); i += 2) {
        if (integers[i] == tag_body) {
            parsed.flaw = parse_edicts(integers, i + 1, outputs, parsed.edicts);
            break;
        }
        if (i + 1 == integers.size()) {
            parsed.flaw = Flaw::truncated_field;
            break;
        }
        parsed.fields.push_back({integers[i], integers[i + 1]});
    }
    return parsed;
}

/// The first value of `tag`, if `convert` accepts it (1.4); each tag is asked for once.
template <class Convert>
auto take(std::vector<Field>& fields, Tag tag, Convert convert) -> decltype(convert(u128{})) {
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.tag == tag; });
    if (field == fields.end()) return std::nullopt;
    auto value = convert(field->value);
    field->taken = value.has_value();
    return value;
}

std::optional<RuneId> take_mint(std::vector<Field>& fields) {
    const auto is_mint = [](const Field& f) { return f.tag == tag_mint; };
    const auto block = std::find_if(fields.begin(), fields.end(), is_mint);
    if (block == fields.end()) return std::nullopt;
    const auto tx = std::find_if(block + 1, fields.end(), is_mint);
    if (tx == fields.end()) return std::nullopt;
    const auto id = rune_id(block->value, tx->value);
    block->taken = tx->taken = id.has_value();
    return id;
}

std::optional<u128> any(u128 n) { return n; }

template <class T, u128 limit = std::numeric_limits<T>::max()>
std::optional<T> at_most(u128 n) {
    if (n > limit) return std::nullopt;
    return static_cast<T>(n);
}

std::optional<char32_t> unicode_scalar(u128 n) {
    if (n > 0x10ffff || (n >= 0xd800 && n <= 0xdfff)) return std::nullopt;
    return static_cast<char32_t>(n);
}

bool take_flag(u128& flags, Flag flag) {
    const bool set = (flags & flag) != 0;
    flags &= ~u128{flag};
    return set;
}

Etching take_etching(std::vector<Field>& fields, u128& flags) {
    Etching e;
    e.divisibility = take(fields, tag_divisibility, at_most<std::uint8_t, 38>);
    e.premine = take(fields, tag_premine, any);
    e.rune = take(fields, tag_rune, any);
    e.spacers = take(fields, tag_spacers, at_most<std::uint32_t, 0x07ffffff>);
    e.symbol = take(fields, tag_symbol, unicode_scalar);
    if (take_flag(flags, flag_terms)) {
        Terms& t = e.terms.emplace();
        t.cap = take(fields, tag_cap, any);
        t.height_start = take(fields, tag_height_start, at_most<std::uint64_t>);
        t.height_end = take(fields, tag_height_end, at_most<std::uint64_t>);
        t.amount = take(fields, tag_amount, any);
        t.offset_start = take(fields, tag_offset_start, at_most<std::uint64_t>);
        t.offset_end = take(fields, tag_offset_end, at_most<std::uint64_t>);
    }
    e.turbo = take_flag(flags, flag_turbo);
    return e;
}

/// Whether premine + cap * amount fits 128 bits.
bool supply_fits(const Etching& e) {
    const Terms terms = e.terms.value_or(Terms{});
    const u128 cap = terms.cap.value_or(0), amount = terms.amount.value_or(0);
    if (amount != 0 && cap > u128_max / amount) return false;
    u128 supply = 0;
    return checked_add(e.premine.value_or(0), cap * amount, supply);
}

}  // namespace

Artifact decipher(const bitcoin::Transaction& tx, bool dogecoin_runestones) {
    const auto payload = find_payload(tx, dogecoin_runestones);
    if (!payload) return std::monostate{};
    if (!*payload) return Cenotaph{payload->error(), {}, {}};
    const auto integers = decode_varints(**payload);
    if (!integers) return Cenotaph{Flaw::varint, {}, {}};

    Fields parsed = parse_fields(*integers, tx.outputs.size());
    auto& fields = parsed.fields;
    Runestone stone;
    u128 flags = take(fields, tag_flags, any).value_or(0);
    if (take_flag(flags, flag_etching)) stone.etching = take_etching(fields, flags);
    stone.mint = take_mint(fields);
    stone.pointer = take(fields, tag_pointer,
                         [&](u128 n) { return n < tx.outputs.size() ? at_most<std::uint32_t>(n) : std::nullopt; });

    const auto flawed = [&](bool is_flawed, Flaw flaw) {
        if (is_flawed && !parsed.flaw) parsed.flaw = flaw;
    };
    flawed(stone.etching && !supply_fits(*stone.etching), Flaw::supply_overflow);
    flawed(flags != 0, Flaw::unrecognized_flag);
    flawed(std::any_of(fields.begin(), fields.end(), [](const Field& f) { return !f.taken && f.tag % 2 == 0; }),
           Flaw::unrecognized_even_tag);
    if (parsed.flaw) {
        return Cenotaph{*parsed.flaw, stone.etching ? stone.etching->rune : std::nullopt, stone.mint};
    }
    stone.edicts = std::move(parsed.edicts);
    for (const Field& f : fields) {
        if (f.tag != tag_protocol) continue;
        if (!stone.protocol) stone.protocol.emplace();
        stone.protocol->push_back(f.value);
    }
    return stone;
}

}  // namespace warpshrew::protorune
