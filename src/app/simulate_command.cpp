#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/bulk_simulation.hpp"
#include "app/commands.hpp"
#include "app/execution.hpp"
#include "app/node.hpp"
#include "app/report.hpp"
#include "app/simulation_device.hpp"
#include "app/status_line.hpp"
#include "app/stop_signal.hpp"

namespace warpshrew::app {

namespace {

constexpr std::size_t device_batch_bytes = std::size_t{16} << 20;

Result<void> write_output(BytesView text) {
    while (!text.empty()) {
        const ssize_t n = ::write(STDOUT_FILENO, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            if (errno == EPIPE) return fail("who read the results has gone");
            return fail(std::string("cannot write the results: ") + std::strerror(errno));
        }
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

double rate(const SimulationProgress& p) { return static_cast<double>(p.lines()) / p.seconds; }

void show(StatusLine& line, const SimulationProgress& p, const SimulationDevice* device,
          std::optional<std::uint64_t> size) {
    if (!line.due()) return;
    std::string text =
        grouped(p.lines()) + " calls  " + rounded(rate(p)) + " calls/s  " + grouped(p.failed) + " failed";
    if (p.invalid != 0) text += "  " + grouped(p.invalid) + " invalid";
    if (device != nullptr) text += "  " + grouped(device->simulation->counts().on_device) + " on the device";
    if (!size || *size == 0 || p.bytes == 0) return line.show(std::nullopt, text);
    const double share = std::min(1.0, static_cast<double>(p.bytes) / static_cast<double>(*size));
    line.show(share, text + "  " + duration(p.seconds / share - p.seconds) + " left");
}

void print_summary(const BulkOutcome& outcome, std::uint64_t height, unsigned threads, const SimulationDevice* device,
                   bool json) {
    const SimulationProgress& p = outcome.done;
    if (json) {
        nlohmann::ordered_json out = {
            {"height", height},     {"lines", p.lines()},          {"success", p.succeeded},
            {"failure", p.failed},  {"invalid", p.invalid},        {"threads", threads},
            {"seconds", p.seconds}, {"calls_per_second", rate(p)}, {"stopped", outcome.stopped}};
        if (device != nullptr) out["device"] = to_json(*device);
        std::cerr << out.dump() << '\n';
        return;
    }
    std::cerr << "simulated " << counted(p.lines(), "call", "calls") << " over the state at height " << grouped(height)
              << " in " << duration(p.seconds) << " (" << rounded(rate(p)) << " calls/s, " << threads
              << (threads == 1 ? " thread" : " threads") << "): " << grouped(p.succeeded) << " succeeded, "
              << grouped(p.failed) << " failed, " << grouped(p.invalid) << " invalid"
              << (outcome.stopped ? " (stopped)\n" : "\n");
    if (device != nullptr) std::cerr << summary(*device) << '\n';
}

}  // namespace

int simulate_command(const SharedOptions& shared, const SimulateCommand& command) {
    SharedOptions execution = shared;
    if (command.executor == "serial") execution.threads = 1;
    const unsigned threads = threads_of(execution);
    const Result<std::unique_ptr<Node>> opened = Node::open(execution, {.create = false, .read_only = true});
    if (!opened) return failed(opened.error());
    Node& node = **opened;
    const Result<std::uint64_t> height = height_in(node.db, command.height, shared.db_path);
    if (!height) return failed(height.error());
    // Without their code the results would be wrong ones.
    if (node.network.active(*height) && !node.builtins.missing().empty())
        return failed({alkanes::missing_builtins_text(node.builtins, node.network)});
    install_stop_signal();
    std::signal(SIGPIPE, SIG_IGN);  // a failed write tells

    CpuSimulationExecutor executor({node.network, node.builtins, node.engine}, node.db, *height,
                                   command.fuel.value_or(node.network.total_fuel(*height)));
    std::unique_ptr<SimulationDevice> device;
    if (command.executor == "gpu") device = open_simulation_device(shared, threads, executor);
    SimulationExecutor& chosen = device ? static_cast<SimulationExecutor&>(*device->simulation) : executor;

    LineLimits limits;
    if (device) {  // a batch of lines is one of the device
        limits.batch_lines = device->executor->lanes();
        limits.batch_bytes = device_batch_bytes;
    }
    Result<LineSource> source = LineSource::open(command.file, limits);
    if (!source) return failed(source.error());
    // On a terminal that shows the results the line would stand between them.
    StatusLine progress(!shared.json && ::isatty(STDOUT_FILENO) == 0);
    BulkOptions options;
    options.threads = threads;
    options.strict = command.strict;
    options.stop = &stop_requested();
    options.report = [&, size = source->size()](const SimulationProgress& p) { show(progress, p, device.get(), size); };
    const Result<BulkOutcome> outcome = simulate_lines(chosen, *source, write_output, options);
    progress.finish();
    if (!outcome) return failed(outcome.error());
    print_summary(*outcome, *height, threads, device.get(), shared.json);
    return outcome->stopped ? 1 : 0;
}

}  // namespace warpshrew::app
