#include "alkanes/unwrap.hpp"

#include <algorithm>

#include "alkanes/keys.hpp"
#include "store/list.hpp"

namespace warpshrew::alkanes {

namespace {

constexpr BytesView pending = "/__INTERNAL/pending_unwraps";
constexpr std::size_t outpoint_size = 36;
constexpr std::uint64_t clean_up_interval = 10;

Bytes pending_key(BytesView end) { return Bytes(pending).append(end); }

/// The script's length (compact size) at the front of `bytes`, and where the script starts; false if it is cut off.
bool read_compact_size(BytesView bytes, std::uint64_t& n, std::size_t& width) noexcept {
    if (bytes.empty()) return false;
    const auto first = byte_at(bytes, 0);
    width = first < 0xfd ? 1 : first == 0xfd ? 3 : first == 0xfe ? 5 : 9;
    if (bytes.size() < width) return false;
    n = first;
    if (width > 1) {
        n = 0;
        std::memcpy(&n, bytes.data() + 1, width - 1);
    }
    return true;
}

void append_payments(std::vector<Payment>& out, BytesView item) {
    constexpr std::size_t fixed = outpoint_size + sizeof(std::uint64_t);
    while (item.size() > fixed) {
        std::uint64_t script = 0;
        std::size_t width = 0;
        if (!read_compact_size(item.substr(fixed), script, width)) return;
        if (script > item.size() - fixed - width) return;
        const auto end = fixed + width + static_cast<std::size_t>(script);
        out.push_back({Bytes(item.substr(0, outpoint_size)), Bytes(item.substr(outpoint_size, end - outpoint_size))});
        item.remove_prefix(end);
    }
}

bool is_unspent(store::KeyValue& state, BytesView outpoint) {
    return state.get(Bytes("/outpoint/spendableby/").append(outpoint)).size() > 1;
}

void append_pending(store::KeyValue& state, std::uint64_t height) {
    for (const auto& payment : payments_at(state, height))
        if (is_pending(state, payment))
            store::list_append(state, pending, to_le(height) + payment.spendable + payment.output);
}

/// Rewrites the list without the payments that have been fulfilled.
void drop_fulfilled(store::KeyValue& state) {
    const auto n = store::list_length(state, pending);
    std::vector<Bytes> kept;
    for (std::uint32_t i = 0; i < n; i++) {
        const BytesView item = store::list_get(state, pending, i);
        if (item.size() >= 8 + outpoint_size && is_unspent(state, Bytes(item.substr(8, outpoint_size))))
            kept.emplace_back(store::list_get(state, pending, i));
    }
    store::set_uint(state, store::list_length_key(pending), static_cast<std::uint32_t>(kept.size()));
    for (std::uint32_t i = 0; i < n; i++)
        state.set(store::list_item_key(pending, i), i < kept.size() ? BytesView(kept[i]) : BytesView());
}

bool any_pending(store::KeyValue& state, std::uint64_t height) {
    const auto payments = payments_at(state, height);
    return std::any_of(payments.begin(), payments.end(), [&](const Payment& p) { return is_pending(state, p); });
}

}  // namespace

std::vector<Payment> payments_at(store::KeyValue& state, std::uint64_t height) {
    const Bytes list = storage_key(frbtc, "/payments/byheight/" + to_le(height));
    std::vector<Payment> out;
    const auto n = store::list_length(state, list);
    for (std::uint32_t i = 0; i < n; i++) append_payments(out, store::list_get(state, list, i));
    return out;
}

bool is_pending(store::KeyValue& state, const Payment& payment) { return is_unspent(state, payment.spendable); }

u128 last_block(store::KeyValue& state, const protorune::Network& network) {
    return std::max(store::get_uint<u128>(state, storage_key(frbtc, "/last_block")), u128{network.genesis_block});
}

void update_payments(store::KeyValue& state, const protorune::Network& network, std::uint64_t height) {
    const u128 last = last_block(state, network);
    const Bytes initialized = pending_key("_initialized"), cached = pending_key("_height");
    const bool fresh = state.get(initialized).empty();
    if (fresh) state.set(initialized, "\x01");
    const u128 first = fresh ? last : u128{store::get_uint<std::uint64_t>(state, cached)} + 1;
    for (u128 h = first; h <= height; h++) append_pending(state, static_cast<std::uint64_t>(h));
    store::set_uint(state, cached, height);
    if (height % clean_up_interval == 0 && !fresh) drop_fulfilled(state);

    u128 open = last;
    while (open <= height && !any_pending(state, static_cast<std::uint64_t>(open))) open++;
    store::set_uint(state, storage_key(frbtc, "/last_block"), open <= height ? open : u128{height} + 1);
}

}  // namespace warpshrew::alkanes
