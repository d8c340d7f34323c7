#pragma once
// Encoding of scripts, transactions and blocks, for chains that are made and not read: devnet, tests, benchmarks.

#include <vector>

#include "base/sha256.hpp"

namespace warpshrew::bitcoin {

/// Appends `n` as a compact size, in its shortest form.
void append_compact_size(Bytes& out, std::uint64_t n);

/// Appends to a script a push of `data`: an opcode of its length, or PUSHDATA1, 2 or 4; never OP_1 to OP_16.
void append_push(Bytes& script, BytesView data);

/// Appends to a script pushes of `data` in chunks of 520 bytes, the most an element of the stack may have.
void append_pushes(Bytes& script, BytesView data);

/// An input to encode.
struct NewInput {
    Bytes txid;  ///< 32 bytes, internal order
    std::uint32_t vout = 0;
    Bytes script_sig;
    std::uint32_t sequence = 0xffffffff;
    std::vector<Bytes> witness;
};

/// An output to encode.
struct NewOutput {
    std::uint64_t value = 0;  ///< satoshis
    Bytes script;
};

/// A transaction to encode.
struct NewTransaction {
    std::uint32_t version = 2;
    std::vector<NewInput> inputs;
    std::vector<NewOutput> outputs;
    std::uint32_t lock_time = 0;
};

/// Consensus form. Like rust-bitcoin, it has the segwit marker if some input has a witness or there are no inputs.
[[nodiscard]] Bytes serialize(const NewTransaction& tx);

/// Consensus form without witnesses and marker.
[[nodiscard]] Bytes serialize_without_witness(const NewTransaction& tx);

/// Internal order.
[[nodiscard]] Digest txid(const NewTransaction& tx);

/// A coinbase: the null outpoint, the height (and `extra`, at most 75 bytes) pushed in its scriptSig.
[[nodiscard]] NewTransaction coinbase(std::uint32_t height, std::vector<NewOutput> outputs, BytesView extra = {});

/// The root over txids in internal order; zeros for none.
[[nodiscard]] Digest merkle_root(std::vector<Digest> hashes);

/// What a block's header holds beside the merkle root.
struct NewHeader {
    std::uint32_t version = 0x20000000;
    Digest previous{};  ///< internal order
    std::uint32_t time = 0;
    std::uint32_t bits = 0x207fffff;
    std::uint32_t nonce = 0;
};

/// A block: header with the merkle root of `transactions`, their count, the transactions. There is no proof of work.
[[nodiscard]] Bytes serialize_block(const NewHeader& header, const std::vector<NewTransaction>& transactions);

}  // namespace warpshrew::bitcoin
