#pragma once
// Expected stores: what every height changes, computed by the reference (files NAME.deltas.gz, lines
// `height hexkey value`).

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "bitcoin/block.hpp"
#include "store/block_state.hpp"

namespace warpshrew::test {

/// Values by key as the files give them: lower-case hex, or `sha256:` and a digest for whole blocks and contract code.
using MaskedValues = std::map<Bytes, std::string>;

/// Changed keys by height.
using Deltas = std::map<std::uint64_t, MaskedValues>;

/// Reads a gzip file of deltas; an error names the path.
[[nodiscard]] Result<Deltas> load_deltas(const std::filesystem::path& path);

/// The form of a value in the files. The digest of contract code is that of the decompressed bytes.
[[nodiscard]] std::string mask_value(BytesView key, BytesView value);

/// A key for people: text as it is, other bytes as \xNN.
[[nodiscard]] std::string readable_key(BytesView key);

/// How a chain differs from what is expected.
struct Comparison {
    std::size_t compared = 0;           ///< keys that were changed or should have been
    std::size_t different = 0;          ///< of these, the ones with another value, missing or too many
    std::vector<std::string> examples;  ///< the first few, in words

    [[nodiscard]] std::string summary() const;
};

/// Adds the comparison of one block: its writes over the state `below` it, with the changes expected at `height`.
void compare_block(const Deltas& expected, std::uint64_t height, const store::BlockState& block,
                   const store::StateReader& below, Comparison& comparison);

/// Indexes one decoded block on a state.
using IndexBlock = std::function<void(store::BlockState& state, std::uint64_t height, const bitcoin::Block& block)>;

/// Indexes consecutive blocks, one a file, from `start` on into an empty store in memory and compares every height. An
/// error: a file that cannot be read or decoded. Heights that are expected but not indexed count as different.
[[nodiscard]] Result<Comparison> compare_chain(const Deltas& expected, std::uint64_t start,
                                               const std::vector<std::filesystem::path>& blocks,
                                               const IndexBlock& index);

/// The files HEIGHT.blk of a folder from `start` on, as far as heights follow each other.
[[nodiscard]] std::vector<std::filesystem::path> block_files(const std::filesystem::path& folder, std::uint64_t start);

}  // namespace warpshrew::test
