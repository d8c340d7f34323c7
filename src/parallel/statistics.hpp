#pragma once
// What the parallel engine did with a block.

#include <array>
#include <cstdint>

#include "alkanes/message.hpp"

namespace warpshrew::parallel {

/// Of two executors one of which gets each batch (faster_executor.hpp).
struct ExecutorShare {
    std::uint64_t batches = 0;  ///< given to it, or of what the other one left
    std::uint64_t calls = 0;    ///< that it executed
};

/// Of a device: what became of the calls that it was given.
struct LaneCounts {
    std::uint64_t calls = 0;
    std::uint64_t executed = 0, handed_back = 0;
    std::uint64_t not_started = 0;                              ///< nothing for a lane, or results have no room
    std::uint64_t faults = 0;                                   ///< lanes that ended as none should
    std::uint64_t out_of_set_reads = 0, out_of_set_writes = 0;  ///< of those handed back
    std::array<std::uint64_t, 16> reasons{};                    ///< of those handed back (gpu::hand_back_name)

    void add(const LaneCounts& other) noexcept;
    /// What came since they were `before`.
    [[nodiscard]] LaneCounts since(const LaneCounts& before) const noexcept;
};

struct Statistics {
    std::uint64_t candidates = 0;  ///< messages that may be executed ahead
    std::uint64_t demoted = 0;     ///< of them, left to their turn before any was executed
    std::uint64_t speculated = 0;  ///< executed ahead, once or more
    std::uint64_t executions = 0;  ///< ahead, those again included
    std::uint64_t used = 0;        ///< messages whose effect was that of an execution ahead
    /// Executed again at their turn, by the reason why what there was is not used: BlockMessages::Rejection.
    std::array<std::uint64_t, alkanes::BlockMessages::rejections> rejected{};
    std::uint64_t in_order = 0;           ///< messages executed at their turn, of which nothing was executed ahead
    std::uint64_t rounds = 0;             ///< batches given to the executor
    std::uint64_t verified = 0;           ///< effects compared with an execution on the CPU
    std::uint64_t mismatches = 0;         ///< of them, those that differ
    std::uint64_t executor_failures = 0;  ///< batches in which the executor threw
    ExecutorShare cpu, device;            ///< all zero where one executor does everything
    LaneCounts lanes;                     ///< all zero without a device
    /// Seconds: finding and planning candidates, executing ahead, scheduling between batches, the pass in block order.
    double plan_seconds = 0, execute_seconds = 0, schedule_seconds = 0, pass_seconds = 0;

    void add(const Statistics& other) noexcept;
};

}  // namespace warpshrew::parallel
