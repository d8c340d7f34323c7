#pragma once
// One function a command. Each prints its result to standard output, errors to standard error, and returns an exit
// code.

#include "app/options.hpp"

namespace warpshrew::app {

int index_command(const SharedOptions& shared, const IndexCommand& command);
int view_command(const SharedOptions& shared, const ViewCommand& command);
int inspect_command(const SharedOptions& shared, const InspectCommand& command);
int simulate_command(const SharedOptions& shared, const SimulateCommand& command);
int database_command(const SharedOptions& shared, const DatabaseCommand& command);
int devnet_command(const SharedOptions& shared, const DevnetCommand& command);
int genesis_extract_command(const SharedOptions& shared, const GenesisCommand& command);
int wasm_fuel_command(const SharedOptions& shared, const WasmFuelCommand& command);
int gpu_command(const SharedOptions& shared, const GpuCommand& command);

}  // namespace warpshrew::app
