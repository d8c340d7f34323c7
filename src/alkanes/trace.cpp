#include "alkanes/trace.hpp"

#include <bit>

namespace warpshrew::alkanes {

using protorune::RuneId;
using protorune::RuneTransfer;

// Field tags: number << 3, with wire type 0 (varint) or 2 (length).
static constexpr char varint_tag(int number) { return static_cast<char>(number << 3); }
static constexpr char length_tag(int number) { return static_cast<char>(number << 3 | 2); }

static std::size_t varint_size(std::uint64_t n) noexcept {
    return (static_cast<std::size_t>(std::bit_width(n | 1)) + 6) / 7;
}
static void put_varint(Bytes& out, std::uint64_t n) {
    for (; n > 127; n >>= 7) out.push_back(static_cast<char>((n & 127) | 128));
    out.push_back(static_cast<char>(n));
}

static std::size_t number_field_size(std::uint64_t n) noexcept { return n ? 1 + varint_size(n) : 0; }
static void put_number(Bytes& out, int number, std::uint64_t n) {
    if (n == 0) return;
    out.push_back(varint_tag(number));
    put_varint(out, n);
}

static std::size_t message_field_size(std::size_t size) noexcept { return 1 + varint_size(size) + size; }
static void put_header(Bytes& out, int number, std::size_t size) {
    out.push_back(length_tag(number));
    put_varint(out, size);
}

static std::size_t bytes_field_size(BytesView b) noexcept { return b.empty() ? 0 : message_field_size(b.size()); }
static void put_bytes(Bytes& out, int number, BytesView b) {
    if (b.empty()) return;
    put_header(out, number, b.size());
    out.append(b);
}

// uint128 { lo = 1; hi = 2 }, AlkaneId { block = 1; tx = 2 }, AlkaneTransfer { id = 1; value = 2 }
static std::size_t size(u128 n) noexcept {
    return number_field_size(static_cast<std::uint64_t>(n)) + number_field_size(static_cast<std::uint64_t>(n >> 64));
}
static void put(Bytes& out, int number, u128 n) {
    put_header(out, number, size(n));
    put_number(out, 1, static_cast<std::uint64_t>(n));
    put_number(out, 2, static_cast<std::uint64_t>(n >> 64));
}

static std::size_t size(const RuneId& id) noexcept {
    return message_field_size(size(id.block)) + message_field_size(size(id.tx));
}
static void put(Bytes& out, int number, const RuneId& id) {
    put_header(out, number, size(id));
    put(out, 1, id.block);
    put(out, 2, id.tx);
}

static std::size_t size(const RuneTransfer& t) noexcept {
    return message_field_size(size(t.id)) + message_field_size(size(t.value));
}
static void put(Bytes& out, int number, const RuneTransfer& t) {
    put_header(out, number, size(t));
    put(out, 1, t.id);
    put(out, 2, t.value);
}

// KeyValuePair { key = 1; value = 2 }, ExtendedCallResponse { alkanes = 1; storage = 2; data = 3 }
static std::size_t size(const StorageMap::value_type& kv) noexcept {
    return bytes_field_size(kv.first) + bytes_field_size(kv.second);
}
static std::size_t size(const Response& r) noexcept {
    std::size_t n = bytes_field_size(r.data);
    for (const auto& t : r.alkanes) n += message_field_size(size(t));
    for (const auto& kv : r.storage) n += message_field_size(size(kv));
    return n;
}
static void put(Bytes& out, int number, const Response& r) {
    put_header(out, number, size(r));
    for (const auto& t : r.alkanes) put(out, 1, t);
    for (const auto& kv : r.storage) {
        put_header(out, 2, size(kv));
        put_bytes(out, 1, kv.first);
        put_bytes(out, 2, kv.second);
    }
    put_bytes(out, 3, r.data);
}

// Context { myself = 1; caller = 2; inputs = 3; vout = 4; incoming_alkanes = 5 }
static std::size_t size(const TracedContext& c) noexcept {
    std::size_t n = message_field_size(size(c.myself)) + message_field_size(size(c.caller)) + number_field_size(c.vout);
    for (const u128 x : c.inputs) n += message_field_size(size(x));
    for (const auto& t : c.incoming) n += message_field_size(size(t));
    return n;
}
static void put(Bytes& out, int number, const TracedContext& c) {
    put_header(out, number, size(c));
    put(out, 1, c.myself);
    put(out, 2, c.caller);
    for (const u128 x : c.inputs) put(out, 3, x);
    put_number(out, 4, c.vout);
    for (const auto& t : c.incoming) put(out, 5, t);
}

/// AlkanesTrace { events = 1 } of one event: `number` is the event's field, `n` the size of its message.
static void put_event(Bytes& out, int number, std::size_t n) {
    put_header(out, 1, message_field_size(n));
    put_header(out, number, n);
}

void Trace::enter(CallType type, const TracedContext& context, std::uint64_t used) {
    const std::size_t start = body_.size();
    put(body_, 1, context);
    entries_.push_back({start, body_.size() - start, used, type});
}

void Trace::exit(bool success, const Response& response, std::uint64_t fuel_used) {
    const std::uint64_t status = success ? 0 : 1;
    put_event(body_, 2, number_field_size(status) + message_field_size(size(response)) + number_field_size(fuel_used));
    put_number(body_, 1, status);
    put(body_, 2, response);
    put_number(body_, 3, fuel_used);
}

void Trace::create(const RuneId& id) {
    put_event(body_, 3, message_field_size(size(id)));
    put(body_, 1, id);
}

Bytes encode_trace(BytesView body, std::span<const TraceEntry> entries, std::uint64_t fuel) {
    constexpr std::size_t longest_header = 32;  // of an enter event: two fields of one byte, four lengths, two varints
    Bytes out;
    out.reserve(body.size() + entries.size() * longest_header);
    std::size_t done = 0;
    for (const TraceEntry& entry : entries) {
        out.append(body.substr(done, entry.offset - done));
        const std::uint64_t left = fuel - entry.used;
        const std::size_t inner = entry.size + number_field_size(left);
        const auto type = static_cast<std::uint64_t>(entry.type);
        put_event(out, 1, number_field_size(type) + message_field_size(inner));
        put_number(out, 1, type);
        put_header(out, 2, inner);
        out.append(body.substr(entry.offset, entry.size));
        put_number(out, 2, left);
        done = entry.offset + entry.size;
    }
    return out.append(body.substr(done));
}

}  // namespace warpshrew::alkanes
