#pragma once
// The buffers `input_state` and `state_map`: what lanes may read of the state, each at its position (layout.hpp).

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
    /// For calls at these positions, ascending. All must outlive it.
    StateTable(const parallel::Batch& batch, const ContractCodes& codes, std::span<const std::uint32_t> positions)
        : batch_(batch), codes_(codes), positions_(positions), words_(4) {}

    struct Entry {
        std::uint32_t number = 0;  ///< of its own, below size()
        KeyKind kind = KeyKind::storage;
        protorune::RuneId id;
        BytesView store_key;
        struct Version {
            std::uint32_t from;
            BytesView value;
        };
        std::vector<Version> versions;

        [[nodiscard]] BytesView at(std::uint32_t position) const noexcept {
            return versions.size() == 1 ? versions.front().value : version_at(position).value;
        }
        [[nodiscard]] const Version& version_at(std::uint32_t position) const noexcept;
    };
    /// Reads a key's values from the batch's state into the arena. The code of a code key must have been found before.
    /// Safe from several threads, with an arena for each.
    [[nodiscard]] Entry read(const DeviceKey& key, store::Arena& arena) const;
    /// Adds a key that is not there yet.
    void add(BytesView key, Entry entry);

    /// The place of a key in input_state, 0 if it was not added.
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
    [[nodiscard]] std::size_t size() const noexcept { return places_.size(); }
    template <class F>
    void for_each_key(const F& f) const {
        for (const auto& [key, place] : places_) f(key);
    }

 private:
    void put(BytesView bytes);
    void read_versions(Entry& e, store::Arena& arena) const;

    const parallel::Batch& batch_;
    const ContractCodes& codes_;
    std::span<const std::uint32_t> positions_;
    std::vector<std::uint32_t> words_;
    store::ByteMap<std::uint32_t> places_;
    std::vector<Entry> entries_;
    std::vector<std::uint32_t> at_place_;  ///< for each second word, where keys begin: number of the entry and one
};

}  // namespace warpshrew::gpu
