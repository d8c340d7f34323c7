#pragma once
// What calls like one another were seen to do: which counters they move and by how much, and whether executing them
// ahead was of use. Guesses only: what comes of them is checked.

#include <absl/container/flat_hash_map.h>

#include <optional>
#include <vector>

#include "parallel/candidates.hpp"

namespace warpshrew::parallel {

/// A key that holds an integer (4, 8 or 16 bytes, little-endian) to which a call adds.
struct Counter {
    BytesView key;
    u128 step = 0;  ///< modulo 2^(8 * width)
    std::size_t width = 0;
};

/// What `value` is after `step` was added; nothing if it is not of the counter's width. An absent counter is zero.
[[nodiscard]] std::optional<Bytes> advanced(BytesView value, const Counter& counter);

/// The counters that a message moved: keys that it read and wrote. None if it touched very many keys.
[[nodiscard]] std::vector<Counter> counters_of(const alkanes::ExecutedMessage& executed);

/// What is known of calls of one opcode of one contract.
struct Pattern {
    struct OwnCounter {
        Bytes key;
        u128 step = 0;
        std::size_t width = 0;
    };
    std::vector<OwnCounter> counters;  ///< that all calls seen moved by the same step
    bool known = false;                ///< counters is filled
    std::uint64_t fuel_used = 0;       ///< by the last that succeeded
    double usefulness = 1;             ///< share of the calls executed ahead whose effect was used, lately
    bool proven = false;               ///< the last block in which they were executed ahead bore it out
    unsigned skipped = 0;              ///< blocks since it was last tried
};

/// Patterns by contract and opcode, kept from block to block.
class Patterns {
 public:
    /// The pattern of calls like `c`. Valid until the next block begins.
    [[nodiscard]] Pattern& of(const Candidate& c);
    /// Bounds what is kept; between blocks.
    void begin_block();

    /// Learns from two calls of the same pattern: the counters that both move by the same step.
    static void learn(Pattern& pattern, const alkanes::ExecutedMessage& a, const alkanes::ExecutedMessage& b);

 private:
    struct Key {
        protorune::RuneId target;
        u128 opcode = 0;
        bool operator==(const Key&) const = default;
        template <class H>
        friend H AbslHashValue(H h, const Key& k) {
            return H::combine(std::move(h), k.target, static_cast<std::uint64_t>(k.opcode),
                              static_cast<std::uint64_t>(k.opcode >> 64));
        }
    };
    absl::flat_hash_map<Key, std::unique_ptr<Pattern>> patterns_;
};

}  // namespace warpshrew::parallel
