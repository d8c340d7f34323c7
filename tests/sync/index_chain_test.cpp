#include "sync/index_chain.hpp"

#include <gtest/gtest.h>

#include "alkanes/profile.hpp"
#include "app/chain_builder.hpp"
#include "base/file.hpp"
#include "base/hex.hpp"
#include "base/temporary_folder.hpp"
#include "sync/block_files.hpp"

namespace warpshrew::sync {
namespace {

using app::ChainBuilder;

// A store of network regtest without built-in contracts, and a folder for block files.
class IndexChain : public testing::Test {
 protected:
    IndexChain() {
        network_ = *alkanes::load_network("regtest");
        network_.builtins.clear();
    }

    std::vector<std::filesystem::path> write(const std::string& name, const std::vector<Bytes>& blocks) {
        std::vector<std::filesystem::path> files;
        for (std::size_t i = 0; i < blocks.size(); i++) {
            files.push_back(folder_.path() / (name + std::to_string(i) + ".blk"));
            EXPECT_TRUE(write_file(files.back(), blocks[i]));
        }
        return files;
    }

    // Blocks of a few plain protostones. Chains with equal `common` share that many blocks at the front.
    static std::vector<Bytes> chain(std::size_t common, std::size_t blocks, std::uint64_t seed) {
        std::vector<Bytes> out;
        ChainBuilder builder(0, 1);
        for (std::size_t i = 0; i < blocks; i++) {
            const std::uint64_t own = i < common ? 0 : seed;
            for (std::uint64_t k = 0; k < 3 + own; k++) {
                const std::vector<protorune::Protostone> stones = {app::edict_stone({2, 1}, 5, 0)};
                builder.add({}, 1, stones);
            }
            out.push_back(builder.close_block());
        }
        return out;
    }

    Result<IndexOutcome> index(store::Database& db, const std::vector<std::filesystem::path>& files,
                               std::uint64_t start = 0, const IndexOptions& options = {}) {
        const alkanes::Builtins builtins(network_, {});
        alkanes::Indexer indexer(network_, builtins, engine_);
        return index_chain(db, indexer, BlockFiles(files, start, network_.block_format), options);
    }

    store::Database open(const std::string& name) { return *store::Database::open(folder_.path() / name); }
    static std::string digest_of(const store::Database& db) { return to_hex(view(*store::digest(db, *db.tip()))); }

    TemporaryFolder folder_;
    protorune::Network network_;
    wasm::Engine engine_ = *wasm::Engine::create({});
};

TEST_F(IndexChain, ResumesBehindTheTip) {
    store::Database whole = open("whole"), parts = open("parts");
    const auto files = write("a", chain(6, 6, 0));
    ASSERT_TRUE(index(whole, files));
    IndexOptions half;
    half.exit_at = 3;
    const auto first = index(parts, files, 0, half);
    ASSERT_TRUE(first) << first.error().reason;
    EXPECT_EQ(first->last.blocks, 3u);
    EXPECT_EQ(parts.tip(), 2u);
    const auto second = index(parts, files);
    ASSERT_TRUE(second) << second.error().reason;
    EXPECT_EQ(second->last.blocks, 3u);
    EXPECT_EQ(second->rolled_back, 0u);
    EXPECT_EQ(digest_of(parts), digest_of(whole));
    const auto again = index(parts, files);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->last.blocks, 0u);
}

TEST_F(IndexChain, ReorgGivesTheStoreOfTheNewChain) {
    store::Database fresh = open("fresh"), reorganized = open("reorganized");
    const auto old_chain = write("old", chain(3, 6, 1)), new_chain = write("new", chain(3, 7, 2));
    ASSERT_TRUE(index(fresh, new_chain));
    ASSERT_TRUE(index(reorganized, old_chain));
    const std::string before = digest_of(reorganized);
    const auto outcome = index(reorganized, new_chain);
    ASSERT_TRUE(outcome) << outcome.error().reason;
    EXPECT_EQ(outcome->rolled_back, 3u);
    EXPECT_EQ(outcome->last.blocks, 4u);
    EXPECT_NE(digest_of(reorganized), before);
    EXPECT_EQ(digest_of(reorganized), digest_of(fresh));
    EXPECT_TRUE(reorganized.verify());
}

TEST_F(IndexChain, ReorgOfTheFirstBlock) {
    store::Database fresh = open("fresh"), reorganized = open("reorganized");
    const auto old_chain = write("old", chain(0, 3, 1)), new_chain = write("new", chain(0, 3, 2));
    ASSERT_TRUE(index(fresh, new_chain));
    ASSERT_TRUE(index(reorganized, old_chain));
    const auto outcome = index(reorganized, new_chain);
    ASSERT_TRUE(outcome) << outcome.error().reason;
    EXPECT_EQ(outcome->rolled_back, 3u);
    EXPECT_EQ(digest_of(reorganized), digest_of(fresh));
}

TEST_F(IndexChain, RefusesBlocksThatDoNotConnect) {
    store::Database db = open("db");
    const auto files = write("a", chain(6, 6, 0));
    IndexOptions half;
    half.exit_at = 2;
    ASSERT_TRUE(index(db, files, 0, half));
    const std::string before = digest_of(db);

    const auto gap = index(db, {files[4], files[5]}, 4);
    ASSERT_FALSE(gap);
    EXPECT_NE(gap.error().reason.find("missing between"), std::string::npos) << gap.error().reason;
    const auto wrong = index(db, {files[3]}, 2);
    ASSERT_FALSE(wrong);
    EXPECT_NE(wrong.error().reason.find("does not follow"), std::string::npos) << wrong.error().reason;
    EXPECT_EQ(digest_of(db), before);

    // The second file is out of order: what came before it stays, the block itself does not.
    const auto disorder = index(db, {files[2], files[4]}, 2);
    ASSERT_FALSE(disorder);
    EXPECT_EQ(db.tip(), 2u);
    EXPECT_TRUE(db.verify());
}

TEST_F(IndexChain, StopsBehindTheBlock) {
    store::Database db = open("db");
    const auto files = write("a", chain(6, 6, 0));
    std::atomic<bool> stop{false};
    IndexOptions options;
    options.stop = &stop;
    options.report = [&](const Progress& p) { stop = p.height == 1; };
    const auto outcome = index(db, files, 0, options);
    ASSERT_TRUE(outcome);
    EXPECT_TRUE(outcome->stopped);
    // When block 1 was reported, block 2 had begun: it is finished, and no other begun.
    EXPECT_EQ(db.tip(), 2u);
}

TEST_F(IndexChain, ABlockThatIsNotOneNamesFileAndOffset) {
    store::Database db = open("db");
    auto blocks = chain(3, 3, 0);
    blocks[1].resize(blocks[1].size() - 7);
    const auto files = write("a", blocks);
    const auto outcome = index(db, files);
    ASSERT_FALSE(outcome);
    EXPECT_NE(outcome.error().reason.find("a1.blk"), std::string::npos) << outcome.error().reason;
    EXPECT_NE(outcome.error().reason.find("offset"), std::string::npos) << outcome.error().reason;
    EXPECT_EQ(db.tip(), 0u);
}

TEST_F(IndexChain, ReadsHexFiles) {
    const auto blocks = chain(2, 2, 0);
    store::Database raw = open("raw"), hex = open("hex");
    ASSERT_TRUE(index(raw, write("raw", blocks)));
    ASSERT_TRUE(index(hex, write("hex", {to_hex(blocks[0]) + "\n", to_hex(blocks[1])})));
    EXPECT_EQ(digest_of(raw), digest_of(hex));
}

}  // namespace
}  // namespace warpshrew::sync
