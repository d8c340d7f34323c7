// Lowers modules that the engine accepts to device code. What comes out must be whole: entries, descriptors and the
// memory's image lie within it.
#include <cstddef>
#include <cstdint>

#include "gpu/layout.hpp"
#include "gpu/lowering.hpp"
#include "wasm/engine.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace warpshrew;
    static wasm::Engine engine = [] {
        wasm::EngineOptions options;
        options.interpret = true;
        options.remembered = 0;
        return wasm::Engine::create(options).value();
    }();
    const BytesView bytes = as_bytes(data, size);
    if (!engine.compile(bytes)) return 0;
    for (const bool all : {false, true}) {
        const auto module = gpu::lower(bytes, {.all_exports = all});
        if (!module) continue;
        const auto& w = module->words;
        const auto units = static_cast<std::uint32_t>(w.size() / 4);
        if (w.size() < gpu::header::words || w.size() % 4 != 0) __builtin_trap();
        if (w[gpu::header::entry] >= units || w[gpu::header::image_pages] + w[gpu::header::image_count] > w.size() ||
            w[gpu::header::table] + w[gpu::header::table_size] > w.size())
            __builtin_trap();
        for (const auto& e : module->entries)
            if (e.at == 0 || e.at >= units || e.descriptor == 0 || e.descriptor >= units) __builtin_trap();
        for (std::uint32_t i = 0; i < w[gpu::header::table_size]; i++)
            if (w[w[gpu::header::table] + i] >= units) __builtin_trap();
        for (std::uint32_t i = 0; i < w[gpu::header::image_count]; i++) {
            const std::uint32_t at = w[w[gpu::header::image_pages] + i];
            if (at != 0 && at + gpu::memory_page_words > w.size()) __builtin_trap();
        }
    }
    return 0;
}
