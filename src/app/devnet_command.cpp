#include <chrono>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/devnet_check.hpp"
#include "app/execution.hpp"
#include "app/node.hpp"
#include "app/parallel_report.hpp"
#include "app/report.hpp"
#include "app/stop_signal.hpp"
#include "base/file.hpp"
#include "base/hex.hpp"
#include "base/temporary_folder.hpp"
#include "sync/block_memory.hpp"

namespace warpshrew::app {

using Clock = std::chrono::steady_clock;
using nlohmann::ordered_json;

namespace {

// A devnet is a new chain: the folder asked for must be new as well.
Result<void> check_new(const std::filesystem::path& folder) {
    std::error_code error;
    if (!std::filesystem::exists(folder, error) || std::filesystem::is_empty(folder, error)) return {};
    return fail(folder.string() + " is not empty: devnet makes a new chain, name a new folder");
}

Result<void> write_blocks(const DevnetChain& chain, const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return fail("cannot create " + folder.string() + ": " + error.message());
    for (std::size_t height = 0; height < chain.blocks.size(); height++) {
        if (Result<void> written = write_file(folder / (std::to_string(height) + ".blk"), chain.blocks[height]);
            !written)
            return written;
    }
    return {};
}

std::string cell(const std::string& text, std::size_t width) {
    return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

void print(const DevnetFindings& findings) {
    std::cout << "\n  " << std::left << std::setw(20) << "call" << std::right << cell("calls", 10)
              << cell("succeeded", 12) << cell("as meant", 11) << '\n';
    for (const DevnetKind& k : findings.kinds) {
        std::cout << "  " << std::left << std::setw(20) << k.name << std::right << cell(grouped(k.calls), 10)
                  << cell(grouped(k.succeeded), 12)
                  << cell(k.as_meant == k.calls ? "all" : grouped(k.as_meant) + " !", 11) << '\n';
    }
    std::cout << "\n  " << std::left << std::setw(20) << "token" << std::right << cell("minted", 22)
              << cell("contract says", 22) << cell("found", 22) << '\n';
    for (const DevnetSupply& s : findings.supplies) {
        const bool agrees = s.expected == s.claimed && s.expected == s.held;
        std::cout << "  " << std::left << std::setw(20) << s.name << std::right << cell(to_decimal(s.expected), 22)
                  << cell(to_decimal(s.claimed), 22) << cell(to_decimal(s.held), 22) << (agrees ? "" : "  !") << '\n';
    }
}

ordered_json to_json(const DevnetFindings& findings) {
    ordered_json kinds = ordered_json::array(), supplies = ordered_json::array();
    for (const DevnetKind& k : findings.kinds) {
        kinds.push_back(
            {{"call", std::string(k.name)}, {"calls", k.calls}, {"succeeded", k.succeeded}, {"as_meant", k.as_meant}});
    }
    for (const DevnetSupply& s : findings.supplies) {
        supplies.push_back({{"token", s.name},
                            {"id", to_decimal(s.id.block) + ":" + to_decimal(s.id.tx)},
                            {"minted", to_decimal(s.expected)},
                            {"claimed", to_decimal(s.claimed)},
                            {"found", to_decimal(s.held)}});
    }
    return {{"calls", kinds}, {"supplies", supplies}, {"sound", findings.sound}};
}

}  // namespace

int devnet_command(const SharedOptions& shared, const DevnetCommand& command) {
    std::optional<TemporaryFolder> temporary;
    SharedOptions options = shared;
    options.network = "devnet";
    if (command.db_path) {
        if (const Result<void> is_new = check_new(*command.db_path); !is_new) return failed(is_new.error());
        options.db_path = *command.db_path;
    } else {
        options.db_path = temporary.emplace().path();
    }
    const Result<std::unique_ptr<Node>> opened = Node::open(options, {});
    if (!opened) return failed(opened.error());
    Node& node = **opened;

    Clock::time_point start = Clock::now();
    const auto seconds = [&start] { return std::chrono::duration<double>(Clock::now() - start).count(); };
    const DevnetChain chain =
        make_devnet_chain({command.blocks, command.calls_per_block, command.mix, command.seed, command.candidates});
    std::size_t bytes = 0;
    for (const Bytes& block : chain.blocks) bytes += block.size();
    if (!shared.json) {
        std::cout << "made " << grouped(chain.blocks.size()) << " blocks (" << grouped(chain.set_up_blocks)
                  << " of them set contracts up), " << grouped(chain.calls.size()) << " calls, " << grouped(bytes)
                  << " bytes in " << duration(seconds()) << std::endl;
    }
    if (command.blocks_out) {
        if (const Result<void> written = write_blocks(chain, *command.blocks_out); !written)
            return failed(written.error());
    }

    install_stop_signal();
    alkanes::Indexer indexer(node.network, node.builtins, node.engine);
    const Result<std::unique_ptr<Execution>> execution = Execution::create(shared, node.engine);
    if (!execution) return failed(execution.error());
    ProgressReport progress(shared.json);
    sync::IndexOptions index_options;
    index_options.stop = &stop_requested();
    index_options.runner = (*execution)->runner();
    // The first blocks compile the contracts; speed is measured behind them.
    sync::Progress set_up;
    index_options.report = [&](const sync::Progress& p) {
        report_block(shared, **execution, progress, p);
        if (p.blocks == chain.set_up_blocks) set_up = p;
    };
    const sync::BlockMemory source(chain.blocks, 0, node.network.block_format);
    const Result<sync::IndexOutcome> outcome = sync::index_chain(node.db, indexer, source, index_options);
    progress.finish();
    if (!outcome) return failed(outcome.error());
    if (outcome->stopped) return failed({"stopped at height " + std::to_string(outcome->last.height)});

    const std::uint64_t tip = *node.db.tip();
    const Outpoint genesis{[&] {
                               Digest d;
                               std::copy(node.network.genesis_txid.begin(), node.network.genesis_txid.end(), d.begin());
                               return d;
                           }(),
                           0};
    const alkanes::Views views(node.network, node.builtins, node.engine);
    const Result<DevnetFindings> findings = check_devnet(chain, genesis, views, *node.db.latest(), tip);
    if (!findings) return failed(findings.error());
    const Result<Digest> digest = store::digest(node.db, tip);
    if (!digest) return failed(digest.error());

    const sync::Progress& last = outcome->last;
    const double measured = last.seconds - set_up.seconds;
    const auto rate = [&](std::uint64_t all, std::uint64_t before) {
        return static_cast<double>(all - before) / measured;
    };
    const double blocks_rate = rate(last.blocks, set_up.blocks),
                 transaction_rate = rate(last.total.transactions, set_up.total.transactions),
                 call_rate = rate(last.total.calls, set_up.total.calls);
    if (shared.json) {
        ordered_json out = to_json(*findings);
        out["blocks"] = last.blocks;
        out["seconds"] = last.seconds;
        out["blocks_per_second"] = blocks_rate;
        out["transactions_per_second"] = transaction_rate;
        out["calls_per_second"] = call_rate;
        if (last.total_parallel.candidates != 0) out["parallel"] = to_json(last.total_parallel);
        if (shared.executor != "serial") out["executor"] = to_json((*execution)->info());
        out["digest"] = to_hex(view(*digest));
        std::cout << out.dump() << '\n';
    } else {
        std::cout << "indexed them in " << duration(last.seconds) << ", " << duration(set_up.seconds)
                  << " of it for the contracts' set-up; behind it " << rounded(blocks_rate) << " blocks/s, "
                  << rounded(transaction_rate) << " transactions/s, " << rounded(call_rate) << " calls/s\n";
        if (last.total_parallel.candidates != 0) std::cout << summary(last.total_parallel) << '\n';
        print(*findings);
        std::cout << "\nstore digest " << to_hex(view(*digest)) << '\n';
        if (command.db_path) std::cout << "the store is in " << command.db_path->string() << " (network devnet)\n";
        std::cout << (findings->sound ? "every call did what it was meant to, and every supply agrees\n" : "")
                  << std::flush;
    }
    return findings->sound ? 0 : failed({"the store is not what the chain was meant to give (see the lines marked !)"});
}

}  // namespace warpshrew::app
