#pragma once
// What Engine, Code and Instance hold, for the files of this folder that implement them.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "wasm/code_cache.hpp"
#include "wasm/deep_stack.hpp"
#include "wasm/engine.hpp"
#include "wasm/interpreter.hpp"
#include "wasm/module.hpp"
#include "wasm/wasmtime_api.hpp"

namespace warpshrew::wasm {

/// Owns a wasmtime object.
template <auto remove>
struct Delete {
    template <class T>
    void operator()(T* p) const noexcept {
        remove(p);
    }
};
using EngineHandle = std::unique_ptr<wasm_engine_t, Delete<wasm_engine_delete>>;
using LinkerHandle = std::unique_ptr<wasmtime_linker_t, Delete<wasmtime_linker_delete>>;
using ModuleHandle = std::unique_ptr<wasmtime_module_t, Delete<wasmtime_module_delete>>;
using PreHandle = std::unique_ptr<wasmtime_instance_pre_t, Delete<wasmtime_instance_pre_delete>>;
using StoreHandle = std::unique_ptr<wasmtime_store_t, Delete<wasmtime_store_delete>>;

/// The message of an error, which is deleted.
[[nodiscard]] std::string take_message(wasmtime_error_t* error);

/// What Instance::call asks of an exported function.
struct CallType {
    std::size_t params = 0, results = 0;
    bool returns_i32 = false;  ///< the first result
    std::uint32_t index = 0;   ///< of the function, imports counted
};

class Code {
 public:
    PreHandle pre;                                           ///< compiled
    std::unique_ptr<const InterpretedModule> interpreted;    ///< or this
    std::map<std::string, CallType, std::less<>> functions;  ///< exported
    bool metered = false;                                    ///< has code, and so the fuel global
    std::int64_t table_elements = 0;                         ///< to which each table may grow
    std::size_t size = 0;                                    ///< bytes in memory, about
    std::size_t linear_memory = 0;                           ///< bytes that an instance starts with
    bool sees_fuel = false;                                  ///< may_see_fuel
};

/// One module of Engine::compile: whoever asks first compiles, the others wait.
struct CompileEntry {
    std::mutex mutex;
    std::optional<Result<std::shared_ptr<const Code>>> result;
};

struct Engine::Parts {
    EngineHandle engine;
    LinkerHandle linker;
    std::optional<CodeCache> cache;
    bool interpret = false;
    std::shared_ptr<std::atomic<unsigned>> free_instances;
    DeepStacks stacks;

    struct Known {
        std::shared_ptr<CompileEntry> entry;
        std::list<Digest>::iterator used;
        std::size_t cost = 0;
    };
    std::mutex mutex;  ///< of the members below
    std::map<Digest, Known> known;
    std::list<Digest> recently_used;  ///< the last one first
    std::size_t known_cost = 0, most_known = 0;

    [[nodiscard]] std::shared_ptr<CompileEntry> entry(const Digest& hash);
    void account(const Digest& hash, const CompileEntry& entry);
    [[nodiscard]] Result<std::shared_ptr<const Code>> build(const Digest& hash, BytesView module) const;
    [[nodiscard]] Result<std::shared_ptr<const Code>> link(ModuleHandle compiled, const Module& module,
                                                           std::size_t size) const;
    [[nodiscard]] static Result<std::shared_ptr<const Code>> interpreted(BytesView module);
};

}  // namespace warpshrew::wasm
