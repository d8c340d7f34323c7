#include "gpu/call_records.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "alkanes/keys.hpp"
#include "alkanes/serialization.hpp"

namespace warpshrew::gpu {

using alkanes::ExecutedMessage;
using alkanes::ExecutionStatus;
using alkanes::StateRead;
using protorune::RuneId;
using protorune::RuneTransfer;

/// Reads words; past the end zeros, and `failed`.
class RecordDecoder::Words {
 public:
    explicit Words(std::span<const std::uint32_t> words) : words_(words) {}
    std::uint32_t u32() {
        if (at_ >= words_.size()) {
            failed_ = true;
            return 0;
        }
        return words_[at_++];
    }
    std::uint64_t u64() {
        const std::uint64_t low = u32();
        return low | std::uint64_t{u32()} << 32;
    }
    u128 big() {
        const u128 low = u64();
        return low | static_cast<u128>(u64()) << 64;
    }
    RuneId id() {
        const u128 block = big();
        return {block, big()};
    }
    /// `n` bytes, in words.
    BytesView bytes(std::size_t n) {
        const std::size_t words = (n + 3) / 4;
        if (words > words_.size() - at_) {
            failed_ = true;
            return {};
        }
        const BytesView out = as_bytes(words_.data() + at_, n);
        at_ += words;
        return out;
    }
    [[nodiscard]] bool failed() const noexcept { return failed_; }

 private:
    std::span<const std::uint32_t> words_;
    std::size_t at_ = 0;
    bool failed_ = false;
};

namespace {

/// A serialized context, with room for what refers to it.
struct Context {
    std::vector<RuneTransfer> incoming;
    std::vector<u128> inputs;
    alkanes::TracedContext traced;
};
bool read_context(BytesView bytes, Context& out) {
    constexpr std::size_t front = 96, transfer = 48;
    if (bytes.size() < front) return false;
    const auto big = [&](std::size_t at) { return load_le<u128>(bytes.data() + at); };
    const u128 n = big(80);
    if (n > (bytes.size() - front) / transfer) return false;
    for (std::size_t i = 0; i < n; i++) {
        const std::size_t at = front + i * transfer;
        out.incoming.push_back({{big(at), big(at + 16)}, big(at + 32)});
    }
    for (std::size_t at = front + out.incoming.size() * transfer; at + 16 <= bytes.size(); at += 16)
        out.inputs.push_back(big(at));
    out.traced = {{big(0), big(16)}, {big(32), big(48)}, out.inputs, static_cast<std::uint32_t>(big(64)), out.incoming};
    return true;
}

}  // namespace

bool RecordDecoder::decode(Words& words, ExecutedMessage& out) {
    if (call_->reads_sequence) {
        if (sequence_ != nullptr) (void)read_first(*sequence_);
        // Where no message of the batch has deployed, it is the same bytes for all.
        if (sequence_seen_.data() != call_->sequence.data() || sequence_seen_.size() != call_->sequence.size()) {
            sequence_seen_ = call_->sequence;
            sequence_kept_ = keep_bytes(sequence_seen_);
        }
        reads_.push_back({alkanes::sequence_key, sequence_kept_});
    }
    read_first_code(*call_->code);
    trace_.enter(alkanes::CallType::call, {call_->target, {}, call_->inputs, call_->call.vout, call_->call.incoming},
                 0);
    for (;;) {
        switch (static_cast<Record>(words.u32())) {
            case Record::read: {
                const std::uint32_t place = words.u32();
                const auto* e = state_->entry(place);
                if (e == nullptr) return false;
                if (!read_first(*e)) break;
                if (e->kind == KeyKind::code)
                    read_code(codes_.known(e->id, call_->position));
                else
                    reads_.push_back({e->store_key, e->at(call_->position)});
                break;
            }
            case Record::append: {
                const RuneId who = words.id();
                appends_.push_back({keep_bytes(alkanes::inventory_key(who)), keep_bytes(words.bytes(32))});
                break;
            }
            case Record::enter: {
                const auto type = static_cast<alkanes::CallType>(words.u32());
                const std::uint64_t used = words.u64();
                const std::uint32_t n = words.u32();
                Context context;
                if (!read_context(words.bytes(n), context)) return false;
                trace_.enter(type, context.traced, used);
                break;
            }
            case Record::leave: {
                const bool success = words.u32() == 1;
                const std::uint64_t used = words.u64();
                const std::uint32_t n = words.u32();
                if (!alkanes::read_response(words.bytes(n), response_)) return false;
                trace_.exit(success, response_, used);
                break;
            }
            case Record::write: {
                const std::uint32_t key_size = words.u32(), value_size = words.u32();
                const auto key = parse_device_key(words.bytes(key_size));
                const BytesView value = words.bytes(value_size);
                if (!key) return false;
                const Bytes full = store_key(*key);
                if (written(full)) break;  // later than this one
                writes_.push_back({keep_bytes(full), keep_bytes(value)});
                if (!written_.empty()) written_.insert(writes_.back().key);
                break;
            }
            case Record::overwrite: {
                const auto* e = state_->entry(words.u32());
                const BytesView value = words.bytes(words.u32());
                if (e == nullptr || (e->kind != KeyKind::storage && e->kind != KeyKind::balance)) return false;
                if (std::exchange(overwritten_[e->number], message_) == message_) break;  // later than this one
                writes_.push_back({e->store_key, keep_bytes(value)});
                break;
            }
            case Record::end:
                return end(words, out) && !words.failed();
            default:
                return false;
        }
        if (words.failed()) return false;
    }
}

/// Whether the message reads it for the first time.
bool RecordDecoder::read_first(const StateTable::Entry& e) {
    if (std::exchange(read_[e.number], message_) == message_) return false;
    readers_[e.number]++;
    return true;
}

BytesView RecordDecoder::keep_bytes(BytesView b) { return store::copy_into(*arena_, b); }
/// Of the code that the message calls: it runs, so it was found, and no id is on the way to it twice.
void RecordDecoder::read_first_code(const ContractCodes::Code& code) {
    if (code_seen_ != &code) {
        code_seen_ = &code;
        code_kept_.clear();
        for (const Bytes& key : code.keys) code_kept_.push_back({keep_bytes(key), "", StateRead::Kind::unwritten});
    }
    reads_.insert(reads_.end(), code_kept_.begin(), code_kept_.end());
}
void RecordDecoder::read_code(const ContractCodes::Code& code) {
    if (hops_.empty()) hops_.insert(call_->code->hops.begin(), call_->code->hops.end());
    for (std::size_t i = 0; i < code.hops.size(); i++)
        if (hops_.insert(code.hops[i]).second)
            reads_.push_back({keep_bytes(code.keys[i]), "", StateRead::Kind::unwritten});
}
/// Whether a write of the key is there.
bool RecordDecoder::written(BytesView key) {
    constexpr std::size_t few = 16;
    if (writes_.size() < few) return std::ranges::any_of(writes_, [&](const auto& w) { return w.key == key; });
    if (written_.empty())
        for (const auto& w : writes_) written_.insert(w.key);
    return written_.contains(key);
}

bool RecordDecoder::end(Words& words, ExecutedMessage& out) {
    const bool succeeded = words.u32() == 1;
    out.fuel_used = words.u64();
    out.fuel_required = words.u64();
    out.fuel_observed = words.u32() != 0;
    out.sequence_observed = words.u32() != 0;
    out.sequence_required = std::max(words.big(), call_->sequence_required);
    out.frames = words.u32();
    const std::uint32_t n = words.u32();
    const BytesView bytes = words.bytes(n);
    if (succeeded) {
        if (!alkanes::read_response(bytes, response_)) return false;
        trace_.exit(true, response_, out.fuel_used);
        out.tokens = store::copy_into<RuneTransfer>(*arena_, response_.alkanes);
        out.writes = store::copy_into<alkanes::StateWrite>(*arena_, writes_);
        out.status = ExecutionStatus::succeeded;
    } else {
        out.error = keep_bytes(bytes);
        trace_.exit(false, alkanes::revert_response(bytes), std::numeric_limits<std::uint64_t>::max());
        out.status = ExecutionStatus::failed;
    }
    out.reads = store::copy_into<StateRead>(*arena_, reads_);
    out.appends = store::copy_into<store::Append>(*arena_, appends_);
    out.trace = keep_bytes(trace_.body());
    out.trace_entries = store::copy_into(*arena_, trace_.entries());
    return true;
}

void RecordDecoder::begin(const StateTable& state, store::Arena& arena) {
    state_ = &state;
    arena_ = &arena;
    sequence_seen_ = {};
    sequence_kept_ = "";
    code_seen_ = nullptr;
    sequence_ = state.entry(state.place(device_key(KeyKind::sequence, {})));
    if (read_.size() < state.size()) read_.resize(state.size());
    overwritten_.resize(read_.size());
    readers_.resize(read_.size());
}

void RecordDecoder::take_readers(std::span<std::uint32_t> sum) {
    const std::size_t n = std::min(sum.size(), readers_.size());
    for (std::size_t i = 0; i < n; i++) sum[i] += std::exchange(readers_[i], 0);
}

ExecutedMessage RecordDecoder::decode(const PreparedCall& call, std::span<const std::uint32_t> words) {
    call_ = &call;
    trace_.clear();
    reads_.clear();
    writes_.clear();
    appends_.clear();
    message_++;
    hops_.clear();
    written_.clear();
    ExecutedMessage out;
    out.call = call.call;
    Words reader(words);
    if (decode(reader, out))
        out.checksum = alkanes::checksum_of(out);
    else
        out = {};
    return out;
}

Bytes wanted_key(std::span<const std::uint32_t> words) {
    RecordDecoder::Words w(words);
    if (static_cast<Record>(w.u32()) != Record::want) return {};
    const std::uint32_t n = w.u32();
    const BytesView key = w.bytes(n);
    return w.failed() ? Bytes() : Bytes(key);
}

}  // namespace warpshrew::gpu
