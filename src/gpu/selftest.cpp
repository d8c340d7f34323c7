#include "gpu/selftest.hpp"

#include <chrono>

#include "gpu/interpreter_selftest.hpp"
#include "gpu/selftest_kernel.hpp"

namespace warpshrew::gpu {

std::vector<SelftestCase> selftest_cases() {
    return {{"arithmetic", check_arithmetic},
            {"WebAssembly's instructions", check_instructions},
            {"control and traps", check_control},
            {"memory", check_memory},
            {"fuel", check_fuel},
            {"contract calls", check_calls}};
}

std::vector<SelftestResult> run_selftest(const Adapter& adapter, std::span<const SelftestCase> cases) {
    using Clock = std::chrono::steady_clock;
    std::vector<SelftestResult> results;
    const auto timed = [&](const std::string& name, auto&& f) {
        const auto start = Clock::now();
        Result<std::string> outcome = f();
        const double took = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
        results.push_back({name, std::move(outcome), took});
    };
    Result<Device> device = fail("not opened");
    timed("open", [&]() -> Result<std::string> {
        device = Device::open(adapter);
        if (!device) return tl::unexpected(device.error());
        return "opened";
    });
    if (!device) return results;
    for (const SelftestCase& c : cases) {
        timed(c.name, [&] { return c.run(*device); });
        if (device->failed()) break;
    }
    return results;
}

}  // namespace warpshrew::gpu
