#include "protorune/encode.hpp"

#include <algorithm>

#include "bitcoin/encode.hpp"
#include "protorune/tags.hpp"
#include "protorune/varint.hpp"

namespace warpshrew::protorune {

static constexpr std::size_t group = 15;  // bytes that one protocol value carries

using Integers = std::vector<u128>;

static void append_field(Integers& out, Tag tag, u128 value) {
    out.push_back(tag);
    out.push_back(value);
}

template <class T>
static void append_field(Integers& out, Tag tag, const std::optional<T>& value) {
    if (value) append_field(out, tag, static_cast<u128>(*value));
}

static void append_edicts(Integers& out, std::vector<Edict> edicts) {
    if (edicts.empty()) return;
    std::ranges::stable_sort(edicts, [](const Edict& a, const Edict& b) { return a.id < b.id; });
    out.push_back(tag_body);
    RuneId last;
    for (const Edict& edict : edicts) {
        const u128 blocks = edict.id.block - last.block;
        const u128 txs = blocks == 0 ? edict.id.tx - last.tx : edict.id.tx;
        out.insert(out.end(), {blocks, txs, edict.amount, edict.output});
        last = edict.id;
    }
}

static Integers split_groups(BytesView bytes) {
    Integers out;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), group))) {
        Bytes value(bytes.substr(0, group));
        value.resize(sizeof(u128), '\0');
        out.push_back(load_le<u128>(value.data()));
    }
    return out;
}

Bytes encode_cellpack(std::span<const u128> integers) {
    Bytes out;
    for (const u128 n : integers) append_varint(out, n);
    return out;
}

static Integers stone_integers(const Protostone& stone) {
    Integers out;
    append_field(out, tag_burn, stone.burn);
    append_field(out, tag_proto_pointer, stone.pointer);
    append_field(out, tag_refund, stone.refund);
    append_field(out, tag_from, stone.from);
    for (const u128 value : split_groups(stone.message)) append_field(out, tag_message, value);
    append_edicts(out, stone.edicts);
    return out;
}

std::vector<u128> encode_protostones(std::span<const Protostone> stones) {
    Bytes out;
    for (const Protostone& stone : stones) {
        const Integers integers = stone_integers(stone);
        append_varint(out, stone.protocol_tag);
        append_varint(out, integers.size());
        out += encode_cellpack(integers);
    }
    return split_groups(out);
}

static void append_etching(Integers& out, const Etching& etching) {
    append_field(out, tag_flags, flag_etching | (etching.terms ? flag_terms : 0) | (etching.turbo ? flag_turbo : 0));
    append_field(out, tag_rune, etching.rune);
    append_field(out, tag_divisibility, etching.divisibility);
    append_field(out, tag_spacers, etching.spacers);
    append_field(out, tag_symbol, etching.symbol);
    append_field(out, tag_premine, etching.premine);
    if (!etching.terms) return;
    append_field(out, tag_amount, etching.terms->amount);
    append_field(out, tag_cap, etching.terms->cap);
    append_field(out, tag_height_start, etching.terms->height_start);
    append_field(out, tag_height_end, etching.terms->height_end);
    append_field(out, tag_offset_start, etching.terms->offset_start);
    append_field(out, tag_offset_end, etching.terms->offset_end);
}

Bytes encode_runestone(const Runestone& runestone, bool dogecoin_runestones) {
    Integers fields;
    if (runestone.etching) append_etching(fields, *runestone.etching);
    if (runestone.mint) {
        append_field(fields, tag_mint, runestone.mint->block);
        append_field(fields, tag_mint, runestone.mint->tx);
    }
    append_field(fields, tag_pointer, runestone.pointer);
    if (runestone.protocol) {
        for (const u128 value : *runestone.protocol) append_field(fields, tag_protocol, value);
    }
    append_edicts(fields, runestone.edicts);
    Bytes script = dogecoin_runestones ? "\x6a\x01"
                                         "D"
                                       : "\x6a\x5d";
    bitcoin::append_pushes(script, encode_cellpack(fields));
    return script;
}

Bytes encode_runestone(std::span<const Protostone> stones, std::optional<std::uint32_t> pointer,
                       bool dogecoin_runestones) {
    Runestone runestone;
    runestone.pointer = pointer;
    if (!stones.empty()) runestone.protocol = encode_protostones(stones);
    return encode_runestone(runestone, dogecoin_runestones);
}

Bytes contract_envelope(BytesView compressed) {
    Bytes script("\x00\x63", 2);
    bitcoin::append_push(script, "BIN");
    bitcoin::append_push(script, {});
    bitcoin::append_pushes(script, compressed);
    script.push_back('\x68');
    return script;
}

std::vector<Bytes> script_path_witness(Bytes tapscript) { return {std::move(tapscript), Bytes()}; }

}  // namespace warpshrew::protorune
