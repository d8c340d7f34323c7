#pragma once
// Blocks from files: one raw or hex block a file, at consecutive heights.

#include <filesystem>
#include <vector>

#include "sync/block_source.hpp"

namespace warpshrew::sync {

/// Files of consecutive blocks, the first at height `start`.
class BlockFiles final : public BlockSource {
 public:
    BlockFiles(std::vector<std::filesystem::path> files, std::uint64_t start, bitcoin::BlockFormat format)
        : files_(std::move(files)), start_(start), format_(format) {}

    [[nodiscard]] std::uint64_t start() const noexcept override { return start_; }
    [[nodiscard]] std::uint64_t end() const noexcept override { return start_ + files_.size(); }
    /// Reads the file of `height`; an error names it.
    [[nodiscard]] Result<bitcoin::Block> read(std::uint64_t height) const override;

 private:
    std::vector<std::filesystem::path> files_;
    std::uint64_t start_;
    bitcoin::BlockFormat format_;
};

}  // namespace warpshrew::sync
