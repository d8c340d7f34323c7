#include "gpu/supervisor_module.hpp"

extern "C" const char warpshrew_gpu_supervisor[], warpshrew_gpu_supervisor_end[];

namespace warpshrew::gpu {

Result<SupervisorModule> supervisor_module() {
    const BytesView wasm(warpshrew_gpu_supervisor,
                         static_cast<std::size_t>(warpshrew_gpu_supervisor_end - warpshrew_gpu_supervisor));
    auto code = lower(wasm, {.all_exports = true, .supervisor = true});
    if (!code) return tl::unexpected(code.error());
    SupervisorModule out{std::move(*code)};
    for (const auto& e : out.code.entries) {
        if (e.name == "run") out.run = e.at;
        if (e.name == "host") out.host = e.descriptor;
    }
    return out;
}

}  // namespace warpshrew::gpu
