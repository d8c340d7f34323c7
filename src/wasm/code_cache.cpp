#include "wasm/code_cache.hpp"

#include <cpuid.h>

#include "base/file.hpp"
#include "base/hex.hpp"
#include "wasm/wasmtime_api.hpp"

namespace warpshrew::wasm {
namespace {

/// Names the instruction sets of this processor, so that machines sharing a folder do not take turns overwriting it.
std::string processor() {
    Bytes features;
    for (const unsigned leaf : {1U, 7U}) {
        unsigned a = 0, b = 0, c = 0, d = 0;
        if (__get_cpuid_count(leaf, 0, &a, &b, &c, &d) == 0) continue;
        if (leaf == 7) append_le(features, b);  // of leaf 1 it holds the core's number
        append_le(features, c);
        append_le(features, d);
    }
    return to_hex(view(sha256(features)).substr(0, 4));
}

/// The checksum covers the module's hash, so that a file under another's name does not count.
Digest checksum(const Digest& module, BytesView code) {
    Sha256 h;
    h.update("warpshrew code\n");
    h.update(view(module));
    h.update(code);
    return h.finish();
}

}  // namespace

CodeCache::CodeCache(const std::filesystem::path& folder) : folder_(folder) {
    std::error_code ignored;
    std::filesystem::create_directories(folder_, ignored);
}

std::filesystem::path CodeCache::path(const Digest& module) const {
    static const std::string suffix =
        "-" + std::string(wasmtime_version) + "-" + std::to_string(code_version) + "-" + processor() + ".code";
    return folder_ / (to_hex(view(module)) + suffix);
}

std::optional<Bytes> CodeCache::load(const Digest& module) const {
    auto file = read_file(path(module));
    if (!file || file->size() < sizeof(Digest)) return std::nullopt;
    const BytesView code = BytesView(*file).substr(sizeof(Digest));
    if (BytesView(*file).substr(0, sizeof(Digest)) != view(checksum(module, code))) return std::nullopt;
    return Bytes(code);
}

void CodeCache::save(const Digest& module, BytesView code) const {
    Bytes file(view(checksum(module, code)));
    file += code;
    const auto ignored = write_file(path(module), file);
    static_cast<void>(ignored);
}

}  // namespace warpshrew::wasm
