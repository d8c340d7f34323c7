// Views over chains of which the reference's answers are known: files NAME.views.gz, lines `view height hexrequest
// hexresponse` over the chain's final store. WARPSHREW_ORACLE names the folder of expected stores and generators,
// WARPSHREW_CONTRACTS one with the reference's contracts: neither is part of this project.

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "alkanes/indexer.hpp"
#include "alkanes/views.hpp"
#include "base/temporary_folder.hpp"
#include "store/memory_state.hpp"
#include "support/expected_views.hpp"
#include "support/oracle.hpp"
#include "upstream_files.hpp"

using namespace warpshrew;
using namespace warpshrew::test;
namespace fs = std::filesystem;

namespace {

std::string quoted(const fs::path& p) { return "'" + p.string() + "'"; }

/// The chain NAME-START-SEED or NAME-SEED, made by its generator.
std::vector<fs::path> make_chain(const fs::path& oracle, const fs::path& contracts, const std::string& seed,
                                 std::uint64_t start, const fs::path& out) {
    const std::string command = "python3 -B " + quoted(oracle / "chains/make_chain.py") + " " + quoted(contracts) +
                                " " + quoted(out) + " " + seed + " 12 " + std::to_string(start) + " > /dev/null";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;  // NOLINT(bugprone-command-processor)
    return block_files(out, start);
}

}  // namespace

TEST(ViewsOracle, AnswersAreTheReferences) {
    const auto oracle = folder_from("WARPSHREW_ORACLE");
    const auto upstream = folder_from("WARPSHREW_CONTRACTS");
    if (!oracle || !upstream) GTEST_SKIP() << "set WARPSHREW_ORACLE and WARPSHREW_CONTRACTS to run this test";
    const auto contracts = folder_with(*upstream, "free_mint.wasm");
    ASSERT_TRUE(contracts) << "no free_mint.wasm";
    auto engine = std::move(wasm::Engine::create().value());

    std::size_t files = 0;
    for (const auto& entry : fs::directory_iterator(*oracle / "chains")) {
        const std::string file = entry.path().filename().string();
        if (!file.ends_with(".views.gz")) continue;
        ++files;
        const std::string name = file.substr(0, file.find('.'));
        const bool mainnet = name.starts_with("mainnet-");
        const std::uint64_t start = mainnet ? std::stoull(name.substr(8)) : 0;
        const auto network = protorune::find_network(mainnet ? "mainnet" : "regtest").value();
        const alkanes::Builtins builtins(network, modules_by_digest(*upstream));
        alkanes::Indexer indexer(network, builtins, engine);
        const TemporaryFolder out;
        store::MemoryState state;
        std::uint64_t height = start;
        for (const fs::path& path :
             make_chain(*oracle, *contracts, name.substr(name.rfind('-') + 1), start, out.path())) {
            const auto block = bitcoin::Block::decode(read_file(path).value());
            ASSERT_TRUE(block.has_value()) << path;
            store::BlockState changes(state);
            const auto indexed = indexer.index(changes, height++, *block);
            ASSERT_TRUE(indexed.has_value()) << indexed.error().reason;
            state.apply(changes);
        }
        const auto expected = load_views(entry.path());
        ASSERT_TRUE(expected.has_value()) << expected.error().reason;
        ViewComparison comparison;
        for (const ExpectedView& v : *expected)
            compare_view(v, alkanes::Views(network, builtins, engine), state, comparison);
        std::cout << file << ": " << comparison.compared << " views compared, " << comparison.different
                  << " different\n";
        EXPECT_GT(comparison.compared, 0U);
    }
    EXPECT_GT(files, 0U);
}
