#pragma once
// The effect of a message that was executed ahead of its turn, and what has to be so for the effect to be the message's
// at its turn (design.md 2).

#include <absl/container/flat_hash_set.h>

#include <optional>
#include <vector>

#include "alkanes/execution.hpp"
#include "store/arena.hpp"
#include "store/block_state.hpp"

namespace warpshrew::alkanes {

/// The call that a message makes, as far as it does not follow from the block.
struct MessageCall {
    std::uint64_t height = 0;
    std::uint32_t tx_index = 0;
    std::uint32_t vout = 0;  ///< shadow vout
    BytesView calldata;
    std::span<const protorune::RuneTransfer> incoming;
    std::uint64_t fuel = 0;  ///< with which it starts
};

/// A key that was read, and what was seen of it.
struct StateRead {
    enum class Kind : std::uint8_t {
        value,     ///< `value`
        unwritten  ///< that this block has not written it
    };
    BytesView key, value;
    Kind kind = Kind::value;
};

struct StateWrite {
    BytesView key, value;
};

enum class ExecutionStatus : std::uint8_t {
    none,         ///< not executed, or not to the end: there is no effect
    succeeded,    ///< its writes and its tokens
    failed,       ///< its error; no writes
    handed_back,  ///< the executor cannot do this call
};

/// Flat: everything lies in memory that the executor provides. The balances of the runtime are not in it: they are
/// settled at the message's turn, as are the fuel tank, the trace's place and the inventories' lists.
struct ExecutedMessage {
    MessageCall call;
    ExecutionStatus status = ExecutionStatus::none;
    bool fuel_observed = false;       ///< the effect is that of exactly call.fuel
    bool sequence_observed = false;   ///< the read of the sequence number counts by value
    std::uint64_t fuel_required = 0;  ///< otherwise: with this much or more it is the same
    u128 sequence_required = 0;       ///< otherwise: with this number or a higher one it is the same
    std::uint64_t fuel_used = 0;      ///< of a message that succeeded
    std::uint64_t frames = 0;
    std::span<const StateRead> reads;    ///< of the state below, each key once
    std::span<const StateWrite> writes;  ///< each key once
    std::span<const store::Append> appends;
    std::span<const protorune::RuneTransfer> tokens;  ///< that it gives out
    BytesView error;
    BytesView trace;  ///< Trace::body
    std::span<const TraceEntry> trace_entries;
    std::uint64_t checksum = 0;  ///< of all the above: seal()
};

/// A checksum over the whole message, against what damages it on its way.
[[nodiscard]] std::uint64_t checksum_of(const ExecutedMessage& message);

/// Executes messages ahead of their turn on the CPU. One for a thread; its memory is kept from message to message.
class AheadExecution {
 public:
    /// All must outlive it. `block` is that of the messages; so are their transactions, unless there is a `transaction`
    /// that all of them see.
    AheadExecution(const Environment& environment, CodeCache& codes, const BlockInfo& block,
                   const bitcoin::Transaction* transaction = nullptr)
        : environment_(environment), codes_(codes), block_(block), transaction_(transaction) {}

    /// The message's effect on `below`, in memory of `arena`. Where the machine fails (no memory, no free instance), or
    /// the effect cannot be told apart from what settles at its turn, the status is handed_back. Only on a thread of
    /// Engine::run_deep.
    [[nodiscard]] ExecutedMessage execute(const MessageCall& call, const store::StateReader& below,
                                          store::Arena& arena);

 private:
    class Recorder final : public store::StateReader {
     public:
        [[nodiscard]] bool read(BytesView key, Bytes& value) const override;
        [[nodiscard]] bool written(BytesView key) const override;

        const store::StateReader* below = nullptr;
        store::Arena* arena = nullptr;
        mutable std::vector<StateRead> reads;
        mutable absl::flat_hash_set<std::string_view> unwritten;  ///< noted so
    };

    const Environment& environment_;
    CodeCache& codes_;
    const BlockInfo& block_;
    const bitcoin::Transaction* transaction_;
    Recorder recorder_;
    store::BlockState state_{recorder_};
};

}  // namespace warpshrew::alkanes
