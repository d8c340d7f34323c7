#include "alkanes/frame.hpp"

#include <optional>
#include <stdexcept>

#include "alkanes/balances.hpp"
#include "alkanes/guest_memory.hpp"
#include "alkanes/keys.hpp"
#include "alkanes/serialization.hpp"
#include "alkanes/target.hpp"
#include "alkanes/utf8.hpp"
#include "base/hex.hpp"
#include "store/list.hpp"

namespace warpshrew::alkanes {

using protorune::RuneId;
using wasm::HostFunction;

namespace {

// Prices of host functions (alkanes-vm.md 3.4, 4.1).
constexpr std::uint64_t price_request_transaction = 50, price_request_block = 100, price_load_transaction = 500,
                        price_load_block = 1000, price_sequence = 5, price_fuel = 5, price_height = 10,
                        price_balance = 10, price_extcall = 500;
constexpr std::size_t max_depth = 75;  // of checkpoints, at an external call (alkanes-vm.md 2.6)

class Frame final : public wasm::Host {
 public:
    Frame(Execution& execution, const Call& call) : x_(execution), call_(call) {}

    std::int32_t call(HostFunction f, wasm::Instance& instance, std::span<const std::int64_t> args) override;

    /// Calls an export: the bytes at the pointer that it returns, a view of the instance's memory.
    [[nodiscard]] Result<BytesView> run(wasm::Instance& instance, std::string_view name);
    [[nodiscard]] bool failed() const noexcept { return failed_; }

 private:
    using Args = std::span<const std::int64_t>;
    /// The function's result, 0 where it has none; nothing: it failed.
    using Answer = std::optional<std::int32_t>;

    Answer answer(HostFunction f, wasm::Instance& instance, Args args);
    Answer request_storage(wasm::Instance& instance, Args args);
    Answer load_storage(wasm::Instance& instance, Args args);
    Answer balance(wasm::Instance& instance, Args args);
    std::int32_t external_call(CallType type, wasm::Instance& instance, Args args);
    Result<std::int32_t> try_external_call(CallType type, wasm::Instance& instance, Args args, bool& in_progress);
    Result<std::int32_t> run_child(CallType type, wasm::Instance& instance, const Call& child,
                                   const Result<CompiledCode>& code, bool& in_progress);

    /// Takes fuel; below v217_fix_height it is only checked (alkanes-vm.md 3.4).
    [[nodiscard]] bool charge(wasm::Instance& instance, std::uint64_t n) const {
        const std::uint64_t fuel = instance.fuel();
        x_.needs_fuel(fuel, n);
        if (fuel < n) return false;
        if (x_.height >= x_.network().v217_fix_height) instance.set_fuel(fuel - n);
        return true;
    }
    /// Charges and writes `value` to the guest's buffer.
    Answer give(wasm::Instance& instance, std::int64_t pointer, BytesView value, std::uint64_t price) const {
        if (!charge(instance, price)) return std::nullopt;
        if (!write_buffer(instance.memory(), static_cast<std::int32_t>(pointer), value)) return std::nullopt;
        return 0;
    }
    Answer size(wasm::Instance& instance, BytesView value, std::uint64_t price) const {
        return charge(instance, price) ? Answer(static_cast<std::int32_t>(value.size())) : std::nullopt;
    }
    /// The call's context, serialized when first asked for.
    BytesView context();
    std::int32_t set_return_data(Bytes data) {
        return_data_ = std::move(data);
        return static_cast<std::int32_t>(return_data_.size());
    }

    Execution& x_;
    const Call& call_;
    Bytes context_;
    Bytes return_data_;
    bool failed_ = false;
};

Result<BytesView> buffer(wasm::Instance& instance, std::int64_t pointer) {
    return read_buffer(instance.memory(), static_cast<std::int32_t>(pointer));
}

BytesView Frame::context() {
    if (context_.empty()) {
        context_.reserve(sizeof(u128) * (6 + 3 * call_.incoming.size() + call_.inputs.size()));
        for (const u128 x : {call_.myself.block, call_.myself.tx, call_.caller.block, call_.caller.tx, u128{x_.vout},
                             u128{call_.incoming.size()}})
            append_le(context_, x);
        for (const auto& t : call_.incoming) {
            append_le(context_, t.id.block);
            append_le(context_, t.id.tx);
            append_le(context_, t.value);
        }
        for (const u128 x : call_.inputs) append_le(context_, x);
    }
    return context_;
}

std::int32_t Frame::call(HostFunction f, wasm::Instance& instance, Args args) {
    if (f == HostFunction::abort) {
        failed_ = true;
        return 0;
    }
    if (x_.failure) return -1;
    try {
        const auto r = answer(f, instance, args);
        if (!r) failed_ = true;
        return r.value_or(-1);
    } catch (...) {
        // An exception must not unwind through the engine. Without fuel the contract soon ends, and run() goes on.
        x_.failure = std::current_exception();
        instance.set_fuel(0);
        return -1;
    }
}

Frame::Answer Frame::answer(HostFunction f, wasm::Instance& instance, Args args) {
    switch (f) {
        case HostFunction::abort:
            return 0;
        case HostFunction::request_storage:
            return request_storage(instance, args);
        case HostFunction::load_storage:
            return load_storage(instance, args);
        case HostFunction::log:
            return buffer(instance, args[0]) ? Answer(0) : std::nullopt;
        case HostFunction::balance:
            return balance(instance, args);
        case HostFunction::request_context:
            return size(instance, context(), context().size());
        case HostFunction::load_context:
            if (!give(instance, args[0], context(), 2 * context().size())) return std::nullopt;
            return static_cast<std::int32_t>(args[0]);
        case HostFunction::sequence:
            x_.seen.sequence = true;
            return give(instance, args[0], to_le(store::get_uint<u128>(x_.state, sequence_key)), price_sequence);
        case HostFunction::fuel:
            x_.seen.fuel = true;
            return give(instance, args[0], to_le(instance.fuel()), price_fuel);
        case HostFunction::height:
            return give(instance, args[0], to_le(x_.height), price_height);
        case HostFunction::returndatacopy:
            return give(instance, args[0], return_data_, 2 * std::uint64_t{return_data_.size()});
        case HostFunction::load_transaction:
            return give(instance, args[0], x_.transaction.raw, price_load_transaction);
        case HostFunction::load_block:
            return give(instance, args[0], x_.block.block().raw(), price_load_block);
        case HostFunction::request_transaction:
            return size(instance, x_.transaction.raw, price_request_transaction);
        case HostFunction::request_block:
            return size(instance, x_.block.block().raw(), price_request_block);
        case HostFunction::call:
            return external_call(CallType::call, instance, args);
        case HostFunction::delegatecall:
            return external_call(CallType::delegatecall, instance, args);
        case HostFunction::staticcall:
            return external_call(CallType::staticcall, instance, args);
    }
    return std::nullopt;
}

Frame::Answer Frame::request_storage(wasm::Instance& instance, Args args) {
    const auto key = buffer(instance, args[0]);
    if (!key) return std::nullopt;
    const BytesView value = x_.state.get(storage_key(call_.myself, *key));
    return size(instance, value, value.size() + key->size());
}

Frame::Answer Frame::load_storage(wasm::Instance& instance, Args args) {
    const auto key = buffer(instance, args[0]);
    if (!key) return std::nullopt;
    const BytesView value = x_.state.get(storage_key(call_.myself, *key));
    if (!give(instance, args[1], value, 2 * (key->size() + value.size()))) return std::nullopt;
    return static_cast<std::int32_t>(args[1]);
}

Frame::Answer Frame::balance(wasm::Instance& instance, Args args) {
    const auto who = buffer(instance, args[0]);
    const auto what = buffer(instance, args[1]);
    if (!who || !what || who->size() < 32 || what->size() < 32) return std::nullopt;
    const BytesView value = stored_balance(x_.state, protorune::parse_id32(*who), protorune::parse_id32(*what));
    return give(instance, args[2], value, price_balance);
}

std::int32_t Frame::external_call(CallType type, wasm::Instance& instance, Args args) {
    // The checkpoint of every host function (alkanes-vm.md 2.5). Only this one writes, or looks at the depth.
    x_.state.checkpoint();
    bool in_progress = false;
    auto r = try_external_call(type, instance, args, in_progress);
    if (!r) {
        const Response revert = revert_response(r.error().reason);
        x_.trace.exit(false, revert, 0);
        if (in_progress) x_.state.rollback();
        failed_ = true;
        r = -set_return_data(encode_call_response({}, revert.data));
    }
    x_.state.commit();
    return *r;
}

/// alkanes-vm.md 2.4. `in_progress`: the call's own checkpoint is on the stack.
Result<std::int32_t> Frame::try_external_call(CallType type, wasm::Instance& instance, Args args, bool& in_progress) {
    auto& state = x_.state;
    if (state.depth() >= max_depth)
        return fail("Possible infinite recursion encountered: checkpoint depth too large(" +
                    std::to_string(state.depth()) + ")");
    const auto cellpack_bytes = buffer(instance, args[0]);
    if (!cellpack_bytes) return tl::unexpected(cellpack_bytes.error());
    auto parcel_bytes = buffer(instance, args[1]);
    if (!parcel_bytes) return tl::unexpected(parcel_bytes.error());
    auto map_bytes = buffer(instance, args[2]);
    if (!map_bytes) return tl::unexpected(map_bytes.error());
    const std::uint64_t map_size = map_bytes->size();
    const auto cellpack = decode_cellpack(*cellpack_bytes);
    if (!cellpack) return tl::unexpected(cellpack.error());
    const auto incoming = read_parcel(*parcel_bytes);
    if (!incoming) return tl::unexpected(incoming.error());
    const auto writes = read_storage_map(*map_bytes);
    if (!writes) return tl::unexpected(writes.error());
    if (is_deployment(cellpack->target) && !charge(instance, x_.network().deploy_fee(x_.height)))
        return fail("overflow error");
    if (cellpack->target.block == precompile_block) {
        auto data = call_precompile(x_.block, cellpack->target);
        if (!data) return tl::unexpected(data.error());
        const Response response{{}, {}, std::move(*data)};
        x_.trace.exit(true, response, 0);
        return set_return_data(encode_call_response({}, response.data));
    }

    state.checkpoint();
    in_progress = true;
    write_storage(state, call_.myself, *writes);
    const auto target = resolve_target(x_, cellpack->target);
    if (!target) return tl::unexpected(target.error());
    Call child{target->myself, call_.myself, *incoming, cellpack->inputs};
    if (type == CallType::delegatecall) {
        child.myself = call_.myself;
        child.caller = call_.caller;
    } else if (auto r = transfer_all(state, *incoming, call_.myself, child.myself); !r) {
        return tl::unexpected(r.error());
    }
    if (!charge(instance, price_extcall + x_.network().per_store_byte(x_.height) * map_size))
        return fail("overflow error");
    return run_child(type, instance, child, target->code, in_progress);
}

/// Steps 7 to 9 of alkanes-vm.md 2.4.
Result<std::int32_t> Frame::run_child(CallType type, wasm::Instance& instance, const Call& child,
                                      const Result<CompiledCode>& code, bool& in_progress) {
    auto& state = x_.state;
    const std::uint64_t start = instance.fuel();
    x_.trace.enter(type, {child.myself, child.caller, child.inputs, x_.vout, child.incoming}, x_.fuel - start);
    auto result = run_frame(x_, child, code, start);
    if (!result) {
        if (x_.height < x_.network().v220_fork_height) return tl::unexpected(result.error());
        instance.set_fuel(0);
        x_.seen.fuel = true;  // all that there was
        const Response revert = revert_response(result.error().reason);
        x_.trace.exit(false, revert, start);
        state.rollback();
        in_progress = false;
        return -set_return_data(encode_call_response({}, revert.data));
    }
    const Response& response = result->response;
    x_.needs_fuel(start, result->gas_used);
    if (result->gas_used > start) return fail("overflow error");
    instance.set_fuel(start - result->gas_used);
    x_.trace.exit(true, response, result->gas_used);
    write_storage(state, child.myself, response.storage);
    if (type != CallType::delegatecall)
        if (auto r = transfer_all(state, response.alkanes, child.myself, child.caller); !r)
            return tl::unexpected(r.error());
    if (type == CallType::staticcall)
        state.rollback();
    else
        state.commit();
    in_progress = false;
    return set_return_data(encode_call_response(response.alkanes, response.data));
}

Result<BytesView> Frame::run(wasm::Instance& instance, std::string_view name) {
    const auto pointer = instance.call(name);
    if (x_.failure) std::rethrow_exception(x_.failure);
    if (!pointer) return tl::unexpected(pointer.error());
    return buffer(instance, *pointer);
}

/// An instance of the code, or why there is none: what the contract did wrong is an error, what the machine did is
/// thrown, for no result may depend on it.
Result<wasm::Instance> make_instance(Execution& x, const Result<CompiledCode>& code, wasm::Host& host,
                                     std::uint64_t fuel) {
    const std::uint64_t before = x.frames++;
    if (!code) {
        std::string text = wasm::compile_error_text(code.error(), before);
        x.shows_frames = x.shows_frames || text != code.error().reason;
        return fail(std::move(text));
    }
    x.seen.fuel = x.seen.fuel || wasm::may_see_fuel(**code);
    if (!wasm::has_memory_for(**code)) return fail(std::string(wasm::memory_budget_text));
    auto instance = wasm::Instance::create(x.environment.engine, *code, host, fuel);
    if (!instance) throw std::runtime_error("cannot run a contract: " + instance.error().reason);
    return instance;
}

/// The text for a frame that failed (alkanes-vm.md 2.3.4): what the contract said, or else what went wrong.
std::string failure_text(const Result<Response>& response) {
    const BytesView data = response ? BytesView(response->data) : BytesView();
    if (data.starts_with(revert_selector)) {
        const BytesView text = data.substr(revert_selector.size());
        return "ALKANES: revert: " + (is_utf8(text) ? std::string(text) : to_hex(text));
    }
    return response ? "ALKANES: revert" : "ALKANES: revert: " + response.error().reason;
}

}  // namespace

void write_storage(store::Transaction& state, const RuneId& id, const StorageMap& map) {
    for (const auto& [k, v] : map) state.set(storage_key(id, k), v);
}

Result<FrameResult> run_frame(Execution& x, const Call& call, const Result<CompiledCode>& code, std::uint64_t fuel) {
    Frame frame(x, call);
    auto instance = make_instance(x, code, frame, fuel);
    if (!instance) return tl::unexpected(instance.error());
    x.state.checkpoint();
    const auto returned = frame.run(*instance, "__execute");
    x.needs_fuel(instance->fuel(), 0);
    if (!returned && returned.error().reason == wasm::out_of_fuel_text) x.seen.fuel = true;
    auto response = returned.and_then(decode_response);
    if (!response || frame.failed()) {
        x.state.rollback();
        return fail(failure_text(response));
    }
    x.state.commit();
    FrameResult out{std::move(*response), fuel - instance->fuel()};
    const std::uint64_t storage = x.network().per_store_byte(x.height) * storage_map_size(out.response.storage);
    if (out.gas_used > std::numeric_limits<std::uint64_t>::max() - storage) return fail("overflow error");
    out.gas_used += storage;
    return out;
}

Result<Bytes> run_meta(Execution& x, const Call& call, const Result<CompiledCode>& code, std::uint64_t fuel) {
    Frame frame(x, call);
    auto instance = make_instance(x, code, frame, fuel);
    if (!instance) return tl::unexpected(instance.error());
    return frame.run(*instance, "__meta").map([](BytesView b) { return Bytes(b); });
}

}  // namespace warpshrew::alkanes
