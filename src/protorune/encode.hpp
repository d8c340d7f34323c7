#pragma once
// Encoding of runestones, protostones, cellpacks and contract envelopes, for transactions that are made and not read:
// devnet, tests, benchmarks.

#include <span>
#include <vector>

#include "protorune/protostone.hpp"

namespace warpshrew::protorune {

/// LEB128 of the integers, one behind the other: the message bytes of a cellpack (alkanes-vm.md 1.2).
[[nodiscard]] Bytes encode_cellpack(std::span<const u128> integers);

/// The values of the runestone field "protocol" (tag 16383) that carry the stones (protorune.md 1.6, encoding side).
/// Messages are carried in groups of 15 bytes and come back padded with zeros.
[[nodiscard]] std::vector<u128> encode_protostones(std::span<const Protostone> stones);

/// The OP_RETURN script of a runestone (protorune.md 1.1, 1.4). Edicts are sorted by id, which the encoding needs.
[[nodiscard]] Bytes encode_runestone(const Runestone& runestone, bool dogecoin_runestones = false);

/// The same of a runestone with nothing but a pointer and protostones.
[[nodiscard]] Bytes encode_runestone(std::span<const Protostone> stones, std::optional<std::uint32_t> pointer = {},
                                     bool dogecoin_runestones = false);

/// A tapscript that carries a contract: OP_0 OP_IF "BIN", an empty push, chunks of 520 bytes, OP_ENDIF
/// (alkanes-vm.md 1.4). `compressed` is the contract in gzip form.
[[nodiscard]] Bytes contract_envelope(BytesView compressed);

/// The witness that reveals `tapscript`: the script and an empty control block, which is never checked.
[[nodiscard]] std::vector<Bytes> script_path_witness(Bytes tapscript);

}  // namespace warpshrew::protorune
