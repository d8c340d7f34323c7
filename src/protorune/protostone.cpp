#include "protorune/protostone.hpp"

#include <limits>
#include <span>

#include "protorune/tags.hpp"
#include "protorune/varint.hpp"

namespace warpshrew::protorune {

namespace {

/// Appends the low 15 bytes; the 16th is dropped.
void append_low_15_bytes(Bytes& out, u128 value) { out.append(as_bytes(&value, 15)); }

/// 1.6.7: no edicts at all where the list is malformed.
std::vector<Edict> parse_edicts(std::span<const u128> integers) {
    if (integers.size() % 4 != 0) return {};
    std::vector<Edict> edicts;
    edicts.reserve(integers.size() / 4);
    RuneId id;
    for (; !integers.empty(); integers = integers.subspan(4)) {
        const u128 block_delta = integers[0], tx_delta = integers[1];
        if (block_delta != 0) id.tx = 0;
        if (!checked_add(id.block, block_delta, id.block) || !checked_add(id.tx, tx_delta, id.tx)) return {};
        edicts.push_back({id, integers[2], integers[3]});
    }
    return edicts;
}

/// Keeps the first value of a field, cut to 32 bits.
void keep_first(std::optional<std::uint32_t>& field, u128 value) {
    if (!field) field = static_cast<std::uint32_t>(value);
}

Protostone parse_fields(u128 protocol_tag, std::span<const u128> integers) {
    Protostone stone;
    stone.protocol_tag = protocol_tag;
    for (; integers.size() >= 2; integers = integers.subspan(2)) {
        const u128 key = integers[0], value = integers[1];
        if (key == tag_body) {
            stone.edicts = parse_edicts(integers.subspan(1));
            break;
        }
        if (key == tag_message) append_low_15_bytes(stone.message, value);
        if (key == tag_burn && !stone.burn) stone.burn = value;
        if (key == tag_proto_pointer) keep_first(stone.pointer, value);
        if (key == tag_refund) keep_first(stone.refund, value);
        if (key == tag_from) keep_first(stone.from, value);
    }
    return stone;
}

}  // namespace

Result<std::vector<Protostone>> decode_protostones(const Runestone& runestone) {
    std::vector<Protostone> stones;
    if (!runestone.protocol) return stones;
    Bytes raw;
    raw.reserve(runestone.protocol->size() * 15);
    for (const u128 value : *runestone.protocol) append_low_15_bytes(raw, value);
    const auto decoded = decode_varints(raw);
    if (!decoded) return fail("protostone integer: " + decoded.error().reason, decoded.error().offset);

    std::span<const u128> rest = *decoded;
    while (rest.size() >= 2 && rest[0] != 0) {
        const u128 tag = rest[0], length = rest[1];
        rest = rest.subspan(2);
        if (length > rest.size()) return fail("protostone longer than what is there", decoded->size() - rest.size());
        const auto fields = rest.first(static_cast<std::size_t>(length));
        stones.push_back(parse_fields(tag, fields));
        rest = rest.subspan(fields.size());
    }
    return stones;
}

TransactionStones decode_stones(const bitcoin::Transaction& tx, const Network& network) {
    TransactionStones out{decipher(tx, network.dogecoin_runestones), {}};
    if (const auto* runestone = std::get_if<Runestone>(&out.artifact)) out.protostones = decode_protostones(*runestone);
    return out;
}

std::vector<TransactionStones> decode_stones(const bitcoin::Block& block, const Network& network) {
    std::vector<TransactionStones> out;
    out.reserve(block.transactions().size());
    for (const auto& tx : block.transactions()) out.push_back(decode_stones(tx, network));
    return out;
}

}  // namespace warpshrew::protorune
