#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/node.hpp"
#include "app/report.hpp"
#include "base/hex.hpp"
#include "store/database.hpp"

namespace warpshrew::app {

using nlohmann::ordered_json;

static int digest(const SharedOptions& shared, const store::Database& db, std::uint64_t height) {
    const Result<Digest> result = store::digest(db, height);
    if (!result) return failed(result.error());
    const std::string hex = to_hex(view(*result));
    std::cout << (shared.json ? ordered_json{{"height", height}, {"digest", hex}}.dump() : hex) << '\n';
    return 0;
}

static int dump(const SharedOptions& shared, const store::Database& db, std::uint64_t height) {
    const Result<void> result = db.dump(height, [&](BytesView key, BytesView value) {
        if (shared.json) {
            std::cout << ordered_json{{"key", to_hex(key)}, {"value", to_hex(value)}}.dump() << '\n';
        } else {
            std::cout << to_hex(key) << ' ' << to_hex(value) << '\n';
        }
        return std::cout.good();
    });
    if (!result) return failed(result.error());
    std::cout.flush();
    return std::cout.good() ? 0 : failed({"cannot write to standard output"});
}

static int verify(const SharedOptions& shared, const store::Database& db) {
    const Result<void> result = db.verify();
    if (shared.json) {
        std::cout << ordered_json{{"sound", result.has_value()},
                                  {"problem", result ? ordered_json() : ordered_json(result.error().reason)}}
                         .dump()
                  << '\n';
        return result ? 0 : 1;
    }
    if (!result) return failed(result.error());
    std::cout << "the store is sound\n";
    return 0;
}

static int rollback(const SharedOptions& shared, store::Database& db, std::uint64_t height) {
    const std::uint64_t tip = *db.tip();
    if (const Result<void> result = db.truncate(height + 1); !result) return failed(result.error());
    if (shared.json) {
        std::cout << ordered_json{{"tip", height}, {"undone", tip - height}}.dump() << '\n';
    } else {
        std::cout << "undid " << grouped(tip - height) << " blocks; the store ends at height " << grouped(height)
                  << '\n';
    }
    return 0;
}

static int stats(const SharedOptions& shared, const store::Database& db) {
    const Result<store::Database::Stats> s = db.stats();
    if (!s) return failed(s.error());
    const auto height = [](std::optional<std::uint64_t> h) { return h ? ordered_json(*h) : ordered_json(); };
    if (shared.json) {
        std::cout << ordered_json{{"first", height(db.first())},
                                  {"tip", height(db.tip())},
                                  {"blocks", s->blocks},
                                  {"versions", s->versions},
                                  {"bytes_on_disk", s->bytes_on_disk}}
                         .dump()
                  << '\n';
        return 0;
    }
    if (!db.tip()) {
        std::cout << "the store is empty\n";
        return 0;
    }
    std::cout << "blocks         " << grouped(s->blocks) << " (heights " << *db.first() << " to " << *db.tip() << ")\n"
              << "key versions   " << grouped(s->versions) << '\n'
              << "bytes on disk  " << grouped(s->bytes_on_disk) << '\n';
    return 0;
}

int database_command(const SharedOptions& shared, const DatabaseCommand& command) {
    const bool writes = command.action == "rollback";
    Result<store::Database> db = store::Database::open(shared.db_path, {.create = false, .read_only = !writes});
    if (!db) return failed(db.error());
    if (command.action == "verify") return verify(shared, *db);
    if (command.action == "stats") return stats(shared, *db);
    const Result<std::uint64_t> height = height_in(*db, command.height, shared.db_path);
    if (!height) return failed(height.error());
    if (writes) return rollback(shared, *db, *height);
    return command.action == "digest" ? digest(shared, *db, *height) : dump(shared, *db, *height);
}

}  // namespace warpshrew::app
