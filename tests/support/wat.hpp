#pragma once
// Contracts of tests, written as text.

#include <stdexcept>
#include <string_view>

#include "base/bytes.hpp"
#include "wasm/wasmtime_api.hpp"

namespace warpshrew::test {

/// The binary form of a module in WebAssembly's text format. Throws if it has an error of syntax; it need not be valid.
inline Bytes wat(std::string_view text) {
    wasm_byte_vec_t binary;
    if (wasmtime_error_t* e = wasmtime_wat2wasm(text.data(), text.size(), &binary)) {
        wasm_byte_vec_t message;
        wasmtime_error_message(e, &message);
        std::runtime_error error(std::string(message.data, message.size));
        wasm_byte_vec_delete(&message);
        wasmtime_error_delete(e);
        throw error;
    }
    Bytes out(binary.data, binary.size);
    wasm_byte_vec_delete(&binary);
    return out;
}

}  // namespace warpshrew::test
