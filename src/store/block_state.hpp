#pragma once
// The cache of one block: reads fall through to the state below, writes stay here until they are committed together.

#include <functional>
#include <memory>

#include "store/key_value.hpp"

namespace warpshrew::store {

/// The reference's IndexPointer cache (alkanes-vm.md 0.1): direct writes, which no rollback takes back.
class BlockState final : public KeyValue {
 public:
    explicit BlockState(const StateReader& below);
    ~BlockState() override;
    BlockState(const BlockState&) = delete;
    BlockState& operator=(const BlockState&) = delete;

    [[nodiscard]] BytesView get(BytesView key) override;
    void set(BytesView key, BytesView value) override;

    /// Whether this block has written the key.
    [[nodiscard]] bool written(BytesView key) const;

    /// Calls f(key, value) for every key written, in no particular order.
    void for_each_write(const std::function<void(BytesView key, BytesView value)>& f) const;
    [[nodiscard]] std::size_t write_count() const noexcept;

 private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace warpshrew::store
