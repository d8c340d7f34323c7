#include "parallel/cpu_executor.hpp"

#include <atomic>

namespace warpshrew::parallel {

void CpuExecutor::execute(const Batch& batch, ResultMemory& memory, std::span<alkanes::ExecutedMessage> results) {
    std::atomic<std::size_t> next = 0;
    workers_.run([&](unsigned) {
        std::size_t i = next.fetch_add(1, std::memory_order_relaxed);
        if (i >= results.size()) return;
        store::Arena& arena = memory.take();
        alkanes::AheadExecution execution(batch.environment, batch.codes, batch.block, batch.outside);
        for (; i < results.size() && !memory.full(); i = next.fetch_add(1, std::memory_order_relaxed))
            results[i] = execution.execute(batch.call(i), StateAt(batch.state, batch.calls[i].position), arena);
        memory.give_back(arena);
    });
}

}  // namespace warpshrew::parallel
