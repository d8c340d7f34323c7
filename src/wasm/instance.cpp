#include <array>
#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <utility>

#include "wasm/engine_parts.hpp"
#include "wasm/instantiation.hpp"
#include "wasm/instrument.hpp"
#include "wasm/linear_memory.hpp"
#include "wasm/memory_budget.hpp"

namespace warpshrew::wasm {
namespace {

constexpr std::string_view stack_text = "call stack exhausted";

/// What a call must leave of the stack: the frames of this program between a contract's and its callee's.
constexpr std::size_t host_stack = std::size_t{1} << 20;

/// One of the instances that an engine may have at a time.
class Place {
 public:
    explicit Place(std::shared_ptr<std::atomic<unsigned>> free) : free_(std::move(free)) {
        unsigned n = free_->load(std::memory_order_relaxed);
        while (n != 0 && !free_->compare_exchange_weak(n, n - 1, std::memory_order_relaxed)) {
        }
        if (n == 0) free_.reset();
    }
    ~Place() {
        if (free_) free_->fetch_add(1, std::memory_order_relaxed);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    explicit operator bool() const noexcept { return free_ != nullptr; }

 private:
    std::shared_ptr<std::atomic<unsigned>> free_;
};

/// The words of wasmi 0.37.2 for a trap (alkanes-vm.md 12).
std::string_view text(Trap trap) {
    switch (trap) {
        case Trap::none:
            break;
        case Trap::stack_overflow:
            return stack_text;
        case Trap::out_of_fuel:
            return out_of_fuel_text;
        case Trap::memory_out_of_bounds:
            return "out of bounds memory access";
        case Trap::table_out_of_bounds:
            return "undefined element: out of bounds table access";
        case Trap::indirect_call_to_null:
            return "uninitialized element 2";
        case Trap::bad_signature:
            return "indirect call type mismatch";
        case Trap::integer_overflow:
            return "integer overflow";
        case Trap::integer_division_by_zero:
            return "integer divide by zero";
        case Trap::bad_conversion_to_integer:
            return "invalid conversion to integer";
        case Trap::unreachable:
            return "wasm `unreachable` instruction executed";
    }
    return "";
}

Trap trap_of(std::uint8_t wasmtime_code) {
    switch (wasmtime_code) {
        case WASMTIME_TRAP_CODE_STACK_OVERFLOW:
            return Trap::stack_overflow;
        case WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS:
            return Trap::memory_out_of_bounds;
        case WASMTIME_TRAP_CODE_TABLE_OUT_OF_BOUNDS:
            return Trap::table_out_of_bounds;
        case WASMTIME_TRAP_CODE_INDIRECT_CALL_TO_NULL:
            return Trap::indirect_call_to_null;
        case WASMTIME_TRAP_CODE_BAD_SIGNATURE:
            return Trap::bad_signature;
        case WASMTIME_TRAP_CODE_INTEGER_OVERFLOW:
            return Trap::integer_overflow;
        case WASMTIME_TRAP_CODE_INTEGER_DIVISION_BY_ZERO:
            return Trap::integer_division_by_zero;
        case WASMTIME_TRAP_CODE_BAD_CONVERSION_TO_INTEGER:
            return Trap::bad_conversion_to_integer;
        case WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED:
            return Trap::unreachable;
        default:
            return Trap::none;
    }
}

std::string trap_text(const wasm_trap_t& trap) {
    std::uint8_t code = 0;
    if (wasmtime_trap_code(&trap, &code)) {
        if (const Trap t = trap_of(code); t != Trap::none) return std::string(text(t));
    }
    wasm_byte_vec_t message;
    wasm_trap_message(&trap, &message);
    std::string out(message.data, message.size);
    wasm_byte_vec_delete(&message);
    return out.substr(0, out.find('\0'));
}

}  // namespace

struct Instance::Parts {
    Parts(Engine::Parts& e, std::shared_ptr<const Code> c, Host& h)
        : place(e.free_instances), code(std::move(c)), host(&h) {}

    Place place;
    std::shared_ptr<const Code> code;
    Host* host;
    Instance* running = nullptr;  ///< whose Instance::call is on the stack
    std::exception_ptr thrown;    ///< by the host
    StoreHandle store;
    wasmtime_context_t* context = nullptr;
    wasmtime_instance_t instance{};
    wasmtime_memory_t memory{};
    wasmtime_global_t fuel{}, trap{};
    std::uint64_t unmetered_fuel = 0;
    std::optional<InterpretedInstance> interpreted;  ///< instead of a store

    [[nodiscard]] bool find(std::string_view name, std::uint8_t kind, wasmtime_extern_t& out) const {
        return wasmtime_instance_export_get(context, &instance, name.data(), name.size(), &out) && out.kind == kind;
    }

    /// The instrumented code says why it ran an `unreachable` of its own.
    [[nodiscard]] std::string trap_reason(const wasm_trap_t& t) const {
        if (code->metered) {
            wasmtime_val_t v;
            wasmtime_global_get(context, &trap, &v);
            if (v.of.i32 == static_cast<std::int32_t>(TrapReason::out_of_fuel)) return std::string(out_of_fuel_text);
            if (v.of.i32 == static_cast<std::int32_t>(TrapReason::stack_overflow)) return std::string(stack_text);
        }
        return trap_text(t);
    }
};

namespace {

wasm_functype_t* function_type(const HostSignature& s) {
    const auto types = [](std::string_view letters) {
        std::array<wasm_valtype_t*, 4> kinds{};
        for (std::size_t i = 0; i < letters.size(); i++)
            kinds[i] = wasm_valtype_new(letters[i] == 'i' ? WASM_I32 : WASM_I64);
        wasm_valtype_vec_t out;
        wasm_valtype_vec_new(&out, letters.size(), kinds.data());
        return out;
    };
    wasm_valtype_vec_t params = types(s.params), results = types(s.results);
    return wasm_functype_new(&params, &results);
}

}  // namespace

/// Every host function: `env` is its place in `host_functions`.
wasm_trap_t* Instance::call_host(void* env, wasmtime_caller_t* caller, wasmtime_val_raw_t* values,
                                 std::size_t) noexcept {
    auto& p = *static_cast<Parts*>(wasmtime_context_get_data(wasmtime_caller_context(caller)));
    const auto f = static_cast<HostFunction>(reinterpret_cast<std::uintptr_t>(env));
    const HostSignature& signature = host_functions[static_cast<std::size_t>(f)];
    std::array<std::int64_t, 4> args{};
    for (std::size_t i = 0; i < signature.params.size(); i++)
        args[i] = signature.params[i] == 'i' ? values[i].i32 : values[i].i64;
    try {
        const std::int32_t result = p.host->call(f, *p.running, std::span(args).first(signature.params.size()));
        if (!signature.results.empty()) values[0].i64 = static_cast<std::uint32_t>(result);
        return nullptr;
    } catch (...) {
        p.thrown = std::current_exception();
        constexpr std::string_view text = "the host failed";
        return wasmtime_trap_new(text.data(), text.size());
    }
}

Result<void> Instance::define_host_functions(wasmtime_linker_t& linker) {
    constexpr std::string_view module = "env";
    for (std::size_t i = 0; i < host_functions.size(); i++) {
        const std::string_view name = host_functions[i].name;
        wasm_functype_t* type = function_type(host_functions[i]);
        wasmtime_error_t* e = wasmtime_linker_define_func_unchecked(
            &linker, module.data(), module.size(), name.data(), name.size(), type, Instance::call_host,
            reinterpret_cast<void*>(static_cast<std::uintptr_t>(i)), nullptr);
        wasm_functype_delete(type);
        if (e != nullptr) return fail(take_message(e));
    }
    return {};
}

bool has_memory_for(const Code& code) noexcept { return MemoryBudget::of_this_thread()->has(code.linear_memory); }

Result<Instance> Instance::create(Engine& engine, std::shared_ptr<const Code> code, Host& host, std::uint64_t fuel) {
    if (deep_stack_left() == 0) return fail("contracts run on the stacks of Engine::run_deep only");
    auto p = std::make_unique<Parts>(engine.parts(), std::move(code), host);
    if (!p->place) return fail("too many instances of contracts at a time");
    if (p->code->interpreted) {
        auto budget = MemoryBudget::of_this_thread();
        if (!budget->take(p->code->linear_memory)) return fail("more memory than a message may have");
        p->interpreted.emplace(*p->code->interpreted, p->code->table_elements, std::move(budget));
        p->interpreted->fuel = fuel;
        return Instance(std::move(p));
    }
    p->store.reset(wasmtime_store_new(engine.parts().engine.get(), p.get(), nullptr));
    wasmtime_store_limiter(p->store.get(), static_cast<std::int64_t>(memory_limit), p->code->table_elements, -1, -1,
                           -1);
    p->context = wasmtime_store_context(p->store.get());
    wasm_trap_t* trap = nullptr;
    if (auto* e = wasmtime_instance_pre_instantiate(p->code->pre.get(), p->context, &p->instance, &trap))
        return fail(take_message(e));
    if (trap != nullptr) {
        std::string text = trap_text(*trap);
        wasm_trap_delete(trap);
        return fail(std::move(text));
    }
    wasmtime_extern_t e;
    if (!p->find("memory", WASMTIME_EXTERN_MEMORY, e)) return fail("memory segment not found");
    p->memory = e.of.memory;
    if (p->code->metered) {
        if (!p->find(fuel_export, WASMTIME_EXTERN_GLOBAL, e)) return fail("the contract is not metered");
        p->fuel = e.of.global;
        if (!p->find(trap_export, WASMTIME_EXTERN_GLOBAL, e)) return fail("the contract is not metered");
        p->trap = e.of.global;
    }
    Instance out(std::move(p));
    out.set_fuel(fuel);
    return out;
}

Instance::Instance(std::unique_ptr<Parts> parts) noexcept : parts_(std::move(parts)) {}
Instance::Instance(Instance&&) noexcept = default;
Instance& Instance::operator=(Instance&&) noexcept = default;
Instance::~Instance() = default;

Result<std::int32_t> Instance::call(std::string_view name) {
    Parts& p = *parts_;
    const auto type = p.code->functions.find(name);
    wasmtime_extern_t f;
    if (type == p.code->functions.end() || (!p.interpreted && !p.find(name, WASMTIME_EXTERN_FUNC, f)))
        return fail(std::string(name) + " not found -- is this WASM built with the ALKANES SDK?");
    if (type->second.params != 0) return fail("encountered an incorrect number of parameters");
    if (type->second.results != 1) return fail("encountered an incorrect number of results");
    if (deep_stack_left() < wasm_stack_size + host_stack) return fail(std::string(stack_text));
    p.running = this;
    if (p.interpreted) {
        std::uint64_t bits = 0;
        const auto host = [&p](HostFunction h, std::span<const std::int64_t> args) {
            return p.host->call(h, *p.running, args);
        };
        const Trap t = p.interpreted->call(type->second.index, {}, host, {&bits, 1});
        if (t != Trap::none) return fail(std::string(text(t)));
        if (!type->second.returns_i32) return fail("result is not an i32");
        return static_cast<std::int32_t>(static_cast<std::uint32_t>(bits));
    }
    alignas(16) wasmtime_val_raw_t result{};
    wasm_trap_t* trap = nullptr;
    wasmtime_error_t* e = wasmtime_func_call_unchecked(p.context, &f.of.func, &result, 1, &trap);
    std::string text;
    if (e != nullptr) text = take_message(e);
    if (trap != nullptr) {
        text = p.trap_reason(*trap);
        wasm_trap_delete(trap);
    }
    if (take_growth_failure()) throw std::bad_alloc();
    if (p.thrown) std::rethrow_exception(std::exchange(p.thrown, nullptr));
    if (e != nullptr || trap != nullptr) return fail(std::move(text));
    if (!type->second.returns_i32) return fail("result is not an i32");
    return result.i32;
}

std::span<std::uint8_t> Instance::memory() noexcept {
    if (parts_->interpreted) return parts_->interpreted->memory();
    return {wasmtime_memory_data(parts_->context, &parts_->memory),
            wasmtime_memory_data_size(parts_->context, &parts_->memory)};
}

std::uint64_t Instance::fuel() const noexcept {
    if (parts_->interpreted) return parts_->interpreted->fuel;
    if (!parts_->code->metered) return parts_->unmetered_fuel;
    wasmtime_val_t v;
    wasmtime_global_get(parts_->context, &parts_->fuel, &v);
    return static_cast<std::uint64_t>(v.of.i64);
}

void Instance::set_fuel(std::uint64_t fuel) noexcept {
    if (parts_->interpreted) {
        parts_->interpreted->fuel = fuel;
        return;
    }
    if (!parts_->code->metered) {
        parts_->unmetered_fuel = fuel;
        return;
    }
    wasmtime_val_t v{};
    v.kind = WASM_I64;
    v.of.i64 = static_cast<std::int64_t>(fuel);
    // Cannot fail: the global is a mutable i64.
    if (auto* e = wasmtime_global_set(parts_->context, &parts_->fuel, &v)) wasmtime_error_delete(e);
}

}  // namespace warpshrew::wasm
