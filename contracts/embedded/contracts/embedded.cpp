#include "contracts/embedded.hpp"

#include <vector>

extern "C" {
#include "embedded_symbols.inc"
}

namespace warpshrew::contracts {

std::span<const EmbeddedContract> embedded_contracts() {
#define CONTRACT(name)           \
    {#name,                      \
     {warpshrew_contract_##name, \
      static_cast<std::size_t>(warpshrew_contract_##name##_end - warpshrew_contract_##name)}},
    static const std::vector<EmbeddedContract> all = {
#include "embedded_list.inc"
    };
#undef CONTRACT
    return all;
}

BytesView embedded_contract(std::string_view name) {
    for (const auto& c : embedded_contracts())
        if (c.name == name) return c.wasm;
    return {};
}

}  // namespace warpshrew::contracts
