#include "app/execution.hpp"

#include <iostream>
#include <mutex>
#include <thread>

namespace warpshrew::app {

using parallel::Speculate;
using parallel::Verify;

unsigned threads_of(const SharedOptions& options) noexcept {
    return options.threads != 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
}

unsigned instances_for(unsigned threads) noexcept {
    constexpr unsigned frames = 26;  // a message may nest 25 calls
    return std::max(wasm::EngineOptions().instances, frames * (threads + 1));
}

void report_block(const SharedOptions& options, Execution& execution, ProgressReport& report,
                  const sync::Progress& progress) {
    report(progress);
    if (!options.metrics) return;
    static std::once_flag told;
    if (const auto r = write_metrics(*options.metrics, progress, execution.info()); !r)
        std::call_once(told, [&] { std::cerr << "warpshrew: " << r.error().reason << std::endl; });
}

Result<std::unique_ptr<gpu::GpuExecutor>> open_device(const SharedOptions& options, parallel::Workers& workers) {
    const auto adapter = gpu::find_adapter(options.adapter);
    if (!adapter) return tl::unexpected(adapter.error());
    if (options.executor == "auto" && options.adapter.empty() && adapter->type == "CPU")
        return fail("only one in software, " + adapter->name + ", which --adapter would take");
    auto device = gpu::Device::open(*adapter);
    if (!device) return tl::unexpected(device.error());
    gpu::GpuExecutorOptions executor;
    executor.workers = &workers;
    executor.lanes = options.lanes != 0 ? options.lanes : adapter->type == "CPU" ? 256 : 16'384;
    executor.warn = [](const std::string& text) { std::cerr << "warpshrew: " << text << std::endl; };
    executor.dry_run = options.dry_run == "cpu" ? gpu::DryRun::cpu : gpu::DryRun::gpu;
    auto made = gpu::GpuExecutor::create(std::move(*device), executor);
    if (made && (*made)->lanes() < executor.lanes)
        std::cerr << "warpshrew: " << adapter->name << " has room for " << (*made)->lanes() << " lanes instead of "
                  << executor.lanes << std::endl;
    return made;
}

Result<std::unique_ptr<Execution>> Execution::create(const SharedOptions& options, wasm::Engine& engine) {
    auto out = std::make_unique<Execution>();
    out->asked_ = options.executor;
    if (options.executor == "serial" || options.speculate == "none") return out;
    parallel::RunnerOptions runner;
    runner.speculate = options.speculate == "all" ? Speculate::all : Speculate::candidates;
    runner.verify = options.verify == "all" ? Verify::all : options.verify == "none" ? Verify::none : Verify::sample;
    runner.warn = [](const std::string& text) { std::cerr << "warpshrew: " << text << std::endl; };
    out->workers_.emplace(engine, threads_of(options));
    out->cpu_.emplace(*out->workers_);
    if (options.executor == "gpu" || options.executor == "auto") {
        auto device = open_device(options, *out->workers_);
        if (device) {
            out->device_ = std::move(*device);
            runner.warn("calls are executed on " + out->device_->device().adapter().name + ", " +
                        grouped(out->device_->lanes()) + " at a time" +
                        (options.executor == "auto" ? ", or on CPU threads, whichever is faster" : ""));
        } else {
            runner.warn(no_gpu_text(device.error()));
        }
    }
    if (options.executor == "auto" && out->device_)
        out->faster_.emplace(*out->cpu_, *out->device_,
                             parallel::FasterExecutorOptions{.warn = runner.warn, .workers = &*out->workers_});
    if (out->device_ && !out->faster_) runner.otherwise = &*out->cpu_;
    out->runner_.emplace(out->executor(), *out->workers_, std::move(runner));
    return out;
}

std::string no_gpu_text(const Error& why) {
    const std::string front = "no GPU: ";
    return (why.reason.starts_with(front) ? "" : front) + why.reason + "; calls are executed on CPU threads instead";
}

ExecutorInfo Execution::info() const {
    ExecutorInfo out;
    out.asked = asked_;
    out.given_up = (runner_ && runner_->retired()) || (faster_ && faster_->device_given_up());
    const bool in_order = !runner_ || runner_->in_order();
    out.used = in_order ? "serial" : !device_ || out.given_up ? "cpu" : asked_;
    if (device_) {
        out.adapter = device_->device().adapter().name;
        out.lanes = device_->lanes();
    }
    return out;
}

parallel::Executor& Execution::executor() noexcept {
    if (faster_) return *faster_;
    if (device_) return *device_;
    return *cpu_;
}

}  // namespace warpshrew::app
