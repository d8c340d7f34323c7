#pragma once
// What the benchmarks of free mints index: a contract deployed and cloned, then blocks with 1,000 mints each. No two
// transactions are the same.

#include <optional>
#include <vector>

#include "alkanes/builtins.hpp"
#include "protorune/network.hpp"

namespace warpshrew::bench {

inline constexpr unsigned mints_per_block = 1000;
inline constexpr protorune::RuneId mint_contract{2, 2};

/// A contract whose opcode 77 mints: the project's own, or the reference's.
struct FreeMint {
    std::string name;
    std::string path;  ///< a file
    Bytes code;
};

/// "own", and "upstream" if WARPSHREW_BENCH_FREE_MINT names the reference's free_mint.wasm.
[[nodiscard]] const std::vector<FreeMint>& free_mints();

/// Wasm operators that one mint executes, as wasmtime's fuel counts them (bench/count_instructions.py), or nothing
/// where Python cannot be run.
[[nodiscard]] std::optional<double> instructions_per_mint(const FreeMint& contract);

/// regtest without built-in contracts, which no mint calls.
[[nodiscard]] const protorune::Network& bare_regtest();

/// The blocks from height 0: one that deploys and clones the contract, then `blocks` with mints.
[[nodiscard]] std::vector<Bytes> mint_chain(const FreeMint& contract, std::size_t blocks);

/// The numbers that a command prints; nothing if it fails.
[[nodiscard]] std::optional<std::vector<double>> numbers_from(const std::string& command);

/// The interpreter of scripts/setup followed by a script of this folder, ready for a shell.
[[nodiscard]] std::string python_script(const char* name);

}  // namespace warpshrew::bench
