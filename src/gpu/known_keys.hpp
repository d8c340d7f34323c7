#pragma once
// Keys that lanes are expected to read: they are supplied before a lane stops for them.

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <span>
#include <vector>

#include "store/byte_map.hpp"

namespace warpshrew::gpu {

/// Learns from what lanes read. A key is expected that several lanes of a group read, or lanes of several groups:
/// mostly it belongs to a contract. One that a single lane read once mostly belongs to that call; nobody would read it
/// again, but each key that is expected is read from the state and sent to the device.
class KnownKeys {
 public:
    static constexpr std::uint64_t groups_shared = 64;  ///< after so many groups without a reader it is forgotten,
    static constexpr std::uint64_t groups_single = 16;  ///< or this many, if a group had never more than one
    static constexpr std::size_t most = 4096;           ///< keys: then those that the last group read, most lanes first
    static constexpr std::size_t most_seen = 65'536;    ///< keys of single lanes that are recognised, at least

    struct Read {
        BytesView key;
        std::uint32_t lanes = 0;  ///< that read it
    };
    /// A group of lanes has ended, which read these keys, each once here.
    void learn(std::span<const Read> reads);
    /// Those that are expected, in any order; valid until the next learn().
    [[nodiscard]] std::vector<BytesView> expected() const;

 private:
    struct Use {
        std::uint64_t group = 0;  ///< the last one that read it
        bool shared = false;
    };
    [[nodiscard]] bool seen_before(BytesView key);

    absl::flat_hash_map<Bytes, Use, store::ByteHash, store::ByteEqual> uses_;
    absl::flat_hash_set<std::size_t> seen_, seen_earlier_;  ///< hashes of keys that single lanes read
    std::uint64_t group_ = 0;
};

}  // namespace warpshrew::gpu
