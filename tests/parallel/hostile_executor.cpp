#include "hostile_executor.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>

namespace warpshrew::test {

using alkanes::ExecutedMessage;
using alkanes::ExecutionStatus;

namespace {

template <class T>
std::span<T> copied(std::span<const T> from, store::Arena& arena) {
    T* to = static_cast<T*>(arena.allocate((from.size() + 1) * sizeof(T), alignof(T)));
    std::uninitialized_copy(from.begin(), from.end(), to);
    return {to, from.size()};
}

/// With all that it refers to.
ExecutedMessage copied(const ExecutedMessage& from, store::Arena& arena) {
    const auto copy = [&](BytesView& bytes) { bytes = store::copy_into(arena, bytes); };
    ExecutedMessage m = from;
    copy(m.call.calldata);
    m.call.incoming = copied(m.call.incoming, arena);
    const auto reads = copied(m.reads, arena);
    for (auto& r : reads) copy(r.key), copy(r.value);
    m.reads = reads;
    const auto writes = copied(m.writes, arena);
    for (auto& w : writes) copy(w.key), copy(w.value);
    m.writes = writes;
    const auto appends = copied(m.appends, arena);
    for (auto& a : appends) copy(a.list), copy(a.item);
    m.appends = appends;
    m.tokens = copied(m.tokens, arena);
    copy(m.error);
    copy(m.trace);
    m.trace_entries = copied(m.trace_entries, arena);
    return m;
}

bool has_effect(const ExecutedMessage& m) {
    return m.status == ExecutionStatus::succeeded || m.status == ExecutionStatus::failed;
}

}  // namespace

std::string_view text(Hostility hostility) {
    static constexpr std::array<std::string_view, hostilities> texts = {
        "none",           "slow",  "late",  "nothing",  "some nothing", "throws",
        "throws no text", "swaps", "flips", "mistakes", "forges",       "lies"};
    return texts.at(static_cast<std::size_t>(hostility));
}

BytesView HostileExecutor::flipped(BytesView bytes, store::Arena& arena) {
    if (bytes.empty()) return store::copy_into(arena, "x");
    Bytes copy(bytes);
    copy[below(copy.size())] ^= static_cast<char>(1u << below(8));
    return store::copy_into(arena, copy);
}

void HostileExecutor::swap(std::span<ExecutedMessage> results) {
    for (ExecutedMessage& m : results) {
        if (!strikes()) continue;
        std::swap(m, results[below(results.size())]);
        deeds++;
    }
}

void HostileExecutor::delay(std::span<ExecutedMessage> results) {
    std::vector<ExecutedMessage> now;
    for (const ExecutedMessage& m : results) now.push_back(copied(m, kept_));
    for (std::size_t i = 0; i < results.size(); i++) results[i] = i < before_.size() ? before_[i] : ExecutedMessage{};
    before_ = std::move(now);
    deeds += results.size();
}

/// A bit of the call; false if there is none of that kind.
bool HostileExecutor::flip_call(ExecutedMessage& m, store::Arena& arena) {
    const auto bit32 = [&] { return std::uint32_t{1} << below(32); };
    switch (below(6)) {
        case 0:
            m.call.height ^= std::uint64_t{1} << below(64);
            return true;
        case 1:
            m.call.tx_index ^= bit32();
            return true;
        case 2:
            m.call.vout ^= bit32();
            return true;
        case 3:
            m.call.calldata = flipped(m.call.calldata, arena);
            return true;
        case 4:
            m.call.fuel ^= std::uint64_t{1} << below(64);
            return true;
        default: {
            const auto incoming = copied(m.call.incoming, arena);
            if (incoming.empty()) return false;
            incoming[below(incoming.size())].value ^= std::uint64_t{1} << below(64);
            m.call.incoming = incoming;
            return true;
        }
    }
}

/// A bit somewhere: of the call, the reads, what is required, the status, or the effect.
void HostileExecutor::flip(ExecutedMessage& m, store::Arena& arena) {
    deeds++;
    const auto bit = [&] { return std::uint64_t{1} << below(64); };
    const std::uint64_t what = below(20);
    if (what < 6 && flip_call(m, arena)) return;
    switch (what) {
        case 6:
            m.status = static_cast<ExecutionStatus>(static_cast<unsigned>(m.status) ^ (1u << below(8)));
            return;
        case 7:
            m.fuel_observed = !m.fuel_observed;
            return;
        case 8:
            m.sequence_observed = !m.sequence_observed;
            return;
        case 9:
            m.fuel_required ^= bit();
            return;
        case 10:
            m.sequence_required ^= bit();
            return;
        case 11:
            m.fuel_used ^= bit();
            return;
        case 12:
            m.frames ^= bit();
            return;
        case 13: {
            const auto reads = copied(m.reads, arena);
            if (reads.empty()) break;
            auto& read = reads[below(reads.size())];
            if (below(3) == 0)
                read.key = flipped(read.key, arena);
            else if (below(2) == 0)
                read.kind = static_cast<alkanes::StateRead::Kind>(static_cast<unsigned>(read.kind) ^ 1);
            else
                read.value = flipped(read.value, arena);
            m.reads = reads;
            return;
        }
        case 14: {
            const auto writes = copied(m.writes, arena);
            if (writes.empty()) break;
            auto& write = writes[below(writes.size())];
            (below(3) == 0 ? write.key : write.value) = flipped(write.value, arena);
            m.writes = writes;
            return;
        }
        case 15: {
            const auto tokens = copied(m.tokens, arena);
            if (tokens.empty()) break;
            auto& token = tokens[below(tokens.size())];
            (below(2) == 0 ? token.value : token.id.tx) ^= bit();
            m.tokens = tokens;
            return;
        }
        case 16: {
            const auto appends = copied(m.appends, arena);
            if (appends.empty()) break;
            auto& append = appends[below(appends.size())];
            (below(2) == 0 ? append.list : append.item) = flipped(append.item, arena);
            m.appends = appends;
            return;
        }
        case 17:
            m.error = flipped(m.error, arena);
            return;
        case 18: {
            const auto entries = copied(m.trace_entries, arena);
            if (entries.empty()) break;
            auto& entry = entries[below(entries.size())];
            if (below(2) == 0)
                entry.used ^= bit();
            else
                (below(2) == 0 ? entry.offset : entry.size) ^= bit();
            m.trace_entries = entries;
            return;
        }
        default:
            break;
    }
    m.trace = flipped(m.trace, arena);
}

/// Another effect of the right call on the right state. Each of them is seen by the store.
void HostileExecutor::lie(ExecutedMessage& m, store::Arena& arena) {
    deeds++;
    const bool succeeded = m.status == ExecutionStatus::succeeded;
    switch (below(7)) {
        case 0:  // a value
        case 1:
            if (succeeded && !m.writes.empty()) {
                const auto writes = copied(m.writes, arena);
                auto& write = writes[below(writes.size())];
                write.value = flipped(write.value, arena);
                m.writes = writes;
                break;
            }
            [[fallthrough]];
        case 2:  // a write that it does not make
            if (succeeded) {
                const auto writes = copied(m.writes, arena);
                auto* more = writes.data() + writes.size();
                new (more) alkanes::StateWrite{"/a key of nobody", "x"};
                m.writes = {writes.data(), writes.size() + 1};
                break;
            }
            [[fallthrough]];
        case 3:  // the reason of a failure
            if (!succeeded) {
                m.trace = flipped(m.trace, arena);
                break;
            }
            [[fallthrough]];
        case 4:  // a failure that was none
            m.status = succeeded ? ExecutionStatus::failed : ExecutionStatus::succeeded;
            m.error = "a lie";
            m.tokens = {};
            m.writes = {};
            m.fuel_used = succeeded ? 0 : std::min<std::uint64_t>(m.fuel_required, m.call.fuel);
            break;
        case 5:  // what is shown of it
            if (const auto entries = copied(m.trace_entries, arena); !entries.empty() && below(2) == 0) {
                entries[below(entries.size())].used ^= 1;
                m.trace_entries = entries;
            } else {
                m.trace = flipped(m.trace, arena);
            }
            break;
        default:  // an entry of a list
            const auto appends = copied(m.appends, arena);
            auto* more = appends.data() + appends.size();
            new (more) store::Append{"/a list of nobody", "x"};
            m.appends = {appends.data(), appends.size() + 1};
    }
    m.checksum = alkanes::checksum_of(m);
}

void HostileExecutor::execute(const parallel::Batch& batch, parallel::ResultMemory& memory,
                              std::span<ExecutedMessage> results) {
    batches_++;
    const bool throws = hostility_ == Hostility::throws || hostility_ == Hostility::throws_no_text;
    if (hostility_ == Hostility::nothing || (throws && batches_ % 3 == 1)) {
        deeds += results.size();
    } else {
        executor_.execute(batch, memory, results);
    }
    if (throws) {
        if (batches_ % 3 == 2)
            for (ExecutedMessage& m : results)
                if (strikes()) m = {};
        deeds++;
        if (hostility_ == Hostility::throws_no_text) throw 1;
        throw std::runtime_error("the device is lost");
    }
    store::Arena& arena = memory.take();
    switch (hostility_) {
        case Hostility::slow:
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            deeds++;
            break;
        case Hostility::late:
            delay(results);
            break;
        case Hostility::some_nothing:
            for (ExecutedMessage& m : results) {
                if (!strikes()) continue;
                if (below(2) == 0)
                    m = {};
                else
                    m.status = ExecutionStatus::handed_back;
                deeds++;
            }
            break;
        case Hostility::swaps:
            swap(results);
            break;
        case Hostility::flips:
            for (ExecutedMessage& m : results)
                if (strikes()) flip(m, arena);
            break;
        case Hostility::mistakes:
            for (ExecutedMessage& m : results) {
                if (!strikes() || !flip_call(m, arena)) continue;
                deeds++;
                m.checksum = alkanes::checksum_of(m);
            }
            break;
        case Hostility::forges:
            for (ExecutedMessage& m : results) {
                if (!strikes()) continue;
                flip(m, arena);
                m.checksum = alkanes::checksum_of(m);
            }
            break;
        case Hostility::lies:
            for (ExecutedMessage& m : results)
                if (has_effect(m) && strikes()) lie(m, arena);
            break;
        default:
            break;
    }
    memory.give_back(arena);
}

}  // namespace warpshrew::test
