#include "app/cli.hpp"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <exception>
#include <iostream>
#include <limits>

#include "alkanes/views.hpp"
#include "app/commands.hpp"
#include "app/devnet.hpp"
#include "base/bytes.hpp"
#include "protorune/network.hpp"

namespace warpshrew::app {

static std::string joined(std::span<const std::string_view> names) {
    std::string out;
    for (const std::string_view name : names) out += (out.empty() ? "" : ", ") + std::string(name);
    return out;
}

static void add_store_options(CLI::App& command, SharedOptions& shared) {
    command.add_option("--db-path", shared.db_path, "folder of the store")->capture_default_str()->type_name("DIR");
    command
        .add_option("--network", shared.network,
                    "mainnet, testnet, signet, regtest, devnet, fractal, dogecoin, luckycoin, bellscoin, or a profile "
                    "file; default: the store's own, mainnet for a new store")
        ->type_name("NAME|FILE");
}

static void add_json_option(CLI::App& command, SharedOptions& shared) {
    command.add_flag("--json", shared.json, "print machine-readable JSON");
}

static void add_threads_option(CLI::App& command, SharedOptions& shared) {
    command.add_option("--threads", shared.threads, "threads that execute calls; default: one a core")
        ->check(CLI::Range(1u, 1024u))
        ->type_name("N");
}

static void add_device_options(CLI::App& command, SharedOptions& shared) {
    command
        .add_option("--adapter", shared.adapter,
                    "name or index of the adapter that executes calls (see `warpshrew gpu`); default: the best one")
        ->type_name("NAME|INDEX");
    command.add_option("--lanes", shared.lanes, "calls that the device executes at a time; default: what suits it")
        ->check(CLI::Range(32u, 1u << 20))
        ->type_name("N");
}

static void add_verify_option(CLI::App& command, SharedOptions& shared, const std::string& what) {
    command
        .add_option(
            "--verify", shared.verify,
            what + " to compare with the CPU's: none, sample (one in 64, and the first of every target), or all")
        ->capture_default_str()
        ->check(CLI::IsMember({"none", "sample", "all"}));
}

static void add_execution_options(CLI::App& command, SharedOptions& shared) {
    command.add_option("--indexer", shared.indexer, "what to index: the built-in ALKANES")
        ->capture_default_str()
        ->check(CLI::IsMember({"alkanes"}));
    command
        .add_option("--executor", shared.executor,
                    "how contract calls are executed: in block order on one thread (serial); ahead, on threads (cpu) "
                    "or a GPU (gpu); or each batch on whichever of the two is faster (auto)")
        ->capture_default_str()
        ->check(CLI::IsMember({"serial", "cpu", "gpu", "auto"}));
    add_device_options(command, shared);
    command
        .add_option("--dry-run", shared.dry_run,
                    "what finds the keys that calls on the device touch: gpu, as it executes them, or cpu, which "
                    "executes them first and lets the device touch no others")
        ->capture_default_str()
        ->check(CLI::IsMember({"cpu", "gpu"}));
    add_threads_option(command, shared);
    command
        .add_option("--speculate", shared.speculate,
                    "messages to execute ahead of their turn: none, candidates (that begin with 8, 8), or all")
        ->capture_default_str()
        ->check(CLI::IsMember({"none", "candidates", "all"}));
    add_verify_option(command, shared, "results executed ahead");
    command
        .add_option("--metrics", shared.metrics,
                    "write the run's totals there after every block, in the text format of Prometheus")
        ->type_name("FILE");
}

// Options that are given and change nothing are told: who gives them expects something of them.
static void warn_without_effect(const CLI::App& command, const std::string& chosen,
                                std::initializer_list<const char*> options) {
    for (const char* name : options) {
        if (command.get_option(name)->count() != 0)
            std::cerr << "warpshrew: " << name << " has no effect with " << chosen << std::endl;
    }
}

static void warn_without_effect(const CLI::App& command, const SharedOptions& shared) {
    const std::string executor = "--executor " + shared.executor, none = "--speculate none";
    if (shared.executor == "serial")
        warn_without_effect(command, executor,
                            {"--threads", "--speculate", "--verify", "--adapter", "--lanes", "--dry-run"});
    else if (shared.speculate == "none")
        warn_without_effect(command, none,
                            {"--executor", "--threads", "--verify", "--adapter", "--lanes", "--dry-run"});
    else if (shared.executor == "cpu")
        warn_without_effect(command, executor, {"--adapter", "--lanes", "--dry-run"});
}

// Heights are stored in 32 bits; and CLI11 itself takes -1 for a very high one.
static CLI::Range a_height() { return {std::uint64_t{0}, std::uint64_t{std::numeric_limits<std::uint32_t>::max()}}; }

// Empty for an integer of 64 bits; CLI11 itself takes -1 for one.
static std::string below_2_64(const std::string& text) {
    u128 n = 0;
    const bool fits = parse_decimal(text, n) && n <= std::numeric_limits<std::uint64_t>::max();
    return fits ? "" : "not an integer below 2^64: " + text;
}

// Empty for a view that exists, also if this version does not support it; else what is wrong.
static std::string known_view(const std::string& name) {
    return alkanes::view_exists(name) ? "" : "there is no view " + name;
}

int run(int argc, char** argv) noexcept {
    try {
        CLI::App app{"warpshrew: a Bitcoin indexer for ALKANES smart contracts"};
        app.require_subcommand(1);
        app.set_version_flag("--version", "warpshrew " WARPSHREW_VERSION);
        SharedOptions shared;
        int code = exit_fine;

        IndexCommand index;
        CLI::App* c = app.add_subcommand("index", "index blocks from files and stop");
        add_store_options(*c, shared);
        add_execution_options(*c, shared);
        add_json_option(*c, shared);
        c->add_option("--block-files", index.block_files, "one raw or hex block a file, at consecutive heights")
            ->required()
            ->check(CLI::ExistingFile)
            ->type_name("FILE...");
        c->add_option(
             "--start-block", index.start_block,
             "height of the first file; default: behind the store's last block, or the network's genesis height")
            ->check(a_height())
            ->type_name("H");
        c->add_option("--exit-at", index.exit_at, "stop before this height")->check(a_height())->type_name("H");
        c->callback([&, c] {
            warn_without_effect(*c, shared);
            code = index_command(shared, index);
        });

        ViewCommand view;
        c = app.add_subcommand("view", "call one view and print its response as hex");
        add_store_options(*c, shared);
        add_json_option(*c, shared);
        c->add_option("NAME", view.name, joined(alkanes::view_names()))->required()->check(known_view);
        c->add_option("HEX", view.request, "protobuf request; empty if left out");
        c->add_option("--height", view.height, "state after this block; default: the last one")
            ->check(a_height())
            ->type_name("H");
        c->callback([&] { code = view_command(shared, view); });

        InspectCommand inspect;
        c = app.add_subcommand("inspect",
                               "what of a block can be executed in parallel: candidates, the keys that they touch, "
                               "conflicts, batches");
        add_store_options(*c, shared);
        add_threads_option(*c, shared);
        c->add_option("--height", inspect.height, "the block; default: the last one")
            ->check(a_height())
            ->type_name("H");
        c->add_option("--speculate", shared.speculate, "messages to look at: candidates (that begin with 8, 8), or all")
            ->capture_default_str()
            ->check(CLI::IsMember({"candidates", "all"}));
        add_json_option(*c, shared);
        CLI::Option* json_option = c->get_option("--json");
        CLI::Option* svg_option = c->add_flag("--svg", inspect.svg, "print a picture")->excludes(json_option);
        c->add_flag("--dot", inspect.dot, "print a picture for Graphviz")->excludes(json_option)->excludes(svg_option);
        c->callback([&] { code = inspect_command(shared, inspect); });

        SimulateCommand simulate;
        c = app.add_subcommand("simulate",
                               "execute many calls over one state, each by itself, and print their results");
        add_store_options(*c, shared);
        c->add_flag("--json", shared.json, "print the summary as JSON too, and no progress");
        c->add_option("FILE", simulate.file,
                      "a call a line: {\"target\":\"2:1\",\"inputs\":[\"77\"]} and more, see docs/simulate.md; - is "
                      "standard input")
            ->required()
            ->check([](const std::string& file) { return file == "-" ? "" : CLI::ExistingFile(file); });
        c->add_option("--height", simulate.height, "state after this block; default: the last one")
            ->check(a_height())
            ->type_name("H");
        c->add_option("--fuel", simulate.fuel, "limit of calls that give none; default: the fuel of a block at H")
            ->check(below_2_64)
            ->type_name("N");
        c->add_option("--executor", simulate.executor, "how calls are executed: one by one, on threads, or on a GPU")
            ->capture_default_str()
            ->check(CLI::IsMember({"serial", "cpu", "gpu"}));
        add_device_options(*c, shared);
        add_verify_option(*c, shared, "the GPU's results");
        add_threads_option(*c, shared);
        c->add_flag("--strict", simulate.strict, "stop at the first line that is not a call, with exit code 1");
        c->callback([&, c] {
            if (simulate.executor == "serial" && shared.threads > 1)
                throw CLI::ValidationError("--threads", "--executor serial has one thread");
            if (simulate.executor != "gpu")
                warn_without_effect(*c, "--executor " + simulate.executor, {"--adapter", "--lanes", "--verify"});
            code = simulate_command(shared, simulate);
        });

        DatabaseCommand database;
        CLI::App* db = app.add_subcommand("db", "look after a store");
        db->require_subcommand(1);
        const auto add_database = [&](const std::string& name, const std::string& help) {
            CLI::App* d = db->add_subcommand(name, help);
            d->add_option("--db-path", shared.db_path, "folder of the store")->capture_default_str()->type_name("DIR");
            d->add_option("--network", shared.network, "accepted, and not needed: a store knows its network")
                ->type_name("NAME|FILE");
            add_json_option(*d, shared);
            d->callback([&, name] {
                database.action = name;
                code = database_command(shared, database);
            });
            return d;
        };
        for (const auto& [name, help] :
             {std::pair{"digest", "SHA-256 of what `db dump` prints; equal stores have equal digests"},
              std::pair{"dump", "print every key with its latest value, as hex, sorted by key"}}) {
            add_database(name, help)
                ->add_option("--height", database.height, "state after this block; default: the last one")
                ->check(a_height())
                ->type_name("H");
        }
        add_database("verify", "check checksums and that every block's keys are all there");
        add_database("rollback", "undo the blocks above a height")
            ->add_option("--height", database.height, "the last block to keep")
            ->required()
            ->check(a_height())
            ->type_name("H");
        add_database("stats", "blocks, versions and bytes on disk");

        DevnetCommand devnet;
        c = app.add_subcommand("devnet",
                               "make an embedded chain of blocks with contract calls, index it, check it and report");
        c->add_option("--blocks", devnet.blocks, "blocks with calls")
            ->capture_default_str()
            ->check(CLI::Range(1, 100000))
            ->type_name("N");
        c->add_option("--calls-per-block", devnet.calls_per_block, "calls in each")
            ->capture_default_str()
            ->check(CLI::Range(1, 100000))
            ->type_name("M");
        c->add_option("--mix", devnet.mix, "what is called: " + joined(devnet_mixes()))
            ->capture_default_str()
            ->check(CLI::IsMember(std::vector<std::string>(devnet_mixes().begin(), devnet_mixes().end())));
        c->add_option("--seed", devnet.seed, "of the random choices")->capture_default_str()->type_name("S");
        c->add_option("--candidates", devnet.candidates,
                      "share of the messages that carry the (8, 8) prefix, which marks them as parallel candidates")
            ->capture_default_str()
            ->check(CLI::Range(0, 100))
            ->type_name("PERCENT");
        c->add_option("--db-path", devnet.db_path,
                      "keep the store there; default: a temporary folder, removed afterwards")
            ->type_name("DIR");
        c->add_option("--blocks-out", devnet.blocks_out, "also write the blocks there, as HEIGHT.blk")
            ->type_name("DIR");
        add_execution_options(*c, shared);
        add_json_option(*c, shared);
        c->callback([&, c] {
            warn_without_effect(*c, shared);
            code = devnet_command(shared, devnet);
        });

        GenesisCommand genesis;
        CLI::App* g = app.add_subcommand("genesis", "the built-in contracts of a network");
        g->require_subcommand(1);
        c = g->add_subcommand("extract",
                              "find the network's built-in contracts, by SHA-256, in an upstream module or checkout, "
                              "and keep them in the store");
        add_store_options(*c, shared);
        add_json_option(*c, shared);
        c->add_option("PATH", genesis.paths, "modules, files or folders to search")
            ->required()
            ->check(CLI::ExistingPath);
        c->callback([&] { code = genesis_extract_command(shared, genesis); });

        WasmFuelCommand fuel;
        CLI::App* w = app.add_subcommand("wasm", "look at WebAssembly modules");
        w->require_subcommand(1);
        c = w->add_subcommand("fuel", "the fuel charges of each function of a module");
        add_json_option(*c, shared);
        c->add_option("FILE", fuel.file, "a module, raw or gzipped")->required()->check(CLI::ExistingFile);
        c->callback([&] { code = wasm_fuel_command(shared, fuel); });

        GpuCommand gpu;
        CLI::App* gpu_app = app.add_subcommand("gpu", "list the adapters that kernels could run on");
        gpu_app->require_subcommand(0, 1);
        add_json_option(*gpu_app, shared);
        c = gpu_app->add_subcommand("selftest", "run every kernel on built-in cases and compare with the CPU");
        add_json_option(*c, shared);
        c->add_option("--adapter", gpu.adapter,
                      "index or name, as `warpshrew gpu` lists them; default: every usable one")
            ->type_name("NAME|INDEX");
        c->callback([&] { gpu.selftest = true; });
        gpu_app->callback([&] { code = gpu_command(shared, gpu); });

        try {
            app.parse(argc, argv);
        } catch (const CLI::ParseError& error) {
            return app.exit(error) == 0 ? exit_fine : exit_usage;
        }
        return code;
    } catch (const std::exception& error) {
        std::cerr << "warpshrew: " << error.what() << '\n';
        return exit_failed;
    }
}

}  // namespace warpshrew::app
