#pragma once
// Blocks in memory.

#include <vector>

#include "sync/block_source.hpp"

namespace warpshrew::sync {

/// Raw blocks, the first at height `start`. They must outlive the source.
class BlockMemory final : public BlockSource {
 public:
    BlockMemory(const std::vector<Bytes>& blocks, std::uint64_t start, bitcoin::BlockFormat format)
        : blocks_(blocks), start_(start), format_(format) {}
    [[nodiscard]] std::uint64_t start() const noexcept override { return start_; }
    [[nodiscard]] std::uint64_t end() const noexcept override { return start_ + blocks_.size(); }
    [[nodiscard]] Result<bitcoin::Block> read(std::uint64_t height) const override {
        return bitcoin::Block::decode(blocks_[height - start_], format_);
    }

 private:
    const std::vector<Bytes>& blocks_;
    std::uint64_t start_;
    bitcoin::BlockFormat format_;
};

}  // namespace warpshrew::sync
