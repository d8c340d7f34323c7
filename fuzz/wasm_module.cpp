// Parses arbitrary bytes as a WebAssembly module.
#include <cstddef>
#include <cstdint>

#include "wasm/module.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace warpshrew;
    const BytesView bytes = as_bytes(data, size);
    const auto m = wasm::parse_module(bytes);
    if (!m) return m.error().offset <= size ? 0 : (__builtin_trap(), 0);
    for (const wasm::Section& s : m->sections) {
        if (s.payload.begin > s.payload.end || s.payload.end > size) __builtin_trap();
    }
    for (const wasm::Range& body : m->bodies) {
        if (body.begin > body.end || body.end > size) __builtin_trap();
    }
    return 0;
}
