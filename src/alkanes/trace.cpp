#include "alkanes/trace.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace warpshrew::alkanes {

using protorune::RuneId;
using protorune::RuneTransfer;

// Field tags: number << 3, with wire type 0 (varint) or 2 (length).
static constexpr char varint_tag(int number) { return static_cast<char>(number << 3); }
static constexpr char length_tag(int number) { return static_cast<char>(number << 3 | 2); }

// Fields are written where their caller has made room for the longest, and what is written returns its end.
static constexpr std::size_t longest_number = 11;  // a tag and ten bytes
static constexpr std::size_t longest_u128 = 2 + 2 * longest_number;
static constexpr std::size_t longest_id = 2 + 2 * longest_u128;
static constexpr std::size_t longest_transfer = 2 + longest_id + longest_u128;
// Of an event: two headers, a status or type, and the header of what follows.
static constexpr std::size_t longest_front = 4 * longest_number;

static std::size_t varint_size(std::uint64_t n) noexcept {
    return (static_cast<std::size_t>(std::bit_width(n | 1)) + 6) / 7;
}
static char* put_varint(char* to, std::uint64_t n) noexcept {
    for (; n > 127; n >>= 7) *to++ = static_cast<char>((n & 127) | 128);
    *to++ = static_cast<char>(n);
    return to;
}

static std::size_t number_field_size(std::uint64_t n) noexcept { return n ? 1 + varint_size(n) : 0; }
static char* put_number(char* to, int number, std::uint64_t n) noexcept {
    if (n == 0) return to;
    *to++ = varint_tag(number);
    return put_varint(to, n);
}

static std::size_t message_field_size(std::size_t size) noexcept { return 1 + varint_size(size) + size; }
static char* put_header(char* to, int number, std::size_t size) noexcept {
    *to++ = length_tag(number);
    return put_varint(to, size);
}

static std::size_t bytes_field_size(BytesView b) noexcept { return b.empty() ? 0 : message_field_size(b.size()); }
static char* put_bytes(char* to, int number, BytesView b) noexcept {
    if (b.empty()) return to;
    to = put_header(to, number, b.size());
    return std::copy(b.begin(), b.end(), to);
}

/// A message of fields that `put` writes, so short that its length is one byte.
template <class F>
static char* put_short(char* to, int number, F&& put) noexcept {
    *to++ = length_tag(number);
    char* const length = to++;
    to = put(to);
    *length = static_cast<char>(to - length - 1);
    return to;
}
static_assert(longest_transfer <= 127);

// uint128 { lo = 1; hi = 2 }, AlkaneId { block = 1; tx = 2 }, AlkaneTransfer { id = 1; value = 2 }
static char* put(char* to, int number, u128 n) noexcept {
    return put_short(to, number, [&](char* p) {
        p = put_number(p, 1, static_cast<std::uint64_t>(n));
        return put_number(p, 2, static_cast<std::uint64_t>(n >> 64));
    });
}
static char* put(char* to, int number, const RuneId& id) noexcept {
    return put_short(to, number, [&](char* p) { return put(put(p, 1, id.block), 2, id.tx); });
}
static char* put(char* to, int number, const RuneTransfer& t) noexcept {
    return put_short(to, number, [&](char* p) { return put(put(p, 1, t.id), 2, t.value); });
}

// KeyValuePair { key = 1; value = 2 }, ExtendedCallResponse { alkanes = 1; storage = 2; data = 3 }
template <class AnyResponse>
static std::size_t longest(const AnyResponse& r) noexcept {
    std::size_t n = r.alkanes.size() * longest_transfer + longest_number + r.data.size();
    for (const auto& [key, value] : r.storage) n += 3 * longest_number + key.size() + value.size();
    return n;
}
template <class AnyResponse>
static char* put_fields(char* to, const AnyResponse& r) noexcept {
    for (const auto& t : r.alkanes) to = put(to, 1, t);
    for (const auto& [key, value] : r.storage) {
        to = put_header(to, 2, bytes_field_size(key) + bytes_field_size(value));
        to = put_bytes(put_bytes(to, 1, key), 2, value);
    }
    return put_bytes(to, 3, r.data);
}

// Context { myself = 1; caller = 2; inputs = 3; vout = 4; incoming_alkanes = 5 }
static std::size_t longest(const TracedContext& c) noexcept {
    return 2 * longest_id + c.inputs.size() * longest_u128 + longest_number + c.incoming.size() * longest_transfer;
}
static char* put_fields(char* to, const TracedContext& c) noexcept {
    to = put(put(to, 1, c.myself), 2, c.caller);
    for (const u128 x : c.inputs) to = put(to, 3, x);
    to = put_number(to, 4, c.vout);
    for (const auto& t : c.incoming) to = put(to, 5, t);
    return to;
}

/// AlkanesTrace { events = 1 } of one event: `number` is the event's field, `n` the size of its message.
static char* put_event(char* to, int number, std::size_t n) noexcept {
    to = put_header(to, 1, message_field_size(n));
    return put_header(to, number, n);
}

static void append(Bytes& out, const char* begin, const char* end) {
    out.append(begin, static_cast<std::size_t>(end - begin));
}

/// Appends a message: its fields, and before them what says how long they are, which `front` writes.
template <class Message, class Front>
static void append_message(Bytes& out, const Message& message, Front&& front) {
    const std::size_t start = out.size();
    out.resize(start + longest_front + longest(message));
    char* const to = out.data() + start;
    char* const fields = to + longest_front;
    const auto n = static_cast<std::size_t>(put_fields(fields, message) - fields);
    char* const behind = front(to, n);
    std::memmove(behind, fields, n);
    out.resize(static_cast<std::size_t>(behind + n - out.data()));
}

void Trace::enter(CallType type, const TracedContext& context, std::uint64_t used) {
    const std::size_t start = body_.size();
    append_message(body_, context, [](char* to, std::size_t n) { return put_header(to, 1, n); });
    entries_.push_back({start, body_.size() - start, used, type});
}

template <class AnyResponse>
void Trace::exit(bool success, const AnyResponse& response, std::uint64_t fuel_used) {
    const std::uint64_t status = success ? 0 : 1;
    append_message(body_, response, [&](char* to, std::size_t n) {
        to = put_event(to, 2, number_field_size(status) + message_field_size(n) + number_field_size(fuel_used));
        return put_header(put_number(to, 1, status), 2, n);
    });
    char fuel[longest_number];
    append(body_, fuel, put_number(fuel, 3, fuel_used));
}
template void Trace::exit(bool, const Response&, std::uint64_t);
template void Trace::exit(bool, const ResponseView&, std::uint64_t);

void Trace::create(const RuneId& id) {
    char fields[longest_id], front[longest_front];
    const char* end = put(fields, 1, id);
    append(body_, front, put_event(front, 3, static_cast<std::size_t>(end - fields)));
    append(body_, fields, end);
}

Bytes encode_trace(BytesView body, std::span<const TraceEntry> entries, std::uint64_t fuel) {
    constexpr std::size_t usual_front = 32;
    Bytes out;
    out.reserve(body.size() + entries.size() * usual_front);
    std::size_t done = 0;
    for (const TraceEntry& entry : entries) {
        out.append(body.substr(done, entry.offset - done));
        const std::uint64_t left = fuel - entry.used;
        const std::size_t inner = entry.size + number_field_size(left);
        const auto type = static_cast<std::uint64_t>(entry.type);
        char fields[longest_front];
        char* to = put_event(fields, 1, number_field_size(type) + message_field_size(inner));
        append(out, fields, put_header(put_number(to, 1, type), 2, inner));
        out.append(body.substr(entry.offset, entry.size));
        append(out, fields, put_number(fields, 2, left));
        done = entry.offset + entry.size;
    }
    return out.append(body.substr(done));
}

}  // namespace warpshrew::alkanes
