// Whole chains against the reference's stores, below ALKANES genesis, where messages fail and this layer is alone.

#include "support/oracle.hpp"

#include <iostream>

#include "base/file.hpp"
#include "base/hex.hpp"
#include "chain.hpp"

namespace warpshrew::protorune {

static const std::filesystem::path data = std::filesystem::path(WARPSHREW_SOURCE_DIR) / "tests/data";

/// Compares a chain on mainnet; the file `deltas` lies in tests/data/oracle.
static void compare(const std::filesystem::path& deltas, std::uint64_t start,
                    const std::vector<std::filesystem::path>& blocks) {
    const auto expected = test::load_deltas(data / "oracle" / deltas);
    ASSERT_TRUE(expected) << expected.error().reason;
    const Network mainnet = network_named("mainnet");
    TestHandler handler;
    const auto index = [&](store::BlockState& state, std::uint64_t height, const bitcoin::Block& block) {
        index_block(state, height, block, decode_stones(block, mainnet), mainnet, handler);
        // Step 7 of protorune.md 2.1, which is not this layer's.
        state.set("/blockdata/" + to_le(static_cast<std::uint32_t>(height)), block.raw());
    };
    const auto comparison = test::compare_chain(*expected, start, blocks, index);
    ASSERT_TRUE(comparison) << comparison.error().reason;
    std::cout << deltas.string() << ": " << comparison->summary() << '\n';
    EXPECT_GT(comparison->compared, 0U);
    EXPECT_EQ(comparison->different, 0U);
    EXPECT_EQ(handler.calls, 0U);
}

static void compare_edge_chain(const std::string& name) {
    const auto folder = data / "oracle/edge" / name;
    const auto blocks = test::block_files(folder, 879400);
    const auto digests = read_file(folder / "blocks.sha256");
    ASSERT_TRUE(digests);
    std::string actual;
    for (const auto& path : blocks) {
        const auto raw = read_file(path);
        ASSERT_TRUE(raw);
        actual += to_hex(view(sha256(*raw))) + '\n';
    }
    ASSERT_EQ(actual, *digests);
    compare("edge/" + name + ".deltas.gz", 879400, blocks);
}

TEST(Oracle, RealBlockBelowGenesis) {
    compare("mainnet-892614-at-879000.deltas.gz", 879000, {data / "blocks/mainnet-892614.blk"});
}

TEST(Oracle, Synthetic) {
    compare("synthetic-879100.deltas.gz", 879100,
            {data / "oracle/synthetic-879100.blk", data / "oracle/synthetic-879101.blk",
             data / "oracle/synthetic-879102.blk"});
}

TEST(Oracle, EdgeChain1) { compare_edge_chain("mainnet-879400-1"); }
TEST(Oracle, EdgeChain2) { compare_edge_chain("mainnet-879400-2"); }

// The comparison itself must be able to fail.
TEST(Oracle, DifferencesAreFound) {
    store::MemoryState below;
    below.map["same"] = "1";
    store::BlockState block(below);
    block.set("same", "1");
    block.set("changed", "2");
    block.set("surplus", "");
    const test::Deltas expected{{5, {{"changed", "33"}, {"missing", ""}}}};
    test::Comparison comparison;
    test::compare_block(expected, 5, block, below, comparison);
    EXPECT_EQ(comparison.compared, 3U);
    EXPECT_EQ(comparison.different, 3U);
    EXPECT_EQ(comparison.examples.size(), 3U);
}

TEST(Oracle, MasksCodeAndBlocks) {
    const Bytes code_key = "/alkanes/" + Bytes(32, '\x02');
    EXPECT_EQ(test::mask_value("k", "\x01"), "01");
    EXPECT_EQ(test::mask_value(code_key, Bytes(32, 'x')), to_hex(Bytes(32, 'x')));
    EXPECT_EQ(test::mask_value(code_key, Bytes(33, 'x')), "sha256:" + to_hex(view(sha256(Bytes(33, 'x')))));
    const Bytes damaged = "\x1f\x8b" + Bytes(40, '\xff');
    EXPECT_EQ(test::mask_value(code_key, damaged), "sha256:" + to_hex(view(sha256(damaged))));
    EXPECT_EQ(test::mask_value("/blockdata/0000", ""), "sha256:" + to_hex(view(sha256(""))));
}

}  // namespace warpshrew::protorune
