#pragma once
// Indexes a block: genesis, protorune, messages, the end of the block (alkanes-vm.md 8).

#include <memory>

#include "alkanes/builtins.hpp"
#include "alkanes/environment.hpp"
#include "alkanes/precompiles.hpp"
#include "protorune/indexer.hpp"
#include "store/block_state.hpp"
#include "wasm/engine.hpp"

namespace warpshrew::alkanes {

struct BlockStats {
    std::uint64_t transactions = 0;
    std::uint64_t messages = 0;  ///< that reached the contract's code
    std::uint64_t calls = 0;     ///< frames, nested ones too
    std::uint64_t fuel = 0;      ///< used by messages that succeeded
};

class BlockMessages;
class CodeCache;

/// A block whose transactions come next: what is before them is in `state`.
struct BlockWork {
    const Environment& environment;
    CodeCache& codes;
    const BlockInfo& info;
    const std::vector<protorune::TransactionStones>& stones;
    std::uint64_t height = 0;
    store::BlockState& state;
};

/// Runs the transactions of blocks. Whatever it does ahead or beside, the effect is that of run_in_order().
class TransactionRunner {
 public:
    virtual ~TransactionRunner() = default;
    /// False if it cannot stand by what it did: the block is then indexed again, in order. Runs on a thread of
    /// Engine::run_deep.
    [[nodiscard]] virtual bool run(const BlockWork& block, BlockMessages& messages) = 0;
};

/// One transaction after the other.
void run_in_order(const BlockWork& block, protorune::MessageHandler& messages);

/// Indexes blocks of one network. Not for use from several threads at once.
class Indexer {
 public:
    /// All three must outlive the indexer.
    Indexer(const protorune::Network& network, const Builtins& builtins, wasm::Engine& engine);
    ~Indexer();

    /// Indexes `block` at `height` on `state`. An error, and then `state` must be dropped: built-in code is missing at
    /// an active height, or a built-in's set-up failed. Transactions are run in order, or by `runner`.
    [[nodiscard]] Result<BlockStats> index(store::BlockState& state, std::uint64_t height, const bitcoin::Block& block,
                                           TransactionRunner* runner = nullptr);

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
