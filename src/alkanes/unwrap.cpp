#include "alkanes/unwrap.hpp"

#include <algorithm>

#include "alkanes/keys.hpp"
#include "bitcoin/reader.hpp"
#include "store/list.hpp"

namespace warpshrew::alkanes {

namespace {

constexpr BytesView pending = "/__INTERNAL/pending_unwraps";
using bitcoin::outpoint_size;
constexpr std::uint64_t clean_up_interval = 10;

Bytes pending_key(BytesView end) { return Bytes(pending).append(end); }

void append_payments(std::vector<Payment>& out, BytesView item) {
    bitcoin::Reader reader(item);
    while (reader.remaining() > 0) {
        const BytesView outpoint = reader.take(outpoint_size);
        const std::size_t output = reader.position();
        (void)reader.integer<std::uint64_t>();
        (void)reader.take(reader.count(1, false));  // the script
        if (!reader.ok()) return;
        out.push_back({Bytes(outpoint), Bytes(reader.since(output))});
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
