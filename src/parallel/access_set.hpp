#pragma once
// Phase 1, access sets: the keys that a message touches when it is executed on the state before the block
// (design.md 2).

#include <deque>
#include <optional>

#include "parallel/candidates.hpp"

namespace warpshrew::parallel {

using KeyId = std::uint32_t;

/// The keys of a block's access sets by number, so that sets are cheap to keep and to compare.
class KeyTable {
 public:
    KeyTable() = default;
    KeyTable(KeyTable&&) = default;
    KeyTable& operator=(KeyTable&&) = default;

    /// The key's number, which is a new one if the key is.
    KeyId add(BytesView key);
    [[nodiscard]] BytesView key(KeyId id) const { return keys_[id]; }
    [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }

 private:
    store::ByteMap<KeyId> ids_;
    std::vector<BytesView> keys_;  ///< in ids_
};

/// What a message touches. The lists ascend by key, and have each key once.
struct AccessSet {
    /// What its effect depends on, absent keys too: storage, balances, code, the sequence number where its exact value
    /// counts, and the sheets of the outpoints that feed its transaction.
    std::vector<KeyId> reads;
    /// What it changes, and the sheets that its transaction empties.
    std::vector<KeyId> writes;
    /// What the pass in block order reads and writes for it, whatever was executed ahead: runtime balances, lengths of
    /// inventories (with the items behind), its trace, tables of runes; and the sequence number where it only has to be
    /// high enough. No order among candidates follows from these.
    std::vector<KeyId> in_order;

    bool fuel_observed = false;             ///< the effect is that of exactly the fuel it was executed with
    std::uint64_t fuel_required = 0;        ///< otherwise: with this much or more it is the same
    std::optional<u128> sequence_required;  ///< where the sequence number is in in_order: this or a higher one
};

/// A state that notes which keys are asked for.
class NotingReader final : public store::StateReader {
 public:
    /// `below` must outlive it.
    explicit NotingReader(const store::StateReader& below) : below_(below) {}
    [[nodiscard]] bool read(BytesView key, Bytes& value) const override;
    [[nodiscard]] bool written(BytesView key) const override;

    /// The keys so far, in the order in which they were asked for; they may repeat.
    [[nodiscard]] std::vector<Bytes> take() { return std::move(keys_); }

 private:
    const store::StateReader& below_;
    mutable std::vector<Bytes> keys_;
};

/// The access set of a message. `planning`: the keys that planning it read. `emptied`: the sheets' keys that its
/// transaction sets to zero.
[[nodiscard]] AccessSet access_set_of(KeyTable& keys, const alkanes::BlockWork& block,
                                      const CandidateTransaction& transaction, const Candidate& candidate,
                                      std::span<const Bytes> planning, std::span<const Bytes> emptied);

}  // namespace warpshrew::parallel
