// The contracts of contracts/*.cpp as WebAssembly, in the program.
#pragma once

#include <span>
#include <string_view>

#include "base/bytes.hpp"

namespace warpshrew::contracts {

struct EmbeddedContract {
    std::string_view name;  ///< of its source file, without suffix
    BytesView wasm;
};

/// All contracts, ascending by name.
[[nodiscard]] std::span<const EmbeddedContract> embedded_contracts();

/// The contract of that name; empty if there is none.
[[nodiscard]] BytesView embedded_contract(std::string_view name);

}  // namespace warpshrew::contracts
