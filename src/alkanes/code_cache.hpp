#pragma once
// Finds and compiles the code of contracts (alkanes-vm.md 1.5), and remembers what it found, so that a call costs
// neither decompressing nor hashing.

#include <memory>
#include <mutex>
#include <variant>

#include <absl/container/flat_hash_map.h>

#include "alkanes/environment.hpp"
#include "store/transaction.hpp"

namespace warpshrew::alkanes {

using CompiledCode = std::shared_ptr<const wasm::Code>;

/// Code of one environment's contracts. Safe from several threads.
class CodeCache {
 public:
    explicit CodeCache(const Environment& environment) : environment_(environment) {}

    /// The code of contract `id` in `state` at `height`, aliases followed. The outer error: there is no code, or it is
    /// damaged, or an alias leads to itself; the inner one: it does not compile (what a trace then shows).
    [[nodiscard]] Result<Result<CompiledCode>> find(store::Transaction& state, const protorune::RuneId& id,
                                                    std::uint64_t height);

    /// The code in `compressed`, which is or will be stored under `id`.
    [[nodiscard]] Result<Result<CompiledCode>> load(const protorune::RuneId& id, BytesView compressed);

    /// Of a contract that does not exist.
    [[nodiscard]] Result<CompiledCode> none();

    /// What is stored under a built-in contract's id: its marker in gzip form. Made once, for that takes a while.
    [[nodiscard]] Bytes marker(const protorune::RuneId& id);

    /// Forgets code that a block has written, when the block is finished.
    void end_block();
    /// Forgets all stored code, after a rollback.
    void forget();

 private:
    /// Compiled code, or why it cannot be had: no gzip (outer error), no wasm (inner).
    using Loaded = Result<Result<CompiledCode>>;
    /// What a code key holds.
    using Entry = std::variant<Loaded, protorune::RuneId>;
    /// What this block has written under a key, with the bytes as proof that it is still the same.
    struct Fresh {
        Bytes compressed;
        Loaded loaded;
    };

    [[nodiscard]] Result<CompiledCode> builtin(const Bytes& code);
    [[nodiscard]] Entry look_up(store::Transaction& state, const protorune::RuneId& id);

    const Environment environment_;
    std::mutex mutex_;
    absl::flat_hash_map<protorune::RuneId, Entry> committed_;
    absl::flat_hash_map<protorune::RuneId, Fresh> fresh_;
    absl::flat_hash_map<const Bytes*, Result<CompiledCode>> builtins_;
    absl::flat_hash_map<protorune::RuneId, Bytes> markers_;
};

/// The contract's module, decompressed but not compiled; aliases and built-ins as in CodeCache::find.
[[nodiscard]] Result<Bytes> find_module(const Environment& environment, store::KeyValue& state,
                                        const protorune::RuneId& id, std::uint64_t height);

}  // namespace warpshrew::alkanes
