#pragma once
// Messages: what a protostone asks of a contract (alkanes-vm.md 2.2).

#include "alkanes/executed_message.hpp"
#include "alkanes/frame.hpp"
#include "alkanes/fuel_tank.hpp"
#include "alkanes/serialization.hpp"
#include "alkanes/target.hpp"
#include "protorune/indexer.hpp"

namespace warpshrew::alkanes {

/// A message whose contract is found and whose tokens are with it (steps 1 to 5).
struct PreparedMessage {
    Cellpack cellpack;
    Target target;
    std::span<const protorune::RuneTransfer> incoming;

    [[nodiscard]] Call call() const noexcept { return {target.myself, {}, incoming, cellpack.inputs}; }
};

/// Steps 1 to 5. An error leaves no trace and takes no fuel. `incoming` must outlive the result.
[[nodiscard]] Result<PreparedMessage> prepare_message(Execution& execution, BytesView calldata,
                                                      std::span<const protorune::RuneTransfer> incoming);

/// Step 9c: what the message brings and gives out, in the runtime's balances.
[[nodiscard]] Result<void> settle_runtime(store::KeyValue& state, std::span<const protorune::RuneTransfer> incoming,
                                          std::span<const protorune::RuneTransfer> outgoing,
                                          protorune::BalanceSheet& runtime_balances);

/// Step 9d: what it gives out, from the contract's balances.
[[nodiscard]] Result<void> debit_all(store::Transaction& state, const protorune::RuneId& from,
                                     std::span<const protorune::RuneTransfer> transfers);

/// A message outside of a block's own: all steps but those of the tank and the trace (alkanes-vm.md 7.1). The writes
/// stay in the execution's transaction.
[[nodiscard]] Result<FrameResult> simulate_message(Execution& execution, BytesView calldata,
                                                   std::span<const protorune::RuneTransfer> incoming,
                                                   std::uint64_t fuel);

/// The amounts of `transfers` by id.
[[nodiscard]] Result<protorune::BalanceSheet> sum_of(std::span<const protorune::RuneTransfer> transfers);

/// Executes the messages of one block.
class BlockMessages final : public protorune::MessageHandler {
 public:
    /// The first three must outlive it. `frames`: begun in this block before, by set-up calls.
    BlockMessages(const Environment& environment, CodeCache& codes, const BlockInfo& block, FuelTank tank,
                  std::uint64_t frames)
        : environment_(environment), codes_(codes), block_(block), tank_(std::move(tank)), counts_{0, frames, 0} {}

    [[nodiscard]] Result<protorune::MessageOutcome> handle(protorune::Message& message) override;

    /// Why the effect of a message that was executed ahead is not used.
    enum class Rejection : std::uint8_t {
        none,
        not_executed,  ///< the executor gave nothing, or handed it back
        damaged,       ///< the checksum is wrong
        other_call,    ///< it is the effect of another call
        fuel,          ///< the fuel is other, and the effect depends on it
        state,         ///< something read has changed
        runtime        ///< the runtime's balances do not allow it
    };
    static constexpr std::size_t rejections = 7;

    /// The call that `message` makes now.
    [[nodiscard]] MessageCall call_of(const protorune::Message& message) const noexcept;

    /// Whether handle() would have the effect `executed`. Changes nothing, but reads state.
    [[nodiscard]] Rejection check(const protorune::Message& message, const ExecutedMessage& executed) const;

    /// Does what handle() would do, by means of an effect that check() has just found to be the message's. Nothing, and
    /// nothing done, if the runtime's balances do not allow it.
    [[nodiscard]] std::optional<Result<protorune::MessageOutcome>> replay(protorune::Message& message,
                                                                          const ExecutedMessage& executed);

    struct Counts {
        std::uint64_t messages = 0, calls = 0, fuel = 0;
    };
    [[nodiscard]] const Counts& counts() const noexcept { return counts_; }
    [[nodiscard]] const FuelTank& tank() const noexcept { return tank_; }

 private:
    const Environment& environment_;
    CodeCache& codes_;
    const BlockInfo& block_;
    FuelTank tank_;
    Counts counts_;
};

}  // namespace warpshrew::alkanes
