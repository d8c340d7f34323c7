#pragma once
// Where blocks come from.

#include <cstdint>

#include "base/result.hpp"
#include "bitcoin/block.hpp"

namespace warpshrew::sync {

/// Blocks of consecutive heights. Read from one thread at a time.
class BlockSource {
 public:
    virtual ~BlockSource() = default;
    /// Height of the first block.
    [[nodiscard]] virtual std::uint64_t start() const noexcept = 0;
    /// Height behind the last block.
    [[nodiscard]] virtual std::uint64_t end() const noexcept = 0;
    /// Decodes the block at `height`, which lies in [start, end). The error says where the block is to be found and
    /// what is wrong with it.
    [[nodiscard]] virtual Result<bitcoin::Block> read(std::uint64_t height) const = 0;
};

}  // namespace warpshrew::sync
