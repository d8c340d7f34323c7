#pragma once
// Contracts on the CPU: wasmtime with pooled instances (alkanes-vm.md 2.3, 3, 4.5 to 4.8), and an interpreter for those
// that would take too long to compile (docs/decisions/interpreter.md). This folder knows nothing of ALKANES but the
// list of host functions and the limits of an instance.

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/sha256.hpp"

struct wasm_trap_t;
struct wasmtime_caller_t;
struct wasmtime_linker_t;
union wasmtime_val_raw_t;

namespace warpshrew::wasm {

/// The host functions of module `env` (alkanes-vm.md 3.1), in the order of `host_functions`.
enum class HostFunction : std::uint8_t {
    abort,
    load_storage,
    request_storage,
    log,
    balance,
    request_context,
    load_context,
    sequence,
    fuel,
    height,
    returndatacopy,
    load_transaction,
    load_block,
    request_transaction,
    request_block,
    call,
    delegatecall,
    staticcall
};

/// Name and signature: one letter a value, 'i' for i32, 'l' for i64.
struct HostSignature {
    std::string_view name, params, results;
};
extern const std::array<HostSignature, 18> host_functions;

/// What stands in the reason of one error of Engine::compile, an element segment that does not fit its table, for a
/// number that the module does not tell: how many instances were created in this block before.
inline constexpr std::string_view instance_placeholder = "{instance}";

/// The text of an error of Engine::compile, in a block in which `instances_before` instances were created or tried
/// before this one (alkanes-vm.md 12).
[[nodiscard]] std::string compile_error_text(const Error& error, std::uint64_t instances_before);

class Instance;

/// What an instance calls. `args` holds one element a parameter, i32 sign-extended. The result is ignored for functions
/// without one.
class Host {
 public:
    virtual ~Host() = default;
    /// Must not throw through the contract: what it throws ends the contract and is thrown again by Instance::call.
    virtual std::int32_t call(HostFunction f, Instance& instance, std::span<const std::int64_t> args) = 0;
};

/// A contract, compiled or to be interpreted. Shared between threads.
class Code;

/// Whether the interpreter runs it.
[[nodiscard]] bool is_interpreted(const Code& code) noexcept;

/// Whether the code, host calls aside, may do otherwise with less fuel than to run out of it: table.grow is refused
/// where the fuel does not suffice (wasmi-fuel.md 3). True also for some code that does not.
[[nodiscard]] bool may_see_fuel(const Code& code) noexcept;

/// Whether the contracts that run on this thread leave room for the memories of one more: memory_budget.hpp. If not,
/// its frame fails with `memory_budget_text`.
[[nodiscard]] bool has_memory_for(const Code& code) noexcept;
inline constexpr std::string_view memory_budget_text = "out of bounds memory allocation";
/// The reason of the error of a call that ran out of fuel.
inline constexpr std::string_view out_of_fuel_text = "all fuel consumed by WebAssembly";

struct EngineOptions {
    std::optional<std::filesystem::path>
        cache;  ///< folder of compiled code, kept across runs; it may be deleted at any time
    std::size_t remembered = std::size_t{512} << 20;  ///< bytes of code, and of errors, that are remembered
    unsigned instances = 512;                         ///< live instances at most: 25 frames a thread, with room
    bool interpret = false;                           ///< compile nothing: for tests, as results are the same
};

/// Compiles and runs contracts. One for a process is enough; safe from many threads.
class Engine {
 public:
    [[nodiscard]] static Result<Engine> create(const EngineOptions& options = {});
    Engine(Engine&&) noexcept;
    Engine& operator=(Engine&&) noexcept;
    ~Engine();

    /// The compiled form of `module` (not compressed), from memory, the disk cache, or compiled now: once per SHA-256,
    /// also when several threads ask at once. An error's reason is the text that a trace shows (alkanes-vm.md 4.8, 12):
    /// whatever parsing, validation, linking or instantiation of this module would say, for these depend on the module
    /// alone but for compile_error_text. Errors are remembered as well.
    /// Throws std::bad_alloc, for what the machine lacks must not look like an error of the module.
    [[nodiscard]] Result<std::shared_ptr<const Code>> compile(BytesView module);

    /// Runs f on a thread whose stack carries contract calls nested to the limit, and waits for it. What f throws is
    /// thrown here.
    void run_deep(const std::function<void()>& f);

    struct Parts;
    [[nodiscard]] Parts& parts() noexcept { return *parts_; }

 private:
    explicit Engine(std::unique_ptr<Parts> parts) noexcept;
    std::unique_ptr<Parts> parts_;
};

/// One frame of a contract call: memory grown to 512 pages, fuel set. Must be used on a thread of Engine::run_deep.
class Instance {
 public:
    /// An error only if the pool is exhausted or the machine is out of memory.
    [[nodiscard]] static Result<Instance> create(Engine& engine, std::shared_ptr<const Code> code, Host& host,
                                                 std::uint64_t fuel);
    Instance(Instance&&) noexcept;
    Instance& operator=(Instance&&) noexcept;
    ~Instance();

    /// Calls an export without parameters that returns an i32. An error's reason is the text that follows "ALKANES:
    /// revert: ": a missing export, a wrong type, or the trap (alkanes-vm.md 2.3.4, 12). The fuel left stays readable.
    /// Throws what the host threw, and std::bad_alloc if the machine refused the contract memory.
    [[nodiscard]] Result<std::int32_t> call(std::string_view name);

    /// The exported memory; the span is valid until the contract runs again.
    [[nodiscard]] std::span<std::uint8_t> memory() noexcept;

    [[nodiscard]] std::uint64_t fuel() const noexcept;
    void set_fuel(std::uint64_t fuel) noexcept;

    /// Defines `host_functions`, once for an engine: they call the Host of the instance that runs.
    [[nodiscard]] static Result<void> define_host_functions(wasmtime_linker_t& linker);

 private:
    struct Parts;
    static wasm_trap_t* call_host(void* env, wasmtime_caller_t* caller, wasmtime_val_raw_t* values,
                                  std::size_t) noexcept;
    explicit Instance(std::unique_ptr<Parts> parts) noexcept;
    std::unique_ptr<Parts> parts_;
};

}  // namespace warpshrew::wasm
