#pragma once
// What a command opens before it can work: the network, the store, the built-in contracts, the engine.

#include <memory>

#include "alkanes/builtins.hpp"
#include "app/options.hpp"
#include "base/result.hpp"
#include "store/database.hpp"
#include "wasm/engine.hpp"

namespace warpshrew::app {

/// Network by name or profile file. devnet gets the project's own genesis token as 2:0.
[[nodiscard]] Result<protorune::Network> open_network(const std::string& name_or_file);

/// The network of a store: the one asked for, which must be the store's, or if none was asked for the store's own, or
/// mainnet for a new store. A store that may be written remembers it.
[[nodiscard]] Result<protorune::Network> network_of(store::Database& db, const SharedOptions& shared, bool may_write);

/// The height asked for, which must be one of the store's, or the last one.
[[nodiscard]] Result<std::uint64_t> height_in(const store::Database& db, std::optional<std::uint64_t> wanted,
                                              const std::filesystem::path& path);

/// Everything that indexing and views need. Address-stable: the parts refer to each other.
struct Node {
    protorune::Network network;
    store::Database db;
    alkanes::Builtins builtins;
    wasm::Engine engine;

    [[nodiscard]] static Result<std::unique_ptr<Node>> open(const SharedOptions& shared,
                                                            const store::DatabaseOptions& options);
};

}  // namespace warpshrew::app
