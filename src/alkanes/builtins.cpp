#include "alkanes/builtins.hpp"

#include <algorithm>

#include "base/hex.hpp"
#include "base/sha256.hpp"

namespace warpshrew::alkanes {

Builtins::Builtins(const protorune::Network& network, std::map<std::string, Bytes> found) {
    const auto add_missing = [&](const std::string& what) {
        if (std::find(missing_.begin(), missing_.end(), what) == missing_.end()) missing_.push_back(what);
    };
    const auto take = [&](const std::string& sha256) -> Bytes {
        const auto i = found.find(sha256);
        if (i != found.end()) return i->second;
        add_missing(sha256);
        return {};
    };
    for (const protorune::BuiltinContract& contract : network.builtins) {
        Entry& e = entries_[contract.id];
        if (contract.code) {
            e.marker = *contract.code;
            e.versions[0] = *contract.code;
            continue;
        }
        if (contract.versions.empty()) {
            add_missing(to_decimal(contract.id.block) + ":" + to_decimal(contract.id.tx));
            continue;
        }
        e.marker = take(contract.marker_sha256);
        for (const auto& version : contract.versions) e.versions[version.from] = take(version.sha256);
    }
}

bool Builtins::contains(const protorune::RuneId& id) const noexcept { return entries_.contains(id); }

const Bytes& Builtins::code(const protorune::RuneId& id, std::uint64_t height) const {
    static const Bytes none;
    const auto entry = entries_.find(id);
    if (entry == entries_.end()) return none;
    const auto next = entry->second.versions.upper_bound(height);
    return next == entry->second.versions.begin() ? none : std::prev(next)->second;
}

const Bytes& Builtins::marker(const protorune::RuneId& id) const {
    static const Bytes none;
    const auto entry = entries_.find(id);
    return entry == entries_.end() ? none : entry->second.marker;
}

std::set<std::string> builtin_digests(const protorune::Network& network) {
    std::set<std::string> out;
    for (const protorune::BuiltinContract& contract : network.builtins) {
        if (contract.code || contract.versions.empty()) continue;
        out.insert(contract.marker_sha256);
        for (const auto& version : contract.versions) out.insert(version.sha256);
    }
    return out;
}

namespace {
Bytes meta_key(const std::string& sha256) { return "builtin:" + sha256; }
}  // namespace

Result<void> store_builtins(store::Database& db, const CodeByDigest& code) {
    for (const auto& [sha256, bytes] : code) {
        if (auto stored = db.set_meta(meta_key(sha256), bytes); !stored) return stored;
    }
    return {};
}

Result<Builtins> load_builtins(const store::Database& db, const protorune::Network& network) {
    CodeByDigest found;
    for (const std::string& digest : builtin_digests(network)) {
        auto code = db.meta(meta_key(digest));
        if (!code) return tl::unexpected(code.error());
        if (*code && to_hex(view(sha256(**code))) == digest) found.emplace(digest, std::move(**code));
    }
    return Builtins(network, std::move(found));
}

std::string missing_builtins_text(const Builtins& builtins, const protorune::Network& network) {
    if (builtins.missing().empty()) return {};
    std::string out = "the code of built-in contracts of network " + network.name + " is missing:";
    for (const std::string& what : builtins.missing()) out += " " + what;
    return out +
           "; get it out of an upstream module or checkout by: warpshrew genesis extract PATH... --db-path DIR "
           "--network " +
           network.name;
}

}  // namespace warpshrew::alkanes
