#pragma once

#include "wasm/engine.hpp"

namespace warpshrew::test {

/// A host that answers every call with 0.
struct NoHost : wasm::Host {
    std::int32_t call(wasm::HostFunction, wasm::Instance&, std::span<const std::int64_t>) override { return 0; }
};

}  // namespace warpshrew::test
