// Engine::compile: what is refused, in the reference's words (alkanes-vm.md 4.5 to 4.8, 12; wasmi-fuel.md 1.1).
#include <gtest/gtest.h>

#include "support/wat.hpp"
#include "wasm/engine.hpp"

namespace warpshrew::wasm {
namespace {

using warpshrew::test::wat;

Engine& compiling_engine() {
    static Engine e = Engine::create().value();
    return e;
}

/// The error of compiling a module, or "ok".
std::string outcome(BytesView module) {
    const auto r = compiling_engine().compile(module);
    return r ? "ok" : r.error().reason;
}

std::string outcome_of(std::string_view body) { return outcome(wat("(module " + std::string(body) + ")")); }

/// With the memory that a contract needs.
std::string with_memory(std::string_view body) {
    return outcome_of("(memory (export \"memory\") 1) " + std::string(body));
}

TEST(EngineCompile, ShortModules) {  // 12
    EXPECT_EQ(outcome(""), "unexpected end-of-file (at offset 0x0)");
    EXPECT_EQ(outcome(BytesView("\0as", 3)), "unexpected end-of-file (at offset 0x3)");
    EXPECT_EQ(outcome("xyz"), "unexpected end-of-file (at offset 0x0)");
    EXPECT_EQ(outcome("abcdefgh"), "magic header not detected: bad magic number (at offset 0x0)");
}

TEST(EngineCompile, ErrorsAreRemembered) {
    EXPECT_EQ(outcome("abcdefgh1"), outcome("abcdefgh1"));
    EXPECT_NE(outcome("abcdefgh1"), "ok");
}

TEST(EngineCompile, FeaturesOfTheReferenceAreOn) {  // 4.5
    EXPECT_EQ(with_memory(""), "ok");
    EXPECT_EQ(with_memory("(memory 2)"), "ok");  // multi-memory
    EXPECT_EQ(with_memory("(func $f (return_call $f))"), "ok");
    EXPECT_EQ(with_memory("(func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))"), "ok");
    EXPECT_EQ(with_memory("(table 1 externref) (func (table.set (i32.const 0) (ref.null extern)))"), "ok");
    EXPECT_EQ(with_memory("(func (result i32 i32) (i32.const 1) (i32.const 2))"), "ok");
    EXPECT_EQ(with_memory("(func (param i32) (result i32) (i32.extend8_s (local.get 0)))"), "ok");
    EXPECT_EQ(with_memory("(func (param f32) (result i32) (i32.trunc_sat_f32_s (local.get 0)))"), "ok");
    EXPECT_EQ(with_memory("(global i32 (i32.add (i32.const 1) (i32.const 2)))"), "ok");  // extended const
    EXPECT_EQ(with_memory("(global (export \"g\") (mut i32) (i32.const 1))"), "ok");
    EXPECT_EQ(with_memory("(func (param f64) (result f64) (f64.sqrt (local.get 0)))"), "ok");
}

TEST(EngineCompile, OtherFeaturesAreOff) {  // 4.5
    for (const char* body : {
             "(func (drop (v128.const i64x2 0 0)))",
             "(func (param v128))",
             "(memory 1 1 shared)",
             "(func (drop (i32.atomic.load (i32.const 0))))",
             "(func (atomic.fence))",
             "(memory i64 1)",
             "(table i64 1 funcref)",
             "(tag)",
             "(func (try_table))",
             "(tag $t) (func (throw $t))",
             "(type (struct))",
             "(type (array i32))",
             "(func (drop (ref.i31 (i32.const 0))))",
             "(func (param (ref func)))",
             "(func (param anyref))",
             "(type $f (func)) (func (param (ref null $f)) (call_ref $f (local.get 0)))",
             "(func (param funcref) (block (br_on_null 0 (local.get 0)) (drop)))",
             "(type $f (func)) (table 1 (ref null $f))",
             "(func $f) (table 1 1 funcref (ref.func $f))",
             "(func $f) (elem declare func $f) (global i32 (i32.const 0)) (global i32 (global.get 0))",
             "(rec (type (func)) (type (func)))",
             "(memory 1 (pagesize 1))",
             "(func (param i64) (result i64 i64) (i64.add128 (local.get 0) (local.get 0) (local.get 0) (local.get 0)))",
             "(type $f (func)) (type $c (cont $f))",
         }) {
        EXPECT_NE(with_memory(body), "ok") << body;
    }
    const Bytes component = wat("(component)");
    EXPECT_NE(outcome(component), "ok");
}

TEST(EngineCompile, EveryBodyIsValidated) {  // eager: wasmi-fuel.md 1.1
    const std::string text = with_memory(
        "(func (export \"__execute\") (result i32) (i32.const 0)) (func $never_called (result i32) (i64.const 0))");
    EXPECT_NE(text.find("type mismatch"), std::string::npos) << text;
}

TEST(EngineCompile, Imports) {  // 3.1, 12
    EXPECT_EQ(with_memory(""), "ok");
    for (const HostSignature& h : host_functions) {
        std::string type;
        for (const char c : h.params) type += c == 'i' ? "(param i32)" : "(param i64)";
        for (const char c : h.results) type += c == 'i' ? "(result i32)" : "(result i64)";
        EXPECT_EQ(outcome_of("(import \"env\" \"" + std::string(h.name) + "\" (func " + type +
                             ")) (memory (export \"memory\") 1)"),
                  "ok")
            << h.name;
    }
    EXPECT_EQ(outcome_of(R"((import "env" "zz" (func)))"),
              "cannot find definition for import env::zz with type Func(FuncType { params: [], results: [] })");
    EXPECT_EQ(
        outcome_of(R"((import "wasi" "abort" (func (param i32 i64 f32 f64 funcref externref) (result i32 i64))))"),
        "cannot find definition for import wasi::abort with type Func(FuncType { params: [I32, I64, F32, F64, "
        "FuncRef, ExternRef], results: [I32, I64] })");
    EXPECT_EQ(
        outcome_of(R"((import "env" "abort" (func (param i32))))"),
        "function type mismatch for import env::abort: expected FuncType { params: [I32], results: [] } but found "
        "FuncType { params: [I32, I32, I32, I32], results: [] }");
    EXPECT_EQ(outcome_of(R"((import "env" "memory" (memory 1)))"),
              "cannot find definition for import env::memory with type Memory(MemoryType { initial_pages: Pages(1), "
              "maximum_pages: None })");
    EXPECT_EQ(outcome_of(R"((import "env" "memory" (memory 1 2)))"),
              "cannot find definition for import env::memory with type Memory(MemoryType { initial_pages: Pages(1), "
              "maximum_pages: Some(Pages(2)) })");
    EXPECT_EQ(outcome_of(R"((import "env" "t" (table 3 4 funcref)))"),
              "cannot find definition for import env::t with type Table(TableType { element: FuncRef, min: 3, max: "
              "Some(4) })");
    EXPECT_EQ(
        outcome_of(R"((import "env" "abort" (global (mut i64))))"),
        "cannot find definition for import env::abort with type Global(GlobalType { content: I64, mutability: Var "
        "})");
    // the first one is named
    EXPECT_EQ(outcome_of(R"((import "env" "abort" (func)) (import "env" "zz" (func)))"),
              "function type mismatch for import env::abort: expected FuncType { params: [], results: [] } but found "
              "FuncType { params: [I32, I32, I32, I32], results: [] }");
}

TEST(EngineCompile, MemorySizes) {  // 4.6: 664 pages at most
    EXPECT_EQ(outcome_of(R"((memory (export "memory") 664))"), "ok");
    EXPECT_EQ(outcome_of(R"((memory (export "memory") 665))"), "out of bounds memory allocation");
    EXPECT_EQ(with_memory("(memory 664)"), "ok");
    EXPECT_EQ(with_memory("(memory 665)"), "out of bounds memory allocation");
    EXPECT_EQ(outcome_of(R"((memory (export "memory") 1 512))"), "ok");
    EXPECT_EQ(outcome_of(R"((memory (export "memory") 1 511))"), "the memory cannot grow to 512 pages");
}

TEST(EngineCompile, Segments) {  // 12; of the original sizes, not of those that the host grows to
    EXPECT_EQ(with_memory(R"((data (i32.const 65535) "a"))"), "ok");
    EXPECT_EQ(with_memory(R"((data (i32.const 65536) ""))"), "ok");
    EXPECT_EQ(with_memory(R"((data (i32.const 65536) "a"))"), "out of bounds memory access");
    EXPECT_EQ(with_memory(R"((data (i32.const 65537) ""))"), "out of bounds memory access");
    EXPECT_EQ(with_memory(R"((data (i32.const -1) "a"))"), "out of bounds memory access");
    EXPECT_EQ(with_memory(R"((data (i32.add (i32.const 65535) (i32.const 1)) "a"))"), "out of bounds memory access");
    EXPECT_EQ(with_memory(R"((data "passive"))"), "ok");
    EXPECT_EQ(with_memory("(func $f) (table 1 funcref) (elem (i32.const 0) $f)"), "ok");
    EXPECT_EQ(with_memory("(func $f) (table 1 funcref) (elem (i32.const 1))"), "ok");

    const auto r = compiling_engine().compile(wat(R"((module (memory (export "memory") 1) (func $f) (table 5 funcref)
        (table 1 funcref) (elem (table 1) (i32.const 1) func $f) (data (i32.const 65536) "a")))"));
    ASSERT_FALSE(r);
    EXPECT_EQ(compile_error_text(r.error(), 17),
              "out of bounds table access: Table(GuardedEntity { guard_idx: StoreIdx(17), entity_idx: TableIdx(1) }) "
              "does not fit 1 elements starting from offset 1");
    // what merely looks like the placeholder stays
    const auto named = compiling_engine().compile(wat(R"((module (import "env" "{instance}" (func))))"));
    ASSERT_FALSE(named);
    EXPECT_EQ(compile_error_text(named.error(), 17), named.error().reason);
}

TEST(EngineCompile, StartIsRefusedAfterSegments) {  // 2.3, 4.5; the index counts imports
    EXPECT_EQ(with_memory("(func $s) (start $s)"), "found an unexpected start function with index 0");
    EXPECT_EQ(outcome_of(R"((import "env" "__log" (func (param i32))) (func $a) (func $s) (start $s))"),
              "found an unexpected start function with index 2");
    EXPECT_EQ(with_memory(R"((func $s) (start $s) (data (i32.const 65536) "a"))"), "out of bounds memory access");
    EXPECT_EQ(outcome_of("(memory 665) (func $s) (start $s)"), "out of bounds memory allocation");
}

TEST(EngineCompile, TheMemoryIsExported) {  // 4.6
    EXPECT_EQ(outcome_of(""), "memory segment not found");
    EXPECT_EQ(outcome_of("(memory 1)"), "memory segment not found");
    EXPECT_EQ(outcome_of(R"((memory (export "Memory") 1))"), "memory segment not found");
    EXPECT_EQ(outcome_of(R"((func (export "memory")) (memory 1))"), "memory segment not found");
    EXPECT_EQ(outcome_of(R"((memory 1) (memory (export "memory") 1))"), "ok");
}

TEST(EngineCompile, TablesAreBounded) {
    EXPECT_EQ(with_memory("(table 10000000 funcref)"), "ok");
    EXPECT_EQ(with_memory("(table 10000000 funcref) (table 10000000 externref)"), "ok");
    EXPECT_EQ(with_memory("(table 10000000 funcref) (table 10000000 funcref) (table 1 funcref)"),
              "out of bounds table allocation");
}

}  // namespace
}  // namespace warpshrew::wasm
