// A block through the protorune layer, into an empty store; its messages mint, forward, keep and fail. Indexing the
// block again must give the same writes.

#include <cstdlib>
#include <map>

#include "protorune/indexer.hpp"
#include "store/memory_state.hpp"

using namespace warpshrew;
using namespace warpshrew::protorune;

/// Does what the first byte of a message says.
class Handler final : public MessageHandler {
 public:
    Result<MessageOutcome> handle(Message& m) override {
        const std::size_t depth = m.state.depth();
        if (depth != 2 || m.calldata.empty() || m.calldata.size() % 15 != 0) std::abort();
        const std::uint8_t action = byte_at(m.calldata, 0);
        m.state.set("/written", m.calldata);
        if ((action & 1) != 0) return fail("asked to fail");
        MessageOutcome outcome{{}, m.runtime_balances};
        if ((action & 2) != 0) outcome.transfers = m.runes;
        if ((action & 4) != 0) outcome.transfers.push_back({{2, action}, u128_max / 3});
        if ((action & 8) != 0) {
            if (auto done = outcome.runtime_balances.increase({2, action}, u128_max / 2); !done) {
                return tl::unexpected(done.error());
            }
        }
        return outcome;
    }
};

static std::map<Bytes, Bytes> index(const bitcoin::Block& block, const Network& network) {
    const store::MemoryState empty;
    store::BlockState changes(empty);
    Handler handler;
    index_block(changes, network.genesis_block, block, decode_stones(block, network), network, handler);
    std::map<Bytes, Bytes> writes;
    changes.for_each_write([&](BytesView key, BytesView value) { writes.emplace(key, value); });
    return writes;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 32768) return 0;  // edicts that split cost as much as they have outputs
    const auto block = bitcoin::Block::decode(Bytes(as_bytes(data, size)));
    if (!block) return 0;
    static const Network mainnet = find_network("mainnet").value(), regtest = find_network("regtest").value();
    for (const Network* network : {&mainnet, &regtest}) {
        if (index(*block, *network) != index(*block, *network)) std::abort();
    }
    return 0;
}
