#pragma once
// The versioned store on RocksDB (design.md 4): column families `state` (key, height) -> value, `heights` height -> the
// keys written there, `blocks` height -> block hash, `meta`. One atomic batch a block.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "base/result.hpp"
#include "base/sha256.hpp"
#include "store/block_state.hpp"

namespace warpshrew::store {

struct DatabaseOptions {
    bool create = true;      ///< make an empty store where there is none
    bool read_only = false;  ///< for views beside a running indexer: what was there at opening
    bool sync = true;        ///< wait for the disk at each commit. Without, a killed process still loses nothing; a
                             ///< power cut can lose the last blocks, and leaves the store at the end of an earlier one.
    std::size_t cache_bytes = std::size_t{256} << 20;  ///< for blocks of files read
};

/// One store. Reading is safe from many threads while one thread commits; readers see whole blocks only. Errors name
/// the path, what happened and what to do.
class Database {
 public:
    [[nodiscard]] static Result<Database> open(const std::filesystem::path& path, const DatabaseOptions& options = {});
    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;
    ~Database();

    /// Height of the last block, or nothing in an empty store.
    [[nodiscard]] std::optional<std::uint64_t> tip() const;
    /// Height of the first block.
    [[nodiscard]] std::optional<std::uint64_t> first() const;
    [[nodiscard]] Result<std::optional<Digest>> block_hash(std::uint64_t height) const;

    /// The state after the block at `height`, as it is now: neither later blocks nor a later rollback show. The reader
    /// refers to this database, which must outlive it, and holds on to files: keep it for a block or a request. It
    /// reads a key as absent if the disk fails; health() tells, and commit() refuses from then on.
    [[nodiscard]] std::unique_ptr<StateReader> at(std::uint64_t height) const;
    /// The state after the last block, as it is now.
    [[nodiscard]] std::unique_ptr<StateReader> latest() const;

    /// Whether every read and write so far has succeeded; otherwise the first error. A view whose reads failed must not
    /// be answered.
    [[nodiscard]] Result<void> health() const;

    /// Writes a block's changes in one atomic batch. `height` must follow the tip, unless the store is empty. On an
    /// error the tip stays, and after one from the disk the store has to be opened again before it takes a commit.
    [[nodiscard]] Result<void> commit(std::uint64_t height, const Digest& block_hash, const BlockState& changes);

    /// Takes back every block above `height` in one atomic batch, in time proportional to what they wrote. Fails as
    /// commit() does.
    [[nodiscard]] Result<void> rollback(std::uint64_t height);
    /// The same for every block at or above `end`: all of them for `end` 0.
    [[nodiscard]] Result<void> truncate(std::uint64_t end);

    /// Calls f(key, value) for each key with its latest value at `height`, ascending by key; stops when f returns
    /// false.
    [[nodiscard]] Result<void> dump(std::uint64_t height, const std::function<bool(BytesView, BytesView)>& f) const;

    /// Metadata outside of the versioned state, such as the network and the built-in contracts' code.
    [[nodiscard]] Result<std::optional<Bytes>> meta(BytesView key) const;
    [[nodiscard]] Result<void> set_meta(BytesView key, BytesView value);

    /// Checks the files' checksums and that every key listed for a height is there and no other; what is wrong, in
    /// words.
    [[nodiscard]] Result<void> verify() const;

    struct Stats {
        std::uint64_t blocks = 0, versions = 0, bytes_on_disk = 0;
    };
    [[nodiscard]] Result<Stats> stats() const;

 private:
    struct Parts;
    explicit Database(std::unique_ptr<Parts> parts) noexcept;
    std::unique_ptr<Parts> parts_;
};

/// SHA-256 of the lines `hexkey hexvalue` that `db dump` prints for `height`, each with its newline.
[[nodiscard]] Result<Digest> digest(const Database& db, std::uint64_t height);

}  // namespace warpshrew::store
