// The versioned store against plain models (design.md 4).

#include "store/database.hpp"

#include <rocksdb/db.h>

#include <set>

#include "base/hex.hpp"
#include "store_fixture.hpp"

namespace warpshrew::store {
namespace {

std::optional<Bytes> value_at(const Database& db, std::uint64_t height, BytesView key) {
    Bytes value = "not touched";
    if (db.at(height)->read(key, value)) return value;
    return std::nullopt;
}

TEST(Database, NewStoreIsEmpty) {
    const TemporaryFolder dir;
    const Database db = opened(dir.path() / "a" / "b");
    EXPECT_EQ(db.tip(), std::nullopt);
    EXPECT_EQ(db.first(), std::nullopt);
    Bytes value;
    EXPECT_FALSE(db.latest()->read("k", value));
    EXPECT_EQ(dumped(db, 1000), Writes());
    EXPECT_EQ(digest(db, 5).value(), sha256(""));
    EXPECT_EQ(db.block_hash(0).value(), std::nullopt);
    EXPECT_TRUE(db.verify());
    EXPECT_EQ(db.stats()->blocks, 0U);
}

TEST(Database, ReadsEachHeight) {
    const TemporaryFolder dir;
    Database db = opened(dir.path());
    ASSERT_TRUE(commit(db, 100, {{"a", "1"}, {"b", "x"}}));
    ASSERT_TRUE(commit(db, 101, {}));
    ASSERT_TRUE(commit(db, 102, {{"a", "3"}, {"c", "y"}}));
    EXPECT_EQ(db.first(), 100U);
    EXPECT_EQ(db.tip(), 102U);
    EXPECT_EQ(value_at(db, 99, "a"), std::nullopt);
    EXPECT_EQ(value_at(db, 100, "a"), "1");
    EXPECT_EQ(value_at(db, 101, "a"), "1");
    EXPECT_EQ(value_at(db, 102, "a"), "3");
    EXPECT_EQ(value_at(db, 101, "c"), std::nullopt);
    EXPECT_EQ(value_at(db, UINT64_MAX, "b"), "x");
    EXPECT_EQ(db.block_hash(101).value(), hash_of(101));
    EXPECT_EQ(db.block_hash(99).value(), std::nullopt);
    EXPECT_EQ(db.stats()->blocks, 3U);
    EXPECT_EQ(db.stats()->versions, 4U);
    EXPECT_GT(db.stats()->bytes_on_disk, 0U);
}

TEST(Database, EmptyValueIsNotAbsence) {
    const TemporaryFolder dir;
    Database db = opened(dir.path());
    ASSERT_TRUE(commit(db, 0, {{"k", "v"}, {"", "the empty key"}}));
    ASSERT_TRUE(commit(db, 1, {{"k", ""}}));
    EXPECT_EQ(value_at(db, 1, "k"), "");
    EXPECT_EQ(value_at(db, 0, "k"), "v");
    EXPECT_EQ(value_at(db, 1, ""), "the empty key");
    EXPECT_EQ(value_at(db, 1, "kk"), std::nullopt);
    EXPECT_EQ(dumped(db, 1), (Writes{{"", "the empty key"}, {"k", ""}}));
    EXPECT_TRUE(db.verify());
}

TEST(Database, BlocksFollowTheTip) {
    const TemporaryFolder dir;
    Database db = opened(dir.path());
    EXPECT_FALSE(commit(db, UINT64_MAX, {}));
    ASSERT_TRUE(commit(db, 7, {{"k", "7"}}));
    for (const std::uint64_t wrong : {std::uint64_t{6}, std::uint64_t{7}, std::uint64_t{9}, UINT64_MAX}) {
        const auto done = commit(db, wrong, {{"k", "wrong"}});
        ASSERT_FALSE(done);
        EXPECT_NE(done.error().reason.find("does not follow 7"), std::string::npos) << done.error().reason;
    }
    EXPECT_EQ(dumped(db, UINT64_MAX), (Writes{{"k", "7"}}));
    EXPECT_TRUE(db.health()) << "a refused block is no failure of the disk";
    EXPECT_TRUE(commit(db, 8, {}));
}

TEST(Database, FourMegabyteValues) {
    const TemporaryFolder dir;
    const Bytes big(4'000'000, 'b');
    Bytes noise(4'194'304, '\0');
    std::mt19937_64 rng(1);
    for (char& c : noise) c = static_cast<char>(rng());
    {
        Database db = opened(dir.path());
        for (std::uint64_t h = 0; h < 20; h++) {  // more than one memory buffer, so that some go to files
            ASSERT_TRUE(commit(db, h, {{"/blockdata/" + std::to_string(h), noise}, {"big", big + std::to_string(h)}}));
        }
        EXPECT_EQ(value_at(db, 19, "/blockdata/3"), noise);
        EXPECT_EQ(value_at(db, 4, "big"), big + "4");
    }
    Database db = opened(dir.path());
    EXPECT_EQ(value_at(db, 19, "/blockdata/3"), noise);
    EXPECT_EQ(value_at(db, 4, "big"), big + "4");
    EXPECT_TRUE(db.verify());
    ASSERT_TRUE(db.rollback(10));
    EXPECT_EQ(value_at(db, 19, "big"), big + "10");
    EXPECT_EQ(value_at(db, 19, "/blockdata/11"), std::nullopt);
    EXPECT_TRUE(db.verify());
}

TEST(Database, DumpStopsWhenAsked) {
    const TemporaryFolder dir;
    Database db = opened(dir.path());
    ASSERT_TRUE(commit(db, 0, {{"a", ""}, {"b", ""}, {"c", ""}}));
    int shown = 0;
    EXPECT_TRUE(db.dump(0, [&](BytesView, BytesView) { return ++shown < 2; }));
    EXPECT_EQ(shown, 2);
}

TEST(Database, DigestIsOfTheDumpedLines) {
    const TemporaryFolder dir;
    Database db = opened(dir.path());
    ASSERT_TRUE(commit(db, 0, {{"a", ""}, {"", "x"}, {"b", "\x7f"}}));
    ASSERT_TRUE(commit(db, 1, {{"a", "A"}}));
    EXPECT_EQ(digest(db, 0).value(), sha256(" 78\n61 \n62 7f\n"));
    EXPECT_EQ(digest(db, 1).value(), sha256(" 78\n61 41\n62 7f\n"));
}

TEST(Database, MetadataIsOutsideOfTheBlocks) {
    const TemporaryFolder dir;
    {
        Database db = opened(dir.path());
        EXPECT_EQ(db.meta("network").value(), std::nullopt);
        ASSERT_TRUE(db.set_meta("network", "regtest"));
        ASSERT_TRUE(db.set_meta("empty", ""));
        ASSERT_TRUE(commit(db, 0, {}));
        ASSERT_TRUE(commit(db, 1, {}));
        ASSERT_TRUE(db.rollback(0));
        EXPECT_FALSE(db.set_meta("schema", "2"));
    }
    const Database db = opened(dir.path());
    EXPECT_EQ(db.meta("network").value(), "regtest");
    EXPECT_EQ(db.meta("empty").value(), "");
    EXPECT_EQ(dumped(db, 9), Writes());
}

TEST(Database, RollbackBelowTheFirstBlockEmptiesTheStore) {
    const TemporaryFolder dir;
    Database db = opened(dir.path());
    ASSERT_TRUE(commit(db, 5, {{"k", "5"}}));
    ASSERT_TRUE(commit(db, 6, {{"k", "6"}}));
    ASSERT_TRUE(db.rollback(6));
    ASSERT_TRUE(db.rollback(100));
    EXPECT_EQ(db.tip(), 6U);
    ASSERT_TRUE(db.rollback(2));
    EXPECT_EQ(db.tip(), std::nullopt);
    EXPECT_EQ(db.first(), std::nullopt);
    EXPECT_EQ(dumped(db, UINT64_MAX), Writes());
    EXPECT_EQ(db.block_hash(5).value(), std::nullopt);
    EXPECT_TRUE(db.verify());
    ASSERT_TRUE(commit(db, 0, {{"k", "0"}}));
    ASSERT_TRUE(commit(db, 1, {{"k", "1"}}));
    ASSERT_TRUE(db.rollback(UINT64_MAX));
    ASSERT_TRUE(db.rollback(0));
    EXPECT_EQ(value_at(db, 9, "k"), "0");
    EXPECT_TRUE(db.verify());
    ASSERT_TRUE(db.truncate(1));
    EXPECT_EQ(db.tip(), 0U);
    ASSERT_TRUE(db.truncate(0));  // block 0 itself
    EXPECT_EQ(db.tip(), std::nullopt);
    EXPECT_EQ(dumped(db, UINT64_MAX), Writes());
    EXPECT_TRUE(db.verify());
}

TEST(Database, ReaderKeepsItsStateOverCommitsAndRollbacks) {
    const TemporaryFolder dir;
    Database db = opened(dir.path());
    ASSERT_TRUE(commit(db, 0, {{"k", "0"}}));
    ASSERT_TRUE(commit(db, 1, {{"k", "1"}}));
    const auto reader = db.latest();  // has read nothing yet
    ASSERT_TRUE(db.rollback(0));
    ASSERT_TRUE(commit(db, 1, {{"k", "other"}}, "fork"));
    ASSERT_TRUE(commit(db, 2, {{"k", "2"}}));
    Bytes value;
    ASSERT_TRUE(reader->read("k", value));
    EXPECT_EQ(value, "1");
    EXPECT_EQ(value_at(db, 1, "k"), "other");
}

std::uint64_t sequence_number(const std::filesystem::path& path) {
    rocksdb::DB* db = nullptr;
    const auto status = rocksdb::DB::OpenForReadOnly({}, path, &db);
    EXPECT_TRUE(status.ok()) << status.ToString();
    const std::unique_ptr<rocksdb::DB> owner(db);
    return db != nullptr ? db->GetLatestSequenceNumber() : 0;
}

TEST(Database, RollbackCostsWhatTheBlocksWrote) {
    const TemporaryFolder dir;
    {
        Database db = opened(dir.path());
        Writes big;
        for (int i = 0; i < 20000; i++) big["below" + std::to_string(i)] = "v";
        ASSERT_TRUE(commit(db, 0, big));
        ASSERT_TRUE(commit(db, 1, {{"a", "1"}, {"b", "1"}, {"below1", "w"}}));
        ASSERT_TRUE(commit(db, 2, {{"a", "2"}}));
    }
    const auto before = sequence_number(dir.path());
    {
        Database db = opened(dir.path());
        ASSERT_TRUE(db.rollback(0));
    }
    // RocksDB counts every operation: four values, and for each of two blocks its list of keys and its hash.
    EXPECT_EQ(sequence_number(dir.path()) - before, 4U + 2 * 2);
}

// Keys chosen so that one is another's prefix followed by what heights look like.
Bytes awkward_key(std::mt19937_64& rng) {
    Bytes key;
    for (auto parts = rng() % 3; parts > 0; parts--) {
        switch (rng() % 4) {
            case 0:
                key += "k";
                break;
            case 1:
                key += to_le(~std::uint64_t{rng() % 4});
                break;
            case 2:
                key += to_le(__builtin_bswap64(~std::uint64_t{rng() % 4}));
                break;
            default:
                key += static_cast<char>(rng() % 3 - 1);
        }
    }
    return key;
}

TEST(Database, RandomBlocksAndRollbacksMatchAModel) {
    const std::uint64_t seed = random_seed();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 rng(seed);
    for (std::uint64_t round = 0; round < scaled(10); round++) {
        const TemporaryFolder dir;
        std::optional<Database> db = opened(dir.path(), {.sync = false});
        Model model;
        std::uint64_t next = rng() % 3;
        for (int step = 0; step < 40; step++) {
            if (rng() % 8 == 0) {
                const std::uint64_t height = next - std::min<std::uint64_t>(next, rng() % 6);
                ASSERT_TRUE(db->rollback(height));
                model.rollback(height);
                if (!model.states.empty()) next = model.states.rbegin()->first + 1;
            } else {
                Writes writes;
                for (auto n = rng() % 12; n > 0; n--) {
                    Bytes key = awkward_key(rng), value(rng() % 4 == 0 ? 0 : rng() % 50, static_cast<char>(rng()));
                    writes[std::move(key)] = std::move(value);
                }
                ASSERT_TRUE(commit(*db, next, writes));
                model.commit(next++, writes);
            }
            if (rng() % 12 == 0) {
                db.reset();
                db = opened(dir.path(), {.sync = false});
            }
            const auto tip = model.states.empty() ? std::nullopt : std::optional(model.states.rbegin()->first);
            const auto first = model.states.empty() ? std::nullopt : std::optional(model.states.begin()->first);
            ASSERT_EQ(db->tip(), tip);
            ASSERT_EQ(db->first(), first);
        }
        const auto verified = db->verify();
        ASSERT_TRUE(verified) << verified.error().reason;
        std::set<Bytes> keys;
        for (int i = 0; i < 100; i++) keys.insert(awkward_key(rng));
        for (const auto& [height, state] : model.states) {
            ASSERT_EQ(dumped(*db, height), state) << "at " << height;
            const auto reader = db->at(height);
            for (const Bytes& key : keys) {
                Bytes value;
                const auto expected = state.find(key);
                ASSERT_EQ(reader->read(key, value), expected != state.end()) << to_hex(key) << " at " << height;
                if (expected != state.end()) {
                    ASSERT_EQ(value, expected->second) << to_hex(key) << " at " << height;
                }
            }
        }
    }
}

TEST(Database, ReadsFromFilesAsFromMemory) {
    const std::uint64_t seed = random_seed();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 rng(seed);
    const TemporaryFolder dir;
    Model model;
    {
        std::optional<Database> db = opened(dir.path(), {.sync = false});
        for (std::uint64_t height = 0; height < 12; height++) {
            Writes writes;
            for (int i = 0; i < 300; i++) {
                writes[std::to_string(rng() % 1000)] = Bytes(rng() % 20 == 0 ? 5000 : 20, static_cast<char>(rng()));
            }
            ASSERT_TRUE(commit(*db, height, writes));
            model.commit(height, writes);
            if (height % 4 == 3) {
                db.reset();
                db = opened(dir.path(), {.sync = false});  // what the log held goes to a file
            }
        }
        ASSERT_TRUE(db->rollback(9));
        model.rollback(9);
    }
    const Database db = opened(dir.path());
    for (const auto& [height, state] : model.states) {
        const auto reader = db.at(height);
        for (int i = 0; i < 1000; i++) {
            Bytes value;
            const auto expected = state.find(std::to_string(i));
            ASSERT_EQ(reader->read(std::to_string(i), value), expected != state.end());
            if (expected != state.end()) {
                ASSERT_EQ(value, expected->second);
            }
        }
        ASSERT_EQ(dumped(db, height), state);
    }
    EXPECT_TRUE(db.verify());
}

}  // namespace
}  // namespace warpshrew::store
