#include "alkanes/message.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "alkanes/balances.hpp"
#include "alkanes/keys.hpp"
#include "store/list.hpp"

namespace warpshrew::alkanes {

using protorune::BalanceSheet;
using protorune::RuneTransfer;

namespace {

/// Writes past the transaction: traces stay, whatever becomes of the message (alkanes-vm.md 7.3).
void save_trace(const protorune::Message& message, BytesView trace) {
    auto& block = message.state.block();
    const Bytes outpoint = protorune::op36(view(message.transaction.txid), message.vout);
    block.set("/trace/" + outpoint, trace);
    store::list_append(block, "/trace/" + to_le(message.height), outpoint);
}

/// Steps 9b to 9d.
Result<BalanceSheet> settle(Execution& x, const PreparedMessage& message, const Response& response,
                            BalanceSheet runtime_balances) {
    write_storage(x.state, message.target.myself, response.storage);
    if (auto r = settle_runtime(x.state, message.incoming, response.alkanes, runtime_balances); !r)
        return tl::unexpected(r.error());
    if (auto r = debit_all(x.state, message.target.myself, response.alkanes); !r) return tl::unexpected(r.error());
    return runtime_balances;
}

struct Executed {
    FrameResult frame;
    BalanceSheet runtime_balances;
};

/// Steps 8 to 9d.
Result<Executed> execute(Execution& x, FuelTank& tank, const PreparedMessage& prepared, BalanceSheet runtime_balances) {
    auto frame = run_frame(x, prepared.call(), prepared.target.code, x.fuel);
    if (!frame) return tl::unexpected(frame.error());
    if (auto r = tank.consume(frame->gas_used); !r) return tl::unexpected(r.error());
    auto balances = settle(x, prepared, frame->response, std::move(runtime_balances));
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

Result<void> settle_runtime(store::KeyValue& state, std::span<const RuneTransfer> incoming,
                            std::span<const RuneTransfer> outgoing, BalanceSheet& runtime_balances) {
    for (const auto& t : incoming)
        if (auto r = runtime_balances.increase(t.id, t.value); !r) return r;
    const auto sum = sum_of(outgoing);
    if (!sum) return tl::unexpected(sum.error());
    return runtime_balances.debit_mintable(*sum, state);
}

Result<void> debit_all(store::Transaction& state, const protorune::RuneId& from,
                       std::span<const RuneTransfer> transfers) {
    for (const auto& t : transfers)
        if (auto r = debit(state, from, t); !r) return r;
    return {};
}

Result<FrameResult> simulate_message(Execution& x, BytesView calldata, std::span<const RuneTransfer> incoming,
                                     std::uint64_t fuel) {
    const auto prepared = prepare_message(x, calldata, incoming);
    if (!prepared) return tl::unexpected(prepared.error());
    x.fuel = fuel;
    auto frame = run_frame(x, prepared->call(), prepared->target.code, fuel);
    if (!frame) return frame;
    const auto settled = settle(x, *prepared, frame->response, {});
    if (!settled) return tl::unexpected(settled.error());
    return frame;
}

Result<protorune::MessageOutcome> BlockMessages::handle(protorune::Message& message) {
    const auto& network = environment_.network;
    if (!network.active(message.height))
        return fail("subprotocol inactive until block " + std::to_string(network.genesis_block));
    Execution x{environment_, codes_, message.state, block_, message.transaction, message.height, message.vout};
    x.frames = counts_.calls;
    const auto prepared = prepare_message(x, message.calldata, message.runes);
    if (!prepared) return tl::unexpected(prepared.error());
    x.fuel = tank_.enter(message.tx_index);
    const Call call = prepared->call();
    x.trace.enter(CallType::call, {call.myself, call.caller, call.inputs, x.vout, call.incoming}, 0);
    auto executed = execute(x, tank_, *prepared, std::move(message.runtime_balances));
    counts_.messages++;
    counts_.calls = x.frames;
    if (!executed) {
        tank_.drain();
        x.trace.exit(false, revert_response(executed.error().reason), std::numeric_limits<std::uint64_t>::max());
        save_trace(message, x.trace.encode(x.fuel));
        return tl::unexpected(executed.error());
    }
    counts_.fuel += executed->frame.gas_used;
    x.trace.exit(true, executed->frame.response, executed->frame.gas_used);
    save_trace(message, x.trace.encode(x.fuel));
    return protorune::MessageOutcome{std::move(executed->frame.response.alkanes),
                                     std::move(executed->runtime_balances)};
}

MessageCall BlockMessages::call_of(const protorune::Message& message) const noexcept {
    return {message.height,   message.tx_index, message.vout,
            message.calldata, message.runes,    tank_.fuel_of(message.tx_index)};
}

/// Whether the state has what was seen of it.
static bool still_so(store::Transaction& state, const StateRead& read, const ExecutedMessage& executed) {
    if (read.kind == StateRead::Kind::unwritten) return !state.written(read.key);
    if (!executed.sequence_observed && read.key == sequence_key)
        return store::get_uint<u128>(state, sequence_key) >= executed.sequence_required;
    return state.get(read.key) == read.value;
}

/// Whether the entries lie one behind the other in the trace: what a wrong executor gives must not stop the run.
static bool entries_fit(const ExecutedMessage& executed) {
    std::size_t done = 0;
    for (const TraceEntry& e : executed.trace_entries) {
        if (e.offset < done || e.offset > executed.trace.size() || e.size > executed.trace.size() - e.offset)
            return false;
        done = e.offset + e.size;
    }
    return true;
}

BlockMessages::Rejection BlockMessages::check(const protorune::Message& message,
                                              const ExecutedMessage& executed) const {
    if (executed.status != ExecutionStatus::succeeded && executed.status != ExecutionStatus::failed)
        return Rejection::not_executed;
    if (executed.checksum != checksum_of(executed) || !entries_fit(executed)) return Rejection::damaged;
    const MessageCall now = call_of(message);
    const MessageCall& then = executed.call;
    if (then.height != now.height || then.tx_index != now.tx_index || then.vout != now.vout ||
        then.calldata != now.calldata || !std::ranges::equal(then.incoming, now.incoming))
        return Rejection::other_call;
    if (executed.fuel_observed ? then.fuel != now.fuel : executed.fuel_required > now.fuel) return Rejection::fuel;
    if (executed.status == ExecutionStatus::succeeded && executed.fuel_used > now.fuel) return Rejection::fuel;
    for (const StateRead& read : executed.reads)
        if (!still_so(message.state, read, executed)) return Rejection::state;
    return Rejection::none;
}

std::optional<Result<protorune::MessageOutcome>> BlockMessages::replay(protorune::Message& message,
                                                                       const ExecutedMessage& executed) {
    const bool succeeded = executed.status == ExecutionStatus::succeeded;
    BalanceSheet runtime_balances;
    if (succeeded) {
        runtime_balances = message.runtime_balances;
        if (!settle_runtime(message.state, message.runes, executed.tokens, runtime_balances)) return std::nullopt;
    }
    const std::uint64_t fuel = tank_.enter(message.tx_index);
    if (!succeeded) {
        tank_.drain();
    } else if (!tank_.consume(executed.fuel_used)) {
        throw std::logic_error("a message that was checked uses more fuel than it has");
    }
    counts_.messages++;
    counts_.calls += executed.frames;
    counts_.fuel += executed.fuel_used;
    for (const auto& a : executed.appends) message.state.block().append(a.list, a.item);
    save_trace(message, encode_trace(executed.trace, executed.trace_entries, fuel));
    if (!succeeded) return fail(std::string(executed.error));
    for (const auto& w : executed.writes) message.state.set(w.key, w.value);
    return protorune::MessageOutcome{{executed.tokens.begin(), executed.tokens.end()}, std::move(runtime_balances)};
}

}  // namespace warpshrew::alkanes
