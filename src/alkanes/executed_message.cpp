#include "alkanes/executed_message.hpp"

#include <absl/hash/hash.h>

#include <cstring>
#include <limits>

#include "alkanes/keys.hpp"
#include "alkanes/message.hpp"

namespace warpshrew::alkanes {

using protorune::RuneTransfer;

namespace {

/// Sixteen bytes at a time are multiplied into it: cheap, and every bit counts. It guards against damage, not against
/// an adversary.
class Checksum {
 public:
    void add(std::uint64_t a, std::uint64_t b) noexcept {
        const u128 product = static_cast<u128>(a ^ 0x9e3779b97f4a7c15) * (b ^ hash_);
        hash_ = (static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64)) + 0xd6e8feb86659fd93;
    }
    void add(u128 n) noexcept { add(static_cast<std::uint64_t>(n), static_cast<std::uint64_t>(n >> 64)); }
    /// `mark`: a number below 2^32 that comes with them.
    void add(BytesView bytes, std::uint64_t mark = 0) noexcept {
        const char* p = bytes.data();
        const std::size_t n = bytes.size();
        hash_ ^= n ^ mark << 32;
        // Words may have bytes in common.
        if (n > 16) {
            add(of_long(bytes), 0);
        } else if (n >= 8) {
            add(word(p), word(p + n - 8));
        } else if (n >= 4) {
            add(half(p), half(p + n - 4));
        } else {
            std::uint64_t rest = 0;
            for (std::size_t i = 0; i < n; i++) rest = rest << 8 | static_cast<unsigned char>(p[i]);
            add(rest, 0);
        }
    }
    void add(std::span<const RuneTransfer> transfers) noexcept {
        add(transfers.size(), 0);
        for (const auto& t : transfers) {
            add(t.id.block);
            add(t.id.tx);
            add(t.value);
        }
    }
    [[nodiscard]] std::uint64_t value() const noexcept { return hash_; }

 private:
    static std::uint64_t word(const char* p) noexcept { return load_le<std::uint64_t>(p); }
    static std::uint64_t half(const char* p) noexcept { return load_le<std::uint32_t>(p); }
    /// Of more than 16 bytes. It starts anew, so that a processor works on several strings at the same time.
    static std::uint64_t of_long(BytesView bytes) noexcept {
        Checksum sum;
        const char* p = bytes.data();
        const char* const last = p + bytes.size() - 16;
        for (; p < last; p += 16) sum.add(word(p), word(p + 8));
        sum.add(word(last), word(last + 8));
        return sum.hash_;
    }

    std::uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace

std::uint64_t checksum_of(const ExecutedMessage& m) {
    Checksum sum;
    sum.add(m.call.height, std::uint64_t{m.call.tx_index} << 32 | m.call.vout);
    sum.add(m.call.calldata);
    sum.add(m.call.incoming);
    sum.add(m.call.fuel, static_cast<std::uint64_t>(m.status) | std::uint64_t{m.fuel_observed} << 8 |
                             std::uint64_t{m.sequence_observed} << 9);
    sum.add(m.fuel_required, m.fuel_used);
    sum.add(m.sequence_required);
    sum.add(m.frames, m.reads.size());
    for (const auto& r : m.reads) {
        sum.add(r.key, static_cast<std::uint64_t>(r.kind));
        sum.add(r.value);
    }
    sum.add(m.writes.size(), m.appends.size());
    for (const auto& w : m.writes) {
        sum.add(w.key);
        sum.add(w.value);
    }
    for (const auto& a : m.appends) {
        sum.add(a.list);
        sum.add(a.item);
    }
    sum.add(m.tokens);
    sum.add(m.error);
    sum.add(m.trace);
    sum.add(m.trace_entries.size(), 0);
    for (const auto& e : m.trace_entries) {
        sum.add(e.offset, e.size);
        sum.add(e.used, static_cast<std::uint64_t>(e.type));
    }
    return sum.value();
}

bool AheadExecution::Recorder::read(BytesView key, Bytes& value) const {
    const bool found = below->read(key, value);
    reads.push_back({store::copy_into(*arena, key), found ? store::copy_into(*arena, value) : BytesView("")});
    return found;
}

bool AheadExecution::Recorder::written(BytesView key) const {
    const bool is = below->written(key);
    if (is || unwritten.contains(key)) return is;
    const BytesView copy = store::copy_into(*arena, key);
    unwritten.insert(copy);
    reads.push_back({copy, "", StateRead::Kind::unwritten});
    return false;
}

ExecutedMessage AheadExecution::execute(const MessageCall& call, const store::StateReader& below, store::Arena& arena) {
    recorder_.below = &below;
    recorder_.arena = &arena;
    recorder_.reads.clear();
    recorder_.unwritten.clear();
    state_.clear();
    store::BlockState::DeferredAppends appends{arena, {}};
    state_.defer_appends(&appends);

    ExecutedMessage out;
    out.call = call;
    out.status = ExecutionStatus::handed_back;
    store::Transaction state(state_);
    state.checkpoint();  // as protorune does: contracts can tell the depth
    const auto& transaction = transaction_ != nullptr ? *transaction_ : block_.block().transactions()[call.tx_index];
    Execution x{environment_, codes_, state, block_, transaction, call.height, call.vout};
    x.fuel = call.fuel;
    try {
        const auto prepared = prepare_message(x, call.calldata, call.incoming);
        // An error before the contract runs costs nothing at the message's turn either.
        if (prepared) {
            const Call top = prepared->call();
            x.trace.enter(CallType::call, {top.myself, top.caller, top.inputs, x.vout, top.incoming}, 0);
            auto frame = run_frame(x, top, prepared->target.code, call.fuel);
            if (!frame) {
                out.status = ExecutionStatus::failed;
                out.error = store::copy_into(arena, frame.error().reason);
                x.trace.exit(false, revert_response(frame.error().reason), std::numeric_limits<std::uint64_t>::max());
            } else {
                const Response& response = frame->response;
                write_storage(state, prepared->target.myself, response.storage);
                // What fails from here on shows texts that depend on the order of the runtime's part and this one.
                if (frame->gas_used <= call.fuel && debit_all(state, prepared->target.myself, response.alkanes)) {
                    out.status = ExecutionStatus::succeeded;
                    out.fuel_used = frame->gas_used;
                    x.needs_fuel(call.fuel, frame->gas_used);
                    x.trace.exit(true, response, frame->gas_used);
                    out.tokens = store::copy_into<RuneTransfer>(arena, response.alkanes);
                    state.commit();
                    state.commit();
                }
            }
        }
    } catch (const std::exception&) {
        out.status = ExecutionStatus::handed_back;
    }
    if (x.shows_frames) out.status = ExecutionStatus::handed_back;
    out.fuel_observed = x.seen.fuel;
    out.fuel_required = x.seen.fuel_required;
    out.sequence_observed = x.seen.sequence;
    out.sequence_required = x.seen.sequence_required;
    out.frames = x.frames;
    out.reads = store::copy_into<StateRead>(arena, recorder_.reads);
    out.appends = store::copy_into<store::Append>(arena, appends.items);
    if (out.status == ExecutionStatus::succeeded) {
        auto* writes =
            static_cast<StateWrite*>(arena.allocate(state_.write_count() * sizeof(StateWrite), alignof(StateWrite)));
        std::size_t n = 0;
        state_.for_each_write([&](BytesView key, BytesView value) {
            new (&writes[n++]) StateWrite{store::copy_into(arena, key), store::copy_into(arena, value)};
        });
        out.writes = {writes, n};
    }
    out.trace = store::copy_into(arena, x.trace.body());
    out.trace_entries = store::copy_into(arena, x.trace.entries());
    out.checksum = checksum_of(out);
    state_.defer_appends(nullptr);
    return out;
}

}  // namespace warpshrew::alkanes
