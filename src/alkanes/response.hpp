#pragma once
// What a contract call gives back: the reference's ExtendedCallResponse (alkanes-vm.md 3.3).

#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "protorune/ids.hpp"

namespace warpshrew::alkanes {

/// Storage writes: keys ascending, none twice.
using StorageMap = std::vector<std::pair<Bytes, Bytes>>;

struct Response {
    std::vector<protorune::RuneTransfer> alkanes;  ///< in the contract's order; ids may repeat
    StorageMap storage;
    Bytes data;
};

/// A response that refers to the bytes it was read from.
struct ResponseView {
    std::vector<protorune::RuneTransfer> alkanes;
    std::vector<std::pair<BytesView, BytesView>> storage;  ///< as of StorageMap
    BytesView data;
};

}  // namespace warpshrew::alkanes
