// Crashes, full disks, directories that cannot be written, stores of others: a clear error, and nothing lost.

#include <fcntl.h>
#include <rocksdb/db.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include "base/file.hpp"
#include "store/state_key.hpp"
#include "store_fixture.hpp"

namespace warpshrew::store {
namespace {

void expect_reason(const Error& error, const std::filesystem::path& path, const char* what) {
    EXPECT_NE(error.reason.find(path.string()), std::string::npos) << error.reason;
    EXPECT_NE(error.reason.find(what), std::string::npos) << error.reason;
}

Error open_error(const std::filesystem::path& path, const DatabaseOptions& options = {}) {
    const auto db = Database::open(path, options);
    EXPECT_FALSE(db);
    return db ? Error{} : db.error();
}

// The writes of a block, known from its height alone.
Writes content(std::uint64_t height) {
    std::mt19937_64 rng(height);
    Writes writes;
    for (int i = 0; i < 200; i++)
        writes["k" + std::to_string(rng() % 2000)] = Bytes(rng() % 200, static_cast<char>(rng()));
    writes["height"] = std::to_string(height);
    return writes;
}

void expect_content(const Database& db) {
    const auto verified = db.verify();
    EXPECT_TRUE(verified) << verified.error().reason;
    if (!db.tip()) return;
    Writes state;
    for (std::uint64_t h = 0; h <= *db.tip(); h++) {
        for (auto& [key, value] : content(h)) state[key] = value;
        EXPECT_EQ(db.block_hash(h).value(), hash_of(h));
        if (h == *db.tip() / 2) {
            EXPECT_EQ(dumped(db, h), state);
        }
    }
    EXPECT_EQ(dumped(db, *db.tip()), state);
}

// Commits, and now and then rolls back, until it is killed.
TEST(Child, DISABLED_CommitsForEver) {
    Database db = opened(child_path(), {.sync = false});
    for (std::uint64_t height = db.tip() ? *db.tip() + 1 : 0;; height++) {
        if (height % 10 == 9) {
            ASSERT_TRUE(db.rollback(height - 4));
            height = *db.tip() + 1;
            for (; height % 10 != 9; height++) ASSERT_TRUE(commit(db, height, content(height)));
        }
        ASSERT_TRUE(commit(db, height, content(height)));
    }
}

TEST(DatabaseFailure, KilledProcessLeavesTheEndOfABlock) {
    const TemporaryFolder dir;
    const std::uint64_t seed = random_seed();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 rng(seed);
    std::uint64_t last = 0;
    for (std::uint64_t kill = 0; kill < scaled(10); kill++) {
        const pid_t child = start_child("Child.DISABLED_CommitsForEver", dir.path());
        std::this_thread::sleep_for(std::chrono::milliseconds(20 + rng() % 400));
        ::kill(child, SIGKILL);
        ASSERT_EQ(wait_child(child), -SIGKILL) << "it ended by itself";
        const Database db = opened(dir.path());
        expect_content(db);
        EXPECT_GE(db.tip().value_or(0) + 5, last) << "lost more than a rollback takes";
        last = db.tip().value_or(0);
    }
}

// Exit statuses of the children that fill a disk: how many blocks were committed, or:
constexpr int wrong = 255;

int fill_disk(const std::filesystem::path& path) {
    auto db = Database::open(path);
    if (!db) return wrong;
    for (std::uint64_t height = 0; height < 200; height++) {
        const auto done = commit(*db, height, content(height));
        if (done) continue;
        const Error& error = done.error();
        const Error again = commit(*db, height, {}).error();
        std::printf("%s\n%s\n", error.reason.c_str(), again.reason.c_str());
        const bool clear = error.reason.find("make room") != std::string::npos &&
                           error.reason.find(path.string()) != std::string::npos &&
                           again.reason.find("opened again") != std::string::npos;
        // What was committed is still read, also by heights, and the failure is remembered.
        const bool intact = (height == 0 || db->tip() == height - 1) && !db->health() && !db->rollback(0) &&
                            (height == 0 || dumped(*db, height - 1)["height"] == std::to_string(height - 1));
        return clear && intact ? static_cast<int>(height) : wrong;
    }
    return wrong;  // it never became full
}

TEST(Child, DISABLED_HitsTheFileSizeLimit) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1'500'000, 1'500'000};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    ::_exit(fill_disk(child_path()));
}

TEST(DatabaseFailure, FileThatCannotGrowLosesNothing) {
    const TemporaryFolder dir;
    const int blocks = wait_child(start_child("Child.DISABLED_HitsTheFileSizeLimit", dir.path()));
    ASSERT_GT(blocks, 10);
    ASSERT_NE(blocks, wrong);
    Database db = opened(dir.path());
    ASSERT_EQ(db.tip(), static_cast<std::uint64_t>(blocks) - 1);
    expect_content(db);
    EXPECT_TRUE(commit(db, *db.tip() + 1, content(*db.tip() + 1)));
    expect_content(db);
}

TEST(Child, DISABLED_FillsASmallDisk) { ::_exit(fill_disk(child_path())); }

TEST(DatabaseFailure, FullDiskLosesNothing) {
    const TemporaryFolder dir;
    if (::mount("tmpfs", dir.path().c_str(), "tmpfs", 0, "size=2m") != 0) {
        GTEST_SKIP() << "no right to mount a small disk; FileThatCannotGrowLosesNothing goes the same way";
    }
    const int blocks = wait_child(start_child("Child.DISABLED_FillsASmallDisk", dir.path()));
    EXPECT_GT(blocks, 5);
    EXPECT_NE(blocks, wrong);
    if (::mount("tmpfs", dir.path().c_str(), "tmpfs", MS_REMOUNT, "size=64m") == 0) {
        Database db = opened(dir.path());
        EXPECT_EQ(db.tip(), static_cast<std::uint64_t>(blocks) - 1);
        expect_content(db);
        EXPECT_TRUE(commit(db, *db.tip() + 1, content(*db.tip() + 1)));
    } else {
        ADD_FAILURE() << "cannot enlarge the disk";
    }
    ::umount(dir.path().c_str());
}

TEST(DatabaseFailure, PathBelowAFile) {
    const TemporaryFolder dir;
    ASSERT_TRUE(write_file(dir.path() / "file", "x"));
    expect_reason(open_error(dir.path() / "file" / "db"), dir.path() / "file" / "db", "Not a directory");
    expect_reason(open_error(dir.path() / "file"), dir.path() / "file", "choose a directory");
}

// Not the superuser, whom permissions do not stop. Exits with 0 if both errors are clear.
TEST(Child, DISABLED_MayNotWrite) {
    if (::getuid() == 0) {
        ASSERT_EQ(::setuid(65534), 0);
    }
    const auto fresh = Database::open(child_path() / "new"), old = Database::open(child_path() / "old");
    const auto clear = [](const Result<Database>& db) {
        if (!db) std::printf("%s\n", db.error().reason.c_str());
        return !db && db.error().reason.find("may write to") != std::string::npos;
    };
    ::_exit(clear(fresh) && clear(old) ? 0 : 1);
}

TEST(DatabaseFailure, UnwritableDirectory) {
    const TemporaryFolder dir;
    { ASSERT_TRUE(commit(*std::make_unique<Database>(opened(dir.path() / "old")), 0, content(0))); }
    using std::filesystem::perms;
    const perms readable = perms::owner_read | perms::owner_exec | perms::others_read | perms::others_exec;
    std::filesystem::permissions(dir.path() / "old", readable);
    std::filesystem::permissions(dir.path(), readable);
    EXPECT_EQ(wait_child(start_child("Child.DISABLED_MayNotWrite", dir.path())), 0);
    std::filesystem::permissions(dir.path(), perms::owner_all);
    std::filesystem::permissions(dir.path() / "old", perms::owner_all);
    expect_content(opened(dir.path() / "old"));
}

TEST(DatabaseFailure, NothingThere) {
    const TemporaryFolder dir;
    expect_reason(open_error(dir.path(), {.create = false}), dir.path(), "there is none");
    expect_reason(open_error(dir.path() / "x", {.read_only = true}), dir.path() / "x", "there is none");
    EXPECT_TRUE(std::filesystem::is_empty(dir.path())) << "a failed look leaves nothing behind";
}

// Opens RocksDB itself and puts one value.
void put_raw(const std::filesystem::path& path, const std::string& family, const Bytes& key, const Bytes& value) {
    rocksdb::Options options;
    options.create_if_missing = options.create_missing_column_families = true;
    std::vector<std::string> names{"default"};
    if (std::filesystem::exists(path / "CURRENT")) {
        ASSERT_TRUE(rocksdb::DB::ListColumnFamilies(options, path, &names).ok());
    }
    if (std::find(names.begin(), names.end(), family) == names.end()) names.push_back(family);
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const auto& name : names) {
        rocksdb::ColumnFamilyOptions o;
        if (name == "state") o.comparator = state_comparator();
        families.emplace_back(name, o);
    }
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    const auto status = rocksdb::DB::Open(options, path, families, &handles, &db);
    ASSERT_TRUE(status.ok()) << status.ToString();
    for (std::size_t i = 0; i < names.size(); i++) {
        if (names[i] == family) {
            EXPECT_TRUE(db->Put({}, handles[i], key, value).ok());
        }
        EXPECT_TRUE(db->DestroyColumnFamilyHandle(handles[i]).ok());
    }
    delete db;
}

TEST(DatabaseFailure, NewerSchemaIsRefused) {
    const TemporaryFolder dir;
    { const Database db = opened(dir.path()); }
    put_raw(dir.path(), "meta", "schema", "2");
    expect_reason(open_error(dir.path()), dir.path(), "its schema is '2'");
    expect_reason(open_error(dir.path(), {.read_only = true}), dir.path(), "its schema is '2'");
    put_raw(dir.path(), "meta", "schema", "1");
    EXPECT_EQ(opened(dir.path()).tip(), std::nullopt);
}

TEST(DatabaseFailure, UnknownColumnFamilyIsRefused) {
    const TemporaryFolder dir;
    { const Database db = opened(dir.path()); }
    put_raw(dir.path(), "proofs", "k", "v");
    expect_reason(open_error(dir.path()), dir.path(), "column family 'proofs'");
}

TEST(DatabaseFailure, AnotherProgramsDatabaseIsRefusedAndKept) {
    const TemporaryFolder dir;
    put_raw(dir.path(), "default", "k", "v");
    expect_reason(open_error(dir.path()), dir.path(), "another program's database");
    expect_reason(open_error(dir.path()), dir.path(), "another program's database");  // it was not made ours
}

TEST(DatabaseFailure, MakingThatWasCutShortIsTakenUp) {
    const TemporaryFolder dir;
    {
        rocksdb::Options options;
        options.create_if_missing = true;
        rocksdb::DB* db = nullptr;
        ASSERT_TRUE(rocksdb::DB::Open(options, dir.path(), &db).ok());
        delete db;
    }
    Database db = opened(dir.path());
    EXPECT_TRUE(commit(db, 0, content(0)));
    expect_content(db);
}

TEST(Child, DISABLED_HoldsTheStore) {
    const Database db = opened(child_path());
    ASSERT_TRUE(write_file(child_path() / "held", ""));
    std::this_thread::sleep_for(std::chrono::seconds(120));
}

TEST(DatabaseFailure, StoreInUseIsRefused) {
    const TemporaryFolder dir;
    const pid_t child = start_child("Child.DISABLED_HoldsTheStore", dir.path());
    for (int i = 0; i < 6000 && !std::filesystem::exists(dir.path() / "held"); i++) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    expect_reason(open_error(dir.path()), dir.path(), "another process has it open");
    EXPECT_EQ(opened(dir.path(), {.read_only = true}).tip(), std::nullopt);
    ::kill(child, SIGKILL);
    EXPECT_EQ(wait_child(child), -SIGKILL);
    EXPECT_EQ(opened(dir.path()).tip(), std::nullopt);
}

TEST(DatabaseFailure, VerifyFindsWhatIsMissingAndWhatIsExtra) {
    const TemporaryFolder dir;
    const auto reason = [&] {
        const auto verified = opened(dir.path()).verify();
        return verified ? std::string("fine") : verified.error().reason;
    };
    const auto has = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
    { ASSERT_TRUE(commit(*std::make_unique<Database>(opened(dir.path())), 0, {{"a", "1"}, {"b", "2"}})); }
    EXPECT_EQ(reason(), "fine");
    Bytes extra = "x";
    append_height(extra, 0);
    put_raw(dir.path(), "state", extra, "?");
    EXPECT_TRUE(has(reason(), "3 values, and the blocks list 2")) << reason();
    const Bytes height(8, '\0');
    put_raw(dir.path(), "heights", height, Bytes("\0\1a\0\1b\0\1y", 9));
    EXPECT_TRUE(has(reason(), "block 0 wrote the key 79")) << reason();
    put_raw(dir.path(), "heights", height, Bytes("\0\1a\0\1b\0\1x", 9));
    EXPECT_TRUE(has(reason(), "the number of keys of block 0")) << reason();
    put_raw(dir.path(), "heights", height, Bytes("\0\1a\0\7b", 5));
    EXPECT_TRUE(has(reason(), "the list of keys of block 0")) << reason();
    put_raw(dir.path(), "heights", Bytes(7, '\0') + '\1', "");
    put_raw(dir.path(), "heights", height, Bytes("\0\1a\0\1b", 6));
    EXPECT_TRUE(has(reason(), "a list of keys of a block that is not there")) << reason();
}

TEST(DatabaseFailure, DamagedFileIsReportedAndReadsCount) {
    const TemporaryFolder dir;
    {
        Database db = opened(dir.path());
        for (std::uint64_t h = 0; h < 20; h++) ASSERT_TRUE(commit(db, h, content(h)));
    }
    { const Database db = opened(dir.path()); }  // what the log held goes to files
    { const Database db = opened(dir.path()); }
    for (const auto& file : std::filesystem::directory_iterator(dir.path())) {
        if (file.path().extension() != ".sst" || file.file_size() < 20000) continue;
        std::fstream f(file.path(), std::ios::in | std::ios::out | std::ios::binary);
        for (int at = 100; at < 15000; at += 50) {
            f.seekp(at);
            f.put('\x55');
        }
    }
    Database db = opened(dir.path());
    EXPECT_TRUE(db.health());
    Bytes value;
    const auto reader = db.latest();
    for (int i = 0; i < 2000; i++) (void)reader->read("k" + std::to_string(i), value);
    const auto health = db.health();
    ASSERT_FALSE(health) << "a read failed unnoticed";
    expect_reason(health.error(), dir.path(), "damaged");
    EXPECT_FALSE(commit(db, 20, content(20))) << "a block computed from failed reads";
    EXPECT_EQ(db.tip(), 19U);
    EXPECT_FALSE(db.verify());
}

}  // namespace
}  // namespace warpshrew::store
