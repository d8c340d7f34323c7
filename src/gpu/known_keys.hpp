#pragma once
// Keys that lanes are expected to read: they are supplied before a lane stops for them.

#include <absl/container/flat_hash_map.h>

#include <span>
#include <vector>

#include "store/byte_map.hpp"

namespace warpshrew::gpu {

/// Learns from what lanes read. A key that several lanes of a group read belongs to a contract, and is expected for
/// long. One that a single lane read mostly belongs to that call, and each that nobody reads is read from the state
/// and sent to the device for nothing: these are expected for a few groups, and not at all where they are many.
class KnownKeys {
 public:
    static constexpr std::uint64_t groups_shared = 64, groups_single = 8;  ///< behind the last one that read it
    static constexpr std::size_t most_single = 256;                        ///< keys of single lanes of a group
    static constexpr std::size_t most = 8192;                              ///< keys in all

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
    absl::flat_hash_map<Bytes, Use, store::ByteHash, store::ByteEqual> uses_;
    std::uint64_t group_ = 0;
};

}  // namespace warpshrew::gpu
