#include "wasm/instrument.hpp"

#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>

#include "metered_module.hpp"
#include "support/wat.hpp"
#include "vectors.hpp"
#include "wasm/module.hpp"

namespace warpshrew::wasm {
namespace {

using test::call_metered;
using test::f64;
using test::i32;
using test::i64;
using test::Outcome;
using warpshrew::test::wat;
using Arguments = std::vector<wasmtime_val_raw_t>;

const Bytes& module_of(std::string_view name) { return test::vector(name).wasm; }

TEST(Instrument, OutputIsValid) {
    for (const test::Vector& v : test::vectors()) {
        const auto out = instrument(v.wasm);
        if (v.name == "coverage") {  // has the br_table of 6.3
            EXPECT_FALSE(out);
            continue;
        }
        ASSERT_TRUE(out) << v.name << out.error().reason;
        EXPECT_EQ(test::validation_message(*out), "") << v.name;
    }
}

// Section 7, rows 1 to 47: directed-a against what the reference used and returned.
TEST(Instrument, DirectedCalls) {
    const std::map<std::string, std::vector<Arguments>> arguments{
        {"v03", {{i32(0), i32(0)}}},
        {"v10", {{i32(0)}, {i32(1)}}},
        {"v11", {{i32(0)}, {i32(1)}}},
        {"v12", {{i32(1)}, {i32(10)}}},
        {"v13", {{i32(5)}}},
        {"v14", {{i32(0)}, {i32(1)}}},
        {"v18", {{i32(0)}, {i32(2)}, {i32(700)}, {i32(100000)}}},
        {"v19", {{i32(63)}, {i32(64)}, {i32(640)}, {i32(70000)}}},
        {"v20", {{i32(128)}}},
        {"v21", {{i32(0)}, {i32(1)}, {i32(2)}}},
        {"v22", {{i32(1), i32(2), i32(3)}}},
        {"v26", {{i32(5)}}},
        {"v27", {{i32(1), i32(2)}}},
        {"v30", {{f64(2.0)}}},
        {"v31", {{i32(7)}}},
        {"v33", {{i64(0)}}},
        {"v34", {{i32(0)}, {i32(1)}}},
        {"v35", {{i32(3)}}},
        {"v36", {{i32(1), i32(2)}, {i32(1), i32(1)}}},
        {"v37", {{i32(0)}, {i32(1)}}},
        {"v39", {{i32(0)}, {i32(8)}, {i32(16)}}},
        {"v40", {{i32(0)}, {i32(3)}, {i32(1022)}, {i32(1023)}, {i32(1024)}}},
        {"v41", {{i32(0)}}},
        {"v42", {{i32(0)}}},
        {"v43", {{i64(0)}}},
        {"v45", {{i32(0)}, {i32(1)}}},
        {"v47", {{i32(1), i32(2)}}}};
    const std::map<std::string, std::string> traps{{"wasm `unreachable` instruction executed", "unreachable"},
                                                   {"out of bounds memory access", "trap 1"},
                                                   {"integer divide by zero", "trap 7"},
                                                   {"call stack exhausted", "stack overflow"}};
    std::ifstream in(WARPSHREW_SOURCE_DIR "/tests/data/vectors/wasmi-fuel-directed-results.txt");
    std::map<std::string, std::size_t> seen;
    std::vector<std::uint64_t> logged;
    std::size_t calls = 0;
    for (std::string line; std::getline(in, line);) {
        std::uint64_t fuel = 0;
        if (std::sscanf(line.c_str(), " log %*d fuel=%" SCNu64, &fuel) == 1) {
            logged.push_back(fuel);
            continue;
        }
        const std::string name = line.substr(0, line.find(' '));
        const std::string outcome = line.substr(line.find(" -> ") + 4);
        ASSERT_EQ(std::sscanf(line.c_str(), "%*s inst_used=0 used=%*d left=%" SCNu64, &fuel), 1) << line;
        const auto known = arguments.find(name.substr(0, 3));
        const Arguments args = known == arguments.end() ? Arguments{} : known->second.at(seen[name]++);
        std::vector<std::int64_t> want;
        for (std::size_t at = 0; (at = outcome.find('(', at)) != std::string::npos; at++)
            want.push_back(std::atoll(outcome.c_str() + at + 1));
        const Outcome got = call_metered(module_of("directed-a"), name, args, want.size());
        EXPECT_EQ(got.left, fuel) << line;
        EXPECT_EQ(got.trap, outcome.starts_with("TRAP ") ? traps.at(outcome.substr(5)) : "") << line;
        EXPECT_EQ(got.logged, logged) << line;
        logged.clear();
        for (std::size_t i = 0; i < want.size() && name != "v30_copysign"; i++) {
            const bool wide = outcome.find("I64") != std::string::npos;
            EXPECT_EQ(wide ? got.results[i].i64 : got.results[i].i32, want[i]) << line;
        }
        calls++;
    }
    EXPECT_EQ(calls, 69u);
}

TEST(Instrument, Rows3And17And39WithLittleFuel) {
    EXPECT_EQ(call_metered(module_of("directed-a"), "v03_add", {i32(0), i32(0)}, 1, 10).left, 7u);
    const Outcome add = call_metered(module_of("directed-a"), "v03_add", {i32(0), i32(0)}, 1, 1);
    EXPECT_EQ(add.trap, "out of fuel");
    EXPECT_EQ(add.left, 1u);
    const Outcome grow = call_metered(module_of("directed-a"), "v17_grow1", {}, 1, 1000);
    EXPECT_EQ(grow.trap, "out of fuel");
    EXPECT_EQ(grow.left, 997u);
    const Outcome table = call_metered(module_of("directed-b"), "tgrow", {}, 1, 1000);
    EXPECT_EQ(table.trap, "");
    EXPECT_EQ(table.used, 3u);
    EXPECT_EQ(table.results[0].i32, -1);
}

TEST(Instrument, Rows48To59) {
    struct Row {
        const char* name;
        Arguments args;
        std::size_t results;
        std::uint64_t used;
        const char* trap = "";
        std::uint64_t fuel = 100000;
    };
    const Arguments seven(7, i32(1));
    for (const Row& r : std::vector<Row>{
             {"call8c", {}, 1, 7},
             {"pres3", {i32(1), i32(2), i32(3)}, 1, 5},
             {"pres7", seven, 1, 11},
             {"ret9", {}, 9, 3},
             {"brtret", {i32(0)}, 0, 6},
             {"brtret", {i32(1)}, 0, 6},
             {"emptyelse", {i32(0)}, 0, 4},
             {"emptyelse", {i32(1)}, 0, 4},
             {"looponce", {}, 0, 3},
             {"teeconst", {i32(0)}, 1, 3},
             {"ifparams", {i32(0)}, 1, 4},
             {"ifparams", {i32(1)}, 1, 5},
             {"memcopyconst", {}, 0, 3, "out of fuel", 1000},
             {"memcopyconst", {}, 0, 1027, "", 3000},
             {"oobload2", {}, 0, 3, "trap 1"},
             {"oobload", {}, 0, 5, "trap 1"},
         }) {
        const Outcome got = call_metered(module_of("directed-b"), r.name, r.args, r.results, r.fuel);
        EXPECT_EQ(got.used, r.used) << r.name;
        EXPECT_EQ(got.trap, r.trap) << r.name;
    }
}

TEST(Instrument, Row60MemoryLimit) {
    const Outcome ok = call_metered(module_of("directed-d"), "g", {}, 1);
    EXPECT_EQ(ok.used, 65539u);
    EXPECT_EQ(ok.results[0].i32, 600);
    const Outcome refused = call_metered(module_of("directed-d"), "g65", {}, 1);
    EXPECT_EQ(refused.used, 3u);
    EXPECT_EQ(refused.results[0].i32, -1);
}

// Section 4: frames of 184 cells: 712 fit, the 713th does not.
TEST(Instrument, ValueStackLimit) {
    EXPECT_EQ(call_metered(module_of("directed-d"), "deep", {i32(711)}, 1).trap, "");
    const Outcome deep = call_metered(module_of("directed-d"), "deep", {i32(712)}, 1);
    EXPECT_EQ(deep.trap, "stack overflow");
    EXPECT_EQ(deep.used, 712u * 30);
}

/// A recursion `n` frames deep whose frames have 2 + `i64s` cells, or so, and that ends with `last`.
Bytes recursion(std::size_t i64s, std::string_view last) {
    std::string locals;
    for (; i64s != 0; i64s--) locals += " i64";
    return wat(
        "(module (import \"env\" \"wide\" (func $wide (param i32 i32 i32 i32 i32 i32 i32 i32)))"
        "(import \"env\" \"nop\" (func $nop)) (type $w (func (param i32 i32 i32 i32 i32 i32 i32 i32)))"
        "(table 4 funcref) (elem (i32.const 0) $wide $nop $f) (global $g (mut i32) (i32.const 0))"
        "(func $f (export \"f\") (param i32) (result i32) (local" +
        locals + ") (if (result i32) (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))) (else " +
        std::string(last) + " (i32.const 0)))))");
}

std::uint32_t frame_of(const Bytes& module) { return module_fuel(module)->at(0).len_registers; }

// Section 4: at most 131,071 cells; frames of 128: 1,023 pass, the 1,024th does not; frames of 127: 1,024 pass.
TEST(Instrument, ExactlyAllCellsIsTooMany) {
    const Bytes f128 = recursion(126, ""), f127 = recursion(125, "");
    ASSERT_EQ(frame_of(f128), 128u);
    ASSERT_EQ(frame_of(f127), 127u);
    EXPECT_EQ(call_metered(f128, "f", {i32(1022)}, 1).trap, "");
    EXPECT_EQ(call_metered(f128, "f", {i32(1023)}, 1).trap, "stack overflow");
    EXPECT_EQ(call_metered(f127, "f", {i32(1023)}, 1).trap, "");
    EXPECT_EQ(call_metered(f127, "f", {i32(1024)}, 1).trap, "stack overflow");
}

// Section 4: the cells of a host call, direct and through a table, when frames leave few and when they leave enough.
TEST(Instrument, CellsOfHostCalls) {
    const std::string zeros =
        "(i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) "
        "(i32.const 0) (i32.const 0)";
    for (const std::string& call :
         {"(call $wide " + zeros + ")", "(call_indirect (type $w) " + zeros + " (i32.const 0))"}) {
        std::size_t refused = 0;
        for (std::size_t locals = 1000; locals < 1040; locals++) {
            const Bytes m = recursion(locals, call);
            const std::uint32_t frame = frame_of(m);
            const std::uint32_t fit = (131071 - 1) / frame;
            const std::uint32_t left = 131070 - fit * frame;
            const Arguments args{i32(static_cast<std::int32_t>(fit - 1))};
            EXPECT_EQ(call_metered(m, "f", args, 1).trap, left >= 8 ? "" : "stack overflow") << call << left;
            refused += left < 8 ? 1 : 0;
        }
        EXPECT_GT(refused, 0u);
    }
}

// A leaf finds room for its frame, and host functions are called from it, although it takes nothing.
TEST(Instrument, LeavesNeedCells) {
    for (const char* body : {"",
                             "(call $wide (local.get 0) (local.get 0) (local.get 0) (local.get 0) (local.get 0) "
                             "(local.get 0) (local.get 0) (local.get 0))"}) {
        std::size_t refused = 0;
        for (int big = 0; big < 32; big++) {
            std::string locals;
            for (int i = 0; i < 1000 + big; i++) locals += " i64";
            const Bytes m =
                wat("(module (import \"env\" \"wide\" (func $wide (param i32 i32 i32 i32 i32 i32 i32 i32)))"
                    "(func $leaf (param i32) (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)" +
                    std::string(body) + ") (func $f (export \"f\") (param i32) (result i32) (local" + locals +
                    ") (if (local.get 0) (then (drop (call $f (i32.sub (local.get 0) (i32.const 1)))))"
                    "(else (call $leaf (i32.const 0)))) (i32.const 0)))");
            const auto fuel = *module_fuel(m);
            const std::uint32_t need = fuel[0].len_registers + (*body != 0 ? 8 : 0), frame = fuel[1].len_registers;
            const std::uint32_t fit = 131070 / frame, left = 131070 - fit * frame;
            const Outcome got = call_metered(m, "f", {i32(static_cast<std::int32_t>(fit - 1))}, 1);
            EXPECT_EQ(got.trap, left >= need ? "" : "stack overflow") << left << " " << need;
            refused += left < need ? 1 : 0;
        }
        EXPECT_GT(refused, 0u);
    }
}

// Section 4: a tail call replaces the caller's frame, however often; but the callee finds its cells beside the
// caller's.
TEST(Instrument, TailCalls) {
    const Bytes loop = wat(
        "(module (table 1 funcref) (elem (i32.const 0) $b) (type $t (func (param i32) (result i32)))"
        "(func $a (export \"f\") (param i32) (result i32) (if (i32.eqz (local.get 0)) (then (return (i32.const 7))))"
        "  (return_call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))"
        "(func $b (param i32) (result i32) (return_call $a (local.get 0))))");
    const Outcome many = call_metered(loop, "f", {i32(5000)}, 1);
    EXPECT_EQ(many.trap, "");
    EXPECT_EQ(many.results[0].i32, 7);

    for (const char* call : {"(return_call $small)", "(return_call_indirect (type $n) (i32.const 0))"}) {
        std::size_t refused = 0;
        for (int big = 0; big < 32; big++) {
            std::string locals;
            for (int i = 0; i < 1000 + big; i++) locals += " i64";
            const Bytes m =
                wat("(module (table 1 funcref) (elem (i32.const 0) $small) (type $n (func (result i32)))"
                    "(func $small (result i32) (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (i32.const 3))"
                    "(func $f (export \"f\") (param i32) (result i32) (local" +
                    locals + ") (if (local.get 0) (then (return (call $f (i32.sub (local.get 0) (i32.const 1)))))) " +
                    call + "))");
            const auto fuel = *module_fuel(m);
            const std::uint32_t need = fuel[0].len_registers, frame = fuel[1].len_registers;
            const std::uint32_t fit = 131070 / frame, left = 131070 - fit * frame;
            const Outcome got = call_metered(m, "f", {i32(static_cast<std::int32_t>(fit - 1))}, 1);
            EXPECT_EQ(got.trap, left >= need ? "" : "stack overflow") << left << " " << need;
            refused += left < need ? 1 : 0;
        }
        EXPECT_GT(refused, 0u);
    }
}

// Everything taken is given back, whatever way a function is left.
TEST(Instrument, StackIsGivenBack) {
    for (const char* leave :
         {"", "(return)", "(br 0)", "(block (br 1))", "(br_if 0 (local.get 0))", "(br_table 0 1 (local.get 0))"}) {
        const Bytes m = wat("(module (func $leaf) (func $f (param i32) (call $leaf) (block " + std::string(leave) +
                            ")) (func (export \"f\") (param i32) (loop (call $f (i32.const 1)) (br_if 0 (local.tee 0 "
                            "(i32.sub (local.get 0) (i32.const 1)))))))");
        EXPECT_EQ(call_metered(m, "f", {i32(3000)}, 0).trap, "") << leave;
    }
}

TEST(Instrument, FuelIsUnsigned) {
    const Outcome got = call_metered(module_of("directed-a"), "v16_callhost", {}, 1, ~std::uint64_t{0});
    EXPECT_EQ(got.used, 3u);
    EXPECT_EQ(static_cast<std::uint64_t>(got.results[0].i64), ~std::uint64_t{0} - 3);
}

// References to imports become references to their wrappers wherever they occur, and stay declared.
TEST(Instrument, ReferencesToImports) {
    const Bytes m =
        wat("(module (import \"env\" \"fuel\" (func $fuel (result i64))) (export \"fuel\" (func $fuel))"
            "(type $t (func (result i64))) (table $t 3 funcref) (elem (i32.const 1) funcref (ref.func $fuel))"
            "(global $g funcref (ref.func $fuel))"
            "(func (export \"f\") (result i64)"
            " (table.set (i32.const 0) (ref.func $fuel)) (table.set (i32.const 2) (global.get $g))"
            " (i64.sub (call_indirect (type $t) (i32.const 0)) (i64.sub (call_indirect (type $t) (i32.const 1))"
            " (call_indirect (type $t) (i32.const 2))))))");
    const Outcome got = call_metered(m, "f", {}, 1);
    EXPECT_EQ(got.trap, "");
    EXPECT_EQ(static_cast<std::uint64_t>(got.results[0].i64), got.left);
}

TEST(Instrument, MemoryIsRaised) {
    const Bytes m =
        wat("(module (memory 2) (memory (export \"memory\") 3 600)"
            "(func (export \"f\") (result i32 i32) (memory.size 0) (memory.size 1)))");
    const Outcome got = call_metered(m, "f", {}, 2, 100000, {.memory_pages = 512});
    EXPECT_EQ(got.results[0].i32, 2);
    EXPECT_EQ(got.results[1].i32, 512);
    EXPECT_FALSE(instrument(m, {.memory_pages = 601}));
    EXPECT_TRUE(instrument(m, {.memory_pages = 600}));
}

TEST(Instrument, OurNamesAreNotTaken) {
    const Bytes m =
        wat("(module (global i32 (i32.const 1)) (export \"$warpshrew.fuel\" (global 0))"
            "(export \"$warpshrew.trap\" (global 0)) (func (export \"f\")))");
    EXPECT_EQ(call_metered(m, "f", {}, 0).used, 2u);
}

TEST(Instrument, StartIsDropped) {
    const Bytes m = wat("(module (func $s unreachable) (start $s) (func (export \"f\")))");
    EXPECT_EQ(call_metered(m, "f", {}, 0).used, 2u);
}

// Section 3: the order of bounds, charge and effect.
TEST(Instrument, BulkInstructions) {
    const Bytes m =
        wat("(module (memory 1) (table 100 200 funcref) (data $d \"0123456789\") (elem $e func 0 0 0 0 0 0 0 0)"
            "(func $z) (func (export \"minit\") (param i32) (memory.init $d (i32.const 0) (i32.const 0) (local.get 0)))"
            "(func (export \"tinit\") (param i32) (table.init $e (i32.const 0) (i32.const 0) (local.get 0)))"
            "(func (export \"tcopy\") (param i32) (table.copy (i32.const 0) (i32.const 1) (local.get 0)))"
            "(func (export \"tfill\") (param i32) (table.fill (i32.const 0) (ref.null func) (local.get 0)))"
            "(func (export \"tgrow\") (param i32) (result i32) (table.grow (ref.null func) (local.get 0)))"
            "(func (export \"mcopy\") (param i32) (memory.copy (i32.const 0) (i32.const 0) (local.get 0))))");
    const auto extra = [&](const char* name, std::int32_t n, std::uint64_t fuel = 100000) {
        const Outcome none = call_metered(m, name, {i32(0)}, std::string_view(name) == "tgrow" ? 1 : 0);
        const Outcome got = call_metered(m, name, {i32(n)}, std::string_view(name) == "tgrow" ? 1 : 0, fuel);
        return std::pair{got.trap, got.used - none.used};
    };
    using P = std::pair<std::string, std::uint64_t>;
    EXPECT_EQ(extra("minit", 10), P("", 0));
    EXPECT_EQ(extra("minit", 11), P("trap 1", 0));
    EXPECT_EQ(extra("tinit", 8), P("", 1));
    EXPECT_EQ(extra("tinit", 9), P("trap 3", 0));
    EXPECT_EQ(extra("tcopy", 99), P("", 12));
    EXPECT_EQ(extra("tcopy", 100), P("trap 3", 0));
    EXPECT_EQ(extra("tfill", 100, 14), P("out of fuel", 0));
    EXPECT_EQ(extra("tfill", 100), P("", 12));
    EXPECT_EQ(extra("tgrow", 100), P("", 12));
    EXPECT_EQ(extra("tgrow", 101), P("", 0));
    EXPECT_EQ(extra("tgrow", 100, 14), P("", 0));
    EXPECT_EQ(extra("mcopy", 65536), P("", 1024));
    EXPECT_EQ(extra("mcopy", 65537, 3), P("trap 1", 0));
}

}  // namespace
}  // namespace warpshrew::wasm
