#pragma once
// The keys that a message reads and writes (design.md 2).

#include <cstdint>
#include <span>
#include <vector>

#include "alkanes/executed_message.hpp"

namespace warpshrew::parallel {

/// Keys, ascending, none twice; views into the executed message's memory or `owned`'s.
struct AccessSet {
    std::vector<BytesView> reads, writes;
    /// Keys that the pass in block order reads and writes for the message: the runtime's balances, inventories and
    /// their lengths, traces. They order nothing, for no execution ahead of its turn touches them.
    std::vector<Bytes> in_order;
};

}  // namespace warpshrew::parallel
