#include "wasm/fuel_cost.hpp"

#include <gtest/gtest.h>

#include "support/wat.hpp"
#include "vectors.hpp"
#include "wasm/module.hpp"

namespace warpshrew::wasm {
namespace {

using warpshrew::test::wat;

// Section 7: every function's frame and every charge, in order.
TEST(FuelCost, VectorsOfWasmi) {
    std::size_t functions = 0;
    for (const test::Vector& v : test::vectors()) {
        const auto got = module_fuel(v.wasm);
        ASSERT_TRUE(got) << v.name << ": " << got.error().reason << " at " << got.error().offset;
        ASSERT_EQ(got->size(), v.functions.size()) << v.name;
        for (std::size_t i = 0; i < got->size(); i++) {
            const FunctionFuel &g = (*got)[i], &want = v.functions[i];
            ASSERT_EQ(g.func, want.func) << v.name;
            EXPECT_EQ(g.len_registers, want.len_registers) << v.name << " function " << want.func;
            EXPECT_EQ(g.charges, want.charges) << v.name << " function " << want.func;
            functions++;
        }
    }
    EXPECT_EQ(functions, 320u * 16 + 75 + 1142);
}

Bytes function(std::string_view params, std::string_view body) {
    return wat("(module (func $f " + std::string(params) + " " + std::string(body) + "))");
}

std::string repeat(std::string_view s, std::size_t n) {
    std::string out;
    for (; n != 0; n--) out += s;
    return out;
}

std::string error_of(const Bytes& module) {
    const auto f = module_fuel(module);
    return f ? "" : f.error().reason;
}

constexpr const char* too_many_registers = "function needs too many registers";
constexpr const char* far = "conditional branch over more than 32767 words";

TEST(FuelCost, Section211Locals) {
    const auto with = [](std::size_t n) { return function("(local" + repeat(" i32", n) + ")", ""); };
    EXPECT_EQ(error_of(with(32765)), "");
    EXPECT_EQ(error_of(with(32766)), too_many_registers);
}

TEST(FuelCost, Section211DynamicRegisters) {
    // With one param, register 32766 is the last one: 32765 results fit beside it.
    const auto with = [](std::size_t n) {
        return function("(param i32)", repeat("(i32.load (local.get 0)) ", n) + repeat("(drop) ", n));
    };
    EXPECT_EQ(error_of(with(32765)), "");
    EXPECT_EQ(error_of(with(32766)), too_many_registers);
}

TEST(FuelCost, Section211Constants) {
    const auto with = [](int n) {
        std::string body;
        for (int i = 0; i < n; i++)
            body += "(drop (i32.add (local.get 0) (i32.const " + std::to_string(40000 + i) + ")))";
        return function("(param i32)", body);
    };
    EXPECT_EQ(error_of(with(32767)), "");
    EXPECT_EQ(error_of(with(32768)), "function needs too many constants");
}

// Section 2.8. A forward branch at word 1 over n stores of one word each reaches word 2 + n; a fused one likewise.
TEST(FuelCost, Section28FarForwardBranches) {
    const std::string store = "(i32.store (local.get 0) (local.get 0))";
    const auto with = [&](std::string_view condition, std::size_t n) {
        return function("(param i32)", "(block (br_if 0 " + std::string(condition) + ")" + repeat(store, n) + ")");
    };
    for (const char* condition : {"(local.get 0)", "(i32.eq (local.get 0) (i32.const 9))", "(i32.eqz (local.get 0))",
                                  "(i32.and (local.get 0) (i32.const 1))"}) {
        EXPECT_EQ(error_of(with(condition, 32766)), "") << condition;
        EXPECT_EQ(error_of(with(condition, 32767)), far) << condition;
    }
    // An i64.and does not fuse, so the branch is the word after it: as far as before.
    EXPECT_EQ(error_of(with("(i32.wrap_i64 (i64.extend_i32_s (local.get 0)))", 32766)), "");
}

// Section 2.8: `if` branches to its `else` over the fuel word of `then`.
TEST(FuelCost, Section28FarElse) {
    const auto with = [&](std::size_t n, std::string_view tail) {
        return function("(param i32)", "(if (local.get 0) (then " +
                                           repeat("(i32.store (local.get 0) (local.get 0))", n) + ")" +
                                           std::string(tail) + ")");
    };
    EXPECT_EQ(error_of(with(32765, "")), "");
    EXPECT_EQ(error_of(with(32766, "")), far);
    EXPECT_EQ(error_of(with(32764, "(else (nop))")), "");  // one word is the jump over `else`
    EXPECT_EQ(error_of(with(32765, "(else (nop))")), far);
}

// Section 2.8: backward branches reach one word further.
TEST(FuelCost, Section28FarBackwardBranches) {
    const auto with = [&](std::size_t n) {
        return function("(param i32)",
                        "(loop " + repeat("(i32.store (local.get 0) (local.get 0))", n) + "(br_if 0 (local.get 0)))");
    };
    EXPECT_EQ(error_of(with(32767)), "");
    EXPECT_EQ(error_of(with(32768)), far);
    // Words behind an instruction count: a store at a far offset has two.
    const auto two = [&](std::size_t n) {
        return function("(param i32)", "(loop " + repeat("(i32.store offset=65536 (local.get 0) (local.get 0))", n) +
                                           "(br_if 0 (local.get 0)))");
    };
    EXPECT_EQ(error_of(two(16383)), "");
    EXPECT_EQ(error_of(two(16384)), far);
}

// Section 6.3: values that do not lie in a row are lost.
TEST(FuelCost, Section63BrTable) {
    const auto with = [](std::string_view values, std::string_view targets) {
        return wat("(module (func (param i32) (result i32 i32 i32 i32) (block (result i32 i32 i32 i32) " +
                   std::string(values) + " (br_table " + std::string(targets) + " (local.get 0)))))");
    };
    const auto loses = [](const Bytes& b) {
        const auto m = parse_module(b);
        return function_cost(*m, 0)->loses_values;
    };
    const char* apart = "(i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4)";
    const std::string load = "(i32.load (local.get 0))";
    EXPECT_TRUE(loses(with(apart, "0 1")));
    EXPECT_FALSE(loses(with(apart, "0 0")));
    EXPECT_FALSE(loses(with(load + load + load + load, "0 1")));
}

// Section 2.9: of the f64 NaNs that are f32s natively, the host of the reference leaves one.
TEST(FuelCost, Section29NanConstants) {
    const Bytes m =
        wat("(module (func (result f64) (f64.const nan:0x8000020000000)) (func (result f64) (f64.const nan)))");
    EXPECT_EQ(module_fuel(m, NanArithmetic::native)->at(0).len_registers, 0u);
    EXPECT_EQ(module_fuel(m, NanArithmetic::canonical)->at(0).len_registers, 1u);
    EXPECT_EQ(module_fuel(m, NanArithmetic::canonical)->at(1).len_registers, 0u);
}

TEST(FuelCost, CostIsLinear) {
    // Each would take minutes if every local.set looked through the stack, or freed slots were looked at again.
    const std::string gets = repeat("local.get 0 ", 60000), drops = repeat("drop ", 60000);
    EXPECT_EQ(
        error_of(function("(param i32)", repeat("i32.const 1 ", 200000) + repeat("i32.const 1 local.set 0 ", 200000) +
                                             repeat("drop ", 200000))),
        "");
    EXPECT_EQ(error_of(function("(param i32)", gets + "i32.const 1 local.set 0 " + drops)), "");
}

}  // namespace
}  // namespace warpshrew::wasm
