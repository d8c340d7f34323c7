// Serial and parallel execution side by side: indexes devnet chains of each mix both ways in turn, several times, and
// prints medians. `devnet_mixes [threads] [repetitions] [calls a block]`.

#include <algorithm>
#include <cstdlib>
#include <iomanip>
#include <iostream>
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
    return {outcome.last.seconds - set_up.seconds, outcome.last.total_parallel};
}

Run median(std::vector<Run> runs) {
    std::ranges::sort(runs, {}, &Run::seconds);
    return runs[runs.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
    const auto argument = [&](int i, unsigned otherwise) {
        return argc > i ? static_cast<unsigned>(std::strtoul(argv[i], nullptr, 10)) : otherwise;
    };
    app::SharedOptions serial, cpu;
    cpu.executor = "cpu";
    cpu.threads = argument(1, 0);
    serial.threads = cpu.threads;
    const unsigned repetitions = argument(2, 5), calls = argument(3, 1000), blocks = 10;
    std::cout << app::threads_of(cpu) << " threads, " << blocks << " blocks of " << calls << " calls, medians of "
              << repetitions << " runs each way\n\n"
              << "mix          serial ms   cpu ms   ratio    used   plan ms  execute ms  schedule ms  pass ms\n"
              << std::fixed;
    for (const std::string_view mix : app::devnet_mixes()) {
        const app::DevnetChain chain = app::make_devnet_chain({.blocks = blocks, .calls_per_block = calls, .mix = mix});
        std::vector<Run> in_order, ahead;
        for (unsigned i = 0; i < repetitions; i++) {
            in_order.push_back(index(chain, serial));
            ahead.push_back(index(chain, cpu));
        }
        const Run s = median(in_order), p = median(ahead);
        const auto ms = [&](double seconds) { return seconds * 1e3 / blocks; };
        const double used = p.parallel.candidates == 0 ? 0
                                                       : 100.0 * static_cast<double>(p.parallel.used) /
                                                             static_cast<double>(p.parallel.candidates);
        std::cout << std::left << std::setw(12) << mix << std::right << std::setprecision(1) << std::setw(10)
                  << ms(s.seconds) << std::setw(9) << ms(p.seconds) << std::setprecision(2) << std::setw(8)
                  << s.seconds / p.seconds << std::setprecision(1) << std::setw(7) << used << '%' << std::setw(10)
                  << ms(p.parallel.plan_seconds) << std::setw(12) << ms(p.parallel.execute_seconds) << std::setw(13)
                  << ms(p.parallel.schedule_seconds) << std::setw(9) << ms(p.parallel.pass_seconds) << std::endl;
    }
    std::cout << "\nmilliseconds a block; ratio: serial / cpu\n";
}
