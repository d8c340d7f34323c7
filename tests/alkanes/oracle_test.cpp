// Chains whose stores the reference computed. WARPSHREW_ORACLE names the folder of expected stores and generators,
// WARPSHREW_CONTRACTS one with the reference's contracts: neither is part of this project.

#include <gtest/gtest.h>

#include <fstream>
#include <iostream>

#include "alkanes/indexer.hpp"
#include "base/temporary_folder.hpp"
#include "support/oracle.hpp"
#include "upstream_files.hpp"

using namespace warpshrew;
using namespace warpshrew::test;
namespace fs = std::filesystem;

namespace {

struct Files {
    fs::path oracle, contracts;
};

/// Nothing where the variables are not set.
std::optional<Files> files() {
    const auto oracle = folder_from("WARPSHREW_ORACLE"), contracts = folder_from("WARPSHREW_CONTRACTS");
    if (!oracle || !contracts) return std::nullopt;
    return Files{*oracle, *contracts};
}
#define REQUIRE_FILES(name)    \
    const auto name = files(); \
    if (!name) GTEST_SKIP() << "set WARPSHREW_ORACLE and WARPSHREW_CONTRACTS to run this test"

wasm::Engine& cached_engine() {
    static wasm::Engine e = [] {
        wasm::EngineOptions options;
        if (const char* cache = std::getenv("WARPSHREW_CODE_CACHE")) options.cache = cache;
        return std::move(wasm::Engine::create(options).value());
    }();
    return e;
}

/// Indexes the blocks and compares every key of every height.
Comparison compare(const protorune::Network& network, const alkanes::Builtins& builtins, const fs::path& deltas,
                   std::uint64_t start, const std::vector<fs::path>& blocks) {
    alkanes::Indexer indexer(network, builtins, cached_engine());
    const auto expected = load_deltas(deltas);
    EXPECT_TRUE(expected) << expected.error().reason;
    const auto result = compare_chain(*expected, start, blocks, [&](auto& state, auto height, const auto& block) {
        indexer.prefetch(block);
        const auto r = indexer.index(state, height, block);
        EXPECT_TRUE(r) << r.error().reason;
    });
    EXPECT_TRUE(result) << result.error().reason;
    return *result;
}

/// The same on a public network with the reference's built-in contracts.
Comparison compare(const Files& f, const std::string& network_name, const fs::path& deltas, std::uint64_t start,
                   const std::vector<fs::path>& blocks) {
    const auto network = protorune::find_network(network_name).value();
    return compare(network, alkanes::Builtins(network, modules_by_digest(f.contracts)), deltas, start, blocks);
}

void report(const std::string& name, const Comparison& c) {
    std::cout << name << ": " << c.compared << " keys compared, " << c.different << " different\n";
    EXPECT_EQ(c.different, 0u) << name << ": " << c.summary();
}

void run(const std::string& command) {
    ASSERT_EQ(std::system((command + " > /dev/null").c_str()), 0) << command;  // NOLINT(bugprone-command-processor)
}

std::string quoted(const fs::path& p) { return "'" + p.string() + "'"; }

/// Makes a chain and compares it. `generator`: the command without its output folder, which is put in place of "OUT".
void check(const Files& f, const fs::path& deltas, const std::string& network, std::uint64_t start,
           std::string generator) {
    const std::string file = deltas.filename().string();
    const std::string name = file.substr(0, file.find(".deltas"));
    const TemporaryFolder out;
    generator.replace(generator.find("OUT"), 3, quoted(out.path()));
    run(generator);
    ASSERT_EQ(read_file(out.path() / "blocks.sha256").value(),
              read_file(deltas.parent_path() / (name + ".blocks.sha256")).value())
        << "the generator gives other blocks here";
    report(name, compare(f, network, deltas, start, block_files(out.path(), start)));
}

std::vector<fs::path> deltas_of(const fs::path& folder) {
    std::vector<fs::path> out;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.path().string().ends_with(".deltas.gz")) out.push_back(entry.path());
    std::sort(out.begin(), out.end());
    return out;
}

/// The numbers of a name such as mainnet-880000-201.
std::vector<std::uint64_t> numbers(const std::string& name) {
    std::vector<std::uint64_t> out;
    for (std::size_t i = name.find('-'); i != std::string::npos; i = name.find('-', i + 1))
        out.push_back(std::stoull(name.substr(i + 1)));
    return out;
}

}  // namespace

TEST(Oracle, ChainsOfContracts) {
    REQUIRE_FILES(f);
    const auto contracts = folder_with(f->contracts, "free_mint.wasm");
    ASSERT_TRUE(contracts) << "no free_mint.wasm";
    const char* only = std::getenv("WARPSHREW_ORACLE_CHAIN");
    for (const auto& deltas : deltas_of(f->oracle / "chains")) {
        const std::string name = deltas.filename().string();
        if (only && !name.starts_with(only)) continue;
        const auto n = numbers(name);
        const bool amm = name.starts_with("amm");
        const auto start = n.size() == 2 ? n[0] : 0;
        const std::string script = amm ? "amm_chain.py" : "make_chain.py";
        std::string command = "python3 -B " + quoted(f->oracle / "chains" / script) + " " + quoted(*contracts) +
                              " OUT " + std::to_string(n.back()) + (amm ? " 14" : " 12 " + std::to_string(start));
        check(*f, deltas, name.starts_with("mainnet") ? "mainnet" : "regtest", start, command);
    }
}

TEST(Oracle, ChainsOfProtoruneEdges) {
    REQUIRE_FILES(f);
    for (const auto& deltas : deltas_of(f->oracle / "edge")) {
        const std::string name = deltas.filename().string();
        const auto n = numbers(name);
        ASSERT_EQ(n.size(), 2u);
        const std::string network = name.substr(0, name.find('-'));
        const fs::path script = f->oracle / "../model/chains/protorune_edges.py";
        check(*f, deltas, network, n[0],
              "python3 -B " + quoted(script) + " OUT " + std::to_string(n[1]) + " 12 " + std::to_string(n[0]) + " " +
                  network);
    }
}

// The real block at its own height: genesis in the same block.
TEST(Oracle, MainnetBlock892614) {
    REQUIRE_FILES(f);
    const fs::path folder = f->oracle / "blocks";
    report("mainnet-892614",
           compare(*f, "mainnet", folder / "mainnet-892614.deltas.gz", 892'614, {folder / "mainnet-892614.blk"}));
}

// Chains without built-in contracts, indexed by the model: WARPSHREW_MODEL_CHAINS names a folder that holds, for each,
// NAME.deltas.gz and the folder NAME of blocks.
TEST(Oracle, ChainsOfTheModel) {
    const auto folder = folder_from("WARPSHREW_MODEL_CHAINS");
    if (!folder) GTEST_SKIP() << "set WARPSHREW_MODEL_CHAINS to run this test";
    auto network = protorune::find_network("regtest").value();
    network.builtins.clear();
    const alkanes::Builtins builtins(network, {});
    for (const auto& deltas : deltas_of(*folder)) {
        const std::string file = deltas.filename().string();
        const std::string name = file.substr(0, file.find(".deltas"));
        report(name, compare(network, builtins, deltas, 0, block_files(*folder / name, 0)));
    }
}
