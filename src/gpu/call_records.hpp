#pragma once
// What a lane wrote to output_state, as the effect of its message.

#include "gpu/state_table.hpp"

namespace warpshrew::gpu {

/// What of a message is known before it runs on a lane.
struct PreparedCall {
    alkanes::MessageCall call;
    std::uint32_t position = 0;
    const ContractCodes::Code* code = nullptr;
    protorune::RuneId target;
    std::vector<u128> inputs;
    bool reads_sequence = false;
    Bytes sequence;  ///< as it was read
    u128 sequence_required = 0;
};

/// The effect, from the words that the lane wrote: sealed, its bytes in the arena. The status is `none` if they are no
/// complete record.
[[nodiscard]] alkanes::ExecutedMessage decode_records(const PreparedCall& call, std::span<const std::uint32_t> words,
                                                      const StateTable& state, const ContractCodes& codes,
                                                      store::Arena& arena);

/// The key that a lane waits for, from its output at `at`; empty if there is none.
[[nodiscard]] Bytes wanted_key(std::span<const std::uint32_t> words, std::size_t at);

}  // namespace warpshrew::gpu
