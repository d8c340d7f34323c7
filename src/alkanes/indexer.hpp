#pragma once
// Indexes a block: genesis, protorune, messages, the end of the block (alkanes-vm.md 8).

#include <memory>

#include "alkanes/builtins.hpp"
#include "store/block_state.hpp"
#include "wasm/engine.hpp"

namespace warpshrew::alkanes {

struct BlockStats {
    std::uint64_t transactions = 0;
    std::uint64_t messages = 0;  ///< that reached the contract's code
    std::uint64_t calls = 0;     ///< frames, nested ones too
    std::uint64_t fuel = 0;      ///< used by messages that succeeded
};

/// Indexes blocks of one network. Not for use from several threads at once.
class Indexer {
 public:
    /// All three must outlive the indexer.
    Indexer(const protorune::Network& network, const Builtins& builtins, wasm::Engine& engine);
    ~Indexer();

    /// Indexes `block` at `height` on `state`. An error, and then `state` must be dropped: built-in code is missing at
    /// an active height, or a built-in's set-up failed.
    [[nodiscard]] Result<BlockStats> index(store::BlockState& state, std::uint64_t height, const bitcoin::Block& block);

    /// Compiles and compresses the built-in contracts for a first block at `height`, which otherwise does so itself.
    void prepare(std::uint64_t height);

    /// Starts compiling contracts that `block` deploys, on other threads, ahead of index().
    void prefetch(const bitcoin::Block& block);

    /// Forgets what it remembers of committed contract code; call after a rollback.
    void forget();

 private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace warpshrew::alkanes
