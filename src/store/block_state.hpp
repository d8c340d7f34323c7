#pragma once
// The cache of one block: reads fall through to the state below, writes stay here until they are committed together.

#include <functional>
#include <memory>
#include <vector>

#include "store/arena.hpp"
#include "store/key_value.hpp"

namespace warpshrew::store {

/// The reference's IndexPointer cache (alkanes-vm.md 0.1): direct writes, which no rollback takes back. As a
/// StateReader it may be read by several threads while nothing else is done with it.
class BlockState final : public KeyValue, public StateReader {
 public:
    explicit BlockState(const StateReader& below);
    ~BlockState() override;
    BlockState(const BlockState&) = delete;
    BlockState& operator=(const BlockState&) = delete;

    [[nodiscard]] BytesView get(BytesView key) override;
    void set(BytesView key, BytesView value) override;

    [[nodiscard]] bool read(BytesView key, Bytes& value) const override;
    /// Whether this block has written the key.
    [[nodiscard]] bool written(BytesView key) const override;

    /// Keeps what `below` has for the key, as get() would after reading it. Nothing if the key is known already.
    void remember(BytesView key, BytesView value);

    /// Appends to a list that no execution reads (alkanes-vm.md 5.2), or with deferred appends keeps the item for
    /// later.
    void append(BytesView list, BytesView item);
    struct DeferredAppends {
        Arena& arena;  ///< holds the bytes
        std::vector<Append> items;
    };
    /// From now on append() adds to `deferred`, which must outlive this; null: no more.
    void defer_appends(DeferredAppends* deferred) noexcept;

    /// Forgets everything, and keeps the memory.
    void clear();

    /// From now on reads what it does not know from `below`, which has the same contents as what was below before.
    void rebase(const StateReader& below) noexcept;

    /// Calls f(key, value) for every key written, in no particular order.
    void for_each_write(const std::function<void(BytesView key, BytesView value)>& f) const;
    [[nodiscard]] std::size_t write_count() const noexcept;

 private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace warpshrew::store
