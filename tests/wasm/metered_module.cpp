#include "metered_module.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace warpshrew::wasm::test {
namespace {

constexpr std::int64_t memory_limit = 43554432;  // wasmi-fuel.md 4
constexpr std::size_t wasm_stack = std::size_t{16} << 20;

void check(wasmtime_error_t* e) {
    if (e == nullptr) return;
    wasm_byte_vec_t text;
    wasmtime_error_message(e, &text);
    const std::string message(text.data, text.size);
    wasm_byte_vec_delete(&text);
    wasmtime_error_delete(e);
    throw std::runtime_error(message);
}

struct Run {
    wasmtime_context_t* context = nullptr;
    wasmtime_global_t fuel{};
    std::vector<std::uint64_t> logged;

    [[nodiscard]] std::int64_t left() const {
        wasmtime_val_t v;
        wasmtime_global_get(context, &fuel, &v);
        return v.of.i64;
    }
};

Run& run_of(wasmtime_caller_t* caller) {
    return *static_cast<Run*>(wasmtime_context_get_data(wasmtime_caller_context(caller)));
}

wasm_trap_t* host_fuel(void* /*env*/, wasmtime_caller_t* caller, wasmtime_val_raw_t* values, std::size_t /*count*/) {
    values[0].i64 = run_of(caller).left();
    return nullptr;
}
wasm_trap_t* host_log(void* /*env*/, wasmtime_caller_t* caller, wasmtime_val_raw_t* /*values*/, std::size_t /*count*/) {
    Run& run = run_of(caller);
    run.logged.push_back(static_cast<std::uint64_t>(run.left()));
    return nullptr;
}
wasm_trap_t* host_nop(void* /*env*/, wasmtime_caller_t* /*caller*/, wasmtime_val_raw_t* /*values*/,
                      std::size_t /*count*/) {
    return nullptr;
}

wasm_valtype_vec_t types(std::size_t n, std::uint8_t kind) {
    std::vector<wasm_valtype_t*> all;
    for (; n != 0; n--) all.push_back(wasm_valtype_new(kind));
    wasm_valtype_vec_t out;
    wasm_valtype_vec_new(&out, all.size(), all.data());
    return out;
}

/// The engine and the linker of all tests.
struct World {
    wasm_engine_t* engine;
    wasmtime_linker_t* linker;

    World() {
        wasm_config_t* config = wasm_config_new();
        wasmtime_config_max_wasm_stack_set(config, wasm_stack / 4);
        wasmtime_config_async_stack_size_set(config, wasm_stack);
        wasmtime_config_wasm_multi_memory_set(config, true);
        wasmtime_config_wasm_tail_call_set(config, true);
        wasmtime_config_cranelift_nan_canonicalization_set(config, true);
        // One thread: wasmtime's own threads are not instrumented, and the thread sanitizer would see races in them.
        wasmtime_config_parallel_compilation_set(config, false);
        engine = wasm_engine_new_with_config(config);
        linker = wasmtime_linker_new(engine);
        define("fuel", types(0, WASM_I32), types(1, WASM_I64), host_fuel);
        define("nop", types(0, WASM_I32), types(0, WASM_I32), host_nop);
        define("log", types(1, WASM_I32), types(0, WASM_I32), host_log);
        define("wide", types(8, WASM_I32), types(0, WASM_I32), host_nop);
    }
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World() {
        wasmtime_linker_delete(linker);
        wasm_engine_delete(engine);
    }
    void define(std::string_view name, wasm_valtype_vec_t params, wasm_valtype_vec_t results,
                wasmtime_func_unchecked_callback_t f) const {
        wasm_functype_t* type = wasm_functype_new(&params, &results);
        check(wasmtime_linker_define_func_unchecked(linker, "env", 3, name.data(), name.size(), type, f, nullptr,
                                                    nullptr));
        wasm_functype_delete(type);
    }
};

World& world() {
    static World w;
    return w;
}

std::string trap_of(wasm_trap_t* trap, TrapReason reason) {
    if (trap == nullptr) return "";
    std::uint8_t code = 0;
    const bool coded = wasmtime_trap_code(trap, &code);
    wasm_trap_delete(trap);
    if (!coded) return "trap of the host";
    if (code != WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED) return "trap " + std::to_string(code);
    switch (reason) {
        case TrapReason::out_of_fuel:
            return "out of fuel";
        case TrapReason::stack_overflow:
            return "stack overflow";
        default:
            return "unreachable";
    }
}

wasmtime_extern_t exported(wasmtime_context_t* context, const wasmtime_instance_t& instance, std::string_view name) {
    wasmtime_extern_t e;
    if (!wasmtime_instance_export_get(context, &instance, name.data(), name.size(), &e))
        throw std::runtime_error("no export " + std::string(name));
    return e;
}

}  // namespace

Outcome call_metered(BytesView module, std::string_view name, const std::vector<wasmtime_val_raw_t>& args,
                     std::size_t results, std::uint64_t fuel, const InstrumentOptions& options) {
    const auto rewritten = instrument(module, options);
    if (!rewritten) throw std::runtime_error(rewritten.error().reason);
    wasmtime_module_t* compiled = nullptr;
    check(wasmtime_module_new(world().engine, reinterpret_cast<const std::uint8_t*>(rewritten->data()),
                              rewritten->size(), &compiled));
    const std::unique_ptr<wasmtime_module_t, decltype(&wasmtime_module_delete)> owned(compiled, wasmtime_module_delete);
    wasmtime_instance_pre_t* pre = nullptr;
    check(wasmtime_linker_instantiate_pre(world().linker, compiled, &pre));
    const std::unique_ptr<wasmtime_instance_pre_t, decltype(&wasmtime_instance_pre_delete)> owned_pre(
        pre, wasmtime_instance_pre_delete);
    Run run;
    const std::unique_ptr<wasmtime_store_t, decltype(&wasmtime_store_delete)> store(
        wasmtime_store_new(world().engine, &run, nullptr), wasmtime_store_delete);
    wasmtime_store_limiter(store.get(), memory_limit, -1, -1, -1, -1);
    run.context = wasmtime_store_context(store.get());
    wasmtime_instance_t instance;
    wasm_trap_t* trap = nullptr;
    check(wasmtime_instance_pre_instantiate(pre, run.context, &instance, &trap));
    if (trap != nullptr) {
        wasm_trap_delete(trap);
        throw std::runtime_error("instantiation traps");
    }
    run.fuel = exported(run.context, instance, fuel_export).of.global;
    const wasmtime_global_t reason = exported(run.context, instance, trap_export).of.global;
    const wasmtime_extern_t f = exported(run.context, instance, name);
    wasmtime_val_t start{};
    start.kind = WASM_I64;
    start.of.i64 = static_cast<std::int64_t>(fuel);
    check(wasmtime_global_set(run.context, &run.fuel, &start));
    std::vector<wasmtime_val_raw_t> values(args);
    values.resize(std::max(args.size(), results));
    check(wasmtime_func_call_unchecked(run.context, &f.of.func, values.data(), values.size(), &trap));
    wasmtime_val_t why;
    wasmtime_global_get(run.context, &reason, &why);
    Outcome out;
    out.trap = trap_of(trap, static_cast<TrapReason>(why.of.i32));
    out.left = static_cast<std::uint64_t>(run.left());
    out.used = fuel - out.left;
    values.resize(results);
    out.results = std::move(values);
    out.logged = std::move(run.logged);
    return out;
}

std::string validation_message(BytesView module) {
    try {
        check(wasmtime_module_validate(world().engine, reinterpret_cast<const std::uint8_t*>(module.data()),
                                       module.size()));
    } catch (const std::runtime_error& e) {
        return e.what();
    }
    return "";
}

}  // namespace warpshrew::wasm::test
