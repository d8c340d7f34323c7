#pragma once
// Transactional writes on top of a block's cache: the reference's AtomicPointer (alkanes-vm.md 0.1, protorune.md 2.15).

#include <memory>

#include "store/block_state.hpp"

namespace warpshrew::store {

/// A stack of uncommitted writes. A new one has depth 1.
class Transaction final : public KeyValue {
 public:
    explicit Transaction(BlockState& below);
    ~Transaction() override;
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    [[nodiscard]] BytesView get(BytesView key) override;
    void set(BytesView key, BytesView value) override;

    void checkpoint();
    /// At depth > 1 merges the top into what is below it; at depth 1 writes everything to the block's cache.
    void commit();
    /// Drops what was written since the last checkpoint; at depth 1, everything.
    void rollback();
    [[nodiscard]] std::size_t depth() const noexcept;

    /// Whether this transaction, or the block below it, has written the key.
    [[nodiscard]] bool written(BytesView key) const;
    [[nodiscard]] BlockState& block() noexcept;

 private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace warpshrew::store
