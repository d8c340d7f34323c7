#pragma once
// What messages that run ahead of their turn read: the state before the block's transactions, and on top of it what
// earlier messages wrote, as far as it is known or guessed. Each message reads at its position in block order.

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "store/block_state.hpp"
#include "store/byte_map.hpp"

namespace warpshrew::parallel {

/// Reading is safe from many threads, while nobody writes.
class VersionedState {
 public:
    /// `base` is only read, as a StateReader; it must outlive this.
    explicit VersionedState(const store::BlockState& base) : base_(base) {}

    /// The value at `position`: of the last version below it, or the base's. False if the key was never written.
    [[nodiscard]] bool read(std::uint32_t position, BytesView key, Bytes& value) const;
    /// Whether that value is of this block.
    [[nodiscard]] bool written(std::uint32_t position, BytesView key) const;

    struct Version {
        std::uint32_t position = 0;
        bool reliable = false;  ///< as far as is known, this is the value at the end of that message
        BytesView value;
    };
    /// The last version below `position`, or null.
    [[nodiscard]] const Version* version(std::uint32_t position, BytesView key) const;
    /// All versions of a key, positions ascending.
    [[nodiscard]] std::span<const Version> versions(BytesView key) const;
    /// The base's value, which those read that no version is below.
    [[nodiscard]] bool read_base(BytesView key, Bytes& value) const;
    /// Adds a version. Positions of a key must ascend. `value` must outlive this or the next clear_versions().
    void add(BytesView key, const Version& version);
    void clear_versions();

    /// Lets `base` remember all that was read of it, so that no key is read from the store twice.
    void remember_reads_in(store::BlockState& base);

 private:
    /// What was read of the base from the store below: a cache, so that threads read a key there once.
    struct Shard {
        std::mutex mutex;
        store::ByteMap<std::optional<Bytes>> read;
    };
    const store::BlockState& base_;
    store::ByteMap<std::vector<Version>> versions_;
    mutable std::array<Shard, 64> shards_;
};

/// The versioned state at one position.
class StateAt final : public store::StateReader {
 public:
    StateAt(const VersionedState& state, std::uint32_t position) : state_(state), position_(position) {}
    [[nodiscard]] bool read(BytesView key, Bytes& value) const override { return state_.read(position_, key, value); }
    [[nodiscard]] bool written(BytesView key) const override { return state_.written(position_, key); }

 private:
    const VersionedState& state_;
    std::uint32_t position_;
};

}  // namespace warpshrew::parallel
