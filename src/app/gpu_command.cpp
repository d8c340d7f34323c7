#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/cli.hpp"
#include "app/commands.hpp"
#include "app/report.hpp"
#include "gpu/selftest.hpp"

namespace warpshrew::app {

using nlohmann::ordered_json;

static ordered_json to_json(const gpu::Adapter& adapter) {
    const gpu::Limits& l = adapter.limits;
    ordered_json out{{"index", adapter.index},
                     {"name", adapter.name},
                     {"backend", adapter.backend},
                     {"type", adapter.type},
                     {"driver", adapter.driver},
                     {"usable", adapter.unusable.empty()},
                     {"features", adapter.features},
                     {"limits",
                      {{"buffer_bytes", l.buffer_bytes},
                       {"binding_bytes", l.binding_bytes},
                       {"binding_offset_align", l.binding_offset_align},
                       {"storage_buffers", l.storage_buffers},
                       {"bind_groups", l.bind_groups},
                       {"bindings_per_group", l.bindings_per_group},
                       {"workgroup_invocations", l.workgroup_invocations},
                       {"workgroup_size_x", l.workgroup_size_x},
                       {"workgroup_bytes", l.workgroup_bytes},
                       {"workgroups", l.workgroups}}}};
    if (!adapter.unusable.empty()) out["why_not"] = adapter.unusable;
    return out;
}

static std::string bytes(std::uint64_t n) {
    static constexpr const char* units[] = {" B", " KiB", " MiB", " GiB", " TiB"};
    std::size_t unit = 0;
    while (n >= 1024 && n % 1024 == 0 && unit + 1 < std::size(units)) {
        n /= 1024;
        unit++;
    }
    return grouped(n) + units[unit];
}

static void print(const gpu::Adapter& adapter) {
    const gpu::Limits& l = adapter.limits;
    std::cout << adapter.index << "  " << adapter.name << " (" << adapter.backend << ", " << adapter.type
              << "): " << (adapter.unusable.empty() ? "usable" : "not usable: " + adapter.unusable)
              << "\n   driver: " << adapter.driver << "\n   limits: buffer " << bytes(l.buffer_bytes) << ", binding "
              << bytes(l.binding_bytes) << ", " << grouped(l.storage_buffers) << " storage buffers in " << l.bind_groups
              << " groups, workgroup of " << grouped(l.workgroup_invocations) << " lanes and "
              << bytes(l.workgroup_bytes) << ", " << grouped(l.workgroups) << " workgroups per dimension\n   features:";
    for (const std::string& feature : adapter.features) std::cout << ' ' << feature;
    std::cout << (adapter.features.empty() ? " none that kernels use\n" : "\n");
}

static bool usable(const gpu::Adapter& adapter) { return adapter.unusable.empty(); }

static int list(const SharedOptions& shared) {
    const auto adapters = gpu::list_adapters();
    if (!adapters) {
        if (shared.json)
            std::cout << ordered_json{{"adapters", ordered_json::array()}, {"error", adapters.error().reason}}.dump()
                      << '\n';
        return failed(adapters.error());
    }
    if (shared.json) {
        ordered_json out = ordered_json::array();
        for (const gpu::Adapter& adapter : *adapters) out.push_back(to_json(adapter));
        std::cout << ordered_json{{"adapters", out}}.dump() << '\n';
    } else {
        for (const gpu::Adapter& adapter : *adapters) print(adapter);
    }
    if (std::ranges::any_of(*adapters, usable)) return exit_fine;
    return failed({"no adapter can be used; everything runs on the CPU"});
}

// The adapters to test: the one that was asked for, or all that are usable.
static Result<std::vector<gpu::Adapter>> chosen(const std::string& wanted) {
    if (!wanted.empty()) {
        auto adapter = gpu::find_adapter(wanted);
        if (!adapter) return tl::unexpected(adapter.error());
        return std::vector<gpu::Adapter>{std::move(*adapter)};
    }
    auto adapters = gpu::list_adapters();
    if (!adapters) return adapters;
    std::erase_if(*adapters, [](const gpu::Adapter& a) { return !usable(a); });
    if (adapters->empty()) return fail("no adapter can be used; everything runs on the CPU");
    return adapters;
}

static int selftest(const SharedOptions& shared, const GpuCommand& command) {
    const auto adapters = chosen(command.adapter);
    if (!adapters) {
        if (shared.json)
            std::cout << ordered_json{{"passed", false},
                                      {"adapters", ordered_json::array()},
                                      {"error", adapters.error().reason}}
                             .dump()
                      << '\n';
        return failed(adapters.error());
    }
    const std::vector<gpu::SelftestCase> cases = gpu::selftest_cases();
    bool fine = true;
    ordered_json out = ordered_json::array();
    for (const gpu::Adapter& adapter : *adapters) {
        if (!shared.json)
            std::cout << adapter.index << "  " << adapter.name << " (" << adapter.backend << ")" << std::endl;
        ordered_json results = ordered_json::array();
        bool passed = true;
        for (const gpu::SelftestResult& result : gpu::run_selftest(adapter, cases)) {
            passed = passed && result.outcome.has_value();
            const std::string& text = result.outcome ? *result.outcome : result.outcome.error().reason;
            results.push_back({{"case", result.name},
                               {"passed", result.outcome.has_value()},
                               {"message", text},
                               {"milliseconds", result.milliseconds}});
            if (shared.json) continue;
            std::cout << "   " << (result.outcome ? "passed  " : "FAILED  ") << result.name << ": " << text << " ("
                      << duration(result.milliseconds / 1000) << ")" << std::endl;
        }
        out.push_back({{"index", adapter.index}, {"name", adapter.name}, {"passed", passed}, {"cases", results}});
        fine = fine && passed;
    }
    if (shared.json) std::cout << ordered_json{{"passed", fine}, {"adapters", out}}.dump() << '\n';
    if (!fine) return failed({"the kernels are wrong on an adapter: do not use it"});
    return exit_fine;
}

int gpu_command(const SharedOptions& shared, const GpuCommand& command) {
    return command.selftest ? selftest(shared, command) : list(shared);
}

}  // namespace warpshrew::app
