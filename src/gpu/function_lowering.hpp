#pragma once
// The code of one function: part of lowering.hpp.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "gpu/layout.hpp"
#include "wasm/interpreted_code.hpp"
#include "wasm/module.hpp"

namespace warpshrew::gpu {

/// What a supervisor may import: operations on the lane.
inline constexpr std::array<std::string_view, 15> supervisor_imports{"contract_load8",
                                                                     "contract_load32",
                                                                     "contract_load64",
                                                                     "contract_store8",
                                                                     "contract_store32",
                                                                     "contract_store64",
                                                                     "tx_payloads",
                                                                     "input_state",
                                                                     "state_map",
                                                                     "output",
                                                                     "enter",
                                                                     "free_pages",
                                                                     "stop",
                                                                     "get_state",
                                                                     "set_state"};

struct ModuleContext {
    const wasm::Module& module;
    std::vector<std::uint32_t> types;        ///< canonical, of each type
    std::vector<std::uint32_t> hosts;        ///< host function, or index in supervisor_imports, of each import
    std::vector<std::uint32_t> segments;     ///< first word of each data segment that is not active
    std::vector<std::uint32_t> descriptors;  ///< of each function, in units of 16 bytes from the header on
    bool supervisor = false;
};

struct LoweredFunction {
    std::uint32_t entry = 0;  ///< in units of 16 bytes from the header on
    std::uint32_t cells = 0;
    std::uint32_t size = 0;  ///< registers, with those of frames that it calls into
};

/// Appends the code of the `i`-th defined function to the module's words.
[[nodiscard]] Result<LoweredFunction> lower_function(const ModuleContext& context, std::uint32_t i,
                                                     std::vector<std::uint32_t>& words);

/// Appends code that sets the globals, calls function `f` with the first registers and returns its results there; where
/// it begins.
[[nodiscard]] std::uint32_t lower_entry(const ModuleContext& context, std::uint32_t f,
                                        std::vector<std::uint32_t>& words);

}  // namespace warpshrew::gpu
