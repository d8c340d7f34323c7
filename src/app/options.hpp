#pragma once
// Options that commands share, as the command line fills them in.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace warpshrew::app {

struct SharedOptions {
    std::filesystem::path db_path = "warpshrew-db";
    std::string network;  ///< a name or a profile file; empty: the store's own, mainnet for a new store
    std::string indexer = "alkanes";
    std::string executor = "serial";  ///< serial, cpu, gpu, auto
    unsigned threads = 0;             ///< 0: as many as the machine has
    std::string speculate = "candidates";
    std::string verify = "sample";
    std::string adapter;                           ///< name or index; empty: the best one
    std::string dry_run = "gpu";                   ///< what finds the keys that calls on the device touch
    std::uint32_t lanes = 0;                       ///< of a batch on the device; 0: what suits the adapter
    std::optional<std::filesystem::path> metrics;  ///< file that gets the run's totals
    bool json = false;
};

struct IndexCommand {
    std::vector<std::filesystem::path> block_files;
    std::optional<std::uint64_t> start_block;
    std::optional<std::uint64_t> exit_at;
};

struct ViewCommand {
    std::string name;
    std::string request;  ///< hex, with or without 0x
    std::optional<std::uint64_t> height;
};

struct InspectCommand {
    std::optional<std::uint64_t> height;
    bool svg = false, dot = false;
};

struct SimulateCommand {
    std::filesystem::path file;  ///< "-": standard input
    std::optional<std::uint64_t> height;
    std::optional<std::uint64_t> fuel;  ///< limit of calls that name none; default: the fuel of a block
    std::string executor = "cpu";
    bool strict = false;
};

struct DatabaseCommand {
    std::string action;  ///< digest, dump, verify, rollback, stats
    std::optional<std::uint64_t> height;
};

struct DevnetCommand {
    std::uint64_t blocks = 20;
    std::uint64_t calls_per_block = 250;
    std::string mix = "everything";
    std::uint64_t seed = 1;
    unsigned candidates = 100;
    std::optional<std::filesystem::path> db_path;     ///< kept there; a temporary folder otherwise
    std::optional<std::filesystem::path> blocks_out;  ///< folder that gets the blocks as HEIGHT.blk
};

struct GenesisCommand {
    std::vector<std::filesystem::path> paths;
};

struct WasmFuelCommand {
    std::filesystem::path file;
};

struct GpuCommand {
    bool selftest = false;
    std::string adapter;  ///< index or name; empty: every usable one
};

}  // namespace warpshrew::app
