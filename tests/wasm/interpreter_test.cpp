// The interpreter against compiled code, and what it is for (docs/decisions/interpreter.md).
#include "wasm/interpreter.hpp"

#include <gtest/gtest.h>

#include <random>

#include "metered_module.hpp"
#include "no_host.hpp"
#include "support/random_cases.hpp"
#include "vectors.hpp"
#include "wasm/constant_folding.hpp"
#include "wasm/engine.hpp"
#include "wasm/writer.hpp"

namespace warpshrew::wasm {
namespace {

using warpshrew::test::NoHost;
using namespace std::string_view_literals;

std::string text(Trap t) {  // as metered_module.hpp names them
    switch (t) {
        case Trap::none:
            return "";
        case Trap::out_of_fuel:
            return "out of fuel";
        case Trap::stack_overflow:
            return "stack overflow";
        case Trap::unreachable:
            return "unreachable";
        case Trap::memory_out_of_bounds:
            return "trap " + std::to_string(WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS);
        case Trap::table_out_of_bounds:
            return "trap " + std::to_string(WASMTIME_TRAP_CODE_TABLE_OUT_OF_BOUNDS);
        case Trap::indirect_call_to_null:
            return "trap " + std::to_string(WASMTIME_TRAP_CODE_INDIRECT_CALL_TO_NULL);
        case Trap::bad_signature:
            return "trap " + std::to_string(WASMTIME_TRAP_CODE_BAD_SIGNATURE);
        case Trap::integer_overflow:
            return "trap " + std::to_string(WASMTIME_TRAP_CODE_INTEGER_OVERFLOW);
        case Trap::integer_division_by_zero:
            return "trap " + std::to_string(WASMTIME_TRAP_CODE_INTEGER_DIVISION_BY_ZERO);
        case Trap::bad_conversion_to_integer:
            return "trap " + std::to_string(WASMTIME_TRAP_CODE_BAD_CONVERSION_TO_INTEGER);
    }
    return "?";
}

// Results, fuel and traps of every exported function of the vectors, at several arguments and amounts of fuel.
TEST(Interpreter, GivesWhatCompiledCodeGives) {
    std::mt19937_64 random(7);
    const std::uint64_t values[] = {0, 1, 2, 7, 64, 65536, 0x7fffffff, 0x80000000, 0xffffffff, 0x3f800000, 0x7fc00001};
    std::size_t calls = 0, trapped = 0;
    std::uint64_t left = warpshrew::test::scaled(20, 5);
    for (const test::Vector& v : test::vectors()) {
        auto module = InterpretedModule::create(v.wasm);
        if (!module) continue;  // imports that only the tests have
        const Module& m = (*module)->module();
        const bool named = m.find_export("memory") != nullptr;
        if (left-- == 0) break;
        for (const Export& e : m.exports) {
            if (e.kind != ExternalKind::function) continue;
            const FunctionType& t = m.function_type(e.index);
            for (const std::uint64_t fuel : {std::uint64_t{3000}, random() % 60}) {
                std::vector<std::uint64_t> args, results(t.results.size());
                std::vector<wasmtime_val_raw_t> raw;
                bool references = false;
                for (const ValueType p : t.params) {
                    const bool narrow = p == ValueType::i32 || p == ValueType::f32;
                    references = references || p == ValueType::funcref || p == ValueType::externref;
                    const std::uint64_t a = values[random() % std::size(values)];
                    args.push_back(narrow ? a : a | a << 32);
                    raw.push_back(test::i64(static_cast<std::int64_t>(args.back())));
                }
                if (references) continue;
                const test::Outcome want = test::call_metered(v.wasm, e.name, raw, t.results.size(), fuel,
                                                              {.memory_pages = named ? 512U : 0U});
                const auto budget = std::make_shared<MemoryBudget>();
                EXPECT_TRUE(budget->take(std::size_t{1} << 30));  // more than the memories give back
                InterpretedInstance instance(**module, 20'000'000, budget);
                instance.fuel = fuel;
                const Trap trap = instance.call(
                    e.index, args, [](auto, auto) { return 0; }, results);
                const std::string where = v.name + " " + std::string(e.name);
                ASSERT_EQ(text(trap), want.trap) << where;
                ASSERT_EQ(instance.fuel, want.left) << where;
                calls++;
                trapped += trap != Trap::none;
                if (trap != Trap::none) continue;
                for (std::size_t i = 0; i < results.size(); i++) {
                    const auto bits = static_cast<std::uint64_t>(want.results[i].i64);
                    const bool narrow = t.results[i] == ValueType::i32 || t.results[i] == ValueType::f32;
                    if (t.results[i] == ValueType::funcref || t.results[i] == ValueType::externref) continue;
                    ASSERT_EQ(results[i], narrow ? bits & 0xffffffff : bits) << where << " result " << i;
                }
            }
        }
    }
    std::cout << calls << " calls, " << trapped << " of them trapped\n";
    EXPECT_GT(calls, 10U);
}

/// A contract of one function, in bytes: `locals` i32 locals and the code, which leaves an i32.
Bytes module_of(BytesView code, std::uint32_t locals, std::uint32_t copies = 1) {
    Bytes m("\0asm\1\0\0\0\1\5\1\x60\0\1\x7f", 15), functions, body, bodies;
    append_unsigned(functions, copies);
    functions.append(copies, '\0');
    m.push_back(3);
    append_sized(m, functions);
    m += Bytes("\5\3\1\0\1\7\x16\2\x09__execute\0\0\6memory\2\0", 29);
    body.push_back('\1');
    append_unsigned(body, locals);
    body.push_back('\x7f');
    body += code;
    body.push_back('\x0b');
    append_unsigned(bodies, copies);
    for (; copies != 0; copies--) append_sized(bodies, body);
    m.push_back(10);
    append_sized(m, bodies);
    return m;
}

Bytes times(std::size_t n, BytesView code) {
    Bytes out;
    for (; n != 0; n--) out += code;
    return out;
}

void expect_interpreted(BytesView module, std::string_view want, const char* name) {
    static Engine engine = Engine::create().value();
    const auto code = engine.compile(module);
    ASSERT_TRUE(code) << name << ": " << code.error().reason;
    EXPECT_TRUE(is_interpreted(**code)) << name;
    engine.run_deep([&] {
        NoHost host;
        Instance i = Instance::create(engine, *code, host, 10'000'000).value();
        const auto r = i.call("__execute");
        EXPECT_EQ(r ? std::to_string(*r) : r.error().reason, want) << name;
    });
}

TEST(Interpreter, RunsWhatWouldTakeTooLongToCompile) {
    constexpr std::size_t n = 20'000;
    const BytesView seven("\x41\7", 2);
    expect_interpreted(module_of(times(n, "\3\x40") + times(n, "\x0b") + Bytes(seven), 3000), "7", "nested loops");
    expect_interpreted(module_of(times(n, "\2\x40") + times(n, "\x0b") + Bytes(seven), 3000), "7", "nested blocks");
    expect_interpreted(module_of(times(n, "\x20\0\4\x40\x0b"sv) + Bytes(seven), 1), "7", "ifs in a row");
    expect_interpreted(module_of(times(n * 10, "\x41\1\x1a") + Bytes(seven), 1), "7", "a long function");
    expect_interpreted(module_of(seven, 1, n), "7", "many functions");
    // A loop whose body costs nothing for each value that it touches: 10^6 rounds, each of 10^5 instructions of no
    // cost.
    const Bytes count("\x20\0\x41\1\x6a\x22\0\x41\xc0\x84\x3d\x48\x0d\0", 14);
    expect_interpreted(module_of("\3\x40" + times(n * 5, "\x20\1\x1a"sv) + count + Bytes("\x0b\x20\0"sv), 2), "1000000",
                       "instructions of no cost");
}

TEST(Interpreter, ContractsOfTheUsualSizeAreCompiled) {
    Engine engine = Engine::create().value();
    const auto code = engine.compile(module_of(times(1000, "\x20\0\4\x40\x0b"sv) + Bytes("\x41\7"sv), 5));
    ASSERT_TRUE(code) << code.error().reason;
    EXPECT_FALSE(is_interpreted(**code));
}

}  // namespace
}  // namespace warpshrew::wasm
