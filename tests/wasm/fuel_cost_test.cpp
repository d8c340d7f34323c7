#include "wasm/fuel_cost.hpp"

#include <gtest/gtest.h>

#include "vectors.hpp"

namespace warpshrew::wasm {
namespace {

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

}  // namespace
}  // namespace warpshrew::wasm
