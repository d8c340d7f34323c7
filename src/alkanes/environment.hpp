#pragma once
// What every execution of contracts needs beside a state.

#include "alkanes/builtins.hpp"
#include "protorune/network.hpp"
#include "wasm/engine.hpp"

namespace warpshrew::alkanes {

/// The network's rules, the code of its built-in contracts and the engine. All must outlive what uses them.
struct Environment {
    const protorune::Network& network;
    const Builtins& builtins;
    wasm::Engine& engine;
};

}  // namespace warpshrew::alkanes
