#pragma once
// What is used of wasmtime's C API. The PyPI wheel of the pinned version carries the library without headers: layouts
// and signatures are those of its Python bindings (wasmtime/_bindings.py). cmake/dependencies.cmake refuses any other
// version.

#include <cstddef>
#include <cstdint>

namespace warpshrew::wasm {
inline constexpr char wasmtime_version[] = "50.0.1";
}

extern "C" {
struct wasm_config_t;
struct wasm_engine_t;
struct wasm_trap_t;
struct wasm_valtype_t;
struct wasm_functype_t;
struct wasmtime_module_t;
struct wasmtime_store_t;
struct wasmtime_context_t;
struct wasmtime_linker_t;
struct wasmtime_instance_pre_t;
struct wasmtime_error_t;
struct wasmtime_caller_t;
struct wasm_memorytype_t;

struct wasm_byte_vec_t {
    std::size_t size;
    char* data;
};
struct wasm_valtype_vec_t {
    std::size_t size;
    wasm_valtype_t** data;
};
struct wasmtime_instance_t {
    std::uint64_t store_id;
    std::size_t index;
};
struct wasmtime_func_t {
    std::uint64_t store_id;
    void* internal;
};
struct wasmtime_memory_t {
    struct {
        std::uint64_t store_id;
        std::uint32_t internal1;
    } a;
    std::uint32_t internal2;
};
using wasmtime_table_t = wasmtime_memory_t;
struct wasmtime_global_t {
    std::uint64_t store_id;
    std::uint32_t internal1, internal2, internal3;
};
struct wasmtime_extern_t {
    std::uint8_t kind;
    union {
        wasmtime_func_t func;
        wasmtime_global_t global;
        wasmtime_table_t table;
        wasmtime_memory_t memory;
    } of;
};
struct wasmtime_val_t {
    std::uint8_t kind;
    union {
        std::int32_t i32;
        std::int64_t i64;
        float f32;
        double f64;
        struct {
            std::uint64_t store_id;
            std::uint32_t internal1, internal2;
            void* internal3;
        } reference;
        std::uint8_t v128[16];
    } of;
};
union wasmtime_val_raw_t {
    std::int32_t i32;
    std::int64_t i64;
    float f32;
    double f64;
    std::uint8_t v128[16];
    std::uint32_t externref;
    void* funcref;
};

enum : std::uint8_t {
    WASM_I32 = 0,
    WASM_I64 = 1,
    WASMTIME_EXTERN_FUNC = 0,
    WASMTIME_EXTERN_GLOBAL = 1,
    WASMTIME_EXTERN_TABLE = 2,
    WASMTIME_EXTERN_MEMORY = 3
};
enum : std::uint8_t {
    WASMTIME_TRAP_CODE_STACK_OVERFLOW = 0,
    WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS = 1,
    WASMTIME_TRAP_CODE_TABLE_OUT_OF_BOUNDS = 3,
    WASMTIME_TRAP_CODE_INDIRECT_CALL_TO_NULL = 4,
    WASMTIME_TRAP_CODE_BAD_SIGNATURE = 5,
    WASMTIME_TRAP_CODE_INTEGER_OVERFLOW = 6,
    WASMTIME_TRAP_CODE_INTEGER_DIVISION_BY_ZERO = 7,
    WASMTIME_TRAP_CODE_BAD_CONVERSION_TO_INTEGER = 8,
    WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED = 9
};

using wasmtime_func_unchecked_callback_t = wasm_trap_t* (*)(void* env, wasmtime_caller_t*,
                                                            wasmtime_val_raw_t* args_and_results, std::size_t);

struct wasmtime_linear_memory_t {
    void* env;
    std::uint8_t* (*get_memory)(void* env, std::size_t* size, std::size_t* capacity);
    wasmtime_error_t* (*grow_memory)(void* env, std::size_t size);
    void (*finalizer)(void* env);
};
struct wasmtime_memory_creator_t {
    void* env;
    wasmtime_error_t* (*new_memory)(void* env, const wasm_memorytype_t*, std::size_t minimum, std::size_t maximum,
                                    std::size_t reserved, std::size_t guard, wasmtime_linear_memory_t*);
    void (*finalizer)(void* env);
};

// vectors, errors, traps
wasmtime_error_t* wasmtime_error_new(const char*);
void wasm_byte_vec_delete(wasm_byte_vec_t*);
void wasmtime_error_message(const wasmtime_error_t*, wasm_byte_vec_t*);
void wasmtime_error_delete(wasmtime_error_t*);
void wasm_trap_message(const wasm_trap_t*, wasm_byte_vec_t*);
void wasm_trap_delete(wasm_trap_t*);
bool wasmtime_trap_code(const wasm_trap_t*, std::uint8_t*);
wasm_trap_t* wasmtime_trap_new(const char*, std::size_t);
wasmtime_error_t* wasmtime_wat2wasm(const char*, std::size_t, wasm_byte_vec_t*);

// configuration
wasm_config_t* wasm_config_new();
void wasm_config_delete(wasm_config_t*);
wasm_engine_t* wasm_engine_new_with_config(wasm_config_t*);
void wasm_engine_delete(wasm_engine_t*);
void wasmtime_config_max_wasm_stack_set(wasm_config_t*, std::size_t);
void wasmtime_config_async_stack_size_set(wasm_config_t*, std::size_t);
void wasmtime_config_parallel_compilation_set(wasm_config_t*, bool);
void wasmtime_config_cranelift_nan_canonicalization_set(wasm_config_t*, bool);
void wasmtime_config_native_unwind_info_set(wasm_config_t*, bool);
void wasmtime_config_memory_init_cow_set(wasm_config_t*, bool);
void wasmtime_config_host_memory_creator_set(wasm_config_t*, wasmtime_memory_creator_t*);
void wasmtime_config_memory_reservation_set(wasm_config_t*, std::uint64_t);
void wasmtime_config_memory_guard_size_set(wasm_config_t*, std::uint64_t);
void wasmtime_config_memory_may_move_set(wasm_config_t*, bool);
void wasmtime_config_cranelift_flag_set(wasm_config_t*, const char* key, const char* value);
void wasmtime_config_wasm_bulk_memory_set(wasm_config_t*, bool);
void wasmtime_config_wasm_reference_types_set(wasm_config_t*, bool);
void wasmtime_config_wasm_multi_value_set(wasm_config_t*, bool);
void wasmtime_config_wasm_multi_memory_set(wasm_config_t*, bool);
void wasmtime_config_wasm_tail_call_set(wasm_config_t*, bool);
void wasmtime_config_wasm_simd_set(wasm_config_t*, bool);
void wasmtime_config_wasm_relaxed_simd_set(wasm_config_t*, bool);
void wasmtime_config_wasm_threads_set(wasm_config_t*, bool);
void wasmtime_config_shared_memory_set(wasm_config_t*, bool);
void wasmtime_config_wasm_memory64_set(wasm_config_t*, bool);
void wasmtime_config_wasm_exceptions_set(wasm_config_t*, bool);
void wasmtime_config_wasm_gc_set(wasm_config_t*, bool);
void wasmtime_config_wasm_function_references_set(wasm_config_t*, bool);
void wasmtime_config_wasm_wide_arithmetic_set(wasm_config_t*, bool);
void wasmtime_config_wasm_branch_hinting_set(wasm_config_t*, bool);
void wasmtime_config_wasm_compact_imports_set(wasm_config_t*, bool);
void wasmtime_config_wasm_custom_page_sizes_set(wasm_config_t*, bool);
void wasmtime_config_wasm_stack_switching_set(wasm_config_t*, bool);
void wasmtime_config_wasm_component_model_set(wasm_config_t*, bool);
void wasmtime_config_concurrency_support_set(wasm_config_t*, bool);

// modules
wasmtime_error_t* wasmtime_module_new(wasm_engine_t*, const std::uint8_t*, std::size_t, wasmtime_module_t**);
wasmtime_error_t* wasmtime_module_validate(wasm_engine_t*, const std::uint8_t*, std::size_t);
wasmtime_error_t* wasmtime_module_serialize(wasmtime_module_t*, wasm_byte_vec_t*);
wasmtime_error_t* wasmtime_module_deserialize(wasm_engine_t*, const std::uint8_t*, std::size_t, wasmtime_module_t**);
void wasmtime_module_delete(wasmtime_module_t*);

// host functions
wasm_valtype_t* wasm_valtype_new(std::uint8_t kind);
void wasm_valtype_vec_new(wasm_valtype_vec_t*, std::size_t, wasm_valtype_t* const*);
wasm_functype_t* wasm_functype_new(wasm_valtype_vec_t* params, wasm_valtype_vec_t* results);
void wasm_functype_delete(wasm_functype_t*);
wasmtime_linker_t* wasmtime_linker_new(wasm_engine_t*);
void wasmtime_linker_delete(wasmtime_linker_t*);
wasmtime_error_t* wasmtime_linker_define_func_unchecked(wasmtime_linker_t*, const char* module, std::size_t,
                                                        const char* name, std::size_t, const wasm_functype_t*,
                                                        wasmtime_func_unchecked_callback_t, void* env, void (*)(void*));
wasmtime_error_t* wasmtime_linker_instantiate_pre(const wasmtime_linker_t*, const wasmtime_module_t*,
                                                  wasmtime_instance_pre_t**);
wasmtime_context_t* wasmtime_caller_context(wasmtime_caller_t*);

// stores and instances
wasmtime_store_t* wasmtime_store_new(wasm_engine_t*, void* data, void (*)(void*));
wasmtime_context_t* wasmtime_store_context(wasmtime_store_t*);
void* wasmtime_context_get_data(const wasmtime_context_t*);
void wasmtime_store_limiter(wasmtime_store_t*, std::int64_t memory_size, std::int64_t table_elements,
                            std::int64_t instances, std::int64_t tables, std::int64_t memories);
void wasmtime_store_delete(wasmtime_store_t*);
void wasmtime_instance_pre_delete(wasmtime_instance_pre_t*);
wasmtime_error_t* wasmtime_instance_pre_instantiate(const wasmtime_instance_pre_t*, wasmtime_context_t*,
                                                    wasmtime_instance_t*, wasm_trap_t**);
bool wasmtime_instance_export_get(wasmtime_context_t*, const wasmtime_instance_t*, const char*, std::size_t,
                                  wasmtime_extern_t*);
wasmtime_error_t* wasmtime_func_call_unchecked(wasmtime_context_t*, const wasmtime_func_t*, wasmtime_val_raw_t*,
                                               std::size_t, wasm_trap_t**);
std::uint8_t* wasmtime_memory_data(const wasmtime_context_t*, const wasmtime_memory_t*);
std::size_t wasmtime_memory_data_size(const wasmtime_context_t*, const wasmtime_memory_t*);
wasmtime_error_t* wasmtime_memory_grow(wasmtime_context_t*, const wasmtime_memory_t*, std::uint64_t pages,
                                       std::uint64_t* before);
void wasmtime_global_get(wasmtime_context_t*, const wasmtime_global_t*, wasmtime_val_t*);
wasmtime_error_t* wasmtime_global_set(wasmtime_context_t*, const wasmtime_global_t*, const wasmtime_val_t*);
}

static_assert(sizeof(wasmtime_extern_t) == 32 && sizeof(wasmtime_val_t) == 32 && sizeof(wasmtime_val_raw_t) == 16);
