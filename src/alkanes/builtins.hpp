#pragma once
// Code of the built-in contracts (alkanes-vm.md 6.3, 6.4). Public networks' are found by SHA-256 in upstream files;
// they are not ours to ship.

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <span>

#include "base/result.hpp"
#include "protorune/network.hpp"
#include "store/database.hpp"

namespace warpshrew::alkanes {

/// The code of a network's built-in contracts, by id and height.
class Builtins {
 public:
    /// `found`: code by lower-case hex SHA-256. Digests that the network needs and that are neither there nor given by
    /// the profile are in missing().
    Builtins(const protorune::Network& network, std::map<std::string, Bytes> found);

    /// Whether the id is a built-in of the network (its code is then never read from the store).
    [[nodiscard]] bool contains(const protorune::RuneId& id) const noexcept;
    /// The code that runs at a height. Only for ids that contains() knows, and when nothing is missing.
    [[nodiscard]] const Bytes& code(const protorune::RuneId& id, std::uint64_t height) const;
    /// The code stored, compressed, under the id.
    [[nodiscard]] const Bytes& marker(const protorune::RuneId& id) const;
    /// Hex digests that were not found, or the id ("2:0") of a contract for which the network names no digest.
    [[nodiscard]] const std::vector<std::string>& missing() const noexcept { return missing_; }

 private:
    struct Entry {
        Bytes marker;
        std::map<std::uint64_t, Bytes> versions;
    };
    std::map<protorune::RuneId, Entry> entries_;
    std::vector<std::string> missing_;
};

/// Code by lower-case hex SHA-256.
using CodeByDigest = std::map<std::string, Bytes>;

/// Hex digests of all code that the network's built-in contracts need and that its profile does not give.
[[nodiscard]] std::set<std::string> builtin_digests(const protorune::Network& network);

/// Bounds of extract_builtins: what lies beyond them is skipped with a note.
struct ExtractLimits {
    std::uint64_t file_bytes = 256U << 20U;    ///< of a file that is looked into
    std::uint64_t code_bytes = 32U << 20U;     ///< of a candidate, unpacked
    std::uint64_t total_bytes = 64ULL << 30U;  ///< read, unpacked or hashed in all
    std::uint64_t files = 2'000'000;           ///< visited
    unsigned depth = 64;                       ///< of folders
};

/// Looks for the network's built-in contracts, by SHA-256, in files and folders: files that are the code, raw or
/// gzipped; modules that hold it, raw or gzipped; source files that hold it as hex text of at least 100 digits. Stops
/// when all is found. Symbolic links inside folders are not followed, and unreadable files are passed over; `note` gets
/// a line for each. Gives what it found, which may be less than builtin_digests(); an error only if a path does not
/// exist.
[[nodiscard]] Result<CodeByDigest> extract_builtins(const protorune::Network& network,
                                                    std::span<const std::filesystem::path> paths,
                                                    const std::function<void(const std::string&)>& note = {},
                                                    const ExtractLimits& limits = {});

/// Keeps code in the store's metadata, each under "builtin:" and its digest.
[[nodiscard]] Result<void> store_builtins(store::Database& db, const CodeByDigest& code);

/// The built-in contracts of a network from the store's metadata. Code whose digest is wrong counts as not there; what
/// is not there is in missing(). An error only where the store cannot be read.
[[nodiscard]] Result<Builtins> load_builtins(const store::Database& db, const protorune::Network& network);

/// What to tell a user whose built-in contracts are not all there, and what to do about it; empty if they are.
[[nodiscard]] std::string missing_builtins_text(const Builtins& builtins, const protorune::Network& network);

}  // namespace warpshrew::alkanes
