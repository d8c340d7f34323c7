#include "alkanes/message.hpp"

#include <limits>

#include "alkanes/balances.hpp"
#include "store/list.hpp"

namespace warpshrew::alkanes {

using protorune::BalanceSheet;
using protorune::RuneTransfer;

namespace {

/// Writes past the transaction: traces stay, whatever becomes of the message (alkanes-vm.md 7.3).
void save_trace(Execution& x) {
    auto& block = x.state.block();
    const Bytes outpoint = protorune::op36(view(x.transaction.txid), x.vout);
    block.set("/trace/" + outpoint, x.trace.bytes());
    store::list_append(block, "/trace/" + to_le(x.height), outpoint);
}

struct Executed {
    FrameResult frame;
    BalanceSheet runtime_balances;
};

/// Steps 8 to 9d.
Result<Executed> execute(Execution& x, FuelTank& tank, const PreparedMessage& prepared, std::uint64_t fuel,
                         BalanceSheet runtime_balances) {
    auto frame = run_frame(x, prepared.call(), prepared.target.code, fuel);
    if (!frame) return tl::unexpected(frame.error());
    if (auto r = tank.consume(frame->gas_used); !r) return tl::unexpected(r.error());
    auto balances = settle_message(x, prepared, frame->response, std::move(runtime_balances));
    if (!balances) return tl::unexpected(balances.error());
    return Executed{std::move(*frame), std::move(*balances)};
}

}  // namespace

Result<BalanceSheet> sum_of(std::span<const RuneTransfer> transfers) {
    BalanceSheet sheet;
    for (const auto& t : transfers)
        if (auto r = sheet.increase(t.id, t.value); !r) return tl::unexpected(r.error());
    return sheet;
}

Result<PreparedMessage> prepare_message(Execution& x, BytesView calldata, std::span<const RuneTransfer> incoming) {
    auto cellpack = decode_calldata(calldata, x.network().parallel_active(x.height));
    if (!cellpack) return tl::unexpected(cellpack.error());
    auto target = resolve_target(x, cellpack->target);
    if (!target) return tl::unexpected(target.error());
    for (const auto& t : incoming)
        if (auto r = credit(x.state, target->myself, t, "credit_balances"); !r) return tl::unexpected(r.error());
    return PreparedMessage{std::move(*cellpack), std::move(*target), incoming};
}

Result<BalanceSheet> settle_message(Execution& x, const PreparedMessage& message, const Response& response,
                                    BalanceSheet runtime_balances) {
    write_storage(x.state, message.target.myself, response.storage);
    for (const auto& t : message.incoming)
        if (auto r = runtime_balances.increase(t.id, t.value); !r) return tl::unexpected(r.error());
    const auto outgoing = sum_of(response.alkanes);
    if (!outgoing) return tl::unexpected(outgoing.error());
    if (auto r = runtime_balances.debit_mintable(*outgoing, x.state); !r) return tl::unexpected(r.error());
    for (const auto& t : response.alkanes)
        if (auto r = debit(x.state, message.target.myself, t); !r) return tl::unexpected(r.error());
    return runtime_balances;
}

Result<FrameResult> simulate_message(Execution& x, BytesView calldata, std::span<const RuneTransfer> incoming,
                                     std::uint64_t fuel) {
    const auto prepared = prepare_message(x, calldata, incoming);
    if (!prepared) return tl::unexpected(prepared.error());
    auto frame = run_frame(x, prepared->call(), prepared->target.code, fuel);
    if (!frame) return frame;
    const auto settled = settle_message(x, *prepared, frame->response, {});
    if (!settled) return tl::unexpected(settled.error());
    return frame;
}

Result<protorune::MessageOutcome> BlockMessages::handle(protorune::Message& message) {
    const auto& network = environment_.network;
    if (!network.active(message.height))
        return fail("subprotocol inactive until block " + std::to_string(network.genesis_block));
    Execution x{environment_, codes_, message.state, block_, message.transaction, message.height,
                message.vout, {},     counts_.calls, nullptr};
    const auto prepared = prepare_message(x, message.calldata, message.runes);
    if (!prepared) return tl::unexpected(prepared.error());
    const std::uint64_t fuel = tank_.enter(message.tx_index);
    const Call call = prepared->call();
    x.trace.enter(CallType::call, {call.myself, call.caller, call.inputs, x.vout, call.incoming}, fuel);
    auto executed = execute(x, tank_, *prepared, fuel, std::move(message.runtime_balances));
    counts_.messages++;
    counts_.calls = x.frames;
    if (!executed) {
        tank_.drain();
        x.trace.exit(false, revert_response(executed.error().reason), std::numeric_limits<std::uint64_t>::max());
        save_trace(x);
        return tl::unexpected(executed.error());
    }
    counts_.fuel += executed->frame.gas_used;
    x.trace.exit(true, executed->frame.response, executed->frame.gas_used);
    save_trace(x);
    return protorune::MessageOutcome{std::move(executed->frame.response.alkanes),
                                     std::move(executed->runtime_balances)};
}

}  // namespace warpshrew::alkanes
