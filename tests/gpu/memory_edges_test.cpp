// Loads that extend a sign, and growth with just as much fuel as it takes.
#include "lane_test.hpp"
#include "support/wat.hpp"

namespace warpshrew::gpu {
namespace {

using test::WasmCall;

TEST(MemoryEdges, LoadsExtendTheSignOfEverySize) {
    std::string text =
        "(module (memory (export \"memory\") 1) (data (i32.const 1020) "
        "\"\\80\\ff\\7f\\80\\00\\80\\ff\\ff\\ff\\7f\\80\\80\\80\\80\\ff\\00\")";
    std::vector<std::pair<std::string, std::uint64_t>> calls;
    for (const std::string load : {"i32.load8_s", "i32.load16_s", "i64.load8_s", "i64.load16_s", "i64.load32_s",
                                   "i32.load8_u", "i32.load16_u", "i64.load8_u", "i64.load16_u", "i64.load32_u"}) {
        text += "(func (export \"" + load + "\") (param i32) (result " + load.substr(0, 3) + ") (" + load +
                " (local.get 0)))";
        for (std::uint64_t a = 1016; a < 1036; a++) calls.emplace_back(load, a);
    }
    const Bytes m = warpshrew::test::wat(text + ")");
    std::vector<WasmCall> all;
    all.reserve(calls.size());
    for (const auto& [load, a] : calls) all.push_back({m, load, {a}});
    EXPECT_EQ(test::expect_same(all, false, {.lane = {.registers = 64, .pages = 2, .output = 1}}), 0U);
    const auto lanes =
        test::run_on_lanes(std::vector<WasmCall>{{m, "i32.load16_s", {1022}}, {m, "i64.load16_s", {1022}}});
    EXPECT_EQ(lanes[0].results, std::vector<std::uint64_t>{0xffff807f});
    EXPECT_EQ(lanes[1].results, std::vector<std::uint64_t>{0xffffffffffff807f});
}

TEST(MemoryEdges, GrowthTakesExactlyItsFuel) {
    const Bytes m = warpshrew::test::wat(R"((module (memory (export "memory") 1)
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))))");
    std::vector<WasmCall> all;
    for (std::uint64_t fuel = 0; fuel < 40; fuel++)
        for (const std::uint64_t pages : {0, 1, 2}) all.push_back({m, "grow", {pages}, pages * 1024 + fuel});
    EXPECT_EQ(test::expect_same(all, false, {.lane = {.registers = 64, .pages = 2, .output = 1}}), 0U);
}

}  // namespace
}  // namespace warpshrew::gpu
