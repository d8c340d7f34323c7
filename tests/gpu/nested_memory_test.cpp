// What a nested call may touch of its memory: addresses whose pages have the number of another one's in the page table.
#include <gtest/gtest.h>

#include "batch_world.hpp"
#include "plan_executor.hpp"
#include "support/wat.hpp"

namespace warpshrew::gpu {
namespace {

/// A contract that calls itself, with an input more; then `deed` happens, and word 424 is the response's data.
Bytes contract(const std::string& deed) {
    return warpshrew::test::wat(R"((module
        (import "env" "__request_context" (func $request (result i32)))
        (import "env" "__call" (func $call (param i32 i32 i32 i64) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 100) "\30\00\00\00\02") (data (i32.const 136) "\05")
        (data (i32.const 200) "\10") (data (i32.const 300) "\04") (data (i32.const 400) "\18")
        (func (export "__execute") (result i32) (local i32)
            (if (i32.eq (local.tee 0 (call $request)) (i32.const 96))
                (then (i32.store (i32.const 424)
                    (call $call (i32.const 104) (i32.const 204) (i32.const 304) (i64.const 1000000))))
                (else (i32.store (i32.const 2048) (i32.const 7)) )" +
                                deed + R"())
            (i32.const 404))))");
}

// An address of 64 MiB and more has the page of a smaller one in another level's numbers (LaneField::level).
TEST(NestedMemory, AddressesBehindItTrap) {
    const std::string deeds[] = {
        "(i32.store (i32.const 424) (i32.load (i32.add (local.get 0) (i32.const 0x04000790))))",
        "(i32.store (i32.add (local.get 0) (i32.const 0x04000790)) (i32.const 99))"
        "(i32.store (i32.const 424) (i32.load (i32.const 2048)))",
        "(i32.store (i32.const 424) (i32.load (i32.const 2048)))"};
    for (const std::string& deed : deeds) {
        SCOPED_TRACE(deed);
        test::BatchWorld world(contract(deed));
        const std::vector<parallel::Call> calls{
            {.vout = 3, .position = 1, .calldata = BytesView("\2\0", 2), .fuel = 3'500'000}};
        const parallel::Batch batch = world.batch(calls);
        world.engine.run_deep([&] {
            alkanes::AheadExecution cpu(world.environment, world.codes, world.info);
            store::Arena arena;
            const auto right = cpu.execute(batch.call(0), parallel::StateAt(world.state, 1), arena);
            for (const bool together : {false, true}) {
                const auto executor = test::make_executor({.lanes = 32, .keeps_together = together});
                parallel::ResultMemory memory;
                std::vector<alkanes::ExecutedMessage> got(1);
                executor->execute(batch, memory, got);
                // Calls that fail in others are left to the CPU, for what they say has numbers in it.
                constexpr auto succeeded = alkanes::ExecutionStatus::succeeded;
                EXPECT_EQ(got[0].status == succeeded, right.status == succeeded) << together;
                if (right.status == succeeded) {
                    EXPECT_EQ(got[0].trace, right.trace) << together;
                }
            }
        });
    }
}

}  // namespace
}  // namespace warpshrew::gpu
