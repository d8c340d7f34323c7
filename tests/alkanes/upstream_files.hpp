#pragma once
// Files of the reference that are not ours to ship: tests that need them are skipped where the environment does not
// name them.

#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>

#include "alkanes/builtins.hpp"
#include "base/file.hpp"
#include "base/hex.hpp"
#include "base/sha256.hpp"

namespace warpshrew::test {

/// The folder that an environment variable names, if it is there.
inline std::optional<std::filesystem::path> folder_from(const char* variable) {
    const char* value = std::getenv(variable);
    if (value == nullptr || !std::filesystem::is_directory(value)) return std::nullopt;
    return value;
}

/// The folder itself, and its folders `builtins` and `contracts`, as far as they are there.
inline std::vector<std::filesystem::path> contract_folders(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> out{folder};
    for (const char* name : {"builtins", "contracts"})
        if (std::filesystem::is_directory(folder / name)) out.push_back(folder / name);
    return out;
}

/// All modules of those folders by SHA-256, to look for built-in contracts in.
inline std::map<std::string, Bytes> modules_by_digest(const std::filesystem::path& folder) {
    std::map<std::string, Bytes> out;
    for (const auto& f : contract_folders(folder))
        for (const auto& entry : std::filesystem::directory_iterator(f))
            if (entry.path().extension() == ".wasm") {
                Bytes code = read_file(entry.path()).value();
                out.emplace(to_hex(view(sha256(code))), std::move(code));
            }
    return out;
}

/// The folder of those that holds `file`.
inline std::optional<std::filesystem::path> folder_with(const std::filesystem::path& folder, const char* file) {
    for (const auto& f : contract_folders(folder))
        if (std::filesystem::exists(f / file)) return f;
    return std::nullopt;
}

}  // namespace warpshrew::test
