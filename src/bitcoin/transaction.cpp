#include "bitcoin/transaction.hpp"

#include <algorithm>

#include "bitcoin/decode.hpp"

namespace warpshrew::bitcoin {

static constexpr std::size_t smallest_input = outpoint_size + 1 + 4;
static constexpr std::size_t smallest_output = 8 + 1;
static constexpr std::size_t marker_and_flag = 2;
// rust-bitcoin's MAX_VEC_SIZE: bytes of a witness, with the sizes of its elements
static constexpr std::size_t witness_limit = 4'000'000;

static std::span<TxIn> decode_inputs(Reader& reader, std::pmr::memory_resource& arena, std::size_t n) {
    const std::span<TxIn> inputs = make_array<TxIn>(arena, n);
    for (TxIn& input : inputs) {
        input.previous_output = reader.take(outpoint_size);
        input.script_sig = reader.counted_bytes();
        input.sequence = reader.integer<std::uint32_t>();
        if (!reader.ok()) break;
    }
    return inputs;
}

static std::span<TxOut> decode_outputs(Reader& reader, std::pmr::memory_resource& arena) {
    const std::span<TxOut> outputs = make_array<TxOut>(arena, reader.count(smallest_output));
    for (TxOut& output : outputs) {
        output.value = reader.integer<std::uint64_t>();
        output.script = reader.counted_bytes();
        if (!reader.ok()) break;
    }
    return outputs;
}

static std::span<BytesView> decode_witness(Reader& reader, std::pmr::memory_resource& arena) {
    const std::size_t begin = reader.position();
    const std::span<BytesView> elements = make_array<BytesView>(arena, reader.count(1));
    const std::size_t first = reader.position();
    for (BytesView& element : elements) {
        element = reader.counted_bytes();
        if (!reader.ok()) break;
        if (reader.position() - first > witness_limit) reader.fail("witness is too large", begin);
    }
    return elements;
}

Transaction decode_transaction(Reader& reader, std::pmr::memory_resource& arena, std::uint8_t lowest_flag) {
    const std::size_t begin = reader.position();
    Transaction tx;
    tx.version = reader.integer<std::uint32_t>();
    std::size_t body = reader.position();
    std::size_t n = reader.count(smallest_input);
    const bool segwit = n == 0;
    if (segwit) {
        const auto flag = reader.integer<std::uint8_t>();
        if (flag < lowest_flag || flag > 1) reader.fail("unsupported segwit flag", body + 1);
        body += marker_and_flag;
        n = reader.count(smallest_input);
    }
    const std::span<TxIn> inputs = decode_inputs(reader, arena, n);
    tx.outputs = decode_outputs(reader, arena);
    const BytesView body_bytes = reader.ok() ? reader.since(body) : BytesView();
    if (segwit) {
        for (TxIn& input : inputs) {
            input.witness = decode_witness(reader, arena);
            if (!reader.ok()) break;
        }
        const bool all_empty = std::ranges::all_of(inputs, [](const TxIn& input) { return input.witness.empty(); });
        if (!inputs.empty() && all_empty) reader.fail("witness flag set but no witnesses present", begin + 4);
    }
    tx.inputs = inputs;
    tx.lock_time = reader.integer<std::uint32_t>();
    if (!reader.ok()) return {};
    tx.raw = reader.since(begin);
    tx.base_size = 4 + body_bytes.size() + 4;
    tx.txid = segwit ? sha256d({tx.raw.substr(0, 4), body_bytes, tx.raw.substr(tx.raw.size() - 4)}) : sha256d(tx.raw);
    return tx;
}

static std::size_t compact_size_length(std::size_t n) noexcept {
    return n < 0xfd ? 1 : n <= 0xffff ? 3 : n <= 0xffffffff ? 5 : 9;
}

static std::size_t witness_size(std::span<const BytesView> witness) noexcept {
    std::size_t size = compact_size_length(witness.size());
    for (const BytesView element : witness) size += compact_size_length(element.size()) + element.size();
    return size;
}

std::size_t Transaction::vsize(bool without_first_witness) const noexcept {
    std::size_t total = raw.size();
    if (without_first_witness && !inputs.empty() && !inputs[0].witness.empty()) {
        const bool others = std::ranges::any_of(inputs.subspan(1), [](const TxIn& i) { return !i.witness.empty(); });
        total = others ? total - witness_size(inputs[0].witness) + 1 : base_size;
    }
    return (3 * base_size + total + 3) / 4;
}

}  // namespace warpshrew::bitcoin
