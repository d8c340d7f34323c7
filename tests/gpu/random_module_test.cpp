// Random modules on lanes against the CPU's interpreter: results, memory, fuel left and kind of trap. Beside them lanes
// with calls of their own, which must come to what they come to alone.
//
// WARPSHREW_RANDOM_SEED=N begins with that seed, WARPSHREW_RANDOM_SECONDS=N goes on for so long.
#include <chrono>
#include <iostream>
#include <random>

#include "lane_test.hpp"
#include "support/random_cases.hpp"
#include "support/wat.hpp"

namespace warpshrew::gpu {
namespace {

using test::WasmCall;

std::uint64_t number_of(const char* variable, std::uint64_t otherwise) {
    const char* text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// Text of a module of functions (i32, i64) -> i32 or i64 that call those before them.
class Generator {
 public:
    explicit Generator(std::uint64_t seed) : random_(seed) {}

    std::string module() {
        std::string out =
            "(module (memory (export \"memory\") 1) (data (i32.const 1010) \"some bytes over the end of a page\")"
            "(type $t (func (param i32 i64) (result i64))) (table 8 funcref)"
            "(global $g0 (mut i32) (i32.const 3)) (global $g1 (mut i64) (i64.const 0x123456789abcdef))";
        const unsigned functions = 2 + below(4);
        std::string elements;
        for (unsigned f = 0; f < functions; f++) {
            wide_.push_back(below(3) != 0);
            functions_ = f;
            const std::string type = wide_[f] ? "i64" : "i32";
            out += "(func $f" + std::to_string(f) + " (export \"f" + std::to_string(f) +
                   "\") (param i32 i64) (result " + type + ") (local i32 i64 i32)";
            const unsigned n = below(6);
            for (unsigned i = 0; i < n; i++) out += statement(3);
            out += expression(wide_[f], 4) + ")\n";
            elements += " $f" + std::to_string(f);
        }
        return out + "(elem (i32.const 1)" + elements + "))";
    }
    [[nodiscard]] std::size_t functions() const { return wide_.size(); }

    std::uint64_t value() {
        constexpr std::uint64_t values[] = {0,    1,     2,     7,          31,         63,         64,
                                            1009, 65535, 65536, 0x7fffffff, 0x80000000, 0xffffffff, 1ULL << 63};
        const unsigned k = below(20);
        return k < std::size(values) ? values[k] : random_() >> below(64);
    }
    unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }

 private:
    static std::string name(bool wide) { return wide ? "i64" : "i32"; }
    std::string local(bool wide) {
        constexpr const char* narrow[] = {"0", "2"};
        constexpr const char* long_[] = {"1", "3"};
        return wide ? long_[below(2)] : narrow[below(2)];
    }
    /// Mostly one in the first pages.
    std::string address() {
        if (below(12) == 0) return expression(false, 1);
        return "(i32.and " + expression(false, 1) + " (i32.const " + std::to_string(below(2) != 0 ? 2047 : 1023) + "))";
    }
    std::string constant(bool wide) {
        const std::uint64_t v = wide ? value() : value() & 0xffffffff;
        return "(" + name(wide) + ".const " + std::to_string(v) + ")";
    }

    std::string expression(bool wide, unsigned depth) {  // NOLINT(misc-no-recursion): `depth` bounds it
        if (depth == 0) return below(2) != 0 ? constant(wide) : "(local.get " + local(wide) + ")";
        const auto more = [&](bool w) { return " " + expression(w, depth - 1); };
        const std::string t = name(wide);
        switch (below(18)) {
            case 0:
                return constant(wide);
            case 1:
                return "(local.get " + local(wide) + ")";
            case 2:
                return wide ? "(global.get $g1)" : "(global.get $g0)";
            case 3:
            case 4:
            case 5:
            case 6:
            case 7: {
                constexpr const char* ops[] = {"add",   "sub",  "mul",  "and", "or",    "xor",   "shl",   "shr_s",
                                               "shr_u", "rotl", "rotr", "add", "div_s", "div_u", "rem_s", "rem_u"};
                return "(" + t + "." + ops[below(std::size(ops))] + more(wide) + more(wide) + ")";
            }
            case 8: {
                constexpr const char* ops[] = {"clz", "ctz", "popcnt", "extend8_s", "extend16_s"};
                return "(" + t + "." + ops[below(std::size(ops))] + more(wide) + ")";
            }
            case 9: {
                if (wide)
                    return std::string(below(2) != 0 ? "(i64.extend_i32_s" : "(i64.extend_i32_u") + more(false) + ")";
                constexpr const char* ops[] = {"eq",   "ne",   "lt_s", "lt_u", "gt_s",
                                               "gt_u", "le_s", "le_u", "ge_s", "ge_u"};
                const bool operands = below(2) != 0;
                return "(" + name(operands) + "." + ops[below(std::size(ops))] + more(operands) + more(operands) + ")";
            }
            case 10: {
                constexpr const char* narrow[] = {"load", "load8_s", "load8_u", "load16_s", "load16_u"};
                constexpr const char* long_[] = {"load",     "load8_s",  "load8_u", "load16_s",
                                                 "load16_u", "load32_s", "load32_u"};
                return "(" + t + "." + (wide ? long_[below(7)] : narrow[below(5)]) +
                       " offset=" + std::to_string(below(40)) + " " + address() + ")";
            }
            case 11:
                return "(select" + more(wide) + more(wide) + more(false) + ")";
            case 12:
                return "(if (result " + t + ")" + more(false) + " (then" + more(wide) + ") (else" + more(wide) + "))";
            case 13:
                return "(local.tee " + local(wide) + more(wide) + ")";
            case 14:
                return wide ? "(i64.extend_i32_u (memory.size))" : "(i32.wrap_i64" + more(true) + ")";
            case 15:
                if (wide && below(3) == 0)
                    return "(call_indirect (type $t)" + more(false) + more(true) + " (i32.const " +
                           std::to_string(below(5) == 0     ? below(9)
                                          : functions_ == 0 ? 0
                                                            : 1 + below(functions_)) +
                           "))";
                if (functions_ != 0) {
                    const unsigned f = below(functions_);
                    std::string call = "(call $f" + std::to_string(f) + more(false) + more(true) + ")";
                    if (wide_[f] == wide) return call;
                    return wide ? "(i64.extend_i32_u " + call + ")" : "(i32.wrap_i64 " + call + ")";
                }
                return constant(wide);
            case 16:
                return "(block (result " + t + ")" + statement(depth - 1) + "(drop (br_if 0" + more(wide) +
                       more(false) + "))" + expression(wide, depth - 1) + ")";
            default:
                return "(" + t + ".eqz" + more(wide) + ")" + (wide ? "(i64.extend_i32_u)" : "");
        }
    }

    std::string statement(unsigned depth) {  // NOLINT(misc-no-recursion): `depth` bounds it
        const auto some = [&](bool w) { return " " + expression(w, std::min(depth, 3U)); };
        switch (depth == 0 ? below(4) : below(11)) {
            case 0:
            case 1: {
                const bool wide = below(2) != 0;
                return "(local.set " + local(wide) + some(wide) + ")";
            }
            case 2: {
                const bool wide = below(2) != 0;
                return std::string("(global.set ") + (wide ? "$g1" : "$g0") + some(wide) + ")";
            }
            case 3:
            case 4:
            case 5: {
                constexpr const char* narrow[] = {"store", "store8", "store16"};
                constexpr const char* long_[] = {"store", "store8", "store16", "store32"};
                const bool wide = below(2) != 0;
                return "(" + name(wide) + "." + (wide ? long_[below(4)] : narrow[below(3)]) +
                       " offset=" + std::to_string(below(40)) + " " + address() + some(wide) + ")";
            }
            case 6:
                return "(if" + some(false) + " (then" + statement(depth - 1) + ") (else" + statement(depth - 1) + "))";
            case 7:  // a loop of a few turns, with what may leave it
                return "(local.set 4 (i32.const " + std::to_string(1 + below(5)) + "))(block (loop" + statement(0) +
                       "(br_if 1 (i32.eq (i32.const 77)" + some(false) +
                       "))(br_if 0 (local.tee 4 (i32.sub (local.get 4) (i32.const 1))))))";
            case 8:
                return "(block (block (block (br_table 0 1 2 1" + some(false) + ")) " + statement(depth - 1) + ") " +
                       statement(depth - 1) + ")";
            case 9:
                return below(2) != 0 ? "(memory.copy " + address() + " " + address() + " (i32.const " +
                                           std::to_string(below(100)) + "))"
                                     : "(memory.fill " + address() + some(false) + " (i32.const " +
                                           std::to_string(below(100)) + "))";
            default:
                return below(4) == 0 ? "(drop (memory.grow (i32.const " + std::to_string(below(3)) + ")))"
                                     : "(if (i32.eq (i32.const 5)" + some(false) + ") (then (unreachable)))";
        }
    }

    std::mt19937_64 random_;
    std::vector<bool> wide_;
    unsigned functions_ = 0;
};

/// Calls with results that are known, of lanes that use every word of their pages.
std::vector<WasmCall> neighbours(std::size_t n) {
    static const Bytes m = warpshrew::test::wat(R"((module (memory (export "memory") 1)
        (func (export "own") (param i32) (result i32) (local i32 i32)
            (loop (i32.store (local.get 1) (i32.add (i32.load (local.get 1)) (local.get 0)))
                (br_if 0 (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 4))) (i32.const 2048))))
            (local.set 1 (i32.const 0))
            (loop (local.set 2 (i32.or (local.get 2) (i32.load (local.get 1))))
                (br_if 0 (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 4))) (i32.const 3072))))
            (local.get 2))))");
    std::vector<WasmCall> out;
    for (std::size_t i = 0; i < n; i++) out.push_back({m, "own", {1ULL << (i % 32)}, 1'000'000});
    return out;
}

TEST(RandomModules, AgreeWithTheCpu) {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    const auto seconds = number_of("WARPSHREW_RANDOM_SECONDS", 0);
    std::uint64_t seed = warpshrew::test::random_seed();
    const std::uint64_t first = seed;
    std::uint64_t left = warpshrew::test::scaled(300);
    std::size_t calls = 0, handed_back = 0, lanes_beside = 0;
    const auto more = [&] { return seconds == 0 ? left != 0 : Clock::now() - start < std::chrono::seconds(seconds); };
    while (more() && !testing::Test::HasFailure()) {
        const std::uint64_t from = seed;
        std::vector<WasmCall> all;
        for (unsigned k = 0; k < 60 && more(); k++, seed++, left -= left != 0 ? 1 : 0) {
            Generator g(seed);
            const Bytes module = warpshrew::test::wat(g.module());
            for (std::size_t f = 0; f < g.functions(); f++)
                for (int i = 0; i < 4; i++) {
                    const std::uint64_t fuel = i == 0 ? g.below(100) : 20'000;
                    all.push_back({module, "f" + std::to_string(f), {g.value() & 0xffffffff, g.value()}, fuel});
                }
            for (auto& beside : neighbours(1))
                all.insert(all.begin() + static_cast<std::ptrdiff_t>(g.below(static_cast<unsigned>(all.size()))),
                           std::move(beside));
            lanes_beside++;
        }
        SCOPED_TRACE("seeds " + std::to_string(from) + " to " + std::to_string(seed - 1));
        handed_back += test::expect_same(all, true, {.lane = {.registers = 1024, .pages = 8, .output = 1}});
        calls += all.size();
    }
    std::cout << "seeds " << first << " to " << seed - 1 << ": " << calls << " calls, " << handed_back
              << " of them handed back\n";
    EXPECT_GT(calls, handed_back * 10);
    EXPECT_GT(lanes_beside, 0U);
}

// Code that never ends, recurses for ever, or writes wherever it can, beside lanes with calls of their own: all come to
// an end after the steps they have, and the others' results are what they are alone.
TEST(RandomModules, HostileLanesEndAndHarmNobody) {
    const Bytes hostile = warpshrew::test::wat(R"((module (memory (export "memory") 1)
        (func (export "spin") (param i32) (loop (br 0)))
        (func $deep (export "deep") (param i32) (call $deep (i32.add (local.get 0) (i32.const 1))))
        (func (export "write") (param i32) (local i32)
            (loop (local.set 1 (i32.add (i32.mul (local.get 1) (i32.const 1664525)) (i32.add (local.get 0) (i32.const 1013904223))))
                (i64.store (i32.shr_u (local.get 1) (i32.const 7)) (i64.const -1)) (br 0)))
        (func (export "write_near") (param i32) (local i32)
            (loop (i64.store (i32.and (local.get 1) (i32.const 8191)) (i64.const -1))
                (local.set 1 (i32.add (local.get 1) (i32.const 3))) (br 0)))
        (func (export "copy") (param i32)
            (loop (memory.fill (i32.const 0) (i32.const 255) (i32.const 4096)) (memory.copy (i32.const 5) (i32.const 0) (i32.const 8000)) (br 0)))
        (func (export "grow") (param i32) (loop (drop (memory.grow (i32.const 1))) (i32.store (i32.const 33554432) (i32.const -1)) (br 0)))
        (func (export "table") (param i32) (loop (br_table 0 0 0 (local.get 0))))))");
    constexpr const char* deeds[] = {"spin", "deep", "write", "write_near", "copy", "grow", "table"};
    auto beside = neighbours(64);
    std::vector<WasmCall> all;
    for (std::size_t i = 0; i < beside.size(); i++) {
        all.push_back(beside[i]);
        all.push_back({hostile, deeds[i % std::size(deeds)], {i}, ~0ULL >> 1});
    }
    constexpr std::uint64_t most_steps = 60'000;
    const auto got = test::run_on_lanes(
        all, {.lane = {.registers = 512, .pages = 8, .output = 1}, .budget = 20'000, .most_steps = most_steps});
    for (std::size_t i = 0; i < all.size(); i += 2) {
        EXPECT_EQ(got[i].status, LaneStatus::finished) << i;
        EXPECT_EQ(got[i].results, (std::vector<std::uint64_t>{1ULL << (i / 2 % 32)})) << i;
        EXPECT_TRUE(got[i + 1].status == LaneStatus::handed_back || got[i + 1].status == LaneStatus::trapped)
            << all[i + 1].name << " " << static_cast<int>(got[i + 1].status);
        EXPECT_LE(got[i + 1].steps, most_steps);
    }
}

}  // namespace
}  // namespace warpshrew::gpu
