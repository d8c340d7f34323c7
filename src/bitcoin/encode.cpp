#include "bitcoin/encode.hpp"

#include <algorithm>

namespace warpshrew::bitcoin {

static constexpr std::size_t element_limit = 520;

void append_compact_size(Bytes& out, std::uint64_t n) {
    if (n < 0xfd) {
        out.push_back(static_cast<char>(n));
    } else if (n <= 0xffff) {
        out.push_back('\xfd');
        append_le(out, static_cast<std::uint16_t>(n));
    } else if (n <= 0xffffffff) {
        out.push_back('\xfe');
        append_le(out, static_cast<std::uint32_t>(n));
    } else {
        out.push_back('\xff');
        append_le(out, n);
    }
}

static void append_counted(Bytes& out, BytesView bytes) {
    append_compact_size(out, bytes.size());
    out += bytes;
}

void append_push(Bytes& script, BytesView data) {
    const std::size_t n = data.size();
    if (n < 0x4c) {
        script.push_back(static_cast<char>(n));
    } else if (n <= 0xff) {
        script.push_back('\x4c');
        script.push_back(static_cast<char>(n));
    } else if (n <= 0xffff) {
        script.push_back('\x4d');
        append_le(script, static_cast<std::uint16_t>(n));
    } else {
        script.push_back('\x4e');
        append_le(script, static_cast<std::uint32_t>(n));
    }
    script += data;
}

void append_pushes(Bytes& script, BytesView data) {
    for (; !data.empty(); data.remove_prefix(std::min(data.size(), element_limit)))
        append_push(script, data.substr(0, element_limit));
}

static Bytes serialize(const NewTransaction& tx, bool witnesses) {
    Bytes out = to_le(tx.version);
    if (witnesses) out.append("\0\1", 2);
    append_compact_size(out, tx.inputs.size());
    for (const NewInput& input : tx.inputs) {
        out += input.txid;
        append_le(out, input.vout);
        append_counted(out, input.script_sig);
        append_le(out, input.sequence);
    }
    append_compact_size(out, tx.outputs.size());
    for (const NewOutput& output : tx.outputs) {
        append_le(out, output.value);
        append_counted(out, output.script);
    }
    if (witnesses) {
        for (const NewInput& input : tx.inputs) {
            append_compact_size(out, input.witness.size());
            for (const Bytes& element : input.witness) append_counted(out, element);
        }
    }
    append_le(out, tx.lock_time);
    return out;
}

Bytes serialize(const NewTransaction& tx) {
    const bool witness = std::ranges::any_of(tx.inputs, [](const NewInput& input) { return !input.witness.empty(); });
    return serialize(tx, witness || tx.inputs.empty());
}

Bytes serialize_without_witness(const NewTransaction& tx) { return serialize(tx, false); }

Digest txid(const NewTransaction& tx) { return sha256d(serialize_without_witness(tx)); }

NewTransaction coinbase(std::uint32_t height, std::vector<NewOutput> outputs, BytesView extra) {
    NewInput input;
    input.txid.assign(32, '\0');
    input.vout = 0xffffffff;
    append_push(input.script_sig, to_le(height));
    if (!extra.empty()) append_push(input.script_sig, extra);
    NewTransaction tx;
    tx.inputs.push_back(std::move(input));
    tx.outputs = std::move(outputs);
    return tx;
}

Digest merkle_root(std::vector<Digest> hashes) {
    if (hashes.empty()) return {};
    while (hashes.size() > 1) {
        if (hashes.size() % 2 != 0) hashes.push_back(hashes.back());
        for (std::size_t i = 0; i < hashes.size() / 2; i++)
            hashes[i] = sha256d({view(hashes[2 * i]), view(hashes[2 * i + 1])});
        hashes.resize(hashes.size() / 2);
    }
    return hashes[0];
}

Bytes serialize_block(const NewHeader& header, const std::vector<NewTransaction>& transactions) {
    std::vector<Digest> txids;
    txids.reserve(transactions.size());
    for (const NewTransaction& tx : transactions) txids.push_back(txid(tx));
    Bytes out = to_le(header.version);
    out += view(header.previous);
    out += view(merkle_root(std::move(txids)));
    append_le(out, header.time);
    append_le(out, header.bits);
    append_le(out, header.nonce);
    append_compact_size(out, transactions.size());
    for (const NewTransaction& tx : transactions) out += serialize(tx);
    return out;
}

}  // namespace warpshrew::bitcoin
