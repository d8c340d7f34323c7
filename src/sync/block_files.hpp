#pragma once
// Blocks from files: one raw or hex block a file, at consecutive heights.

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/result.hpp"
#include "bitcoin/block.hpp"

namespace warpshrew::sync {

/// Files of consecutive blocks, the first at height `start`.
class BlockFiles {
  public:
    BlockFiles(std::vector<std::filesystem::path> files, std::uint64_t start, bitcoin::BlockFormat format)
        : files_(std::move(files)), start_(start), format_(format) {}

    /// Height of the first block.
    [[nodiscard]] std::uint64_t start() const noexcept { return start_; }
    /// Height behind the last block.
    [[nodiscard]] std::uint64_t end() const noexcept { return start_ + files_.size(); }

    /// Reads and decodes the block at `height`, which lies in [start, end). The error names the file and the offset in it.
    [[nodiscard]] Result<bitcoin::Block> read(std::uint64_t height) const;

  private:
    std::vector<std::filesystem::path> files_;
    std::uint64_t start_;
    bitcoin::BlockFormat format_;
};

}  // namespace warpshrew::sync
