// Instances: limits on both sides of their edges, traps and their texts, fuel, host calls, isolation
// (alkanes-vm.md 2.3, 4.5, 4.6, 12; wasmi-fuel.md 3, 4).
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/wat.hpp"
#include "wasm/engine.hpp"

namespace warpshrew::wasm {
namespace {

using warpshrew::test::wat;

constexpr std::uint64_t plenty = 1'000'000'000;

/// Every test runs twice, compiled and interpreted.
class EngineRun : public testing::TestWithParam<bool> {
 protected:
    void SetUp() override { interpret = GetParam(); }

 public:
    static inline bool interpret = false;
};
INSTANTIATE_TEST_SUITE_P(BothWays, EngineRun, testing::Bool(),
                         [](const auto& info) { return info.param ? "Interpreted" : "Compiled"; });

Engine& engine() {
    static Engine compiler = Engine::create().value();
    static Engine interpreter = Engine::create({.cache = std::nullopt, .interpret = true}).value();
    return EngineRun::interpret ? interpreter : compiler;
}

struct TestHost : Host {
    std::function<std::int32_t(HostFunction, Instance&, std::span<const std::int64_t>)> f;
    std::int32_t call(HostFunction name, Instance& instance, std::span<const std::int64_t> args) override {
        return f ? f(name, instance, args) : 0;
    }
};

std::shared_ptr<const Code> compile(std::string_view body) {
    auto r = engine().compile(wat("(module " + std::string(body) + ")"));
    if (!r) throw std::runtime_error(r.error().reason);
    return *r;
}

struct RunOutcome {
    std::string text;  ///< "= N" or the error
    std::uint64_t left;
};

RunOutcome run(const std::shared_ptr<const Code>& code, std::uint64_t fuel = plenty, Host* host = nullptr,
               std::string_view name = "__execute") {
    TestHost none;
    RunOutcome out;
    engine().run_deep([&] {
        Instance i = Instance::create(engine(), code, host != nullptr ? *host : none, fuel).value();
        const auto r = i.call(name);
        out = {r ? "= " + std::to_string(*r) : r.error().reason, i.fuel()};
    });
    return out;
}

/// A contract with a memory of one page and the given `__execute`.
std::shared_ptr<const Code> contract(std::string_view body, std::string_view before = "") {
    return compile(std::string(before) + " (memory (export \"memory\") 1) (func (export \"__execute\") (result i32) " +
                   std::string(body) + ")");
}

// alkanes-vm.md 10.36, 10.37
TEST_P(EngineRun, FuelIsExact) {  // wasmi-fuel.md 7: rows 2, 17, 18
    EXPECT_EQ(run(contract("(i32.const 42)"), 100).text, "= 42");
    EXPECT_EQ(run(contract("(i32.const 42)"), 100).left, 98U);
    const auto grow = contract("(memory.grow (i32.const 1))");
    EXPECT_EQ(run(grow, 2000).text, "= 512");
    EXPECT_EQ(run(grow, 2000).left, 2000U - 1027);
    EXPECT_EQ(run(grow, 1000).text, "all fuel consumed by WebAssembly");
    EXPECT_EQ(run(grow, 1000).left, 997U);
    EXPECT_EQ(run(contract("(i32.const 42)"), 1).text, "all fuel consumed by WebAssembly");
    EXPECT_EQ(run(contract("(i32.const 42)"), 1).left, 1U);
    EXPECT_EQ(run(contract("(i32.const 42)"), ~std::uint64_t{0}).left, ~std::uint64_t{0} - 2);
}

// alkanes-vm.md 10.35, 10.36
TEST_P(EngineRun, Memory) {  // 4.6: 512 pages, 664 at most
    EXPECT_EQ(run(contract("(memory.size)")).text, "= 512");
    EXPECT_EQ(run(contract("(memory.grow (i32.const 152))")).text, "= 512");
    EXPECT_EQ(run(contract("(memory.grow (i32.const 152))")).left, plenty - 155'651);
    EXPECT_EQ(run(contract("(memory.grow (i32.const 153))")).text, "= -1");
    EXPECT_EQ(run(contract("(memory.grow (i32.const 153))")).left, plenty - 3);
    EXPECT_EQ(run(contract("(memory.grow (i32.const -1))")).text, "= -1");
    EXPECT_EQ(run(contract("(drop (memory.grow (i32.const 152))) (i32.load8_u (i32.const 43515903))")).text, "= 0");
    EXPECT_EQ(run(contract("(drop (memory.grow (i32.const 152))) (i32.load8_u (i32.const 43515904))")).text,
              "out of bounds memory access");
    EXPECT_EQ(run(contract("(i32.load8_u (i32.const 33554431))")).text, "= 0");
    EXPECT_EQ(run(contract("(i32.load8_u (i32.const 33554432))")).text, "out of bounds memory access");
    // a larger memory stays as it is; another one is not grown
    const std::string size = "(func (export \"__execute\") (result i32) (memory.size))";
    EXPECT_EQ(run(compile("(memory (export \"memory\") 600)" + size)).text, "= 600");
    EXPECT_EQ(run(compile("(memory 3) (memory (export \"memory\") 600)" + size)).text, "= 3");
    // a declared maximum holds
    EXPECT_EQ(run(compile("(memory (export \"memory\") 1 513) (func (export \"__execute\") (result i32) (memory.grow "
                          "(i32.const 2)))"))
                  .text,
              "= -1");
}

// Memories lie where others were before them.
TEST_P(EngineRun, AMemoryEndsAtItsOwnSizeAndIsZeroWhereALargerOneWas) {
    const std::string large =
        "(drop (memory.grow (i32.const 152))) (memory.fill (i32.const 33554000) (i32.const 7) (i32.const 1000))";
    const std::string end = "(global $end (mut i32) (i32.const 33554432))";
    const std::pair<const char*, const char*> cases[] = {
        {"(i32.load8_u (i32.const 33554431))", "= 0"},
        {"(i32.load8_u (i32.const 33554432))", "out of bounds memory access"},
        {"(i32.load8_u (global.get $end))", "out of bounds memory access"},
        {"(i32.load8_u offset=1 (i32.sub (global.get $end) (i32.const 1)))", "out of bounds memory access"},
        {"(i32.load (i32.sub (global.get $end) (i32.const 4)))", "= 0"},
        {"(i32.load (i32.sub (global.get $end) (i32.const 3)))", "out of bounds memory access"},
        {"(i32.load offset=100 (i32.sub (global.get $end) (i32.const 103)))", "out of bounds memory access"},
        {"(i32.load offset=4294967295 (global.get $end))", "out of bounds memory access"},
        {"(i32.load16_u (i32.const 33554431))", "out of bounds memory access"},
        {"(i32.store8 (global.get $end) (i32.const 1)) (i32.const 0)", "out of bounds memory access"},
        {"(i64.store offset=33554425 (i32.const 0) (i64.const 1)) (i32.const 0)", "out of bounds memory access"},
        {"(memory.fill (i32.const 33554431) (i32.const 0) (i32.const 2)) (i32.const 0)", "out of bounds memory access"},
        {"(memory.copy (i32.const 0) (i32.const 33554431) (i32.const 2)) (i32.const 0)", "out of bounds memory access"},
        {"(drop (memory.grow (i32.const 1))) (i32.load (global.get $end))", "= 0"},
        {"(drop (memory.grow (i32.const 1))) (i32.load8_u offset=65536 (global.get $end))",
         "out of bounds memory access"},
    };
    for (const auto& [body, text] : cases) {
        EXPECT_EQ(run(contract(large + "(i32.load8_u (i32.const 33554432))")).text, "= 7");
        EXPECT_EQ(run(contract(body, end)).text, text) << body;
    }
}

TEST_P(EngineRun, SecondMemoriesEndWhereTheyShouldWhereLargerOnesWere) {
    const std::string head = "(memory (export \"memory\") 1) (global $zero (mut i32) (i32.const 0)) ";
    const std::string large = head +
                              "(memory $m 9 9) (func (export \"__execute\") (result i32) (memory.fill $m (i32.const 0) "
                              "(i32.const 7) (i32.const 589824)) (i32.load8_u $m (i32.const 589823)))";
    const std::string grow = "(func $grow (drop (memory.grow $m (i32.const 1))))";
    const std::pair<std::string, const char*> cases[] = {
        // no page at first, with and without room to grow
        {"(memory $m 0) (func (export \"__execute\") (result i32) (i32.load8_u $m (global.get $zero)))",
         "out of bounds memory access"},
        {"(memory $m 0 0) (func (export \"__execute\") (result i32) (i32.load8_u $m (i32.const 0)))",
         "out of bounds memory access"},
        // of a fixed size
        {"(memory $m 1 1) (func (export \"__execute\") (result i32) (i32.load $m offset=65532 (global.get $zero)))",
         "= 0"},
        {"(memory $m 1 1) (func (export \"__execute\") (result i32) (i32.load $m offset=65533 (global.get $zero)))",
         "out of bounds memory access"},
        {"(memory $m 1 1) (func (export \"__execute\") (result i32) (i32.load $m (i32.const 65533)))",
         "out of bounds memory access"},
        // that grows between two accesses
        {"(memory $m 1)" + grow +
             "(func (export \"__execute\") (result i32) (call $grow) (i32.load $m offset=65536 (global.get $zero)))",
         "= 0"},
        {"(memory $m 1)" + grow +
             "(func (export \"__execute\") (result i32) (drop (i32.load $m offset=65536 (global.get $zero))) (call "
             "$grow) (i32.const 0))",
         "out of bounds memory access"},
        {"(memory $m 1)" + grow +
             "(func (export \"__execute\") (result i32) (call $grow) (i32.load $m offset=131069 (global.get $zero)))",
         "out of bounds memory access"},
        // few bytes, which are copied without a call
        {"(memory $m 1) (func (export \"__execute\") (result i32) (memory.copy $m 0 (i32.const 65500) (i32.const 0) "
         "(i32.const 36)) (i32.load8_u $m (i32.const 65535)))",
         "= 0"},
        {"(memory $m 1) (func (export \"__execute\") (result i32) (memory.copy $m 0 (i32.const 65500) (i32.const 0) "
         "(i32.const 37)) (i32.const 0))",
         "out of bounds memory access"},
        {"(memory $m 1) (data $d \"0123456789abcdef\") (func (export \"__execute\") (result i32) (memory.init $m $d "
         "(i32.const 65521) (i32.const 0) (i32.const 16)) (i32.const 0))",
         "out of bounds memory access"},
    };
    for (const auto& [module, text] : cases) {
        EXPECT_EQ(run(compile(large)).text, "= 7");
        EXPECT_EQ(run(compile(head + module)).text, text) << module;
    }
}

TEST_P(EngineRun, TheSecondMemoryIsFencedToo) {
    const std::string head = "(memory (export \"memory\") 1) (memory $m 1) (func (export \"__execute\") (result i32) ";
    EXPECT_EQ(run(compile(head + "(i32.load8_u $m (i32.const 65535)))")).text, "= 0");
    EXPECT_EQ(run(compile(head + "(i32.load8_u $m (i32.const 65536)))")).text, "out of bounds memory access");
    EXPECT_EQ(run(compile(head + "(i32.load8_u $m offset=4294967295 (i32.const 1)))")).text,
              "out of bounds memory access");
    EXPECT_EQ(run(compile(head + "(memory.grow $m (i32.const 663)))")).text, "= 1");
    EXPECT_EQ(run(compile(head + "(memory.grow $m (i32.const 664)))")).text, "= -1");
}

TEST_P(EngineRun, Traps) {  // 12; the fuel left stays readable
    const std::string table = "(table 2 funcref) (elem (i32.const 0) $f) (type $t (func (result i64))) (func $f)";
    const std::pair<const char*, const char*> cases[] = {
        {"(unreachable)", "wasm `unreachable` instruction executed"},
        {"(i32.div_u (i32.const 1) (global.get $zero))", "integer divide by zero"},
        {"(i32.rem_s (i32.const 1) (global.get $zero))", "integer divide by zero"},
        {"(i32.div_s (i32.const 0x80000000) (i32.sub (global.get $zero) (i32.const 1)))", "integer overflow"},
        {"(i32.trunc_f32_s (global.get $nan))", "invalid conversion to integer"},
        {"(i32.trunc_f32_s (f32.add (global.get $big) (f32.const 0)))", "integer overflow"},
        {"(call_indirect (i32.const 1)) (i32.const 0)", "uninitialized element 2"},
        {"(call_indirect (i32.const 2)) (i32.const 0)", "undefined element: out of bounds table access"},
        {"(drop (table.get (i32.const 2))) (i32.const 0)", "undefined element: out of bounds table access"},
        {"(drop (call_indirect (type $t) (i32.const 0))) (i32.const 0)", "indirect call type mismatch"},
        {"(i32.load (global.get $minus))", "out of bounds memory access"},
        {"(i32.store (global.get $minus) (i32.const 0)) (i32.const 0)", "out of bounds memory access"},
        {"(memory.fill (i32.const 0) (i32.const 0) (global.get $minus)) (i32.const 0)", "out of bounds memory access"},
    };
    for (const auto& [body, text] : cases) {
        const RunOutcome out = run(
            contract(body, table + "(global $zero (mut i32) (i32.const 0)) (global $minus (mut i32) (i32.const -1)) "
                                   "(global $nan (mut f32) (f32.const nan)) (global $big (mut f32) (f32.const 1e30))"),
            1000);
        EXPECT_EQ(out.text, text) << body;
        EXPECT_LT(out.left, 1000U) << body;
        EXPECT_GT(out.left, 980U) << body;
    }
    EXPECT_EQ(run(contract("(loop (br 0)) (i32.const 0)"), 1001).text, "all fuel consumed by WebAssembly");
    EXPECT_LE(run(contract("(loop (br 0)) (i32.const 0)"), 1001).left, 1U);
}

// alkanes-vm.md 10.38
TEST_P(EngineRun, NansAreCanonical) {  // wasmi-fuel.md 5; x86 itself makes negative ones
    EXPECT_EQ(run(contract("(i32.reinterpret_f32 (f32.div (global.get $z) (global.get $z)))",
                           "(global $z (mut f32) (f32.const 0))"))
                  .text,
              "= " + std::to_string(0x7fc00000));
    // moving bits is no arithmetic
    EXPECT_EQ(
        run(contract("(i32.reinterpret_f32 (f32.neg (global.get $n)))", "(global $n (mut f32) (f32.const nan:0x1))"))
            .text,
        "= " + std::to_string(static_cast<std::int32_t>(0xff800001)));
}

// wasmi-fuel.md 5, 2.7: instructions that wasmi leaves out do nothing to the bits of a NaN.
TEST_P(EngineRun, NansOfInstructionsThatAreLeftOutKeepTheirBits) {
    const std::string globals =
        "(global $x (mut f32) (f32.const 1)) (global $n (mut f32) (f32.const nan:0x1))"
        "(global $y (mut f64) (f64.const 2))";
    const std::pair<const char*, std::uint32_t> cases[] = {
        {"(i32.reinterpret_f32 (f32.add (global.get $x) (f32.const nan:0x5)))", 0x7f800005},
        {"(i32.reinterpret_f32 (f32.mul (f32.const -nan:0x6) (global.get $x)))", 0xff800006},
        {"(i32.reinterpret_f32 (f32.min (global.get $n) (f32.const inf)))", 0x7f800001},
        {"(i32.reinterpret_f32 (f32.max (f32.const -inf) (global.get $n)))", 0x7f800001},
        {"(i32.wrap_i64 (i64.reinterpret_f64 (f64.div (global.get $y) (f64.const nan:0x7))))", 7},
        {"(i32.wrap_i64 (i64.reinterpret_f64 (f64.sub (f64.const nan:0x8) (global.get $y))))", 8},
        // not left out: the other infinity
        {"(i32.reinterpret_f32 (f32.min (global.get $n) (f32.const -inf)))", 0x7fc00000},
    };
    for (const auto& [code, bits] : cases) {
        EXPECT_EQ(run(contract(code, globals)).text, "= " + std::to_string(static_cast<std::int32_t>(bits))) << code;
    }
}

TEST_P(EngineRun, Exports) {  // 2.3, 12
    EXPECT_EQ(run(compile("(memory (export \"memory\") 1)")).text,
              "__execute not found -- is this WASM built with the ALKANES SDK?");
    EXPECT_EQ(run(compile("(memory (export \"memory\") 1)"), 77).left, 77U);  // without code there is no fuel global
    const auto code = compile(R"((memory (export "memory") 1) (global (export "g") i32 (i32.const 0))
        (func (export "p") (param i32) (result i32) (i32.const 0)) (func (export "none"))
        (func (export "two") (result i32 i32) (i32.const 0) (i32.const 0)) (func (export "long") (result i64) (i64.const 0))
        (func (export "trap") (result i64) (unreachable)) (func (export "f") (result f32) (f32.const 0)))");
    const auto text = [&](std::string_view name) { return run(code, plenty, nullptr, name).text; };
    EXPECT_EQ(text("g"), "g not found -- is this WASM built with the ALKANES SDK?");
    EXPECT_EQ(text("memory"), "memory not found -- is this WASM built with the ALKANES SDK?");
    EXPECT_EQ(text("p"), "encountered an incorrect number of parameters");
    EXPECT_EQ(text("none"), "encountered an incorrect number of results");
    EXPECT_EQ(text("two"), "encountered an incorrect number of results");
    EXPECT_EQ(text("long"), "result is not an i32");
    EXPECT_EQ(text("f"), "result is not an i32");
    EXPECT_EQ(text("trap"), "wasm `unreachable` instruction executed");  // it runs before its result is looked at
}

/// `depth` frames of one function with `locals` more registers than it needs itself.
RunOutcome recurse(int depth, int locals) {
    std::string body = "(memory (export \"memory\") 1) (global $n (mut i32) (i32.const " + std::to_string(depth - 1) +
                       ")) (func $r (export \"__execute\") (result i32) (local";
    for (int i = 0; i < locals; i++) body += " i64";
    return run(compile(body + ") (if (result i32) (i32.eqz (global.get $n)) (then (i32.const 7)) (else (global.set $n "
                              "(i32.sub (global.get $n) (i32.const 1))) (call $r))))"));
}

TEST_P(EngineRun, CallDepth) {  // wasmi-fuel.md 4: 1024 frames
    EXPECT_EQ(recurse(1024, 0).text, "= 7");
    EXPECT_EQ(recurse(1025, 0).text, "call stack exhausted");
}

TEST_P(EngineRun, Cells) {  // wasmi-fuel.md 4: frames of 127 registers reach the depth limit, of 128 one frame less
    EXPECT_EQ(recurse(1024, 126).text, "= 7");
    EXPECT_EQ(recurse(1023, 127).text, "= 7");
    EXPECT_EQ(recurse(1024, 127).text, "call stack exhausted");
    EXPECT_EQ(recurse(712, 183).text, "= 7");
    EXPECT_EQ(recurse(713, 183).text, "call stack exhausted");
}

TEST_P(EngineRun, HostCalls) {
    const auto code = compile(R"((import "env" "__balance" (func $balance (param i32 i32 i32)))
        (import "env" "__call" (func $call (param i32 i32 i32 i64) (result i32)))
        (memory (export "memory") 1) (data (i32.const 8) "\2a")
        (func (export "__execute") (result i32)
            (call $balance (i32.const 1) (i32.const -2) (i32.const 3))
            (i32.add (call $call (i32.const 1) (i32.const -2) (i32.const 3) (i64.const -4)) (i32.load (i32.const 4)))))");
    std::vector<std::pair<HostFunction, std::vector<std::int64_t>>> seen;
    std::uint64_t fuel = 0;
    TestHost host;
    host.f = [&](HostFunction f, Instance& i, std::span<const std::int64_t> args) {
        seen.emplace_back(f, std::vector(args.begin(), args.end()));
        EXPECT_EQ(i.memory().size(), std::size_t{512} << 16);
        EXPECT_EQ(i.memory()[8], 42);
        i.memory()[4] = 5;
        if (f != HostFunction::call) return 0;
        fuel = i.fuel();
        i.set_fuel(fuel - 100);
        return -10;
    };
    const RunOutcome out = run(code, 1000, &host);
    EXPECT_EQ(out.text, "= -5");
    EXPECT_EQ(out.left, fuel - 100);
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[0], std::pair(HostFunction::balance, std::vector<std::int64_t>{1, -2, 3}));
    EXPECT_EQ(seen[1], std::pair(HostFunction::call, std::vector<std::int64_t>{1, -2, 3, -4}));
}

TEST_P(EngineRun, FuelTakenByTheHostIsMissed) {  // the next region finds it gone
    const auto code = contract("(drop (call $q)) (loop) (i32.const 1)",
                               "(import \"env\" \"__request_block\" (func $q (result i32)))");
    TestHost host;
    host.f = [](HostFunction, Instance& i, std::span<const std::int64_t>) {
        i.set_fuel(0);
        return 0;
    };
    const RunOutcome out = run(code, plenty, &host);
    EXPECT_EQ(out.text, "all fuel consumed by WebAssembly");
    EXPECT_EQ(out.left, 0U);
}

TEST_P(EngineRun, WhatTheHostThrowsArrives) {
    const auto code = contract("(call $q)", "(import \"env\" \"__request_block\" (func $q (result i32)))");
    TestHost host;
    host.f = [](HostFunction, Instance&, std::span<const std::int64_t>) -> std::int32_t {
        throw std::out_of_range("here");
    };
    EXPECT_THROW(run(code, plenty, &host), std::out_of_range);
    EXPECT_EQ(run(code).text, "= 0");
}

TEST_P(EngineRun, EveryInstanceIsFresh) {  // memory, globals, tables, dropped segments
    const auto code = compile(R"((memory (export "memory") 1 664) (memory $second 1 5) (data (i32.const 0) "\01")
        (data $d "\02") (table $t 2 9 funcref) (elem (i32.const 0) $f) (elem $e func $f $f) (global $g (mut i32) (i32.const 3))
        (func $f)
        (func (export "__execute") (result i32) (local $r i32)
            ;; what is found: 1 if all is as at first
            (local.set $r (i32.eq (i32.load8_u (i32.const 0)) (i32.const 1)))
            (local.set $r (i32.and (local.get $r) (i32.eqz (i32.load8_u (i32.const 20000000)))))
            (local.set $r (i32.and (local.get $r) (i32.eqz (i32.load8_u (i32.const 33554431)))))
            (local.set $r (i32.and (local.get $r) (i32.eqz (i32.load8_u $second (i32.const 100)))))
            (local.set $r (i32.and (local.get $r) (i32.eq (memory.size) (i32.const 512))))
            (local.set $r (i32.and (local.get $r) (i32.eq (memory.size $second) (i32.const 1))))
            (local.set $r (i32.and (local.get $r) (i32.eq (global.get $g) (i32.const 3))))
            (local.set $r (i32.and (local.get $r) (i32.eq (table.size $t) (i32.const 2))))
            (local.set $r (i32.and (local.get $r) (ref.is_null (table.get $t (i32.const 1)))))
            ;; traps if dropped
            (memory.init $d (i32.const 8) (i32.const 0) (i32.const 1))
            (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1))
            ;; changes all of it
            (data.drop $d) (elem.drop $e)
            (i32.store8 (i32.const 0) (i32.const 77)) (i32.store8 (i32.const 20000000) (i32.const 77))
            (i32.store8 (i32.const 33554431) (i32.const 77)) (i32.store8 $second (i32.const 100) (i32.const 77))
            (drop (memory.grow (i32.const 100))) (drop (memory.grow $second (i32.const 2)))
            (memory.fill (i32.const 35000000) (i32.const 9) (i32.const 5000000))
            (global.set $g (i32.const 4)) (table.set $t (i32.const 1) (ref.func $f))
            (drop (table.grow $t (ref.func $f) (i32.const 5)))
            (local.get $r)))");
    for (int i = 0; i < 4; i++) EXPECT_EQ(run(code).text, "= 1") << i;
    // another contract gets the used memories: zeros, also where the other's grew
    const auto probe =
        compile(R"((memory (export "memory") 1) (func (export "__execute") (result i32) (local $i i32) (local $r i32)
        (drop (memory.grow (i32.const 152)))
        (loop $l (local.set $r (i32.or (local.get $r) (i32.load (local.get $i))))
            (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 43515904))))
        (local.get $r)))");
    EXPECT_EQ(run(probe).text, "= 0");
    EXPECT_EQ(run(code).text, "= 1");
    EXPECT_EQ(run(probe).text, "= 0");
}

TEST_P(EngineRun, TwoInstancesOfOneContractAreApart) {
    const auto code = compile(R"((memory (export "memory") 1) (global $g (mut i32) (i32.const 0))
        (func (export "__execute") (result i32) (global.set $g (i32.add (global.get $g) (i32.const 1)))
            (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 10)))
            (i32.add (global.get $g) (i32.load (i32.const 0)))))");
    engine().run_deep([&] {
        TestHost host;
        Instance a = Instance::create(engine(), code, host, plenty).value();
        Instance b = Instance::create(engine(), code, host, plenty).value();
        EXPECT_EQ(a.call("__execute").value(), 11);
        EXPECT_EQ(a.call("__execute").value(), 22);
        EXPECT_EQ(b.call("__execute").value(), 11);
        a = std::move(b);
        EXPECT_EQ(a.call("__execute").value(), 22);
    });
}

TEST_P(EngineRun, NativeStackCarriesTheWorst) {
    // 25 calls, one in the other, each of 1024 frames that keep `values` results alive over a call, at the least fuel.
    constexpr int values = 600, frames = 25;
    std::string stores;
    for (int k = 0; k < values; k++)
        stores += "(i64.store (i32.const " + std::to_string(8 * k) + ") (i64.mul (local.get $x) (i64.const " +
                  std::to_string(2 * k + 3) + ")))";
    const auto code = compile(
        "(import \"env\" \"__request_block\" (func $q (result i32))) (memory (export \"memory\") 1) (global $n (mut "
        "i32) "
        "(i32.const 1022)) (func $r (param $x i64) (result i32) (local $y i32) " +
        stores +
        "(local.set $y (if (result i32) (i32.eqz (global.get $n)) (then (call $q)) (else (global.set $n (i32.sub "
        "(global.get $n) (i32.const 1))) (call $r (i64.add (local.get $x) (i64.const 1)))))) " +
        stores + "(local.get $y)) (func (export \"__execute\") (result i32) (call $r (i64.const 5)))");
    int depth = 0;
    TestHost host;
    host.f = [&](HostFunction, Instance&, std::span<const std::int64_t>) {
        if (++depth == frames) return 1000;
        Instance inner = Instance::create(engine(), code, host, plenty).value();
        const auto r = inner.call("__execute");
        if (!r) ADD_FAILURE() << r.error().reason << " at " << depth;
        return r ? *r + 1 : -1;
    };
    EXPECT_EQ(run(code, plenty, &host).text, "= 1024");
    EXPECT_EQ(depth, frames);
}

TEST_P(EngineRun, InstancesAreBounded) {
    Engine small = Engine::create({.cache = std::nullopt, .instances = 2}).value();
    const auto code = small.compile(wat("(module (memory (export \"memory\") 1))")).value();
    small.run_deep([&] {
        TestHost host;
        const auto a = Instance::create(small, code, host, 1);
        {
            const auto b = Instance::create(small, code, host, 1);
            EXPECT_TRUE(a && b);
            EXPECT_EQ(Instance::create(small, code, host, 1).error().reason,
                      "too many instances of contracts at a time");
        }
        EXPECT_TRUE(Instance::create(small, code, host, 1));
    });
}

TEST_P(EngineRun, OnlyOnDeepStacks) {
    TestHost host;
    EXPECT_FALSE(Instance::create(engine(), contract("(i32.const 0)"), host, 1));
}

TEST_P(EngineRun, RunDeepPassesExceptionsAndNests) {
    EXPECT_THROW(engine().run_deep([] { throw std::out_of_range("x"); }), std::out_of_range);
    int n = 0;
    engine().run_deep([&] { engine().run_deep([&] { n = 1; }); });
    EXPECT_EQ(n, 1);
}

TEST_P(EngineRun, TablesGrowWithinBounds) {
    const auto grow = [](std::string_view n) {
        return contract("(table.grow (ref.null func) (i32.const " + std::string(n) + "))", "(table 0 funcref)");
    };
    EXPECT_EQ(run(grow("1000000")).text, "= 0");
    EXPECT_EQ(run(grow("20000001")).text, "= -1");
    EXPECT_EQ(run(grow("-1")).text, "= -1");
}

// docs/consensus.md: 64 Ki pages for all memories of the frames that run, here 512 + 97 * 664 and `last`.
TEST_P(EngineRun, MemoriesShareABudget) {
    const auto memories = [](unsigned last, std::string_view result) {
        std::string text = "(memory (export \"memory\") 1) (memory $last " + std::to_string(last) + ")";
        for (int i = 0; i < 97; i++) text += "(memory 664)";
        return compile(text + "(func (export \"__execute\") (result i32) " + std::string(result) + ")");
    };
    constexpr unsigned most = 65'536 - 512 - 97 * 664;
    const auto grow = memories(most - 1, "(drop (memory.grow $last (i32.const 1))) (memory.grow $last (i32.const 1))");
    for (int i = 0; i < 2; i++) EXPECT_EQ(run(grow).text, "= -1");  // what an instance had is given back
    EXPECT_EQ(run(memories(most - 1, "(memory.grow $last (i32.const 1))")).text, "= " + std::to_string(most - 1));
    EXPECT_EQ(run(memories(most - 1, "(memory.grow $last (i32.const 2))")).text, "= -1");
    EXPECT_EQ(run(memories(most, "(memory.grow $last (i32.const 1))")).text, "= -1");
    EXPECT_EQ(run(memories(most, "(memory.grow $last (i32.const 0))")).text, "= " + std::to_string(most));

    const auto full = memories(most, "(i32.const 0)"), beyond = memories(most + 1, "(i32.const 0)"),
               small = contract("(memory.size)");
    engine().run_deep([&] {
        EXPECT_TRUE(has_memory_for(*full));
        EXPECT_FALSE(has_memory_for(*beyond));
        TestHost host;
        EXPECT_FALSE(Instance::create(engine(), beyond, host, plenty));
        {
            const auto instance = Instance::create(engine(), full, host, plenty);
            ASSERT_TRUE(instance) << instance.error().reason;
            EXPECT_FALSE(has_memory_for(*small));
        }
        EXPECT_TRUE(has_memory_for(*full));
        // Another thread has a budget of its own.
        const auto instance = Instance::create(engine(), full, host, plenty);
        std::thread([&] { engine().run_deep([&] { EXPECT_TRUE(has_memory_for(*full)); }); }).join();
    });
}

TEST_P(EngineRun, Threads) {
    const auto code = compile(R"((import "env" "__request_block" (func $q (result i32))) (memory (export "memory") 1)
        (func (export "__execute") (result i32) (local $i i32)
            (loop (i32.store (i32.mul (local.get $i) (i32.const 4096)) (i32.add (i32.const 1) (i32.load (i32.mul (local.get $i) (i32.const 4096)))))
                (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 50))))
            (i32.add (call $q) (i32.load (i32.const 4096)))))");
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    threads.reserve(3);
    for (int t = 0; t < 3; t++) {
        threads.emplace_back([&, t] {
            TestHost host;
            host.f = [t](HostFunction, Instance&, std::span<const std::int64_t>) { return 10 * t; };
            engine().run_deep([&] {
                for (int i = 0; i < 200; i++) {
                    Instance instance = Instance::create(engine(), code, host, plenty).value();
                    wrong += instance.call("__execute").value() != 10 * t + 1;
                }
            });
        });
    }
    for (auto& t : threads) t.join();
    EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace warpshrew::wasm
