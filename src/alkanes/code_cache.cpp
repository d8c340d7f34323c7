#include "alkanes/code_cache.hpp"

#include "alkanes/gzip.hpp"
#include "alkanes/keys.hpp"

namespace warpshrew::alkanes {

using protorune::RuneId;

static constexpr std::size_t alias_size = 32;
// Aliases form no cycles, for an alias to itself is never stored and none is rewritten; this only bounds the work.
static constexpr int max_aliases = 65'536;
// Bounds the memory of what is remembered, far above what is in use at a time: ids, bytes of a block's payloads, bytes
// of an error's text.
static constexpr std::size_t max_remembered = 1 << 17, max_fresh_bytes = std::size_t{32} << 20, max_reason = 256;
static constexpr std::size_t entry_size = 512;

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

CodeCache::Loaded CodeCache::decompress_and_compile(BytesView compressed) {
    ++decompressed_;
    const auto module = gunzip(compressed);
    if (!module) return tl::unexpected(module.error());
    return environment_.engine.compile(*module);
}

/// Nothing if it is not worth its memory.
std::optional<CodeCache::Remembered> CodeCache::remembered(const Entry& entry) {
    const auto* loaded = std::get_if<Loaded>(&entry);
    if (loaded == nullptr) return std::get<RuneId>(entry);
    if (*loaded && **loaded) return std::weak_ptr(***loaded);
    const Error& error = *loaded ? (*loaded)->error() : loaded->error();
    if (error.reason.size() > max_reason) return std::nullopt;
    return *loaded;
}

/// Nothing if the engine has dropped the code.
std::optional<CodeCache::Entry> CodeCache::recalled(const Remembered& entry) {
    if (const auto* code = std::get_if<std::weak_ptr<const wasm::Code>>(&entry)) {
        auto alive = code->lock();
        if (alive == nullptr) return std::nullopt;
        return Loaded(Result<CompiledCode>(std::move(alive)));
    }
    if (const auto* loaded = std::get_if<Loaded>(&entry)) return *loaded;
    return std::get<RuneId>(entry);
}

Result<Result<CompiledCode>> CodeCache::load(BytesView compressed) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto i = fresh_.find(compressed); i != fresh_.end())
            if (auto known = recalled(i->second)) return std::get<Loaded>(*known);
    }
    Loaded loaded = decompress_and_compile(compressed);
    if (const auto entry = remembered(loaded); entry && compressed.size() <= max_fresh_bytes) {
        const std::lock_guard lock(mutex_);
        if (fresh_bytes_ + compressed.size() + entry_size > max_fresh_bytes) {
            fresh_.clear();
            fresh_bytes_ = 0;
        }
        if (fresh_.insert_or_assign(Bytes(compressed), *entry).second) fresh_bytes_ += compressed.size() + entry_size;
    }
    return loaded;
}

CodeCache::Entry CodeCache::look_up(store::Transaction& state, const RuneId& id) {
    const Bytes key = code_key(id);
    if (state.written(key)) {
        const BytesView value = state.get(key);
        if (value.size() == alias_size) return protorune::parse_id32(value);
        return load(value);
    }
    {
        const std::lock_guard lock(mutex_);
        if (const auto i = committed_.find(id); i != committed_.end())
            if (auto known = recalled(i->second)) return std::move(*known);
    }
    const BytesView value = state.get(key);
    const bool alias = value.size() == alias_size;
    Entry entry = alias ? Entry(protorune::parse_id32(value)) : Entry(decompress_and_compile(value));
    // What is not there yet may come; what is there stays (alkanes-vm.md 1.3).
    if (value.empty()) return entry;
    if (const auto kept = remembered(entry)) {
        const std::lock_guard lock(mutex_);
        if (committed_.size() >= max_remembered) committed_.clear();
        committed_.insert_or_assign(id, *kept);
    }
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
    fresh_bytes_ = 0;
}

void CodeCache::forget() {
    const std::lock_guard lock(mutex_);
    fresh_.clear();
    fresh_bytes_ = 0;
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
