// Readers beside a writer: they see whole blocks, and wait for nobody.

#include <atomic>
#include <thread>

#include "store_fixture.hpp"

namespace warpshrew::store {
namespace {

// Every block writes the same keys with its height: a reader that sees two different values saw half a block.
Writes uniform(std::uint64_t height) {
    Writes writes;
    for (int i = 0; i < 50; i++) writes["k" + std::to_string(i)] = std::to_string(height);
    return writes;
}

TEST(DatabaseReaders, SeeWholeBlocksWhileBlocksComeAndGo) {
    const TemporaryFolder dir;
    Database db = opened(dir.path(), {.sync = false});
    ASSERT_TRUE(commit(db, 0, uniform(0)));
    std::atomic<bool> done = false;
    std::atomic<int> torn = 0, rounds = 0;
    std::vector<std::thread> readers;
    readers.reserve(3);
    for (int t = 0; t < 3; t++) {
        readers.emplace_back([&] {
            while (!done) {
                const auto reader = db.latest();
                Bytes first, value;
                if (!reader->read("k0", first)) torn++;
                for (int i = 1; i < 50; i++) {
                    if (!reader->read("k" + std::to_string(i), value) || value != first) torn++;
                }
                rounds++;
            }
        });
    }
    std::uint64_t height = 0;
    for (std::uint64_t i = 0; i < scaled(2000) || rounds < 20; i++) {
        if (i % 20 == 19) {
            ASSERT_TRUE(db.rollback(height -= 7));
        } else {
            height++;
            ASSERT_TRUE(commit(db, height, uniform(height)));
        }
    }
    done = true;
    for (auto& reader : readers) reader.join();
    EXPECT_EQ(torn, 0);
    EXPECT_TRUE(db.health());
}

TEST(DatabaseReaders, OneReaderServesManyThreads) {
    const TemporaryFolder dir;
    Database db = opened(dir.path(), {.sync = false});
    Writes writes;
    for (int i = 0; i < 1000; i++) writes[std::to_string(i)] = "value " + std::to_string(i);
    ASSERT_TRUE(commit(db, 0, writes));
    const auto reader = db.latest();
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; t++) {
        threads.emplace_back([&, t] {
            Bytes value;
            for (int i = t; i < 2000; i++) {
                const Bytes key = std::to_string(i);
                const bool found = reader->read(key, value);
                if (found != (i < 1000) || (found && value != "value " + key)) wrong++;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
}

TEST(DatabaseReaders, ReadOnlyBesideAWriterSeesWhatWasThereAtOpening) {
    const TemporaryFolder dir;
    const Bytes big(100000, 'b');
    {
        Database writer = opened(dir.path());
        ASSERT_TRUE(commit(writer, 0, uniform(0)));
        ASSERT_TRUE(commit(writer, 1, {{"big", big}}));
    }
    // Opening again moves what was in the log to files, the big value to one of its own.
    Database writer = opened(dir.path());
    Bytes value;
    {
        Database reader = opened(dir.path(), {.read_only = true});
        EXPECT_EQ(reader.tip(), 1U);
        EXPECT_EQ(dumped(reader, 1), dumped(writer, 1));
        ASSERT_TRUE(reader.latest()->read("big", value));
        EXPECT_EQ(value, big);
        ASSERT_TRUE(commit(writer, 2, uniform(2)));
        EXPECT_EQ(reader.tip(), 1U);
        EXPECT_FALSE(commit(reader, 2, {}));
        EXPECT_FALSE(reader.rollback(0));
        EXPECT_FALSE(reader.set_meta("k", "v"));
        EXPECT_TRUE(reader.health());
    }
    {
        Database reader = opened(dir.path(), {.read_only = true});
        EXPECT_EQ(reader.tip(), 2U);
        ASSERT_TRUE(reader.latest()->read("k7", value));
        EXPECT_EQ(value, "2");
        ASSERT_TRUE(reader.at(1)->read("k7", value));
        EXPECT_EQ(value, "0");
        EXPECT_EQ(digest(reader, 2).value(), digest(writer, 2).value());
        const auto verified = reader.verify();
        EXPECT_TRUE(verified) << verified.error().reason;
    }
    ASSERT_TRUE(writer.rollback(0));
    const Database reader = opened(dir.path(), {.read_only = true});
    EXPECT_EQ(reader.tip(), 0U);
    EXPECT_FALSE(reader.latest()->read("big", value));
}

}  // namespace
}  // namespace warpshrew::store
