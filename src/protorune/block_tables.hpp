#pragma once
// Tables of blocks, transactions and outputs (protorune.md 2.2, steps 2 to 6).

#include "protorune/context.hpp"

namespace warpshrew::protorune {

/// Heights, hashes, transaction ids, outputs and addresses of a block.
void index_block_tables(const BlockContext& block);

}  // namespace warpshrew::protorune
