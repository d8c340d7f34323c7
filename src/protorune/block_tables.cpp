#include "protorune/block_tables.hpp"

#include "protorune/key.hpp"
#include "protorune/list_appender.hpp"
#include "protorune/varint.hpp"

namespace warpshrew::protorune {

namespace {

/// The protobuf message Output { bytes script = 1; uint64 value = 2; } (4.1). Defaults are left out.
void encode_output(const bitcoin::TxOut& output, Bytes& out) {
    out.clear();
    if (!output.script.empty()) {
        out.push_back('\x0a');
        append_varint(out, output.script.size());
        out += output.script;
    }
    if (output.value != 0) {
        out.push_back('\x10');
        append_varint(out, output.value);
    }
}

void index_transaction_ids(const BlockContext& block) {
    KeyBuffer key;
    ListAppender ids(block.state, key("/txids/byheight", block.height));
    for (const auto& tx : block.block.transactions()) ids.append(view(tx.txid));
    ids.finish();
}

void index_outputs(const BlockContext& block, const bitcoin::Transaction& tx) {
    KeyBuffer key;
    Bytes encoded;
    std::uint32_t vout = 0;
    for (const auto& output : tx.outputs) {
        store::set_uint<std::uint64_t>(block.state, key("/height/byoutpoint/", view(tx.txid), vout), block.height);
        encode_output(output, encoded);
        block.state.set(key("/output/byoutpoint/", view(tx.txid), vout), encoded);
        ++vout;
    }
}

/// A spent output reads as one zero byte, an unspent one as its address; an output without one has no entry.
void index_spendables(const BlockContext& block, const bitcoin::Transaction& tx) {
    constexpr BytesView spendable_by = "/outpoint/spendableby/";
    KeyBuffer key;
    for (const auto& input : tx.inputs) block.state.set(key(spendable_by, input.previous_output), BytesView("\0", 1));
    std::uint32_t vout = 0;
    for (const auto& output : tx.outputs) {
        const std::string address = bitcoin::address_of(output.script, block.network.addresses);
        if (!address.empty()) {
            ListAppender outpoints(block.state, key("/outpoint/byaddress/", address));
            outpoints.append(key(view(tx.txid), vout));
            outpoints.finish();
            block.state.set(key(spendable_by, view(tx.txid), vout), address);
        }
        ++vout;
    }
}

}  // namespace

void index_block_tables(const BlockContext& block) {
    KeyBuffer key;
    const BytesView hash = view(block.block.hash());
    block.state.set(key("/blockhash/byheight/", block.height), hash);
    store::set_uint<std::uint64_t>(block.state, key("/height/byblockhash/", hash), block.height);
    index_transaction_ids(block);
    std::uint32_t tx_index = 0;
    for (const auto& tx : block.block.transactions()) {
        index_outputs(block, tx);
        store::set_uint<std::uint32_t>(block.state, key("/txindex/byid", view(tx.txid)), tx_index++);
        index_spendables(block, tx);
    }
}

}  // namespace warpshrew::protorune
