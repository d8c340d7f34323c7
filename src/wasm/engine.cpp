#include "wasm/engine.hpp"

#include <algorithm>
#include <array>

#include "wasm/compile_estimate.hpp"
#include "wasm/engine_parts.hpp"
#include "wasm/instantiation.hpp"
#include "wasm/instrument.hpp"
#include "wasm/linear_memory.hpp"
#include "wasm/module.hpp"
#include "wasm/opcodes.hpp"

namespace warpshrew::wasm {

const std::array<HostSignature, 18> host_functions{{
    {"abort", "iiii", ""},
    {"__load_storage", "ii", "i"},
    {"__request_storage", "i", "i"},
    {"__log", "i", ""},
    {"__balance", "iii", ""},
    {"__request_context", "", "i"},
    {"__load_context", "i", "i"},
    {"__sequence", "i", ""},
    {"__fuel", "i", ""},
    {"__height", "i", ""},
    {"__returndatacopy", "i", ""},
    {"__load_transaction", "i", ""},
    {"__load_block", "i", ""},
    {"__request_transaction", "", "i"},
    {"__request_block", "", "i"},
    {"__call", "iiil", "i"},
    {"__delegatecall", "iiil", "i"},
    {"__staticcall", "iiil", "i"},
}};

namespace {

constexpr std::size_t entry_cost = 1024;

/// The features of wasmi 0.37.2's default configuration (wasmi-fuel.md 1.1), and what makes results and time the same
/// everywhere. A feature that wasmtime has on by default and wasmi lacks would let through a module that the reference
/// refuses: all of them are named.
wasm_config_t* make_config() {
    wasm_config_t* c = wasm_config_new();
    wasmtime_config_wasm_bulk_memory_set(c, true);
    wasmtime_config_wasm_reference_types_set(c, true);
    wasmtime_config_wasm_multi_value_set(c, true);
    wasmtime_config_wasm_multi_memory_set(c, true);
    wasmtime_config_wasm_tail_call_set(c, true);
    wasmtime_config_wasm_relaxed_simd_set(c, false);
    wasmtime_config_wasm_simd_set(c, false);
    wasmtime_config_wasm_threads_set(c, false);
    wasmtime_config_shared_memory_set(c, false);
    wasmtime_config_wasm_memory64_set(c, false);
    wasmtime_config_wasm_exceptions_set(c, false);
    wasmtime_config_wasm_gc_set(c, false);
    wasmtime_config_wasm_function_references_set(c, false);
    wasmtime_config_wasm_wide_arithmetic_set(c, false);
    wasmtime_config_wasm_branch_hinting_set(c, false);
    wasmtime_config_wasm_compact_imports_set(c, false);
    wasmtime_config_wasm_custom_page_sizes_set(c, false);
    wasmtime_config_wasm_stack_switching_set(c, false);
    wasmtime_config_wasm_component_model_set(c, false);
    wasmtime_config_concurrency_support_set(c, false);
    wasmtime_config_cranelift_nan_canonicalization_set(c, true);
    wasmtime_config_parallel_compilation_set(c, false);
    wasmtime_config_async_stack_size_set(c, wasm_stack_size);  // unused, but may not be less than the next
    wasmtime_config_max_wasm_stack_set(c, wasm_stack_size);
    use_memory_pool(c);
    return c;
}

/// wasmtime's words for a malformed module, where they are not those of the reference (alkanes-vm.md 12).
std::optional<std::string> short_module_error(BytesView module) {
    constexpr BytesView magic{"\0asm", 4};
    if (module.size() >= magic.size()) return std::nullopt;
    const bool prefix = magic.starts_with(module);
    return "unexpected end-of-file (at offset 0x" + std::to_string(prefix ? module.size() : 0) + ")";
}

std::string validation_text(std::string text) {
    constexpr std::string_view keep = "bad magic number", drop = " - expected=", at = " (at";
    const std::size_t begin = text.find(std::string(keep) + std::string(drop));
    if (begin == std::string::npos) return text;
    const std::size_t from = begin + keep.size(), to = text.rfind(at);
    if (to != std::string::npos && to >= from + drop.size()) text.erase(from, to - from);
    return text;
}

const std::uint8_t* bytes_of(BytesView b) { return reinterpret_cast<const std::uint8_t*>(b.data()); }

}  // namespace

std::string compile_error_text(const Error& error, std::uint64_t instances_before) {
    constexpr std::string_view prefix = "out of bounds table access: Table(";
    std::string text = error.reason;
    if (!text.starts_with(prefix)) return text;
    const std::size_t at = text.find(instance_placeholder);
    if (at != std::string::npos) text.replace(at, instance_placeholder.size(), std::to_string(instances_before));
    return text;
}

std::string take_message(wasmtime_error_t* error) {
    wasm_byte_vec_t text;
    wasmtime_error_message(error, &text);
    std::string out(text.data, text.size);
    wasm_byte_vec_delete(&text);
    wasmtime_error_delete(error);
    return out;
}

Result<Engine> Engine::create(const EngineOptions& options) {
    auto parts = std::make_unique<Parts>();
    parts->engine.reset(wasm_engine_new_with_config(make_config()));
    if (!parts->engine) return fail("wasmtime does not start");
    parts->linker.reset(wasmtime_linker_new(parts->engine.get()));
    if (auto r = Instance::define_host_functions(*parts->linker); !r) return tl::unexpected(r.error());
    parts->free_instances = std::make_shared<std::atomic<unsigned>>(options.instances);
    parts->most_known = options.remembered;
    parts->interpret = options.interpret;
    if (options.cache) parts->cache.emplace(*options.cache);
    return Engine(std::move(parts));
}

Engine::Engine(std::unique_ptr<Parts> parts) noexcept : parts_(std::move(parts)) {}
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;
Engine::~Engine() = default;

void Engine::run_deep(const std::function<void()>& f) { parts_->stacks.run(f); }

Result<std::shared_ptr<const Code>> Engine::compile(BytesView module) {
    const Digest hash = sha256(module);
    const std::shared_ptr<CompileEntry> entry = parts_->entry(hash);
    const std::lock_guard lock(entry->mutex);
    if (!entry->result) {
        entry->result = parts_->build(hash, module);
        parts_->account(hash, *entry);
    }
    return *entry->result;
}

std::shared_ptr<CompileEntry> Engine::Parts::entry(const Digest& hash) {
    const std::lock_guard lock(mutex);
    auto [at, is_new] = known.try_emplace(hash);
    Known& k = at->second;
    if (is_new) {
        k.entry = std::make_shared<CompileEntry>();
        recently_used.push_front(hash);
        k.used = recently_used.begin();
    } else {
        recently_used.splice(recently_used.begin(), recently_used, k.used);
    }
    return k.entry;
}

void Engine::Parts::account(const Digest& hash, const CompileEntry& entry) {
    const std::lock_guard lock(mutex);
    const auto at = known.find(hash);
    if (at == known.end() || at->second.entry.get() != &entry) return;
    const auto& r = *entry.result;
    at->second.cost = entry_cost + (r ? (*r)->size : r.error().reason.size());
    known_cost += at->second.cost;
    while (known_cost > most_known && recently_used.size() > 1) {
        const auto last = known.find(recently_used.back());
        known_cost -= last->second.cost;
        known.erase(last);
        recently_used.pop_back();
    }
}

Result<std::shared_ptr<const Code>> Engine::Parts::build(const Digest& hash, BytesView module) const {
    if (cache && !interpret) {
        if (const auto native = cache->load(hash)) {
            wasmtime_module_t* m = nullptr;
            wasmtime_error_t* e = wasmtime_module_deserialize(engine.get(), bytes_of(*native), native->size(), &m);
            if (e == nullptr) {
                ModuleHandle compiled(m);
                if (const auto parsed = parse_module(module)) return link(std::move(compiled), *parsed, native->size());
            } else {
                wasmtime_error_delete(e);
            }
        }
    }
    if (auto text = short_module_error(module)) return fail(*text);
    if (auto* e = wasmtime_module_validate(engine.get(), bytes_of(module), module.size()))
        return fail(validation_text(take_message(e)));
    const auto parsed = parse_module(module);
    if (!parsed) return tl::unexpected(parsed.error());
    if (auto e = instantiation_error(*parsed)) return tl::unexpected(std::move(*e));
    const auto slow = slow_to_compile(*parsed);
    if (!slow) return tl::unexpected(slow.error());
    if (interpret || *slow) return interpreted(module);
    const auto rewritten = instrument(module, {.memory_pages = memory_pages});
    if (!rewritten) return tl::unexpected(rewritten.error());
    wasmtime_module_t* m = nullptr;
    if (auto* e = wasmtime_module_new(engine.get(), bytes_of(*rewritten), rewritten->size(), &m)) {
        // The module itself is valid: what was added to it is beyond a limit of wasmtime.
        wasmtime_error_delete(e);
        return interpreted(module);
    }
    ModuleHandle compiled(m);
    std::size_t size = rewritten->size() * 8;
    wasm_byte_vec_t native;
    if (auto* e = cache ? wasmtime_module_serialize(m, &native) : nullptr) {
        wasmtime_error_delete(e);
    } else if (cache) {
        size = native.size;
        cache->save(hash, {native.data, native.size});
        wasm_byte_vec_delete(&native);
    }
    return link(std::move(compiled), *parsed, size);
}

namespace {

/// Whether there may be a table.grow that depends on fuel. What looks like one may be a constant, and in compiled code
/// of some size there is such a constant; but compilers make tables that cannot grow, where the answer is -1 always.
bool may_grow_tables(const Module& module) {
    if (std::ranges::all_of(module.tables, [](const TableType& t) { return t.limits.max == t.limits.min; }))
        return false;
    return std::ranges::any_of(module.bodies, [&](const Range& body) {
        const BytesView code = module.bytes.substr(body.begin, body.end - body.begin);
        for (std::size_t i = code.find('\xfc'); i != BytesView::npos && i + 1 < code.size();
             i = code.find('\xfc', i + 1))
            if ((byte_at(code, i + 1) & 0x7f) == fc_table_grow) return true;
        return false;
    });
}

/// What Instance needs of a module in either form.
std::shared_ptr<Code> code_of(const Module& module, std::size_t size) {
    auto code = std::make_shared<Code>();
    code->metered = !module.bodies.empty();
    code->size = size;
    for (const Export& e : module.exports) {
        if (e.kind != ExternalKind::function) continue;
        const FunctionType& t = module.function_type(e.index);
        code->functions.emplace(e.name, CallType{t.params.size(), t.results.size(),
                                                 !t.results.empty() && t.results[0] == ValueType::i32, e.index});
        code->size += e.name.size() + entry_cost / 8;
    }
    const Export* exported = module.find_export("memory");
    for (std::size_t i = 0; i < module.memories.size(); i++) {
        const std::uint32_t least = exported != nullptr && exported->index == i ? memory_pages : 0;
        code->linear_memory += std::size_t{std::max(module.memories[i].min, least)} << 16;
    }
    // Each table may grow to an equal share of what all may have, whatever the others do.
    std::uint32_t largest = 0;
    for (const TableType& t : module.tables) largest = std::max(largest, t.limits.min);
    const auto tables = static_cast<std::uint32_t>(std::max<std::size_t>(module.tables.size(), 1));
    code->table_elements = std::max(largest, table_elements / tables);
    code->sees_fuel = may_grow_tables(module);
    return code;
}

}  // namespace

Result<std::shared_ptr<const Code>> Engine::Parts::link(ModuleHandle compiled, const Module& module,
                                                        std::size_t size) const {
    wasmtime_instance_pre_t* pre = nullptr;
    if (auto* e = wasmtime_linker_instantiate_pre(linker.get(), compiled.get(), &pre)) return fail(take_message(e));
    auto code = code_of(module, size);
    code->pre.reset(pre);
    return std::shared_ptr<const Code>(std::move(code));
}

Result<std::shared_ptr<const Code>> Engine::Parts::interpreted(BytesView module) {
    constexpr std::size_t bytes_of_code_per_byte = 16;
    auto made = InterpretedModule::create(module);
    if (!made) return tl::unexpected(std::move(made.error()));
    auto code = code_of((*made)->module(), module.size() * bytes_of_code_per_byte);
    code->interpreted = std::move(*made);
    return std::shared_ptr<const Code>(std::move(code));
}

bool is_interpreted(const Code& code) noexcept { return code.interpreted != nullptr; }

bool may_see_fuel(const Code& code) noexcept { return code.sees_fuel; }

}  // namespace warpshrew::wasm
