#pragma once
// Compiled code in files. Loading it runs it as it is, so a file counts only if its checksum says that this program
// wrote it whole; anything else is compiled again.

#include <filesystem>
#include <optional>

#include "base/bytes.hpp"
#include "base/sha256.hpp"

namespace warpshrew::wasm {

/// To be raised whenever the instrumented form of a module or the configuration of wasmtime changes.
inline constexpr unsigned code_version = 4;

/// A folder of files named by the module's SHA-256, wasmtime's version, `code_version` and the processor.
class CodeCache {
 public:
    /// Makes the folder. One that cannot be made or written only means that nothing is kept.
    explicit CodeCache(const std::filesystem::path& folder);

    /// The code of the module of that hash, or none.
    [[nodiscard]] std::optional<Bytes> load(const Digest& module) const;

    void save(const Digest& module, BytesView code) const;

    [[nodiscard]] std::filesystem::path path(const Digest& module) const;

 private:
    std::filesystem::path folder_;
};

}  // namespace warpshrew::wasm
