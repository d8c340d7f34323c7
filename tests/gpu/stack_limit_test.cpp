// The value stack on lanes at its very limit, and that calls give back what they took (wasmi-fuel.md 4).
#include "lane_test.hpp"
#include "support/wat.hpp"

namespace warpshrew::gpu {
namespace {

using test::WasmCall;

constexpr test::Shape large{.lane = {.registers = 160'000, .pages = 1, .output = 1}};

/// $deep calls itself as often as its argument says, in frames of `cells`; "after" does so after many calls that
/// return.
Bytes recursion(unsigned cells) {
    std::string locals;
    for (unsigned i = 2; i < cells; i++) locals += " i64";
    return warpshrew::test::wat(
        "(module (func $leaf (param i32) (result i32) (local i64 i64 i64) (local.get 0))"
        "(func $deep (export \"deep\") (param i32) (result i32) (local" +
        locals +
        ") (if (result i32) (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const "
        "4))))"
        "(func (export \"after\") (param i32) (result i32) (local i32) (local.set 1 (i32.const 1500))"
        "(loop (drop (call $leaf (local.get 1))) (br_if 0 (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))"
        "(call $deep (local.get 0))))");
}

std::vector<WasmCall> calls(unsigned cells, const char* name, std::initializer_list<std::uint64_t> depths) {
    const Bytes m = recursion(cells);
    std::vector<WasmCall> out;
    for (const auto d : depths) out.push_back({m, name, {d}, 1'000'000});
    return out;
}

// 514 frames of 255 are all the 131,070 cells that the first call leaves; one frame of 256 more does not fit.
TEST(StackLimit, AllCellsCanBeTaken) {
    const auto exact = calls(255, "deep", {512, 513, 514});
    EXPECT_EQ(test::expect_same(exact, false, large), 0U);
    const auto ends = test::run_on_lanes(exact, large);
    EXPECT_EQ(ends[1].status, LaneStatus::finished);
    EXPECT_EQ(ends[2].status, LaneStatus::trapped);
    EXPECT_EQ(ends[2].detail, static_cast<std::uint32_t>(wasm::Trap::stack_overflow));
}

TEST(StackLimit, CallsGiveBackWhatTheyTook) {
    EXPECT_EQ(test::expect_same(calls(255, "after", {511, 512, 513, 514, 516, 520}), false, large), 0U);
    EXPECT_EQ(test::expect_same(calls(4, "after", {1020, 1021, 1022, 1023, 1024, 1100, 2000}), false, large), 0U);
}

}  // namespace
}  // namespace warpshrew::gpu
