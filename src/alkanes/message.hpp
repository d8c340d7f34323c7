#pragma once
// Messages: what a protostone asks of a contract (alkanes-vm.md 2.2).

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

/// Steps 9b to 9d: writes the storage and settles the tokens; gives the runtime balances afterwards.
[[nodiscard]] Result<protorune::BalanceSheet> settle_message(Execution& execution, const PreparedMessage& message,
                                                             const Response& response,
                                                             protorune::BalanceSheet runtime_balances);

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

    struct Counts {
        std::uint64_t messages = 0, calls = 0, fuel = 0;
    };
    [[nodiscard]] const Counts& counts() const noexcept { return counts_; }

 private:
    const Environment& environment_;
    CodeCache& codes_;
    const BlockInfo& block_;
    FuelTank tank_;
    Counts counts_;
};

}  // namespace warpshrew::alkanes
