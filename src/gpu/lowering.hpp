#pragma once
// WebAssembly modules as device code: wasmi's register code (wasm/interpreted_code.hpp) in instructions of fixed size
// with places and types resolved, the memory's initial content and the table (layout.hpp).

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace warpshrew::gpu {

/// Code that can lie anywhere in the buffer `code`, at a multiple of 16 bytes.
struct DeviceModule {
    std::vector<std::uint32_t> words;  ///< the header first
    struct Entry {
        std::string name;
        std::uint32_t at = 0;          ///< of the code that calls it, from the header on
        std::uint32_t descriptor = 0;  ///< of the function itself
        std::uint32_t params = 0, results = 0;
    };
    std::vector<Entry> entries;
    std::uint32_t globals = 0;
    std::uint32_t memory_pages = 0;  ///< of 64 KiB, at first
};

struct LoweringOptions {
    bool all_exports = false;  ///< entries for all exported functions, not only `__execute`
    bool supervisor = false;   ///< not metered, and may import the operations of the supervisor
};

/// Lowers a module that Engine::compile accepts (a supervisor: one that is valid). An error says why the module is not
/// for devices; instructions that are not supported are no error, but hand back the lanes that come to them.
[[nodiscard]] Result<DeviceModule> lower(BytesView module, const LoweringOptions& options = {});

}  // namespace warpshrew::gpu
