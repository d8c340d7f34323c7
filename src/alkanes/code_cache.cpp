#include "alkanes/code_cache.hpp"

#include "alkanes/gzip.hpp"
#include "alkanes/keys.hpp"

namespace warpshrew::alkanes {

using protorune::RuneId;

static constexpr std::size_t alias_size = 32;
// Aliases form no cycles, for an alias to itself is never stored and none is rewritten; this only bounds the work.
static constexpr int max_aliases = 65'536;
// Bounds the memory of what is remembered, far above what is in use at a time.
static constexpr std::size_t max_remembered = 1 << 17, max_fresh = 1 << 10;

static tl::unexpected<Error> too_many_aliases() { return fail("contract code: aliases without end"); }

Result<CompiledCode> CodeCache::builtin(const Bytes& code) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto i = builtins_.find(&code); i != builtins_.end()) return i->second;
    }
    auto compiled = environment_.engine.compile(code);
    const std::lock_guard lock(mutex_);
    return builtins_.insert_or_assign(&code, std::move(compiled)).first->second;
}

Result<CompiledCode> CodeCache::none() {
    static const Bytes empty;
    return builtin(empty);
}

Result<Result<CompiledCode>> CodeCache::load(const RuneId& id, BytesView compressed) {
    {
        // Comparing the bytes is cheap beside hashing them, and needs no word of who has written the key since.
        const std::lock_guard lock(mutex_);
        if (const auto i = fresh_.find(id); i != fresh_.end() && i->second.compressed == compressed)
            return i->second.loaded;
    }
    auto module = gunzip(compressed);
    Loaded loaded = module ? Loaded(environment_.engine.compile(*module)) : tl::unexpected(module.error());
    const std::lock_guard lock(mutex_);
    if (fresh_.size() >= max_fresh) fresh_.clear();
    fresh_.insert_or_assign(id, Fresh{Bytes(compressed), loaded});
    return loaded;
}

CodeCache::Entry CodeCache::look_up(store::Transaction& state, const RuneId& id) {
    const Bytes key = code_key(id);
    if (state.written(key)) {
        const BytesView value = state.get(key);
        if (value.size() == alias_size) return protorune::parse_id32(value);
        return load(id, value);
    }
    {
        const std::lock_guard lock(mutex_);
        if (const auto i = committed_.find(id); i != committed_.end()) return i->second;
    }
    const BytesView value = state.get(key);
    Entry entry;
    if (value.size() == alias_size) {
        entry = protorune::parse_id32(value);
    } else {
        const auto module = gunzip(value);
        if (module)
            entry = Loaded(environment_.engine.compile(*module));
        else
            entry = Loaded(tl::unexpected(module.error()));
        // What is not there yet may come; what is there stays (alkanes-vm.md 1.3).
        if (value.empty()) return entry;
    }
    const std::lock_guard lock(mutex_);
    if (committed_.size() >= max_remembered) committed_.clear();
    committed_.insert_or_assign(id, entry);
    return entry;
}

Result<Result<CompiledCode>> CodeCache::find(store::Transaction& state, const RuneId& id, std::uint64_t height) {
    RuneId at = id;
    for (int i = 0; i < max_aliases; i++) {
        if (environment_.builtins.contains(at)) return builtin(environment_.builtins.code(at, height));
        Entry entry = look_up(state, at);
        if (auto* loaded = std::get_if<Loaded>(&entry)) return std::move(*loaded);
        at = std::get<RuneId>(entry);
    }
    return too_many_aliases();
}

Bytes CodeCache::marker(const RuneId& id) {
    const std::lock_guard lock(mutex_);
    const auto [i, inserted] = markers_.try_emplace(id);
    if (inserted) i->second = gzip(environment_.builtins.marker(id));
    return i->second;
}

void CodeCache::end_block() {
    const std::lock_guard lock(mutex_);
    fresh_.clear();
}

void CodeCache::forget() {
    const std::lock_guard lock(mutex_);
    fresh_.clear();
    committed_.clear();
}

Result<Bytes> find_module(const Environment& environment, store::KeyValue& state, const RuneId& id,
                          std::uint64_t height) {
    RuneId at = id;
    for (int i = 0; i < max_aliases; i++) {
        if (environment.builtins.contains(at)) return environment.builtins.code(at, height);
        const BytesView value = state.get(code_key(at));
        if (value.size() != alias_size) return gunzip(value);
        at = protorune::parse_id32(value);
    }
    return too_many_aliases();
}

}  // namespace warpshrew::alkanes
