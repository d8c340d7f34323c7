#include "app/node.hpp"

#include "alkanes/profile.hpp"
#include "app/execution.hpp"
#include "contracts/embedded.hpp"

namespace warpshrew::app {

Result<protorune::Network> open_network(const std::string& name_or_file) {
    Result<protorune::Network> network = alkanes::load_network(name_or_file);
    if (!network || network->name != "devnet") return network;
    for (protorune::BuiltinContract& contract : network->builtins) {
        if (contract.id == protorune::RuneId{2, 0} && !contract.code)
            contract.code = Bytes(contracts::embedded_contract("genesis_token"));
    }
    return network;
}

Result<protorune::Network> network_of(store::Database& db, const SharedOptions& shared, bool may_write) {
    const Result<std::optional<Bytes>> known = db.meta("network");
    if (!known) return tl::unexpected(known.error());
    const std::string name = !shared.network.empty() ? shared.network : known->value_or("mainnet");
    Result<protorune::Network> network = open_network(name);
    if (!network) return network;
    if (*known && **known != network->name) {
        return fail("the store at " + shared.db_path.string() + " belongs to network " + **known + ", not " +
                    network->name + ": name it with --network, or use another --db-path");
    }
    if (!*known && may_write) {
        if (const Result<void> written = db.set_meta("network", network->name); !written)
            return tl::unexpected(written.error());
    }
    return network;
}

Result<std::uint64_t> height_in(const store::Database& db, std::optional<std::uint64_t> wanted,
                                const std::filesystem::path& path) {
    const std::optional<std::uint64_t> first = db.first(), tip = db.tip();
    if (!first || !tip) return fail("the store at " + path.string() + " is empty: run `warpshrew index` first");
    const std::uint64_t height = wanted.value_or(*tip);
    if (height < *first || height > *tip) {
        return fail("the store at " + path.string() + " has heights " + std::to_string(*first) + " to " +
                    std::to_string(*tip) + ", not " + std::to_string(height));
    }
    return height;
}

Result<std::unique_ptr<Node>> Node::open(const SharedOptions& shared, const store::DatabaseOptions& options) {
    Result<store::Database> db = store::Database::open(shared.db_path, options);
    if (!db) return tl::unexpected(db.error());
    Result<protorune::Network> network = network_of(*db, shared, !options.read_only);
    if (!network) return tl::unexpected(network.error());
    Result<alkanes::Builtins> builtins = alkanes::load_builtins(*db, *network);
    if (!builtins) return tl::unexpected(builtins.error());
    wasm::EngineOptions engine_options;
    engine_options.cache = shared.db_path / "code";
    engine_options.instances = instances_for(threads_of(shared));
    Result<wasm::Engine> engine = wasm::Engine::create(engine_options);
    if (!engine) return tl::unexpected(engine.error());
    return std::make_unique<Node>(Node{*std::move(network), *std::move(db), *std::move(builtins), *std::move(engine)});
}

}  // namespace warpshrew::app
