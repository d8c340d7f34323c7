#pragma once
// What a lane wrote to output_state, as the effect of its message.

#include <absl/container/flat_hash_set.h>

#include <vector>

#include "alkanes/trace.hpp"
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
    BytesView sequence;  ///< as it was read
    u128 sequence_required = 0;
};

/// One for a thread; its memory is kept from message to message.
class RecordDecoder {
 public:
    class Words;

    explicit RecordDecoder(const ContractCodes& codes) : codes_(codes) {}

    /// From now on lanes have read from this table, and effects lie in this arena.
    void begin(const StateTable& state, store::Arena& arena);
    /// The effect, from the words that the lane wrote: sealed, its bytes in the arena, or where the table has them. The
    /// status is `none` if they are no complete record.
    [[nodiscard]] alkanes::ExecutedMessage decode(const PreparedCall& call, std::span<const std::uint32_t> words);
    /// Adds to `sum`, by number of the entry, how many messages have read it since the last time.
    void take_readers(std::span<std::uint32_t> sum);

 private:
    bool decode(Words& words, alkanes::ExecutedMessage& out);
    bool end(Words& words, alkanes::ExecutedMessage& out);
    bool read_first(const StateTable::Entry& e);
    void read_first_code(const ContractCodes::Code& code);
    void read_code(const ContractCodes::Code& code);
    [[nodiscard]] bool written(BytesView key);
    BytesView keep_bytes(BytesView b);

    const ContractCodes& codes_;
    const StateTable* state_ = nullptr;
    store::Arena* arena_ = nullptr;
    const PreparedCall* call_ = nullptr;
    alkanes::Trace trace_;
    alkanes::ResponseView response_;
    std::vector<alkanes::StateRead> reads_;
    std::vector<alkanes::StateWrite> writes_;
    std::vector<store::Append> appends_;
    const StateTable::Entry* sequence_ = nullptr;  ///< null if the table has it not
    std::vector<std::uint64_t> read_;              ///< by number of the entry: the last message that has read it
    std::vector<std::uint64_t> overwritten_;       ///< and that has overwritten it
    std::vector<std::uint32_t> readers_;           ///< and how many have read it since they were last asked for
    // What calls of a batch mostly have in common is kept once for those after the same begin().
    BytesView sequence_seen_, sequence_kept_;
    const ContractCodes::Code* code_seen_ = nullptr;
    std::vector<alkanes::StateRead> code_kept_;
    std::uint64_t message_ = 0;  ///< this one
    absl::flat_hash_set<protorune::RuneId> hops_;
    absl::flat_hash_set<std::string_view> written_;  ///< keys of `writes_`, where they are many
};

/// The key that a lane waits for, from the words that say so; empty if they do not.
[[nodiscard]] Bytes wanted_key(std::span<const std::uint32_t> words);

}  // namespace warpshrew::gpu
