#include "store/database.hpp"

#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

#include "base/hex.hpp"
#include "store/key_list.hpp"
#include "store/state_key.hpp"

namespace warpshrew::store {

namespace fs = std::filesystem;

namespace {

// The version of the layout that is described here: `state` user key ‖ height -> value, `heights` height -> list of
// keys (key_list.hpp), `blocks` height -> block hash ‖ number of keys (8 bytes, little-endian), heights big-endian.
constexpr BytesView schema_key = "schema", schema = "1";

enum Family : std::size_t { family_default, family_state, family_heights, family_blocks, family_meta };
constexpr const char* family_names[] = {"default", "state", "heights", "blocks", "meta"};

constexpr std::uint64_t none = UINT64_MAX;  // no height; a block cannot have it
constexpr std::size_t block_value_size = sizeof(Digest) + sizeof(std::uint64_t);

Bytes height_key(std::uint64_t height) { return to_le(__builtin_bswap64(height)); }
std::uint64_t height_of(const rocksdb::Slice& key) { return __builtin_bswap64(load_le<std::uint64_t>(key.data())); }
rocksdb::Slice slice(BytesView b) { return {b.data(), b.size()}; }

const char* advice(const rocksdb::Status& status) {
    const std::string text = status.ToString();
    const auto says = [&](const char* part) { return text.find(part) != std::string::npos; };
    if (status.IsNoSpace() || says("File too large") || says("Disk quota")) {
        return "; nothing is lost: make room there and start again";
    }
    if (says("LOCK: ")) return "; another process has it open: stop that one, or open it read-only";
    if (says("Permission denied") || says("Read-only file system")) {
        return "; choose a directory that this user may write to";
    }
    if (status.IsCorruption()) return "; the files are damaged: restore a copy, or index again into an empty directory";
    return "";
}

Error error(const char* doing, const fs::path& path, const rocksdb::Status& status) {
    return {std::string("cannot ") + doing + " the store at " + path.string() + ": " + status.ToString() +
            advice(status)};
}

tl::unexpected<Error> open_error(const fs::path& path, const std::string& why) {
    return fail("cannot open the store at " + path.string() + ": " + why);
}

rocksdb::ColumnFamilyOptions small_family() {
    rocksdb::ColumnFamilyOptions o;
    o.write_buffer_size = 4U << 20;
    o.compression = rocksdb::kLZ4Compression;
    return o;
}

// Blocks, contracts and lists of keys are written once: in files of their own, compactions need not copy them.
void keep_big_values_apart(rocksdb::ColumnFamilyOptions& o) {
    o.enable_blob_files = true;
    o.min_blob_size = 4096;
    o.blob_file_size = 256U << 20;
    o.blob_compression_type = rocksdb::kLZ4Compression;
    o.enable_blob_garbage_collection = true;
}

rocksdb::ColumnFamilyOptions heights_family() {
    rocksdb::ColumnFamilyOptions o = small_family();
    o.write_buffer_size = 32U << 20;
    keep_big_values_apart(o);
    return o;
}

rocksdb::ColumnFamilyOptions state_family(std::size_t cache_bytes) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = rocksdb::NewLRUCache(cache_bytes);
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.whole_key_filtering = false;  // nobody asks for a key at one height exactly
    table.format_version = 5;

    rocksdb::ColumnFamilyOptions o;
    o.comparator = state_comparator();
    o.prefix_extractor = state_prefix();
    o.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    o.compression = rocksdb::kLZ4Compression;
    o.write_buffer_size = 64U << 20;
    o.max_write_buffer_number = 3;
    o.memtable_prefix_bloom_size_ratio = 0.02;
    // Blocks are inserted in order: each search starts where the one before ended, among the keys of the same kind.
    o.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewCappedPrefixTransform(1));
    o.target_file_size_base = 256U << 20;  // few files: they count against the limit of open ones
    o.max_bytes_for_level_base = 1U << 30;
    o.level_compaction_dynamic_level_bytes = true;
    keep_big_values_apart(o);
    return o;
}

std::vector<rocksdb::ColumnFamilyDescriptor> families(std::size_t cache_bytes) {
    return {{family_names[family_default], small_family()},
            {family_names[family_state], state_family(cache_bytes)},
            {family_names[family_heights], heights_family()},
            {family_names[family_blocks], small_family()},
            {family_names[family_meta], small_family()}};
}

rocksdb::DBOptions database_options(const DatabaseOptions& options) {
    rocksdb::DBOptions o;
    o.create_if_missing = options.create;
    o.create_missing_column_families = options.create;
    o.max_open_files = options.read_only ? -1 : 768;  // -1: all at once, since a writing process may delete them
    o.max_background_jobs = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 2U, 4U));
    o.max_total_wal_size = 512U << 20;
    o.allow_concurrent_memtable_write = false;  // one thread writes, and sorted inserts are cheaper this way
    o.max_bgerror_resume_count = 0;             // after an error the caller decides when to go on
    o.allow_fallocate = false;                  // else a new store starts with over 100 MB of log
    o.info_log_level = rocksdb::WARN_LEVEL;
    o.keep_log_file_num = 3;
    o.max_log_file_size = 8U << 20;
    return o;
}

// A read-only instance must not write into the store's folder, where it would keep its log.
class NoLog final : public rocksdb::Logger {
 public:
    using rocksdb::Logger::Logv;
    void Logv(const char*, va_list) override {}
};

// Opens beside a process that may be writing: files can go between reading their list and opening them, then the list
// has changed.
rocksdb::Status open_read_only(rocksdb::DBOptions db_options, const fs::path& path, std::size_t cache_bytes,
                               std::vector<rocksdb::ColumnFamilyHandle*>& handles, rocksdb::DB*& db) {
    constexpr int attempts = 10;
    db_options.info_log = std::make_shared<NoLog>();
    rocksdb::Status status;
    for (int i = 0; i < attempts; i++) {
        handles.clear();
        status = rocksdb::DB::OpenForReadOnly(db_options, path, families(cache_bytes), &handles, &db);
        if (status.ok()) return status;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return status;
}

}  // namespace

struct Database::Parts {
    fs::path path;
    bool sync = true;
    bool read_only = false;
    std::unique_ptr<rocksdb::DB> db;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    std::atomic<std::uint64_t> first = none, tip = none;
    std::mutex writing;
    mutable std::mutex failure_mutex;
    mutable std::atomic<bool> failed = false;
    mutable Error failure;

    Parts() = default;
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;
    ~Parts() {
        for (auto* handle : handles) db->DestroyColumnFamilyHandle(handle);
        db.reset();
    }

    [[nodiscard]] rocksdb::ColumnFamilyHandle* family(Family f) const { return handles[f]; }

    /// Remembers the first failure of the disk.
    tl::unexpected<Error> broken(const char* doing, const rocksdb::Status& status) const {
        Error e = error(doing, path, status);
        const std::lock_guard lock(failure_mutex);
        if (!failed) {
            failure = e;
            failed = true;
        }
        return tl::unexpected<Error>(std::move(e));
    }

    [[nodiscard]] std::unique_ptr<rocksdb::Iterator> iterate(Family f, rocksdb::ReadOptions options = {}) const {
        options.total_order_seek = true;
        return std::unique_ptr<rocksdb::Iterator>(db->NewIterator(options, family(f)));
    }

    [[nodiscard]] Result<std::optional<Bytes>> get(Family f, BytesView key) const {
        Bytes value;
        const auto status = db->Get({}, family(f), slice(key), &value);
        if (status.IsNotFound()) return std::nullopt;
        if (!status.ok()) return broken("read", status);
        return value;
    }

    [[nodiscard]] Result<void> load_heights() {
        const auto blocks = iterate(family_blocks);
        blocks->SeekToFirst();
        const std::uint64_t lowest = blocks->Valid() ? height_of(blocks->key()) : none;
        blocks->SeekToLast();
        const std::uint64_t highest = blocks->Valid() ? height_of(blocks->key()) : none;
        if (!blocks->status().ok()) return broken("read", blocks->status());
        first = lowest;
        tip = highest;
        return {};
    }

    [[nodiscard]] Result<void> write(rocksdb::WriteBatch& batch) {
        rocksdb::WriteOptions options;
        options.sync = sync;
        if (const auto status = db->Write(options, &batch); !status.ok()) return broken("write to", status);
        return {};
    }

    [[nodiscard]] Result<void> writable() const {
        if (read_only) return fail("the store at " + path.string() + " is open for reading only");
        if (!failed) return {};
        const std::lock_guard lock(failure_mutex);
        return fail("the store at " + path.string() + " has to be opened again after an error: " + failure.reason);
    }
};

namespace {

/// Reads at one height. The iterator is what is dear in a read, so one is kept; a second thread makes its own.
class HeightReader final : public StateReader {
 public:
    using Broken = std::function<void(const rocksdb::Status&)>;
    HeightReader(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family, std::uint64_t height, bool snapshot,
                 Broken broken)
        : db_(db),
          family_(family),
          height_(height),
          snapshot_(snapshot ? db.GetSnapshot() : nullptr),
          broken_(std::move(broken)) {}
    ~HeightReader() override {
        delete idle_.load();
        if (snapshot_ != nullptr) db_.ReleaseSnapshot(snapshot_);
    }
    HeightReader(const HeightReader&) = delete;
    HeightReader& operator=(const HeightReader&) = delete;

    bool read(BytesView key, Bytes& value) const override {
        std::unique_ptr<rocksdb::Iterator> i(idle_.exchange(nullptr));
        if (!i) {
            rocksdb::ReadOptions options;
            options.snapshot = snapshot_;
            options.prefix_same_as_start = true;
            i.reset(db_.NewIterator(options, family_));
        }
        thread_local Bytes target;
        target.assign(key);
        append_height(target, height_);
        i->Seek(target);
        const bool found = i->Valid() && user_key(i->key().ToStringView()) == key;
        if (found) {
            value.assign(i->value().ToStringView());
        } else if (!i->status().ok()) {
            broken_(i->status());
        }
        i.reset(idle_.exchange(i.release()));
        return found;
    }

 private:
    rocksdb::DB& db_;
    rocksdb::ColumnFamilyHandle* family_;
    std::uint64_t height_;
    const rocksdb::Snapshot* snapshot_;
    Broken broken_;
    mutable std::atomic<rocksdb::Iterator*> idle_ = nullptr;
};

class EmptyReader final : public StateReader {
 public:
    bool read(BytesView, Bytes&) const override { return false; }
};

/// Whether a store is there whose column families are ours; some may be missing where the making of it was cut short.
Result<bool> exists(const fs::path& path, const rocksdb::DBOptions& options) {
    std::error_code failed;
    if (!fs::exists(path / "CURRENT", failed)) return false;
    std::vector<std::string> names;
    if (const auto status = rocksdb::DB::ListColumnFamilies(options, path, &names); !status.ok()) {
        return tl::unexpected(error("open", path, status));
    }
    for (const auto& name : names) {
        if (std::find(std::begin(family_names), std::end(family_names), name) == std::end(family_names)) {
            return open_error(path, "it has the column family '" + name +
                                        "', which this version does not know: use the version that wrote it");
        }
    }
    if (names.size() > 1) return true;
    // Only `default`: an unfinished store of ours, in which it is empty, or another program's.
    rocksdb::DB* db = nullptr;
    if (const auto status = rocksdb::DB::OpenForReadOnly(rocksdb::Options(options, small_family()), path, &db);
        !status.ok()) {
        return tl::unexpected(error("open", path, status));
    }
    const std::unique_ptr<rocksdb::DB> owner(db);
    const std::unique_ptr<rocksdb::Iterator> i(db->NewIterator({}));
    i->SeekToFirst();
    if (i->Valid()) return open_error(path, "another program's database is there: choose another directory");
    return true;
}

}  // namespace

Database::Database(std::unique_ptr<Parts> parts) noexcept : parts_(std::move(parts)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(const fs::path& path, const DatabaseOptions& options) {
    DatabaseOptions o = options;
    o.create = options.create && !options.read_only;
    std::error_code failed;
    if (o.create && !fs::is_directory(path, failed)) {
        fs::create_directories(path, failed);
        if (failed) {
            return open_error(path, "the directory cannot be made: " + failed.message() +
                                        "; choose a directory that this user may write to");
        }
    }
    const rocksdb::DBOptions db_options = database_options(o);
    const auto found = exists(path, db_options);
    if (!found) return tl::unexpected(found.error());
    if (!*found && !o.create) return open_error(path, "there is none: check the path, or index into it first");

    auto parts = std::make_unique<Parts>();
    parts->path = path;
    parts->sync = o.sync;
    parts->read_only = o.read_only;
    rocksdb::DB* db = nullptr;
    rocksdb::Status status;
    if (o.read_only) {
        // Not a secondary instance: RocksDB 7.8's crash when they read a value from a blob file.
        status = open_read_only(db_options, path, o.cache_bytes, parts->handles, db);
    } else {
        status = rocksdb::DB::Open(db_options, path, families(o.cache_bytes), &parts->handles, &db);
    }
    if (!status.ok()) return tl::unexpected(error("open", path, status));
    parts->db.reset(db);

    if (auto loaded = parts->load_heights(); !loaded) return tl::unexpected(loaded.error());
    const auto version = parts->get(family_meta, schema_key);
    if (!version) return tl::unexpected(version.error());
    if (!*version && !o.read_only && parts->tip == none) {
        rocksdb::WriteBatch batch;
        batch.Put(parts->family(family_meta), slice(schema_key), slice(schema));
        if (auto written = parts->write(batch); !written) return tl::unexpected(written.error());
    } else if (!*version || **version != schema) {
        return open_error(path, "its schema is '" + version->value_or("") + "', and this version knows '" +
                                    Bytes(schema) + "' only: use the version that wrote it, or index again");
    }
    return Database(std::move(parts));
}

std::optional<std::uint64_t> Database::tip() const {
    const std::uint64_t tip = parts_->tip;
    return tip != none ? std::optional(tip) : std::nullopt;
}

std::optional<std::uint64_t> Database::first() const {
    const std::uint64_t first = parts_->first;
    return first != none ? std::optional(first) : std::nullopt;
}

Result<std::optional<Digest>> Database::block_hash(std::uint64_t height) const {
    auto value = parts_->get(family_blocks, height_key(height));
    if (!value) return tl::unexpected(value.error());
    if (!*value) return std::nullopt;
    if ((*value)->size() != block_value_size) {
        return fail("the store at " + parts_->path.string() + " is damaged: block " + std::to_string(height));
    }
    return load_le<Digest>((*value)->data());
}

std::unique_ptr<StateReader> Database::at(std::uint64_t height) const {
    const Parts& p = *parts_;
    return std::make_unique<HeightReader>(*p.db, p.family(family_state), height, !p.read_only,
                                          [&p](const rocksdb::Status& status) { (void)p.broken("read", status); });
}

std::unique_ptr<StateReader> Database::latest() const {
    const auto height = tip();
    if (!height) return std::make_unique<EmptyReader>();
    return at(*height);
}

Result<void> Database::health() const {
    if (!parts_->failed) return {};
    const std::lock_guard lock(parts_->failure_mutex);
    return tl::unexpected(parts_->failure);
}

Result<void> Database::commit(std::uint64_t height, const Digest& block_hash, const BlockState& changes) {
    Parts& p = *parts_;
    const std::lock_guard lock(p.writing);
    if (auto writable = p.writable(); !writable) return writable;
    if (height == none || (p.tip != none && height != p.tip + 1)) {
        return fail("block " + std::to_string(height) + " does not follow " + std::to_string(p.tip) +
                    ", the last in the store at " + p.path.string());
    }

    std::vector<std::pair<BytesView, BytesView>> writes;
    writes.reserve(changes.write_count());
    std::size_t size = 0;
    changes.for_each_write([&](BytesView key, BytesView value) {
        writes.emplace_back(key, value);
        size += key.size() + value.size() + 2 * height_size;
    });
    std::sort(writes.begin(), writes.end(), [](const auto& a, const auto& b) { return a.first < b.first; });

    rocksdb::WriteBatch batch(size + size / 2);
    Bytes state_key, keys;
    BytesView previous;
    for (const auto& [key, value] : writes) {
        state_key.assign(key);
        append_height(state_key, height);
        batch.Put(p.family(family_state), state_key, slice(value));
        append_key(keys, previous, key);
        previous = key;
    }
    batch.Put(p.family(family_heights), height_key(height), keys);
    batch.Put(p.family(family_blocks), height_key(height),
              Bytes(view(block_hash)) + to_le<std::uint64_t>(writes.size()));
    if (auto written = p.write(batch); !written) return written;
    if (p.first == none) p.first = height;
    p.tip = height;
    return {};
}

Result<void> Database::rollback(std::uint64_t height) { return height != none ? truncate(height + 1) : Result<void>(); }

Result<void> Database::truncate(std::uint64_t end) {
    Parts& p = *parts_;
    const std::lock_guard lock(p.writing);
    if (auto writable = p.writable(); !writable) return writable;
    if (p.tip == none || end > p.tip) return {};

    const bool all = end <= p.first;
    rocksdb::WriteBatch batch;
    Bytes state_key;
    for (std::uint64_t h = p.tip; h >= p.first && h >= end; h--) {
        const auto keys = p.get(family_heights, height_key(h));
        if (!keys) return tl::unexpected(keys.error());
        const auto listed = for_each_key(keys->value_or(""), [&](BytesView key) {
            state_key.assign(key);
            append_height(state_key, h);
            batch.Delete(p.family(family_state), state_key);
        });
        if (!*keys || !listed) {
            return fail("the store at " + p.path.string() + " is damaged: the list of keys of block " +
                        std::to_string(h) + "; restore a copy, or index again");
        }
        batch.Delete(p.family(family_heights), height_key(h));
        batch.Delete(p.family(family_blocks), height_key(h));
        if (h == 0) break;
    }
    if (auto written = p.write(batch); !written) return written;
    p.tip = all ? none : end - 1;
    if (all) p.first = none;
    return {};
}

Result<void> Database::dump(std::uint64_t height, const std::function<bool(BytesView, BytesView)>& f) const {
    const auto i = parts_->iterate(family_state);
    Bytes shown;
    bool any = false;
    for (i->SeekToFirst(); i->Valid(); i->Next()) {
        const BytesView key = i->key().ToStringView();
        if (key_height(key) > height || (any && user_key(key) == shown)) continue;
        shown = user_key(key);
        any = true;
        if (!f(shown, i->value().ToStringView())) break;
    }
    if (!i->status().ok()) return parts_->broken("read", i->status());
    return {};
}

Result<std::optional<Bytes>> Database::meta(BytesView key) const { return parts_->get(family_meta, key); }

Result<void> Database::set_meta(BytesView key, BytesView value) {
    const std::lock_guard lock(parts_->writing);
    if (auto writable = parts_->writable(); !writable) return writable;
    if (key == schema_key) return fail("the schema is not for setting");
    rocksdb::WriteBatch batch;
    batch.Put(parts_->family(family_meta), slice(key), slice(value));
    return parts_->write(batch);
}

Result<void> Database::verify() const {
    const Parts& p = *parts_;
    const auto damaged = [&](const std::string& what) {
        return fail("the store at " + p.path.string() + " is damaged: " + what + "; restore a copy, or index again");
    };
    if (const auto status = p.db->VerifyChecksum(); !status.ok()) return p.broken("verify", status);

    // One state of all families, should a block be committed meanwhile.
    const std::unique_ptr<const rocksdb::Snapshot, std::function<void(const rocksdb::Snapshot*)>> snapshot(
        p.read_only ? nullptr : p.db->GetSnapshot(), [&](const rocksdb::Snapshot* s) { p.db->ReleaseSnapshot(s); });
    rocksdb::ReadOptions options;
    options.snapshot = snapshot.get();
    options.fill_cache = false;

    std::uint64_t listed = 0, expected = none;
    const auto heights = p.iterate(family_heights, options);
    const auto blocks = p.iterate(family_blocks, options);
    heights->SeekToFirst();
    for (blocks->SeekToFirst(); blocks->Valid(); blocks->Next(), heights->Next()) {
        const std::uint64_t h = height_of(blocks->key());
        const std::string name = "block " + std::to_string(h);
        if (expected != none && h != expected) return damaged("block " + std::to_string(expected) + " is missing");
        expected = h + 1;
        if (!heights->Valid() || heights->key() != blocks->key()) return damaged("no list of keys of " + name);
        std::uint64_t count = 0;
        std::string missing;
        Bytes state_key;
        rocksdb::PinnableSlice value;
        const auto keys = for_each_key(heights->value().ToStringView(), [&](BytesView key) {
            count++;
            state_key.assign(key);
            append_height(state_key, h);
            value.Reset();
            const auto status = p.db->Get(options, p.family(family_state), state_key, &value);
            if (!status.ok() && missing.empty())
                missing = name + " wrote the key " + to_hex(key) + ": " + status.ToString();
        });
        if (!keys) return damaged("the list of keys of " + name);
        if (!missing.empty()) return damaged(missing);
        if (blocks->value().size() != block_value_size ||
            load_le<std::uint64_t>(blocks->value().data() + sizeof(Digest)) != count) {
            return damaged("the number of keys of " + name);
        }
        listed += count;
    }
    if (heights->Valid()) return damaged("a list of keys of a block that is not there");
    if (!blocks->status().ok()) return p.broken("verify", blocks->status());
    if (!heights->status().ok()) return p.broken("verify", heights->status());

    std::uint64_t versions = 0;
    const auto state = p.iterate(family_state, options);
    for (state->SeekToFirst(); state->Valid(); state->Next()) versions++;
    if (!state->status().ok()) return p.broken("verify", state->status());
    if (versions != listed) {
        return damaged(std::to_string(versions) + " values, and the blocks list " + std::to_string(listed));
    }
    return {};
}

Result<Database::Stats> Database::stats() const {
    Stats stats;
    const auto blocks = parts_->iterate(family_blocks);
    for (blocks->SeekToFirst(); blocks->Valid(); blocks->Next()) {
        stats.blocks++;
        if (blocks->value().size() == block_value_size) {
            stats.versions += load_le<std::uint64_t>(blocks->value().data() + sizeof(Digest));
        }
    }
    if (!blocks->status().ok()) return parts_->broken("read", blocks->status());
    std::error_code failed;
    for (fs::directory_iterator i(parts_->path, failed), end; !failed && i != end; i.increment(failed)) {
        std::error_code gone;  // by a compaction
        if (const auto size = i->file_size(gone); !gone) stats.bytes_on_disk += size;
    }
    return stats;
}

Result<Digest> digest(const Database& db, std::uint64_t height) {
    Sha256 hash;
    const auto done = db.dump(height, [&](BytesView key, BytesView value) {
        hash.update(to_hex(key));
        hash.update(" ");
        hash.update(to_hex(value));
        hash.update("\n");
        return true;
    });
    if (!done) return tl::unexpected(done.error());
    return hash.finish();
}

}  // namespace warpshrew::store
