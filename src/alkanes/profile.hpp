#pragma once
// Network profiles: files that describe a network by what differs from a known one (design.md 5).

#include <string_view>

#include "base/result.hpp"
#include "protorune/network.hpp"

namespace warpshrew::alkanes {

/// The network of that name, or the one that a profile file describes. Errors: neither a name nor a file, or what is
/// wrong in the file and what is allowed.
///
/// A profile is a JSON object. `base` names the network it starts from; all else is optional and replaces the base's
/// value:
///   name                         of the network; default: the file's name without extension
///   addresses                    {"bech32_hrp": text, "p2pkh": 0..255, "p2sh": 0..255}, each optional
///   genesis_block, genesis_outpoint_height, v217_fix_height, fuel_change1_height, v220_fork_height    heights
///   genesis_outpoint_txid        as displayed, 64 hex digits
///   minimum_fuel_always          true or false
///   minimum_fuel_before, minimum_fuel_after, total_fuel_before, total_fuel_after    fuel, at most 2^40
///   parallel_activation_height   a height, or null for never
///   builtins                     {"2:0": ..., "32:0": ..., "32:1": ...}, each optional: the path, relative to the
///                                profile, of the contract's code, which is its marker and its code at all heights; or
///                                null: the contract is left out, with its set-up call
[[nodiscard]] Result<protorune::Network> load_network(std::string_view name_or_file);

}  // namespace warpshrew::alkanes
