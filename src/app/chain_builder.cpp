#include "app/chain_builder.hpp"

namespace warpshrew::app {

// 65 zero bytes pass for a signature in a key-path spend.
static std::vector<Bytes> signature() { return {Bytes(65, '\0')}; }

Bytes ChainBuilder::payment_script() {
    const Digest key = sha256(to_le(seed_) + to_le(++salt_) + "payment");
    return "\x51\x20" + Bytes(view(key));
}

BuiltTransaction ChainBuilder::add(std::span<const Outpoint> inputs, std::uint32_t payments,
                                   std::span<const protorune::Protostone> stones, BytesView envelope) {
    bitcoin::NewTransaction tx;
    for (const Outpoint& input : inputs)
        tx.inputs.push_back(
            {.txid = Bytes(view(input.txid)), .vout = input.vout, .script_sig = {}, .witness = signature()});
    if (tx.inputs.empty()) {
        tx.inputs.push_back(
            {.txid = Bytes(view(sha256(to_le(seed_) + to_le(++salt_)))), .script_sig = {}, .witness = signature()});
    }
    if (!envelope.empty())
        tx.inputs[0].witness = protorune::script_path_witness(protorune::contract_envelope(envelope));
    for (std::uint32_t i = 0; i < payments; i++) tx.outputs.push_back({546, payment_script()});
    tx.outputs.push_back({0, protorune::encode_runestone(stones)});
    const BuiltTransaction built{bitcoin::txid(tx), static_cast<std::uint32_t>(tx.outputs.size()) + 1};
    transactions_.push_back(std::move(tx));
    return built;
}

Bytes ChainBuilder::close_block() {
    std::vector<bitcoin::NewTransaction> all;
    all.reserve(transactions_.size() + 1);
    all.push_back(bitcoin::coinbase(static_cast<std::uint32_t>(height_), {{5'000'000'000, payment_script()}}));
    for (bitcoin::NewTransaction& tx : transactions_) all.push_back(std::move(tx));
    transactions_.clear();
    bitcoin::NewHeader header;
    header.previous = previous_;
    header.time = static_cast<std::uint32_t>(1'700'000'000 + 600 * height_);
    Bytes block = bitcoin::serialize_block(header, all);
    previous_ = sha256d(BytesView(block).substr(0, 80));
    height_++;
    return block;
}

protorune::Protostone call_stone(std::span<const u128> cellpack) {
    protorune::Protostone stone;
    stone.protocol_tag = protorune::alkanes_protocol_tag;
    stone.pointer = 0;
    stone.refund = 0;
    stone.message = protorune::encode_cellpack(cellpack);
    return stone;
}

protorune::Protostone edict_stone(const protorune::RuneId& id, u128 amount, std::uint32_t output) {
    protorune::Protostone stone;
    stone.protocol_tag = protorune::alkanes_protocol_tag;
    stone.pointer = 0;
    stone.edicts = {{id, amount, output}};
    return stone;
}

}  // namespace warpshrew::app
