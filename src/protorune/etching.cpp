#include "protorune/etching.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "bitcoin/script.hpp"
#include "protorune/key.hpp"

namespace warpshrew::protorune {

namespace {

/// The number of the first name with k + 1 letters.
constexpr std::array<u128, 13> first_of_length = [] {
    std::array<u128, 13> steps{};
    for (std::size_t k = 1; k < steps.size(); ++k) steps[k] = 26 * (steps[k - 1] + 1);
    return steps;
}();

/// The number's bytes without trailing zeros.
Bytes commitment_of(u128 number) {
    Bytes bytes = to_le(number);
    bytes.resize(bytes.find_last_not_of('\0') + 1);  // npos + 1 is 0
    return bytes;
}

bool contains_push(BytesView script, BytesView data) {
    bitcoin::ScriptReader reader(script);
    while (const auto instruction = reader.next()) {
        if (instruction->is_push(data)) return true;
    }
    return false;
}

/// Whether an input at least six blocks old commits to the name (2.6.2). An output from before the first indexed block
/// counts as one of height 0.
bool is_committed(const TransactionContext& tx, u128 number) {
    const Bytes commitment = commitment_of(number);
    KeyBuffer key;
    for (const auto& input : tx.transaction.inputs) {
        const auto script = bitcoin::tapscript(input.witness);
        if (!script || !contains_push(*script, commitment)) continue;
        const auto committed_at =
            store::get_uint<std::uint64_t>(tx.state, key("/height/byoutpoint/", input.previous_output));
        if (tx.block.height - committed_at + 1 >= 6) return true;
    }
    return false;
}

std::optional<u128> number_of(const TransactionContext& tx, const Etching& etching) {
    const std::uint64_t height = tx.block.height;
    if (!etching.rune) return reserved_name + (u128{height} << 32 | tx.index);
    const u128 number = *etching.rune;
    if (number < minimum_name_at_height(height) || number >= reserved_name || !is_committed(tx, number)) {
        return std::nullopt;
    }
    return number;
}

template <class T>
void put(store::KeyValue& state, BytesView key, const std::optional<T>& value) {
    if (value) store::set_uint<T>(state, key, *value);
}

void put_terms(store::KeyValue& state, const Terms& terms, BytesView name) {
    KeyBuffer key;
    put(state, key("/runes/amount/", name), terms.amount);
    put(state, key("/runes/cap/", name), terms.cap);
    put(state, key("/runes/mints-remaining/", name), terms.cap);
    put(state, key("/runes/height/start/", name), terms.height_start);
    put(state, key("/runes/height/end/", name), terms.height_end);
    put(state, key("/runes/offset/start/", name), terms.offset_start);
    put(state, key("/runes/offset/end/", name), terms.offset_end);
}

/// Whether the rune's terms let it be minted at a height. A stored 0 stands for no bound; sums wrap.
bool may_be_minted(store::KeyValue& state, BytesView name, std::uint64_t etched_at, std::uint64_t height) {
    KeyBuffer key;
    const auto field = [&](BytesView table) { return store::get_uint<std::uint64_t>(state, key(table, name)); };
    const auto height_start = field("/runes/height/start/"), offset_start = field("/runes/offset/start/");
    const auto height_end = field("/runes/height/end/"), offset_end = field("/runes/offset/end/");
    return height >= height_start && (offset_start == 0 || height >= etched_at + offset_start) &&
           (height_end == 0 || height < height_end) && (offset_end == 0 || height < etched_at + offset_end);
}

}  // namespace

u128 minimum_name_at_height(std::uint64_t height) noexcept {
    constexpr std::uint64_t start = 840'000, end = 1'050'000, interval = 17'500;
    const std::uint64_t offset = height + 1;
    if (offset < start) return first_of_length[12];
    if (offset >= end) return 0;
    const std::uint64_t progress = offset - start;
    const std::uint64_t length = 12 - progress / interval;
    const u128 low = first_of_length[length - 1], high = first_of_length[length];
    return high - (high - low) * (progress % interval) / interval;
}

Bytes rune_name(u128 number) {
    Bytes name;
    // number + 1 written with the digits 1 to 26; the first digit apart, since the sum may not fit.
    for (;;) {
        name.push_back(static_cast<char>('A' + static_cast<int>(number % 26)));
        if (number < 26) break;
        number = number / 26 - 1;
    }
    std::reverse(name.begin(), name.end());
    return name;
}

bool index_etching(const TransactionContext& tx, const Etching& etching) {
    const auto number = number_of(tx, etching);
    if (!number) return false;
    const Bytes name = rune_name(*number);
    KeyBuffer key;
    if (!tx.block.state.get(key("/runeid/byetching/", name)).empty()) return false;

    auto& state = tx.state;
    const std::uint64_t height = tx.block.height;
    const RuneId id{height, tx.index};
    state.set(key("/etching/byruneid/", id), name);
    state.set(key("/runeid/byetching/", name), id32(id));
    store::set_uint<std::uint64_t>(state, key("/height/byruneid/", id), height);
    put(state, key("/runes/divisibility/", name), etching.divisibility);
    put(state, key("/runes/premine/", name), etching.premine);
    if (etching.terms) put_terms(state, *etching.terms, name);
    store::set_uint<std::uint32_t>(state, key("/runes/symbol/", name), etching.symbol.value_or(U'\u00a4'));
    put(state, key("/runes/spaces/", name), etching.spacers);
    store::list_append(state, key("/runes/names", name), name);
    store::list_append(state, key("/runes/byheight/", height), name);
    return true;
}

Result<void> index_mint(const BlockContext& block, const RuneId& id, BalanceSheet& sheet) {
    auto& state = block.state;
    KeyBuffer key;
    const Bytes name(state.get(key("/etching/byruneid/", id)));
    const auto remaining = store::get_uint<u128>(state, key("/runes/mints-remaining/", name));
    if (remaining == 0) return {};
    const auto etched_at = store::get_uint<std::uint64_t>(state, key("/height/byruneid/", id));
    if (!may_be_minted(state, name, etched_at, block.height)) return {};
    store::set_uint<u128>(state, key("/runes/mints-remaining/", name), remaining - 1);
    return sheet.increase(id, store::get_uint<u128>(state, key("/runes/amount/", name)));
}

}  // namespace warpshrew::protorune
