#pragma once
// Blocks, decoded from untrusted bytes.

#include <memory>
#include <vector>

#include "base/result.hpp"
#include "bitcoin/transaction.hpp"

namespace warpshrew::bitcoin {

/// How the header of a block is followed by its transactions.
enum class BlockFormat {
    bitcoin,
    aux_pow,  ///< dogecoin, luckycoin, bellscoin: merge-mining data may stand between the 80-byte header and the
              ///< transactions
};

/// A decoded block. It owns a copy of its bytes; the views in it stay valid when it is moved.
class Block {
 public:
    /// Decodes `raw`. An error has the offset at which the input is truncated, out of bounds or, for
    /// BlockFormat::bitcoin, continues after the last transaction. For aux_pow trailing bytes are ignored and the bytes
    /// kept are those of the plain Bitcoin block.
    [[nodiscard]] static Result<Block> decode(Bytes raw, BlockFormat format = BlockFormat::bitcoin);

    Block(Block&&) noexcept;
    Block& operator=(Block&&) noexcept;
    ~Block();

    [[nodiscard]] BytesView raw() const noexcept;     ///< consensus form
    [[nodiscard]] BytesView header() const noexcept;  ///< 80 bytes
    [[nodiscard]] const Digest& hash() const noexcept;
    [[nodiscard]] std::span<const Transaction> transactions() const noexcept;

 private:
    struct Parts;
    explicit Block(std::unique_ptr<Parts> parts) noexcept;
    std::unique_ptr<Parts> parts_;
};

/// One decoded transaction with the memory behind it.
class OwnedTransaction {
 public:
    /// Decodes a transaction that fills `raw` exactly.
    [[nodiscard]] static Result<OwnedTransaction> decode(Bytes raw);

    /// A transaction without inputs and outputs: 12 bytes in the segwit form, version ‖ 00 01 ‖ 00 ‖ 00 ‖ lock time,
    /// its txid over the form without marker (alkanes-vm.md 7).
    [[nodiscard]] static OwnedTransaction empty(std::uint32_t version);

    OwnedTransaction(OwnedTransaction&&) noexcept;
    OwnedTransaction& operator=(OwnedTransaction&&) noexcept;
    ~OwnedTransaction();

    [[nodiscard]] const Transaction& get() const noexcept;

 private:
    struct Parts;
    explicit OwnedTransaction(std::unique_ptr<Parts> parts) noexcept;
    std::unique_ptr<Parts> parts_;
};

}  // namespace warpshrew::bitcoin
