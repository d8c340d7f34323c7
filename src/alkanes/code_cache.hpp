#pragma once
// Finds and compiles the code of contracts (alkanes-vm.md 1.5), and remembers what it found, so that a call costs
// neither decompressing nor hashing.

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
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

    /// The code in `compressed`, which this block stores. Decompressed once, under however many ids it is stored.
    [[nodiscard]] Result<Result<CompiledCode>> load(BytesView compressed);

    /// Of a contract that does not exist.
    [[nodiscard]] Result<CompiledCode> none();

    /// What is stored under a built-in contract's id: its marker in gzip form. Made once, for that takes a while.
    [[nodiscard]] Bytes marker(const protorune::RuneId& id);

    /// How many payloads were decompressed so far, for tests.
    [[nodiscard]] std::uint64_t decompressed() const noexcept { return decompressed_; }

    /// Forgets code that a block has written, when the block is finished.
    void end_block();
    /// Forgets all stored code, after a rollback.
    void forget();

 private:
    /// Compiled code, or why it cannot be had: no gzip (outer error), no wasm (inner).
    using Loaded = Result<Result<CompiledCode>>;
    /// What a code key holds.
    using Entry = std::variant<Loaded, protorune::RuneId>;
    /// The same as it is remembered: the engine alone decides how long compiled code lives.
    using Remembered = std::variant<std::weak_ptr<const wasm::Code>, Loaded, protorune::RuneId>;

    [[nodiscard]] Result<CompiledCode> builtin(const Bytes& code);
    [[nodiscard]] Loaded decompress_and_compile(BytesView compressed);
    [[nodiscard]] static std::optional<Remembered> remembered(const Entry& entry);
    [[nodiscard]] static std::optional<Entry> recalled(const Remembered& entry);
    [[nodiscard]] Entry look_up(store::Transaction& state, const protorune::RuneId& id);

    const Environment environment_;
    std::mutex mutex_;
    absl::flat_hash_map<protorune::RuneId, Remembered> committed_;
    /// By payload: stones of one transaction share one, under an id each.
    std::map<Bytes, Remembered, std::less<>> fresh_;
    std::size_t fresh_bytes_ = 0;
    std::atomic<std::uint64_t> decompressed_ = 0;
    absl::flat_hash_map<const Bytes*, Result<CompiledCode>> builtins_;
    absl::flat_hash_map<protorune::RuneId, Bytes> markers_;
};

/// The contract's module, decompressed but not compiled; aliases and built-ins as in CodeCache::find.
[[nodiscard]] Result<Bytes> find_module(const Environment& environment, store::KeyValue& state,
                                        const protorune::RuneId& id, std::uint64_t height);

}  // namespace warpshrew::alkanes
