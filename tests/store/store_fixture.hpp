#pragma once
// A store in a directory of its own, what a plain model says is in it, and processes of this program.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/temporary_folder.hpp"
#include "store/database.hpp"
#include "store/memory_state.hpp"
#include "support/random_cases.hpp"

namespace warpshrew::store {

using test::random_seed;
using test::scaled;

using Writes = std::map<Bytes, Bytes>;

/// Commits `writes` as block `height`, whose hash is that of `salt` and the height.
Result<void> commit(Database& db, std::uint64_t height, const Writes& writes, const Bytes& salt = "");
Digest hash_of(std::uint64_t height, const Bytes& salt = "");

/// Every version as a list of whole states.
class Model {
 public:
    void commit(std::uint64_t height, const Writes& writes) {
        Writes state = states.empty() ? Writes() : states.rbegin()->second;
        for (const auto& [k, v] : writes) state[k] = v;
        states[height] = std::move(state);
    }
    void rollback(std::uint64_t height) { states.erase(states.upper_bound(height), states.end()); }
    std::map<std::uint64_t, Writes> states;
};

/// What dump() yields.
Writes dumped(const Database& db, std::uint64_t height);

/// The store opened, or a failed test.
Database opened(const std::filesystem::path& path, const DatabaseOptions& options = {});

/// Starts this program again to run the disabled test `name`, with `path` as child_path() there.
pid_t start_child(const std::string& name, const std::filesystem::path& path);
std::filesystem::path child_path();
/// Waits for a child's exit status, or minus the signal that ended it.
int wait_child(pid_t child);

}  // namespace warpshrew::store
