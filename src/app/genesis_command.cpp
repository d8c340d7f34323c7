#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/node.hpp"
#include "app/report.hpp"

namespace warpshrew::app {

int genesis_extract_command(const SharedOptions& shared, const GenesisCommand& command) {
    Result<store::Database> db = store::Database::open(shared.db_path, {});
    if (!db) return failed(db.error());
    const Result<protorune::Network> network = network_of(*db, shared, true);
    if (!network) return failed(network.error());
    const Result<std::map<std::string, Bytes>> found = alkanes::extract_builtins(*network, command.paths);
    if (!found) return failed(found.error());
    if (const Result<void> stored = alkanes::store_builtins(*db, *found); !stored) return failed(stored.error());
    const Result<alkanes::Builtins> builtins = alkanes::load_builtins(*db, *network);
    if (!builtins) return failed(builtins.error());

    const std::vector<std::string>& missing = builtins->missing();
    if (shared.json) {
        nlohmann::ordered_json names = nlohmann::ordered_json::array();
        for (const auto& [digest, code] : *found) names.push_back({{"sha256", digest}, {"bytes", code.size()}});
        std::cout << nlohmann::ordered_json{{"network", network->name}, {"found", names}, {"missing", missing}}.dump()
                  << '\n';
    } else {
        for (const auto& [digest, code] : *found)
            std::cout << "found    " << digest << "  " << grouped(code.size()) << " bytes\n";
        for (const std::string& digest : missing) std::cout << "missing  " << digest << '\n';
        if (missing.empty())
            std::cout << "all built-in contracts of " << network->name << " are in " << shared.db_path.string() << '\n';
    }
    if (missing.empty()) return 0;
    return failed({std::to_string(missing.size()) + " built-in contracts of " + network->name +
                   " were not found: search an upstream checkout of the branch that the network runs"});
}

}  // namespace warpshrew::app
