#pragma once

#include "contracts/embedded.hpp"
#include "protorune/network.hpp"

namespace warpshrew::test {

/// The network of `warpshrew devnet`, with the project's own token as 2:0.
inline protorune::Network devnet() {
    auto network = protorune::find_network("devnet").value();
    network.builtins[0].code = Bytes(contracts::embedded_contract("genesis_token"));
    return network;
}

}  // namespace warpshrew::test
