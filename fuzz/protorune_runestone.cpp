// A script as the only output of a transaction: the runestone in it, and its protostones.

#include <cstdlib>

#include "protorune/protostone.hpp"

using namespace warpshrew;
using namespace warpshrew::protorune;

static void require(bool condition) {
    if (!condition) std::abort();
}

static void check(const Runestone& stone, std::size_t outputs, std::size_t size) {
    require(!stone.pointer || *stone.pointer < outputs);
    require(stone.edicts.size() <= size);
    for (const Edict& edict : stone.edicts) {
        require(edict.output <= outputs);
        require(edict.id.block != 0 || edict.id.tx == 0);
    }
    require(!stone.mint || stone.mint->tx <= UINT32_MAX);
}

static void check(const std::vector<Protostone>& stones, std::size_t size) {
    std::size_t message_bytes = 0;
    for (const Protostone& stone : stones) {
        require(stone.protocol_tag != 0);
        require(stone.message.size() % 15 == 0);
        message_bytes += stone.message.size();
    }
    require(message_bytes <= 15 * size);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const bitcoin::TxOut output{0, as_bytes(data, size)};
    bitcoin::Transaction tx;
    tx.outputs = {&output, 1};
    for (const bool dogecoin : {false, true}) {
        Network network;
        network.dogecoin_runestones = dogecoin;
        const TransactionStones stones = decode_stones(tx, network);
        if (const auto* runestone = std::get_if<Runestone>(&stones.artifact)) {
            check(*runestone, tx.outputs.size(), size);
            if (stones.protostones) check(*stones.protostones, size);
        } else {
            require(stones.protostones && stones.protostones->empty());
        }
    }
    return 0;
}
