// Chains over the project's own contracts (tests/chains/own_chain.py): every key of every height, and every view at its
// height, against what the model computed (tests/chains/make_expected.py).
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <tuple>

#include "alkanes/indexer.hpp"
#include "base/file.hpp"
#include "store/memory_state.hpp"
#include "support/expected_views.hpp"
#include "support/oracle.hpp"

namespace warpshrew::test {
namespace {

namespace fs = std::filesystem;

// Odd seeds have the genesis token as 2:0, even ones no built-in contract.
protorune::Network network_of(int seed) {
    protorune::Network network = protorune::find_network("regtest").value();
    std::erase_if(network.builtins, [&](const protorune::BuiltinContract& b) {
        return seed % 2 == 0 || b.id != protorune::RuneId{2, 0};
    });
    for (protorune::BuiltinContract& b : network.builtins) {
        b.code = read_file(fs::path(WARPSHREW_SOURCE_DIR) / "tests/data/contracts/genesis_token.wasm").value();
    }
    return network;
}

/// The seed, and whether contracts are interpreted.
class OwnChains : public testing::TestWithParam<std::tuple<int, bool>> {};

TEST_P(OwnChains, StoreAndViewsAreTheModels) {
    const fs::path data = fs::path(WARPSHREW_SOURCE_DIR) / "tests/data/chains";
    const auto [seed, interpret] = GetParam();
    const std::string name = "own-" + std::to_string(seed);
    const protorune::Network network = network_of(seed);
    const alkanes::Builtins builtins(network, {});
    wasm::Engine engine = std::move(wasm::Engine::create({.cache = std::nullopt, .interpret = interpret}).value());
    alkanes::Indexer indexer(network, builtins, engine);
    const alkanes::Views views(network, builtins, engine);

    const auto deltas = load_deltas(data / (name + ".deltas.gz"));
    ASSERT_TRUE(deltas) << deltas.error().reason;
    const auto expected_views = load_views(data / (name + ".views.gz"));
    ASSERT_TRUE(expected_views) << expected_views.error().reason;
    std::multimap<std::uint64_t, const ExpectedView*> by_height;
    for (const ExpectedView& v : *expected_views) by_height.emplace(v.height, &v);

    store::MemoryState state;
    Comparison keys;
    ViewComparison answers;
    std::uint64_t height = 0;
    for (const fs::path& file : block_files(data / name, 0)) {
        const auto block = bitcoin::Block::decode(read_file(file).value());
        ASSERT_TRUE(block) << block.error().reason;
        store::BlockState changes(state);
        const auto indexed = indexer.index(changes, height, *block);
        ASSERT_TRUE(indexed) << indexed.error().reason;
        compare_block(*deltas, height, changes, state, keys);
        state.apply(changes);
        for (auto [v, end] = by_height.equal_range(height); v != end; ++v)
            compare_view(*v->second, views, state, answers);
        height++;
    }
    std::cout << name << ": " << keys.compared << " keys compared, " << keys.different << " different; "
              << answers.compared << " views compared, " << answers.different << " different\n";
    EXPECT_EQ(height, 12u);
    EXPECT_GT(keys.compared, 1000u);
    EXPECT_EQ(keys.different, 0u) << keys.summary();
    EXPECT_EQ(answers.compared, expected_views->size());
    EXPECT_EQ(answers.different, 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, OwnChains, testing::Combine(testing::Values(2, 3), testing::Bool()));

}  // namespace
}  // namespace warpshrew::test
