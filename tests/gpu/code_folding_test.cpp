// What folding makes of device code, and that lanes with it do what the CPU does.
#include "gpu/code_folding.hpp"

#include <gtest/gtest.h>

#include "lane_test.hpp"
#include "support/wat.hpp"

namespace warpshrew::gpu {
namespace {

using test::WasmCall;
using warpshrew::test::wat;

constexpr std::uint32_t narrow = instruction::narrow, jumps = instruction::jumps, if_set = instruction::if_set;

Value r(std::uint32_t k) { return in_register(k); }
Value g(std::uint32_t k) { return {operand::in_global, k}; }
Instruction jump(std::uint32_t target, std::uint32_t fuel = 0) { return {Op::jump, 0, 0, {}, {}, fuel, target}; }
Instruction jump_on(Op op, std::uint32_t flags, Value a, Value b, std::uint32_t target, std::uint32_t fuel = 0) {
    return {op, flags | jumps, 0, a, b, fuel, target};
}
Instruction give(Value v) { return {Op::give, 0, 1, v}; }
Instruction call(std::uint32_t to, std::uint32_t args) { return {Op::call, 0, to, number(7), {}, 0, none, 11, args}; }
Instruction add_two(std::uint32_t to, Value a, std::int32_t n, std::uint32_t second, Value b, std::int32_t m) {
    return {
        Op::add_two, narrow, to, a, b,
        second,      none,   0,  0, (static_cast<std::uint32_t>(n) & 255) | (static_cast<std::uint32_t>(m) & 511) << 8};
}

/// Frames of ten registers; calls use up those behind.
std::vector<Instruction> folded(std::vector<Instruction> code) {
    DeviceFunction f{std::move(code), 10, 2, 16};
    fold(f);
    return f.code;
}
using Code = std::vector<Instruction>;

TEST(Folding, CopiesGoToWhatReadsThem) {
    EXPECT_EQ(folded({{Op::copy, 0, 3, r(0)}, {Op::multiply, 0, 4, r(3), r(1)}, give(r(4))}),
              (Code{{Op::multiply, 0, 4, r(0), r(1)}, give(r(4))}));
    EXPECT_EQ(folded({{Op::copy, 0, 3, number(5)}, {Op::multiply, 0, 4, r(1), r(3)}, give(r(4))}),
              (Code{{Op::multiply, 0, 4, r(1), number(5)}, give(r(4))}));
    // What they copy is another value by then.
    const Code changed{
        {Op::copy, 0, 3, r(0)}, {Op::load, 0, 0, r(1), number(0)}, {Op::multiply, 0, 4, r(3), r(0)}, give(r(4))};
    EXPECT_EQ(folded(changed), changed);
    // A function that is called may change the global.
    const Code global{{Op::copy, 0, 3, g(1)}, call(4, 0), {Op::multiply, 0, 5, r(3), r(4)}, give(r(5))};
    EXPECT_EQ(folded(global), global);
}

TEST(Folding, WhatNobodyReadsIsRemoved) {
    EXPECT_EQ(folded({{Op::copy, 0, 3, number(0)}, {Op::bit_or, 0, 4, r(3), r(1)}, give(r(0))}), (Code{give(r(0))}));
    // Loads and divisions may trap.
    const Code traps{{Op::load, 0, 3, r(0), number(0)}, {Op::divide, 0, 4, r(0), r(1)}, give(r(0))};
    EXPECT_EQ(folded(traps), traps);
    // Read where a jump goes, and by the caller.
    const Code read{{Op::copy, 0, 3, number(0)},
                    jump_on(Op::copy, if_set, r(0), {}, 3),
                    {Op::load, 0, 3, r(1), number(0)},
                    give(r(3))};
    EXPECT_EQ(folded(read), read);
    const Code given{{Op::memory_size, 0, 0}, {Op::memory_size, 0, 1}, {Op::give, 0, 1, {}, {}, 1}};
    EXPECT_EQ(folded(given), given);
    // An argument of a call is read by it, and one register further is not.
    EXPECT_EQ(folded({{Op::multiply, 0, 11, r(0), r(1)}, {Op::multiply, 0, 12, r(0), r(0)}, call(3, 1), give(r(3))}),
              (Code{{Op::multiply, 0, 11, r(0), r(1)}, call(3, 1), give(r(3))}));
}

TEST(Folding, ResultsGoWhereTheyAreCopied) {
    EXPECT_EQ(folded({{Op::load, 0, 3, r(0), number(0)}, {Op::copy, 0, 11, r(3)}, call(4, 1), give(r(4))}),
              (Code{{Op::load, 0, 11, r(0), number(0)}, call(4, 1), give(r(4))}));
    // The other register is still read.
    const Code both{{Op::load, 0, 3, r(0), number(0)},
                    {Op::copy, 0, 2, r(3)},
                    {Op::store, 0, 0, r(2), r(0)},
                    {Op::give, 0, 1, r(3)}};
    EXPECT_EQ(folded(both), (Code{{Op::load, 0, 3, r(0), number(0)}, {Op::store, 0, 0, r(3), r(0)}, give(r(3))}));
    // What is there is read before the copy.
    const Code before{{Op::load, 0, 3, r(0), number(0)},
                      {Op::store, 0, 0, r(2), r(0)},
                      {Op::copy, 0, 2, r(3)},
                      jump_on(Op::copy, if_set, r(1), {}, 1),
                      give(r(2))};
    Code after = before;
    after[4] = give(r(3));
    EXPECT_EQ(folded(before), after);
    // A call uses up the register.
    const Code used{{Op::load, 0, 3, r(0), number(0)}, call(4, 0), {Op::copy, 0, 11, r(3)}, call(5, 1), give(r(4))};
    Instruction with_copy = call(5, 1);
    with_copy.b = r(3);
    with_copy.extra = 11;
    EXPECT_EQ(folded(used), (Code{used[0], used[1], with_copy, used[4]}));
}

TEST(Folding, SumsBecomeAddresses) {
    const Instruction sum{Op::add, narrow, 3, r(0), r(1)};
    const auto extra = [](std::uint32_t offset) { return 2 | access::summed | offset << access::offset_shift; };
    EXPECT_EQ(folded({sum, {Op::load, 0, 4, r(3), number(255), 2}, give(r(4))}),
              (Code{{Op::load, 0, 4, r(0), r(1), extra(255)}, give(r(4))}));
    EXPECT_EQ(folded({sum, {Op::store, 0, 9, r(3), r(2), 2}, give(r(2))}),
              (Code{{Op::store, 0, 1, r(0), r(2), extra(9)}, give(r(2))}));
    EXPECT_EQ(folded({{Op::add, narrow, 3, number(~0U), r(1)}, {Op::store, 0, 0, r(3), r(2), 2}, give(r(2))}),
              (Code{{Op::store, 0, ~0U, r(1), r(2), extra(0) | access::by_constant}, give(r(2))}));
    for (const Code& same :
         {Code{sum, {Op::load, 0, 4, r(3), number(256), 2}, give(r(4))},  // too far
          Code{sum, {Op::load, 0, 4, r(3), number(0), 2}, give(r(3))},    // read again
          Code{sum, {Op::store, 0, 0, r(3), r(3), 2}, give(r(4))},        // is what is stored
          Code{sum, {Op::load, 0, 1, r(2), number(0), 2}, {Op::load, 0, 4, r(3), r(0), 2}, give(r(4))},
          Code{{Op::add, 0, 3, r(0), r(1)}, {Op::load, 0, 4, r(3), number(0), 2}, give(r(4))}})
        EXPECT_EQ(folded(same), same);
}

TEST(Folding, ConditionsBecomeJumps) {
    const Instruction mask{Op::bit_and, 0, 3, r(0), number(4)};
    EXPECT_EQ(folded({mask, jump_on(Op::equal, if_set, r(3), number(0), 2), give(r(0))}),
              (Code{jump_on(Op::bit_and, 0, r(0), number(4), 1), give(r(0))}));
    EXPECT_EQ(folded({mask, jump_on(Op::copy, if_set, r(3), {}, 2), give(r(0))}),
              (Code{jump_on(Op::bit_and, if_set, r(0), number(4), 1), give(r(0))}));
    // Of 64 bits the lower ones are not enough to know whether they are 0.
    const Code wide{{Op::bit_and, 0, 3, r(0), r(1)}, jump_on(Op::equal, if_set, r(3), number(0), 2), give(r(0))};
    EXPECT_EQ(folded(wide), wide);
    const Code again{mask, jump_on(Op::copy, if_set, r(3), {}, 2), give(r(3))};
    EXPECT_EQ(folded(again), again);
}

TEST(Folding, WhoeverJumpsToAChargePaysIt) {
    EXPECT_EQ(folded({{Op::store, 0, 0, r(1), r(0)},
                      {Op::charge, 0, 0, number(9)},
                      {Op::load, 0, 0, r(0), number(0)},
                      jump_on(Op::less, 0, r(0), r(1), 1),
                      give(r(0))}),
              (Code{{Op::store, 0, 0, r(1), r(0)},
                    {Op::charge, 0, 0, number(9)},
                    {Op::load, 0, 0, r(0), number(0)},
                    jump_on(Op::less, 0, r(0), r(1), 2, 9),
                    give(r(0))}));
    // More than there is room for.
    const Code large{{Op::charge, 0, 0, number(0x8000)},
                     {Op::load, 0, 0, r(0), number(0)},
                     jump_on(Op::less, 0, r(0), r(1), 0),
                     give(r(0))};
    EXPECT_EQ(folded(large), large);
}

TEST(Folding, JumpsAreJoinedToWhatIsBeforeThem) {
    // A jump over a store; one to a jump; one to a give.
    EXPECT_EQ(folded({jump_on(Op::copy, 0, r(0), {}, 3),
                      {Op::multiply, 0, 2, r(0), r(1)},
                      jump(5),
                      {Op::load, 0, 2, r(0), number(0)},
                      jump(7),
                      jump(6),
                      {Op::store, 0, 0, r(2), r(1)},
                      give(r(2))}),
              (Code{jump_on(Op::copy, 0, r(0), {}, 2),
                    {Op::multiply, 0, 2, r(0), r(1), 0, 5},
                    {Op::load, 0, 2, r(0), number(0)},
                    give(r(2)),
                    jump(5),
                    {Op::store, 0, 0, r(2), r(1)},
                    give(r(2))}));
    // Those of a table stay where they are.
    const Code table{{Op::copy, 0, 2, r(1)},
                     {Op::jump_table, 0, 0, r(0), number(2)},
                     jump(4),
                     jump(5),
                     {Op::load, 0, 2, r(0), number(0)},
                     {Op::store, 0, 0, r(2), r(1)},
                     give(r(2))};
    EXPECT_EQ(folded(table), table);
}

TEST(Folding, LoadsAndStoresStep) {
    const auto step = [](std::int32_t n) { return 2 | (static_cast<std::uint32_t>(n) & 255) << access::offset_shift; };
    const Instruction loop = jump_on(Op::less, 0, r(0), r(1), 0);
    EXPECT_EQ(folded({{Op::load, 0, 3, r(1), number(8), 2},
                      {Op::store, 0, 500, r(0), r(3), 2},
                      {Op::add, narrow, 1, r(1), number(127)},
                      {Op::subtract, narrow, 0, r(0), number(4)},
                      loop,
                      give(r(0))}),
              (Code{{Op::load, 0, 3, r(1), number(8), step(127)},
                    {Op::store, 0, 500, r(0), r(3), step(-4)},
                    loop,
                    give(r(0))}));
    for (const Code& same :
         {Code{{Op::store, 0, 0, r(0), r(3), 2}, {Op::add, narrow, 0, r(0), number(128)}, loop, give(r(0))},
          Code{{Op::store, 0, 0, r(0), r(3), 2}, {Op::add, 0, 0, r(0), number(1)}, loop, give(r(0))},
          Code{{Op::store, 0, 0, r(0), r(3), 2},
               {Op::load, 0, 2, r(1), number(0), 2},
               {Op::store, 0, 0, r(2), r(0), 2},
               {Op::add, narrow, 0, r(0), number(1)},
               loop,
               give(r(0))},
          Code{{Op::load, 0, 0, r(0), number(0), 2}, {Op::add, narrow, 0, r(0), number(1)}, loop, give(r(0))},
          Code{{Op::store, 0, 0, r(0), r(3), 2},
               jump_on(Op::copy, if_set, r(1), {}, 3),
               {Op::load, 0, 1, r(2), number(0)},
               {Op::add, narrow, 0, r(0), number(1)},
               loop,
               give(r(0))}})
        EXPECT_EQ(folded(same), same);
}

TEST(Folding, CallsMakeACopy) {
    Instruction with_copy = call(3, 2);
    with_copy.b = number(4);
    with_copy.extra = 12;
    EXPECT_EQ(folded({{Op::copy, 0, 11, r(0)}, {Op::copy, 0, 12, number(4)}, call(3, 2), give(r(3))}),
              (Code{{Op::copy, 0, 11, r(0)}, with_copy, give(r(3))}));
    // A value that is another one by then.
    const Code changed{{Op::copy, 0, 11, r(0)},
                       {Op::load, 0, 0, r(1), number(0)},
                       call(3, 1),
                       {Op::store, 0, 0, r(0), r(3)},
                       give(r(3))};
    EXPECT_EQ(folded(changed), changed);
}

TEST(Folding, TwoAtATime) {
    const Instruction back = jump_on(Op::copy, if_set, r(3), {}, 0), both{Op::give, 0, 1, {}, {}, 1};
    EXPECT_EQ(folded({{Op::copy, 0, 0, r(4)}, {Op::copy, 0, 1, number(4)}, back, both}),
              (Code{{Op::copy_two, 0, 0, r(4), number(4), 1}, back, both}));
    const Code one_after_the_other{{Op::copy, 0, 0, r(1)}, {Op::copy, 0, 1, r(4)}, {Op::copy, 0, 0, r(1)}, back, both};
    EXPECT_EQ(folded(one_after_the_other), (Code{{Op::copy_two, 0, 1, r(4), r(4), 0}, back, both}));
    const Instruction loop = jump_on(Op::less, 0, r(0), r(1), 0);
    EXPECT_EQ(
        folded(
            {{Op::add, narrow, 0, r(0), number(127)}, {Op::subtract, narrow, 1, r(1), number(256)}, loop, give(r(0))}),
        (Code{add_two(0, r(0), 127, 1, r(1), -256), jump_on(Op::less, 0, r(0), r(1), 0), give(r(0))}));
    for (const Code& same :
         {Code{{Op::add, narrow, 0, r(0), number(128)}, {Op::add, narrow, 1, r(1), number(128)}, loop, give(r(0))},
          Code{{Op::add, narrow, 0, r(0), number(1)}, {Op::add, narrow, 1, r(0), number(1)}, loop, give(r(0))},
          Code{{Op::add, 0, 0, r(0), number(1)}, {Op::add, 0, 1, r(1), number(1)}, loop, give(r(0))}})
        EXPECT_EQ(folded(same), same);
    // A frame's stack pointer.
    const Instruction read{Op::load, 0, 3, r(2), number(0)};
    EXPECT_EQ(folded({{Op::copy, 0, 4, g(0)},
                      {Op::subtract, narrow, 2, r(4), number(65536)},
                      {Op::copy, instruction::to_global, 0, r(2)},
                      read,
                      {Op::store, 0, 0, r(2), r(3)},
                      {Op::add, narrow, 4, r(2), number(65536)},
                      {Op::copy, instruction::to_global, 0, r(4)},
                      give(r(3))}),
              (Code{{Op::add_two, narrow | instruction::to_global, 2, g(0), g(0), 0, none, 0, 0, 0x10000},
                    read,
                    {Op::store, 0, 0, r(2), r(3)},
                    {Op::add, narrow | instruction::to_global, 0, r(2), number(65536)},
                    give(r(3))}));
}

TEST(Folding, RotationsAndHalves) {
    EXPECT_EQ(folded({{Op::rotate_left, narrow, 3, r(0), number(7)},
                      {Op::rotate_right, narrow, 4, r(0), number(3)},
                      {Op::bit_xor, 0, 5, r(3), r(4)},
                      give(r(5))}),
              (Code{{Op::xor_rotated, narrow, 5, r(0), r(0), 7 | 29 << xor_rotated::second_shift}, give(r(5))}));
    EXPECT_EQ(folded({{Op::shift_right, 0, 3, r(0), number(32)}, {Op::copy, narrow, 4, r(3)}, give(r(4))}),
              (Code{{Op::shift_right, 0, 4, r(0), number(32)}, give(r(4))}));
    EXPECT_EQ(folded({{Op::add, 0, 3, r(0), r(1)}, {Op::copy, narrow, 4, r(3)}, give(r(4))}),
              (Code{{Op::add, narrow, 4, r(0), r(1)}, give(r(4))}));
    const Code more{{Op::shift_right, 0, 3, r(0), number(31)}, {Op::copy, narrow, 4, r(3)}, give(r(4))};
    EXPECT_EQ(folded(more), more);
    // Half of a value for what reads no more of it.
    EXPECT_EQ(folded({{Op::copy, narrow, 3, r(0)}, {Op::store, 0, 0, r(3), r(1), 3}, give(r(1))}),
              (Code{{Op::store, 0, 0, r(0), r(1), 3}, give(r(1))}));
    const Code whole{{Op::copy, narrow, 3, r(0)}, {Op::store, 0, 0, r(1), r(3), 3}, give(r(1))};
    EXPECT_EQ(folded(whole), whole);
}

constexpr std::string_view module_text = R"((module (memory (export "memory") 1) (global $sp (mut i32) (i32.const 4096))
  (data (i32.const 0) "some bytes \ff\fe\fd that are there from the beginning on")
  (func (export "sums") (param i32 i32) (result i64) (local i32)
    (i64.store offset=7 (i32.add (local.get 0) (local.get 1)) (i64.const 0x1122334455667788))
    (i32.store8 (i32.add (local.get 0) (i32.const -5)) (local.get 1))
    (local.set 2 (i32.add (local.get 1) (i32.const -9)))
    (i64.add (i64.load offset=255 (i32.add (local.get 0) (local.get 1)))
      (i64.add (i64.load16_s offset=256 (i32.add (local.get 1) (local.get 0))) (i64.load32_s offset=1 (local.get 2)))))
  (func $leaf (param i32) (result i32) (global.set $sp (i32.sub (global.get $sp) (i32.const 48)))
    (i32.store (global.get $sp) (local.get 0)) (global.set $sp (i32.add (global.get $sp) (i32.const 16)))
    (global.get $sp))
  (func (export "frames") (param i32) (result i32) (local i32)
    (global.set $sp (local.tee 1 (i32.sub (global.get $sp) (i32.const 32))))
    (i32.store offset=8 (local.get 1) (call $leaf (local.get 0)))
    (local.set 0 (i32.add (i32.mul (i32.load offset=8 (local.get 1)) (i32.const 3)) (global.get $sp)))
    (global.set $sp (i32.add (local.get 1) (i32.const 32)))
    (i32.add (local.get 0) (global.get $sp)))
  (func (export "copies") (param i32 i32) (result i32) (local i32 i32)
    (block (loop
      (br_if 1 (i32.eqz (local.get 1)))
      (i32.store8 offset=2000 (local.get 0) (i32.load8_u (local.get 0)))
      (local.set 2 (i32.add (local.get 2) (i32.load8_u offset=2000 (local.get 0))))
      (local.set 0 (i32.add (local.get 0) (i32.const 1)))
      (local.set 1 (i32.add (local.get 1) (i32.const -1)))
      (br_if 0 (i32.and (local.get 2) (i32.const 0xfff)))))
    (local.set 3 (i32.add (local.get 0) (local.get 2)))
    (i32.sub (local.get 3) (local.get 1)))
  (func (export "down") (param i32 i32) (result i32) (local i32)
    (loop
      (local.set 2 (i32.add (i32.rotl (local.get 2) (i32.const 5)) (i32.load (local.get 0))))
      (local.set 0 (i32.sub (local.get 0) (i32.const 3)))
      (i32.store16 offset=9 (local.get 1) (local.get 2))
      (local.set 1 (i32.add (local.get 1) (i32.const -127)))
      (br_if 0 (i32.gt_u (local.get 0) (i32.const 40))))
    (i32.sub (local.get 2) (local.get 1)))
  (func (export "choices") (param i32 i64) (result i64) (local i64)
    (local.set 2 (select (local.get 1) (i64.const -7) (local.get 0)))
    (local.set 2 (i64.add (local.get 2) (select (i64.const 40000) (i64.const 4) (i32.and (local.get 0) (i32.const 2)))))
    (local.set 2 (i64.mul (local.get 2) (select (i64.const 4) (i64.const -1) (i64.eqz (local.get 1)))))
    (local.set 2 (select (local.get 2) (local.get 1) (i32.wrap_i64 (i64.shr_u (local.get 1) (i64.const 33)))))
    (i64.xor (select (i64.const 5) (local.get 2) (local.get 0)) (local.get 2)))
  (func (export "rotations") (param i64 i32) (result i64)
    (i64.add (i64.xor (i64.rotl (local.get 0) (i64.const 63)) (i64.rotr (local.get 0) (i64.const 64)))
      (i64.extend_i32_s (i32.xor (i32.rotl (local.get 1) (i32.const 32))
        (i32.xor (i32.rotl (local.get 1) (i32.const 31)) (i32.rotr (i32.wrap_i64 (local.get 0)) (i32.const 7)))))))
  (func (export "halves") (param i64 i64) (result i64) (local i32)
    (local.set 2 (i32.wrap_i64 (i64.add (local.get 0) (local.get 1))))
    (i32.store16 offset=100 (i32.and (local.get 2) (i32.const 1023)) (i32.wrap_i64 (local.get 0)))
    (i64.add (i64.load (i32.and (i32.wrap_i64 (local.get 1)) (i32.const 127)))
      (i64.extend_i32_u (i32.div_u (i32.wrap_i64 (i64.mul (local.get 0) (local.get 1)))
        (i32.add (i32.wrap_i64 (i64.shr_u (local.get 1) (i64.const 40))) (i32.wrap_i64 (local.get 0)))))))
  (func (export "table") (param i32) (result i32) (local i32)
    (loop (block (block (block (block (br_table 0 1 2 3 (local.get 0)))
      (local.set 0 (i32.const 2)) (br 3)) (local.set 1 (i32.add (local.get 1) (i32.const 1)))
      (local.set 0 (i32.const 3)) (br 2)) (local.set 0 (i32.const 1)) (br 1))
      (return (i32.sub (local.get 1) (local.get 0)))) (local.get 1))))";

TEST(FoldedCode, DoesWhatTheCpuDoes) {
    const Bytes module = wat(module_text);
    std::vector<WasmCall> calls;
    for (const std::uint64_t a : {0ULL, 3ULL, 1000ULL, 1023ULL, 65000ULL, 65535ULL, 0x7fffffffULL, 0xfffffff0ULL})
        for (const std::uint64_t b : {0ULL, 1ULL, 24ULL, 521ULL, 0xffffffffULL, 0xffffff00ULL}) {
            calls.push_back({module, "sums", {a, b}});
            calls.push_back({module, "copies", {a, b}});
            calls.push_back({module, "down", {b & 1023, a}});
            calls.push_back({module, "choices", {a, b << 31}});
            calls.push_back({module, "choices", {b, a}});
            calls.push_back({module, "rotations", {a << 40 | b, a}});
            calls.push_back({module, "halves", {a << 33 | b, b << 28 | a}});
            calls.push_back({module, "halves", {b, a}});
            calls.push_back({module, "frames", {a}});
            calls.push_back({module, "table", {b}});
        }
    EXPECT_EQ(test::expect_same(calls), 0);
}

// Out of fuel at each place where a charge went to a jump.
TEST(FoldedCode, EveryAmountOfFuel) {
    const Bytes module = wat(module_text);
    std::vector<WasmCall> calls;
    for (std::uint64_t fuel = 0; fuel < 160; fuel++) {
        calls.push_back({module, "copies", {5, 6}, fuel});
        calls.push_back({module, "frames", {5}, fuel});
        calls.push_back({module, "table", {0}, fuel});
        calls.push_back({module, "down", {50, 3000}, fuel});
        calls.push_back({module, "copies", {65533, 6}, fuel});
    }
    EXPECT_EQ(test::expect_same(calls), 0);
    EXPECT_EQ(test::expect_same(calls, false, {.budget = 9}), 0);
}

// Functions that are too large to fold: only neighbours are joined.
TEST(FoldedCode, LargeFunctions) {
    std::string text =
        "(module (memory (export \"memory\") 1)(func (export \"f\") (param i32) (result i32) (local i32 i32)";
    for (int i = 0; i < 9000; i++)
        text +=
            "(local.set 1 (i32.add (local.get 1) (i32.load8_u (i32.add (local.get 0) (i32.const 3)))))"
            "(if (i32.lt_u (local.get 1) (local.get 0)) (then (local.set 2 (i32.add (local.get 2) (i32.const 1)))))"
            "(local.set 0 (local.get 2))";
    const Bytes module = wat(text + "(local.get 2)))");
    std::vector<WasmCall> calls;
    for (const std::uint64_t a : {0, 7, 70'000}) calls.push_back({module, "f", {a}, 1'000'000});
    EXPECT_EQ(test::expect_same(calls), 0);
}

}  // namespace
}  // namespace warpshrew::gpu
