// Blocks in both formats, and transactions: what decodes must be what it was decoded from.

#include <cstdlib>

#include "bitcoin/block.hpp"

using namespace warpshrew;
using namespace warpshrew::bitcoin;

static void require(bool condition) {
    if (!condition) std::abort();
}

static void check(const Transaction& tx) {
    require(tx.base_size <= tx.raw.size());
    require(tx.vsize(true) <= tx.vsize());
    require(tx.vsize() <= tx.raw.size());
    const Result<OwnedTransaction> again = OwnedTransaction::decode(Bytes(tx.raw));
    require(again.has_value());
    require(again->get().txid == tx.txid);
}

static void check(const Result<Block>& block, std::size_t size) {
    if (!block) {
        require(block.error().offset <= size);
        return;
    }
    std::size_t transactions = 0;
    for (const Transaction& tx : block->transactions()) {
        check(tx);
        transactions += tx.raw.size();
    }
    require(transactions <= block->raw().size() - 81);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes input(as_bytes(data, size));
    const Result<Block> block = Block::decode(input);
    check(block, size);
    if (block) require(block->raw() == input);
    const Result<Block> merged = Block::decode(input, BlockFormat::aux_pow);
    check(merged, size);
    // The form that is kept is a plain block.
    if (merged) require(Block::decode(Bytes(merged->raw())).has_value());
    if (const Result<OwnedTransaction> tx = OwnedTransaction::decode(input)) {
        require(tx->get().raw == input);
        check(tx->get());
    } else {
        require(tx.error().offset <= size);
    }
    return 0;
}
