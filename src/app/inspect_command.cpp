#include <iostream>

#include "alkanes/message.hpp"
#include "app/commands.hpp"
#include "app/execution.hpp"
#include "app/inspect_picture.hpp"
#include "app/inspect_report.hpp"
#include "app/node.hpp"
#include "app/report.hpp"
#include "store/memory_state.hpp"

namespace warpshrew::app {

namespace {

/// Analyses a block's transactions instead of running them.
class Analyser final : public alkanes::TransactionRunner {
 public:
    Analyser(parallel::Speculate speculate, parallel::Workers& workers) : speculate_(speculate), workers_(workers) {}

    [[nodiscard]] bool run(const alkanes::BlockWork& block, alkanes::BlockMessages& messages) override {
        analysis = parallel::analyse_block(block, messages.tank(), speculate_, workers_);
        return true;
    }

    parallel::BlockAnalysis analysis;

 private:
    parallel::Speculate speculate_;
    parallel::Workers& workers_;
};

Result<bitcoin::Block> stored_block(const Node& node, std::uint64_t height) {
    Bytes raw;
    if (!node.db.at(height)->read("/blockdata/" + to_le(static_cast<std::uint32_t>(height)), raw))
        return fail("the store does not have block " + std::to_string(height));
    // As it is stored it has the plain form.
    return bitcoin::Block::decode(std::move(raw));
}

/// The state before a block that the store has.
std::unique_ptr<store::StateReader> state_before(const Node& node, std::uint64_t height) {
    if (height == node.db.first()) return std::make_unique<store::MemoryState>();
    return node.db.at(height - 1);
}

}  // namespace

int inspect_command(const SharedOptions& shared, const InspectCommand& command) {
    const Result<std::unique_ptr<Node>> opened = Node::open(shared, {.create = false, .read_only = true});
    if (!opened) return failed(opened.error());
    Node& node = **opened;
    const Result<std::uint64_t> height = height_in(node.db, command.height, shared.db_path);
    if (!height) return failed(height.error());
    const Result<bitcoin::Block> block = stored_block(node, *height);
    if (!block) return failed(block.error());

    parallel::Workers workers(node.engine, threads_of(shared));
    Analyser analyser(shared.speculate == "all" ? parallel::Speculate::all : parallel::Speculate::candidates, workers);
    alkanes::Indexer indexer(node.network, node.builtins, node.engine);
    const auto before = state_before(node, *height);
    store::BlockState thrown_away(*before);
    const Result<alkanes::BlockStats> indexed = indexer.index(thrown_away, *height, *block, &analyser);
    if (!indexed) return failed(indexed.error());
    // A value that could not be read counts as absent, and the analysis would be wrong.
    if (const Result<void> sound = node.db.health(); !sound) return failed(sound.error());

    const parallel::BlockAnalysis& analysis = analyser.analysis;
    if (shared.json) {
        print_inspect_json(std::cout, analysis);
    } else if (command.svg) {
        draw_svg(std::cout, analysis);
    } else if (command.dot) {
        draw_dot(std::cout, analysis);
    } else {
        print_inspect_table(std::cout, analysis);
        if (analysis.candidates.empty() && analysis.messages != 0)
            std::cout << "none begins with 8, 8 where that counts; --speculate all takes all messages\n";
    }
    std::cout.flush();
    return std::cout.good() ? 0 : failed({"cannot write to standard output"});
}

}  // namespace warpshrew::app
