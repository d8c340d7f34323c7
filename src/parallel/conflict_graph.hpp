#pragma once
// Phase 1, conflicts between messages, and their partition into batches that keeps the order of the block
// (design.md 2).

#include <functional>
#include <span>
#include <string_view>

#include "parallel/access_set.hpp"

namespace warpshrew::parallel {

/// Why a later message cannot be executed beside an earlier one.
enum class Conflict : std::uint8_t {
    waw,  ///< both write a key
    raw,  ///< the later one reads what the earlier one writes
    war,  ///< the later one writes what the earlier one reads
    utxo  ///< the later one's tokens come through an output of the earlier one's transaction, or through a place
          ///< between the protostones of the same one
};
inline constexpr std::size_t conflicts = 4;
[[nodiscard]] std::string_view name(Conflict conflict) noexcept;

/// A set of conflicts.
using ConflictSet = std::uint8_t;
[[nodiscard]] constexpr bool has(ConflictSet set, Conflict c) noexcept {
    return (set >> static_cast<unsigned>(c) & 1u) != 0;
}

/// A message, in block order.
struct Vertex {
    std::span<const KeyId> reads, writes;
    std::span<const std::uint32_t> spends;  ///< earlier vertices that it has Conflict::utxo with
    bool demoted = false;                   ///< it is in no batch
};

/// For each vertex the number of its batch: 1 + the highest of the earlier vertices that it conflicts with, the fewest
/// batches that keep the order. 0 for those that are demoted. `keys`: the numbers of keys are below it. Linear in the
/// sizes of the sets.
[[nodiscard]] std::vector<std::uint32_t> levels(std::span<const Vertex> vertices, std::size_t keys);

/// The vertices of each level, in order; those of level 1 first.
[[nodiscard]] std::vector<std::vector<std::uint32_t>> batches(std::span<const std::uint32_t> levels);

struct Edge {
    std::uint32_t earlier = 0, later = 0;
    ConflictSet conflicts = 0;
};

/// Calls f for all pairs of vertices with conflicts, demoted or not, ascending by the later one and then the earlier
/// one. There may be as many as pairs.
void for_each_edge(std::span<const Vertex> vertices, std::size_t keys, const std::function<void(const Edge&)>& f);

/// The same for what is nearest only: for each key the last writer, and the readers since. All other edges follow
/// from chains of these. About as many as there are keys in the sets.
void for_each_nearest_edge(std::span<const Vertex> vertices, std::size_t keys,
                           const std::function<void(const Edge&)>& f);

}  // namespace warpshrew::parallel
