#pragma once
// The buffers `input_state` and `state_map`: what lanes may read of the state, each at its position (layout.hpp).

#include <absl/container/flat_hash_map.h>

#include <optional>
#include <vector>

#include "gpu/contract_codes.hpp"
#include "store/byte_map.hpp"

namespace warpshrew::gpu {

/// A key on the device (layout.hpp, KeyKind).
struct DeviceKey {
    KeyKind kind = KeyKind::storage;
    protorune::RuneId id;
    BytesView rest;
};
/// Nothing if the bytes are no such key.
[[nodiscard]] std::optional<DeviceKey> parse_device_key(BytesView bytes);
[[nodiscard]] Bytes device_key(KeyKind kind, const protorune::RuneId& id, BytesView rest = {});
/// The key of the store; of code, that of the contract itself.
[[nodiscard]] Bytes store_key(const DeviceKey& key);
/// The other way round, for storage and balances; nothing for other keys.
[[nodiscard]] std::optional<Bytes> device_key_of(BytesView store_key);

class StateTable {
 public:
    /// For calls at these positions, ascending. All must outlive it. Keys for which there is no room in `most_words`
    /// words of input_state have no place there.
    StateTable(const parallel::Batch& batch, const ContractCodes& codes, std::span<const std::uint32_t> positions,
               std::uint64_t most_words)
        : batch_(batch), codes_(codes), positions_(positions), most_words_(most_words), words_(4) {}

    struct Entry {
        std::uint32_t number = 0;  ///< of its own, below size()
        std::uint32_t place = 0;   ///< in input_state, 0: none
        KeyKind kind = KeyKind::storage;
        protorune::RuneId id;
        BytesView key = {}, store_key = {};
        std::uint64_t hash = 0;     ///< of the key, as lanes compute it
        std::uint32_t waiting = 0;  ///< lanes that have stopped for it
        struct Version {
            std::uint32_t from;
            BytesView value;
            std::uint32_t place = 0;  ///< of the value in input_state
        };
        std::vector<Version> versions = {};

        [[nodiscard]] BytesView at(std::uint32_t position) const noexcept {
            return versions.size() == 1 ? versions.front().value : version_at(position).value;
        }
        [[nodiscard]] const Version& version_at(std::uint32_t position) const noexcept;
    };
    /// Adds those keys that are not there, with numbers from what was size() on. They have values after read() of each
    /// of these numbers and put_values(). What is no key is left out. `are_waiting`: a lane has stopped for each.
    void add(std::span<const BytesView> keys, store::Arena& arena, bool are_waiting = false);
    /// Reads a key's values from the batch's state into the arena. The code of a code key must have been found before.
    /// Safe from several threads for different numbers, with an arena for each.
    void read(std::size_t number, store::Arena& arena);
    /// Puts what was read since the last time into input_state.
    void put_values();
    [[nodiscard]] const Entry& operator[](std::size_t number) const noexcept { return entries_[number]; }

    [[nodiscard]] bool contains(BytesView key) const { return numbers_.contains(key); }
    /// The place of a key in input_state, 0 if it has none.
    [[nodiscard]] std::uint32_t place(BytesView key) const;
    /// The key at that place of input_state, or null. Valid until the next add().
    [[nodiscard]] const Entry* entry(std::uint32_t place) const noexcept {
        if (place % 2 != 0 || place / 2 >= at_place_.size() || at_place_[place / 2] == 0) return nullptr;
        return &entries_[at_place_[place / 2] - 1];
    }

    [[nodiscard]] const std::vector<std::uint32_t>& input_state() const noexcept { return words_; }
    /// As it is now, with at least half of it free.
    [[nodiscard]] std::vector<std::uint32_t> state_map() const;
    [[nodiscard]] std::uint32_t slots() const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
    void put(BytesView bytes);
    void read_versions(Entry& e, store::Arena& arena) const;

    const parallel::Batch& batch_;
    const ContractCodes& codes_;
    std::span<const std::uint32_t> positions_;
    const std::uint64_t most_words_;
    std::vector<std::uint32_t> words_;
    absl::flat_hash_map<BytesView, std::uint32_t, store::ByteHash, store::ByteEqual> numbers_;
    std::vector<Entry> entries_;
    std::size_t with_values_ = 0;          ///< entries in input_state
    std::vector<std::uint32_t> at_place_;  ///< for each second word, where keys begin: number of the entry and one
};

}  // namespace warpshrew::gpu
