// Serial and parallel execution side by side: indexes devnet chains of each mix in every way in turn, several times,
// and prints medians. Exit code 1 if CPU threads had to take the place of an executor.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <vector>

#include "app/devnet.hpp"
#include "app/execution.hpp"
#include "app/node.hpp"
#include "base/temporary_folder.hpp"
#include "sync/block_memory.hpp"

using namespace warpshrew;

namespace {

struct Run {
    double seconds = 0;  // behind the set-up blocks
    parallel::Statistics parallel;
    app::ExecutorInfo executor;
};

Run index(const app::DevnetChain& chain, const app::SharedOptions& options) {
    const TemporaryFolder folder;
    app::SharedOptions shared = options;
    shared.db_path = folder.path();
    shared.network = "devnet";
    auto node = app::Node::open(shared, {.sync = false}).value();  // the disk is not what is compared
    const auto execution = app::Execution::create(shared, node->engine).value();
    alkanes::Indexer indexer(node->network, node->builtins, node->engine);
    const sync::BlockMemory source(chain.blocks, 0, node->network.block_format);
    sync::Progress set_up;
    sync::IndexOptions index_options;
    index_options.runner = execution->runner();
    index_options.report = [&](const sync::Progress& p) {
        if (p.blocks == chain.set_up_blocks) set_up = p;
    };
    const auto outcome = sync::index_chain(node->db, indexer, source, index_options).value();
    return {outcome.last.seconds - set_up.seconds, outcome.last.total_parallel, execution->info()};
}

Run median(std::vector<Run> runs) {
    std::ranges::sort(runs, {}, &Run::seconds);
    return runs[runs.size() / 2];
}

double percent(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

/// Whether the executor did the work, not CPU threads in its place.
bool is_asked(const app::ExecutorInfo& info) { return info.used == info.asked && !info.given_up; }

void print(std::string_view mix, const std::string& executor, const Run& run, const Run& serial, unsigned blocks) {
    const auto ms = [&](double seconds) { return seconds * 1e3 / blocks; };
    std::printf("%-12s %-8s %8.1f %7.2f", std::string(mix).c_str(), executor.c_str(), ms(run.seconds),
                serial.seconds / run.seconds);
    if (executor != "serial") {
        const parallel::Statistics& p = run.parallel;
        std::printf(" %6.1f%% %8.1f %8.1f %8.1f %8.1f", percent(p.used, p.candidates), ms(p.plan_seconds),
                    ms(p.execute_seconds), ms(p.schedule_seconds), ms(p.pass_seconds));
        if (p.lanes.calls != 0)
            std::printf("  %5.1f%% of %lu", percent(p.lanes.executed, p.lanes.calls), p.lanes.calls);
        if (!is_asked(run.executor)) std::printf("  %s", run.executor.given_up ? "given up" : "CPU threads instead");
    }
    std::puts("");
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    app::SharedOptions options;
    unsigned repeat = 5, calls = 1000, blocks = 10;
    std::vector<std::string> executors{"cpu"}, mixes;
    for (const std::string_view mix : app::devnet_mixes()) mixes.emplace_back(mix);
    CLI::App parser{"devnet chains of each mix, indexed in block order and ahead of it: milliseconds a block"};
    parser.add_option("--threads", options.threads, "of the CPU; default: one a core")->check(CLI::Range(1U, 1024U));
    parser.add_option("--repeat", repeat, "runs of which the median counts")->check(CLI::PositiveNumber);
    parser.add_option("--calls", calls, "calls a block")->check(CLI::PositiveNumber);
    parser.add_option("--blocks", blocks, "blocks behind the set-up")->check(CLI::PositiveNumber);
    parser.add_option("--executors", executors, "beside serial")->check(CLI::IsMember({"cpu", "gpu", "auto"}));
    parser.add_option("--mixes", mixes, "of devnet")->check(CLI::IsMember(mixes));
    parser.add_option("--adapter", options.adapter,
                      "name or index, as `warpshrew gpu` lists them; default: the best one");
    CLI11_PARSE(parser, argc, argv);
    executors.insert(executors.begin(), "serial");

    std::printf(
        "%u threads, %u blocks of %u calls, medians of %u runs each way; milliseconds a block; ratio: serial / "
        "this; used: of the messages that may be executed ahead, those whose effects were; "
        "lanes: calls of those given to the device that it executed\n\n"
        "mix          executor    block   ratio    used     plan  execute schedule     pass  lanes\n",
        app::threads_of(options), blocks, calls, repeat);
    bool as_asked = true;
    for (const std::string& mix : mixes) {
        const app::DevnetChain chain = app::make_devnet_chain({.blocks = blocks, .calls_per_block = calls, .mix = mix});
        std::vector<std::vector<Run>> runs(executors.size());
        for (unsigned i = 0; i < repeat; i++) {
            for (std::size_t e = 0; e < executors.size(); e++) {
                options.executor = executors[e];
                runs[e].push_back(index(chain, options));
            }
        }
        const Run serial = median(runs[0]);
        for (std::size_t e = 0; e < executors.size(); e++) {
            print(mix, executors[e], median(runs[e]), serial, blocks);
            as_asked = as_asked && std::ranges::all_of(runs[e], is_asked, &Run::executor);
        }
    }
    return as_asked ? 0 : 1;
}
