// WebAssembly on lanes against the CPU's interpreter.
#include <cmath>
#include <random>

#include "lane_test.hpp"
#include "support/random_cases.hpp"
#include "support/wat.hpp"
#include "wasm/vectors.hpp"

namespace warpshrew::gpu {
namespace {

using test::WasmCall;
using warpshrew::test::wat;

constexpr std::uint64_t edges32[] = {0, 1, 2, 31, 32, 0x7f, 0x80, 0x7fff, 0x8000, 0x7fffffff, 0x80000000, 0xffffffff};
constexpr std::uint64_t edges64[] = {0,          1,          63,          64,         0x7f,       0x8000, 0x7fffffff,
                                     0x80000000, 0xffffffff, 0x100000000, ~0ULL >> 1, 1ULL << 63, ~0ULL};

TEST(Lanes, EveryIntegerInstruction) {
    std::string text = "(module";
    std::vector<std::pair<std::string, std::vector<std::uint64_t>>> calls;
    const auto both = [&](const std::string& name, const std::string& type, auto& edges) {
        const bool compares = name == "eq" || name == "ne" || name[0] == 'l' || name[0] == 'g';
        text += "(func (export \"" + type + "." + name + "\") (param " + type + " " + type + ") (result " +
                (compares ? "i32" : type) + ")(" + type + "." + name + " (local.get 0)(local.get 1)))";
        for (const auto a : edges)
            for (const auto b : edges) calls.push_back({type + "." + name, {a, b}});
    };
    const auto one = [&](const std::string& name, const std::string& from, const std::string& to, auto& edges) {
        text += "(func (export \"" + name + "\") (param " + from + ") (result " + to + ")(" + name + " (local.get 0)))";
        for (const auto a : edges) calls.push_back({name, {a}});
    };
    for (const char* name :
         {"eq",    "ne",    "lt_s",  "lt_u",  "gt_s", "gt_u", "le_s", "le_u", "ge_s",  "ge_u",  "add",  "sub", "mul",
          "div_s", "div_u", "rem_s", "rem_u", "and",  "or",   "xor",  "shl",  "shr_s", "shr_u", "rotl", "rotr"}) {
        both(name, "i32", edges32);
        both(name, "i64", edges64);
    }
    for (const char* name : {"i32.clz", "i32.ctz", "i32.popcnt", "i32.eqz", "i32.extend8_s", "i32.extend16_s"})
        one(name, "i32", "i32", edges32);
    for (const char* name : {"i64.clz", "i64.ctz", "i64.popcnt", "i64.extend8_s", "i64.extend16_s", "i64.extend32_s"})
        one(name, "i64", "i64", edges64);
    one("i64.eqz", "i64", "i32", edges64);
    one("i32.wrap_i64", "i64", "i32", edges64);
    one("i64.extend_i32_s", "i32", "i64", edges32);
    one("i64.extend_i32_u", "i32", "i64", edges32);
    const Bytes module = wat(text + ")");
    std::vector<WasmCall> all;
    for (auto& [name, args] : calls) all.push_back({module, name, args, 100});
    test::expect_same(all, false, {.lane = {.registers = 64, .pages = 1, .output = 1}});
}

/// Calls with each of the arguments.
std::vector<WasmCall> calls_with(const Bytes& module, const std::string& name, std::span<const std::uint64_t> values,
                                 std::uint64_t fuel = 100'000) {
    std::vector<WasmCall> out;
    for (const auto v : values) out.push_back({module, name, {v}, fuel});
    return out;
}
void append(std::vector<WasmCall>& all, std::vector<WasmCall> more) { all.insert(all.end(), more.begin(), more.end()); }
constexpr std::uint64_t small[] = {0, 1, 2, 3, 4, 5, 7, 100, 0xffffffff};

TEST(Lanes, ControlFlow) {
    const Bytes m = wat(R"((module
        (global $g (mut i32) (i32.const 5)) (global $h (mut i64) (i64.const -7)) (global $k (mut i64) (i64.const 0x123456789abcdef0))
        (func (export "table") (param i32) (result i32)
            (block (block (block (br_table 0 1 2 0 (local.get 0))) (return (i32.const 10))) (return (i32.const 20))) (i32.const 30))
        (func (export "table_value") (param i32) (result i64)
            (block (result i64) (block (result i64) (i64.const 0x1122334455667788) (br_table 0 1 2 (local.get 0))) (i64.const 1) (i64.add)))
        (func (export "loop") (param i32) (result i64) (local i64)
            (local.set 0 (i32.and (local.get 0) (i32.const 15)))
            (loop (local.set 1 (i64.add (i64.mul (local.get 1) (i64.const 31)) (i64.extend_i32_u (local.get 0))))
                (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
            (local.get 1))
        (func (export "if") (param i32) (result i32) (if (result i32) (i32.gt_s (local.get 0) (i32.const 2)) (then (i32.const 1)) (else (i32.const 2))))
        (func (export "select") (param i32) (result i64)
            (select (i64.const 0x1111111122222222) (i64.const -3) (local.get 0)))
        (func (export "select_same") (param i32) (result i32)
            (local.set 0 (select (local.get 0) (i32.const 9) (local.get 0))) (local.get 0))
        (func $three (param i32) (result i32 i64 i32) (local.get 0) (i64.const -1) (i32.const 77))
        (func (export "three") (param i32) (result i32 i64 i32) (call $three (local.get 0)))
        (func (export "swap") (param i32) (result i32 i32) (local i32)
            (local.set 1 (i32.const 5)) (local.get 1) (local.get 0))
        (func $swapped (param i32 i32 i32) (result i32 i32 i32) (local.get 2) (local.get 0) (local.get 1))
        (func (export "rotate") (param i32) (result i32 i32 i32)
            (call $swapped (call $swapped (local.get 0) (i32.const 1) (i32.const 2))))
        (func (export "globals") (param i32) (result i64)
            (global.set $g (i32.add (global.get $g) (local.get 0)))
            (global.set $h (i64.sub (global.get $h) (i64.extend_i32_u (global.get $g))))
            (i64.add (global.get $h) (global.get $k)))
        (func $fib (export "fib") (param i32) (result i32)
            (if (i32.lt_u (local.get 0) (i32.const 2)) (then (return (local.get 0))))
            (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))
        (func (export "unreachable") (param i32) (result i32) (if (local.get 0) (then (unreachable))) (i32.const 3))
        (func $deep (export "deep") (param i32) (result i32)
            (if (result i32) (local.get 0) (then (i32.add (call $deep (i32.sub (local.get 0) (i32.const 1))) (i32.const 1))) (else (i32.const 0))))
    ))");
    std::vector<WasmCall> all;
    for (const char* name : {"table", "table_value", "loop", "if", "select", "select_same", "three", "swap", "rotate",
                             "globals", "unreachable"})
        append(all, calls_with(m, name, small));
    constexpr std::uint64_t depths[] = {0, 1, 5, 9};
    append(all, calls_with(m, "fib", depths));
    for (std::uint64_t fuel = 0; fuel < 60; fuel += 3) append(all, calls_with(m, "fib", depths, fuel));
    EXPECT_EQ(test::expect_same(all), 0U);
    constexpr std::uint64_t limits[] = {1022, 1023, 1024, 5000};  // wasmi-fuel.md 4: 1024 frames
    EXPECT_EQ(test::expect_same(calls_with(m, "deep", limits), false,
                                {.lane = {.registers = 20'000, .pages = 1, .output = 1}}),
              0U);
    // Fewer registers than the frames take: handed back, and not a stack overflow.
    EXPECT_EQ(
        test::expect_same(calls_with(m, "deep", limits), true, {.lane = {.registers = 64, .pages = 1, .output = 1}}),
        4U);
}

// wasmi-fuel.md 4: at most 131,071 cells, checked before the depth.
TEST(Lanes, ValueStackLimit) {
    std::string locals;
    for (int i = 0; i < 182; i++) locals += " i64";
    const Bytes m = wat("(module (func $deep (export \"deep\") (param i32) (result i32) (local" + locals +
                        ") (if (result i32) (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) "
                        "(else (i32.const 4)))))");
    constexpr std::uint64_t depths[] = {700, 705, 710, 711, 712, 713, 1000};
    EXPECT_EQ(test::expect_same(calls_with(m, "deep", depths), false,
                                {.lane = {.registers = 160'000, .pages = 1, .output = 1}}),
              0U);
}

TEST(Lanes, CallsByTable) {
    const Bytes m = wat(R"((module
        (type $a (func (param i32) (result i32))) (type $b (func (param i64) (result i32))) (type $same (func (param i32) (result i32)))
        (table 8 funcref)
        (elem (i32.const 1) $inc $dec $wide)
        (func $inc (type $a) (i32.add (local.get 0) (i32.const 1)))
        (func $dec (type $same) (i32.sub (local.get 0) (i32.const 1)))
        (func $wide (type $b) (i32.wrap_i64 (local.get 0)))
        (func (export "call") (param i32) (result i32) (call_indirect (type $a) (i32.const 40) (local.get 0)))
        (func (export "size") (param i32) (result i32) (table.size 0))
        (func (export "set") (param i32) (result i32) (table.set (i32.const 0) (ref.func $inc)) (i32.const 1))
        (elem declare func $inc)
    ))");
    constexpr std::uint64_t elements[] = {0, 1, 2, 3, 4, 7, 8, 0xffffffff};
    auto all = calls_with(m, "call", elements);
    append(all, calls_with(m, "size", elements));
    EXPECT_EQ(test::expect_same(all), 0U);
    // Lanes that would change a table are handed back.
    EXPECT_EQ(test::expect_same(calls_with(m, "set", elements), true), std::size(elements));
}

TEST(Lanes, MemoryOfEverySizeAndAlignment) {
    std::string text =
        R"((module (memory (export "memory") 1) (data (i32.const 1000) "some bytes that are there at first, over a page's end, which is at 1024"))";
    struct Access {
        const char *name, *type;
    };
    constexpr Access loads[] = {{"i32.load", "i32"},     {"i64.load", "i64"},     {"i32.load8_s", "i32"},
                                {"i32.load8_u", "i32"},  {"i32.load16_s", "i32"}, {"i32.load16_u", "i32"},
                                {"i64.load8_s", "i64"},  {"i64.load8_u", "i64"},  {"i64.load16_s", "i64"},
                                {"i64.load16_u", "i64"}, {"i64.load32_s", "i64"}, {"i64.load32_u", "i64"}};
    constexpr Access stores[] = {{"i32.store", "i32"},   {"i64.store", "i64"},  {"i32.store8", "i32"},
                                 {"i32.store16", "i32"}, {"i64.store8", "i64"}, {"i64.store16", "i64"},
                                 {"i64.store32", "i64"}};
    for (const auto& l : loads)
        text += "(func (export \"" + std::string(l.name) + "\") (param i32) (result " + l.type + ") (" + l.name +
                " offset=3 (local.get 0)))";
    for (const auto& s : stores)
        text += "(func (export \"" + std::string(s.name) + "\") (param i32) (result i64) (" + s.name +
                " offset=5 (local.get 0) (" + s.type + ".const " +
                (s.type[1] == '3' ? "0x89abcdef" : "0x89abcdef01234567") + ")) (i64.load (local.get 0)))";
    const Bytes m = wat(text + ")");
    std::vector<std::uint64_t> addresses;
    for (std::uint64_t a = 1008; a < 1030; a++) addresses.push_back(a);
    for (std::uint64_t a = 33554432 - 16; a < 33554432 + 2; a++)
        addresses.push_back(a);  // 512 pages (alkanes-vm.md 4.6)
    for (const std::uint64_t a : {0ULL, 1ULL, 65536ULL, 0x7fffffffULL, 0xfffffffdULL, 0xffffffffULL})
        addresses.push_back(a);
    std::vector<WasmCall> all;
    for (const auto& l : loads) append(all, calls_with(m, l.name, addresses));
    for (const auto& s : stores) append(all, calls_with(m, s.name, addresses));
    EXPECT_EQ(test::expect_same(all, false, {.lane = {.registers = 64, .pages = 4, .output = 1}}), 0U);
}

TEST(Lanes, MemoryGrows) {
    const Bytes m = wat(R"((module (memory (export "memory") 1)
        (func (export "grow") (param i32) (result i32 i32 i32)
            (memory.grow (local.get 0)) (memory.size) (i32.load (i32.const 33554432)))
        (func (export "write") (param i32) (result i32)
            (drop (memory.grow (i32.const 1))) (i32.store (i32.add (i32.const 33554432) (local.get 0)) (i32.const 99))
            (i32.load (i32.add (i32.const 33554432) (local.get 0))))))");
    constexpr std::uint64_t pages[] = {0, 1, 2, 97, 152, 153, 65536, 0xffffffff};
    auto all = calls_with(m, "grow", pages, 1'000'000);
    append(all, calls_with(m, "grow", pages, 1500));
    constexpr std::uint64_t offsets[] = {0, 1, 65532, 65533, 65536};
    append(all, calls_with(m, "write", offsets));
    EXPECT_EQ(test::expect_same(all), 0U);
    const Bytes bounded = wat(
        R"((module (memory 2 3) (func (export "grow") (param i32) (result i32 i32) (memory.grow (local.get 0)) (memory.size))))");
    EXPECT_EQ(test::expect_same(calls_with(bounded, "grow", small)), 0U);
}

TEST(Lanes, BulkMemory) {
    const Bytes m =
        wat(R"((module (memory (export "memory") 1) (data (i32.const 2040) "0123456789abcdefghijklmnopqrstuvwxyz")
        (data $passive "the content of a passive segment")
        (func (export "copy") (param i32 i32 i32) (result i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)) (i32.const 1))
        (func (export "fill") (param i32 i32 i32) (result i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)) (i32.const 1))
        (func (export "init") (param i32 i32 i32) (result i32) (memory.init $passive (local.get 0) (local.get 1) (local.get 2)) (i32.const 1))
        (func (export "constants") (param i32 i32 i32) (result i32) (memory.copy (i32.const 2000) (i32.const 2041) (i32.const 21)) (i32.const 1))
        (func (export "drop") (param i32 i32 i32) (result i32) (data.drop $passive) (i32.const 1))))");
    std::vector<WasmCall> all;
    for (const std::uint64_t d : {2030, 2037, 2040, 2043, 2050, 3000})
        for (const std::uint64_t n : {0, 1, 7, 8, 9, 30, 65}) {
            all.push_back({m, "copy", {d, 2040, n}});
            all.push_back({m, "fill", {d, 0x1ab, n}});
            all.push_back({m, "init", {d, 3, n}});
        }
    all.push_back({m, "constants", {0, 0, 0}});
    for (const char* name : {"copy", "fill", "init"}) {
        all.push_back({m, name, {33554432, 0, 0}});
        all.push_back({m, name, {33554433, 0, 0}});
        all.push_back({m, name, {33554431, 1, 1}});
        all.push_back({m, name, {33554431, 1, 2}});
        all.push_back({m, name, {0xffffffff, 0, 0xffffffff}});
        all.push_back({m, name, {1, 2, 640}, 12});  // too little fuel: nothing is written
        all.push_back({m, name, {1, 0xffffffff, 10}});
    }
    EXPECT_EQ(test::expect_same(all, false, {.lane = {.registers = 64, .pages = 8, .output = 1}}), 0U);
    EXPECT_EQ(test::expect_same(std::vector<WasmCall>{{m, "drop", {0, 0, 0}}}, true), 1U);
}

// A lane that needs more pages than it has is handed back; one that needs just as many is not.
TEST(Lanes, PagesAreBounded) {
    const Bytes m =
        wat(R"((module (memory (export "memory") 1) (func (export "touch") (param i32) (result i32) (local i32)
        (loop (i32.store (i32.mul (local.get 0) (i32.const 1024)) (local.get 0))
            (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (i32.load (i32.const 1024)))))");
    constexpr std::uint64_t pages[] = {1, 2, 7, 8, 9, 20};
    EXPECT_EQ(
        test::expect_same(calls_with(m, "touch", pages), true, {.lane = {.registers = 64, .pages = 8, .output = 1}}),
        2U);
    EXPECT_EQ(
        test::expect_same(calls_with(m, "touch", pages), true, {.lane = {.registers = 64, .pages = 1023, .output = 1}}),
        0U);
}

// Every lane fills its memory with its own number and then looks for anything else.
TEST(Lanes, NoLaneSeesAnothersMemory) {
    const Bytes m = wat(R"((module (memory (export "memory") 1)
        (func (export "own") (param i32) (result i32) (local i32 i32)
            (loop (i32.store (local.get 1) (i32.add (i32.load (local.get 1)) (local.get 0)))
                (br_if 0 (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 60))) (i32.const 5000))))
            (local.set 1 (i32.const 0))
            (loop (local.set 2 (i32.or (local.get 2) (i32.load (local.get 1))))
                (br_if 0 (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 4))) (i32.const 9000))))
            (local.get 2))))");
    std::vector<WasmCall> all;
    for (std::uint64_t i = 0; i < 100; i++) all.push_back({m, "own", {1ULL << (i % 32)}, 1'000'000});
    const auto lanes = test::run_on_lanes(all, {.lane = {.registers = 64, .pages = 8, .output = 1}});
    for (std::size_t i = 0; i < all.size(); i++)
        EXPECT_EQ(lanes[i].results, (std::vector<std::uint64_t>{1ULL << (i % 32)})) << i;
    // The same buffers again, with what the first calls left in them.
    EXPECT_EQ(test::expect_same(all, false, {.lane = {.registers = 64, .pages = 8, .output = 1}}), 0U);
}

// Lanes that come apart at once and for long, with and without waiting for each other.
TEST(Lanes, LanesThatComeApartAgree) {
    const Bytes m = wat(R"((module (memory (export "memory") 1)
        (func $collatz (export "collatz") (param i32) (result i32)
            (if (result i32) (i32.eq (local.get 0) (i32.const 1)) (then (i32.const 0))
                (else (i32.add (i32.const 1) (call $collatz (select (i32.add (i32.mul (local.get 0) (i32.const 3)) (i32.const 1))
                    (i32.shr_u (local.get 0) (i32.const 1)) (i32.and (local.get 0) (i32.const 1)))))))))
        )");
    std::vector<WasmCall> all;
    for (std::uint64_t i = 1; i <= 64; i++) all.push_back({m, "collatz", {i}});
    for (const bool together : {false, true}) {
        const test::Shape shape{
            .lane = {.registers = 4096, .pages = 1, .output = 1}, .budget = 500, .keeps_together = together};
        EXPECT_EQ(test::expect_same(all, false, shape), 0U);
    }
}

// toolchain.md: lavapipe ends all loops of an invocation after 65,535 iterations.
TEST(Lanes, LongCallsGoOnOverSeveralLaunches) {
    const Bytes m = wat(R"((module (memory (export "memory") 1)
        (func (export "long") (param i32) (result i64) (local i64)
            (loop (local.set 1 (i64.add (i64.mul (local.get 1) (i64.const 6364136223846793005)) (i64.const 1442695040888963407)))
                (i64.store (i32.and (i32.wrap_i64 (local.get 1)) (i32.const 0x1fff)) (local.get 1))
                (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
            (local.get 1))))");
    std::vector<WasmCall> all;
    for (std::uint64_t i = 0; i < 32; i++) all.push_back({m, "long", {20'000 + i}, 10'000'000});
    const test::Shape shape{.lane = {.registers = 64, .pages = 16, .output = 1}};
    EXPECT_EQ(test::expect_same(all, false, shape), 0U);
    EXPECT_GT(test::run_on_lanes(all, shape)[0].steps, 100'000U);
    // Longer than allowed: handed back.
    const auto ends = test::run_on_lanes(all, {.lane = shape.lane, .budget = 1000, .most_steps = 5000});
    EXPECT_EQ(ends[0].status, LaneStatus::handed_back);
    EXPECT_EQ(ends[0].detail, static_cast<std::uint32_t>(HandBack::steps));
}

TEST(Lanes, WhereALaunchEndsChangesNothing) {
    const Bytes m = wat(R"((module (memory (export "memory") 1) (data (i32.const 1020) "abcdefgh")
        (func $f (param i32) (result i32) (i32.store (i32.mul (local.get 0) (i32.const 700)) (local.get 0)) (i32.load (i32.const 1021)))
        (func (export "f") (param i32) (result i32)
            (memory.copy (i32.const 3000) (i32.const 1015) (i32.const 20))
            (i32.add (call $f (local.get 0)) (i32.div_s (i32.const 100) (local.get 0))))))");
    for (const std::uint32_t budget : {8, 9, 13, 64, 1000}) {
        const test::Shape shape{.lane = {.registers = 64, .pages = 8, .output = 1}, .budget = budget};
        EXPECT_EQ(test::expect_same(calls_with(m, "f", small), false, shape), 0U) << budget;
    }
}

TEST(Lanes, FloatsAndOtherRaritiesAreHandedBack) {
    const Bytes m = wat(R"((module (memory (export "memory") 1)
        (func (export "add") (param i32) (result f64) (f64.add (f64.convert_i32_s (local.get 0)) (f64.const 1)))
        (func (export "tail") (param i32) (result i32) (return_call 3 (local.get 0)))
        (func (export "host") (param i32) (result i32) (i32.const 0))
        (func (param i32) (result i32) (local.get 0))
        (func (export "bits") (param i32) (result i64) (f64.store (i32.const 8) (f64.load (i32.const 0))) (i64.load (i32.const 8)))))");
    EXPECT_EQ(test::expect_same(calls_with(m, "add", small), true), std::size(small));
    EXPECT_EQ(test::expect_same(calls_with(m, "tail", small), true), std::size(small));
    EXPECT_EQ(test::expect_same(calls_with(m, "bits", small), true), 0U);  // which are moved as they are
    const Bytes importing = wat(R"((module (import "env" "__height" (func $h (param i32))) (memory (export "memory") 1)
        (func (export "f") (param i32) (result i32) (call $h (local.get 0)) (i32.const 1))))");
    EXPECT_EQ(test::expect_same(calls_with(importing, "f", small), true), std::size(small));
}

// The modules of wasmi-fuel.jsonl, of which 320 are random: results, memory, fuel and traps.
TEST(Lanes, RandomModulesAgree) {
    std::mt19937_64 random(7);
    constexpr std::uint64_t values[] = {0, 1, 2, 7, 64, 65536, 0x7fffffff, 0x80000000, 0xffffffff, 0x3f800000};
    std::vector<WasmCall> all;
    std::uint64_t modules = warpshrew::test::scaled(400);
    for (const auto& v : wasm::test::vectors()) {
        if (modules == 0) break;
        const auto module = wasm::InterpretedModule::create(v.wasm);
        if (!module || !lower(v.wasm, {.all_exports = true})) continue;
        modules--;
        const wasm::Module& m = (*module)->module();
        std::size_t taken = 0;
        for (const wasm::Export& e : m.exports) {
            if (e.kind != wasm::ExternalKind::function || taken++ == 24) continue;
            for (const std::uint64_t fuel : {std::uint64_t{3000}, random() % 60}) {
                WasmCall call{v.wasm, std::string(e.name), {}, fuel};
                bool references = false;
                for (const auto p : m.function_type(e.index).params) {
                    const std::uint64_t a = values[random() % std::size(values)];
                    references = references || p == wasm::ValueType::funcref || p == wasm::ValueType::externref;
                    call.args.push_back(p == wasm::ValueType::i32 || p == wasm::ValueType::f32 ? a : a | a << 32);
                }
                if (!references) all.push_back(std::move(call));
            }
        }
    }
    const std::size_t handed_back =
        test::expect_same(all, true, {.lane = {.registers = 3000, .pages = 8, .output = 1}});
    std::cout << all.size() << " calls, " << handed_back << " of them handed back\n";
    EXPECT_GT(all.size(), handed_back + 10);
}

}  // namespace
}  // namespace warpshrew::gpu
