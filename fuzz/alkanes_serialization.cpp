// Everything of the ALKANES layer that reads bytes of strangers: calldata, cellpacks, parcels, storage maps, responses,
// buffers in memory, envelopes, compressed code. The first byte says which.

#include <cstdlib>
#include <vector>

#include "alkanes/envelope.hpp"
#include "alkanes/guest_memory.hpp"
#include "alkanes/gzip.hpp"
#include "alkanes/serialization.hpp"
#include "alkanes/trace.hpp"
#include "alkanes/utf8.hpp"
#include "bitcoin/block.hpp"

using namespace warpshrew;
using namespace warpshrew::alkanes;

static void require(bool condition) {
    if (!condition) std::abort();
}

/// What was read is written again and read to the same.
static void read_response(BytesView input) {
    const auto r = decode_response(input);
    if (!r) return;
    for (std::size_t i = 1; i < r->storage.size(); i++) require(r->storage[i - 1].first < r->storage[i].first);
    require(storage_map_size(r->storage) <= input.size());
    const Bytes again = encode_call_response(r->alkanes, r->data);
    BytesView rest = again;
    const auto parcel = read_parcel(rest);
    require(parcel && *parcel == r->alkanes && rest == r->data);
    Trace trace;
    trace.exit(true, *r, input.size());
    require(trace.encode(0).size() <= 4 * input.size() + 64);
}

static void read_memory(BytesView input) {
    if (input.size() < 4) return;
    const auto pointer = load_le<std::int32_t>(input.data());
    std::vector<std::uint8_t> memory(input.begin() + 4, input.end());
    const auto buffer = read_buffer(memory, pointer);
    if (buffer) {
        const auto* begin = reinterpret_cast<const char*>(memory.data());
        require(buffer->data() >= begin && buffer->data() + buffer->size() <= begin + memory.size());
        require(write_buffer(memory, pointer, Bytes(*buffer)));
    }
    (void)write_buffer(memory, pointer, input);
}

static void read_transaction(BytesView input) {
    const auto tx = bitcoin::OwnedTransaction::decode(Bytes(input));
    if (!tx) return;
    if (const auto payload = witness_payload(tx->get())) require(payload->size() <= input.size());
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const BytesView input = as_bytes(data + 1, size - 1);
    switch (data[0] % 6) {
        case 0:
            (void)decode_calldata(input, input.size() % 2 == 0);
            break;
        case 1:
            (void)decode_cellpack(input);
            break;
        case 2:
            read_response(input);
            break;
        case 3:
            read_memory(input);
            break;
        case 4:
            read_transaction(input);
            break;
        case 5:
            (void)is_utf8(input);
            if (const auto code = gunzip(input, 1 << 20)) require(gunzip(gzip(*code)) == *code);
            break;
        default:
            break;
    }
    return 0;
}
