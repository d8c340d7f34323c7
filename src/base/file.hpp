#pragma once
// Whole files.

#include <filesystem>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace warpshrew {

/// The content of a file; an error that names the path.
[[nodiscard]] Result<Bytes> read_file(const std::filesystem::path& path);

/// Writes a file so that a crash leaves either the old content or the new: a temporary beside it, then a rename.
[[nodiscard]] Result<void> write_file(const std::filesystem::path& path, BytesView content);

}  // namespace warpshrew
