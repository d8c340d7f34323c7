#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/execution.hpp"
#include "app/node.hpp"
#include "app/parallel_report.hpp"
#include "app/report.hpp"
#include "app/stop_signal.hpp"
#include "sync/block_files.hpp"

namespace warpshrew::app {

int index_command(const SharedOptions& shared, const IndexCommand& command) {
    const Result<std::unique_ptr<Node>> opened = Node::open(shared, {});
    if (!opened) return failed(opened.error());
    Node& node = **opened;
    const std::optional<std::uint64_t> tip = node.db.tip();
    const std::uint64_t start = command.start_block.value_or(tip ? *tip + 1 : node.network.genesis_block);
    const sync::BlockFiles source(command.block_files, start, node.network.block_format);
    alkanes::Indexer indexer(node.network, node.builtins, node.engine);
    const Result<std::unique_ptr<Execution>> execution = Execution::create(shared, node.engine);
    if (!execution) return failed(execution.error());

    if ((*execution)->runner() != nullptr && shared.speculate == "candidates" &&
        !node.network.parallel_activation_height)
        std::cerr
            << "warpshrew: nothing is executed ahead: the (8, 8) prefix, which marks candidates, does not count on "
            << node.network.name << "; --speculate all takes all messages" << std::endl;

    install_stop_signal();
    ProgressReport progress(shared.json);
    sync::IndexOptions options;
    options.exit_at = command.exit_at;
    options.stop = &stop_requested();
    options.runner = (*execution)->runner();
    options.report = [&](const sync::Progress& p) { report_block(shared, **execution, progress, p); };
    const Result<sync::IndexOutcome> outcome = sync::index_chain(node.db, indexer, source, options);
    progress.finish();
    if (!outcome) return failed(outcome.error());

    const sync::Progress& last = outcome->last;
    const std::optional<std::uint64_t> end = node.db.tip();
    if (shared.json) {
        nlohmann::ordered_json out = {{"blocks", last.blocks},
                                      {"rolled_back", outcome->rolled_back},
                                      {"tip", end ? nlohmann::ordered_json(*end) : nlohmann::ordered_json()},
                                      {"transactions", last.total.transactions},
                                      {"messages", last.total.messages},
                                      {"calls", last.total.calls},
                                      {"seconds", last.seconds},
                                      {"stopped", outcome->stopped}};
        if (last.total_parallel.candidates != 0) out["parallel"] = to_json(last.total_parallel);
        if (shared.executor != "serial") out["executor"] = to_json((*execution)->info());
        std::cout << out.dump() << '\n';
        return 0;
    }
    if (outcome->rolled_back)
        std::cout << "undid " << grouped(outcome->rolled_back) << " blocks that the source has otherwise\n";
    std::cout << "indexed " << grouped(last.blocks) << " blocks, " << grouped(last.total.transactions)
              << " transactions, " << grouped(last.total.calls) << " calls in " << duration(last.seconds);
    if (end) std::cout << "; the store ends at height " << grouped(*end);
    std::cout << (outcome->stopped ? " (stopped)\n" : "\n");
    if (last.total_parallel.candidates != 0) std::cout << summary(last.total_parallel) << '\n';
    return 0;
}

}  // namespace warpshrew::app
