#include "app/readable_key.hpp"

#include <algorithm>
#include <optional>

#include "alkanes/keys.hpp"
#include "base/hex.hpp"
#include "protorune/input_sheets.hpp"

namespace warpshrew::app {

using protorune::RuneId;

namespace {

constexpr std::size_t id_size = 32;
using bitcoin::outpoint_size;

bool is_printable(char c) { return c >= 0x20 && c < 0x7f; }

/// Takes `n` bytes off the front of `rest`; nothing if there are fewer.
std::optional<BytesView> take(BytesView& rest, std::size_t n) {
    if (rest.size() < n) return std::nullopt;
    const BytesView front = rest.substr(0, n);
    rest.remove_prefix(n);
    return front;
}

bool take(BytesView& rest, BytesView front) {
    if (!rest.starts_with(front)) return false;
    rest.remove_prefix(front.size());
    return true;
}

std::optional<RuneId> take_id(BytesView& rest) {
    const auto bytes = take(rest, id_size);
    return bytes ? std::optional(protorune::parse_id32(*bytes)) : std::nullopt;
}

/// The txid as it is displayed, its first digits only, and the output.
std::string outpoint(BytesView bytes) {
    std::string reversed(bytes.substr(0, id_size));
    std::ranges::reverse(reversed);
    return to_hex(BytesView(reversed).substr(0, 4)) + "..:" + std::to_string(load_le<std::uint32_t>(&bytes[id_size]));
}

std::string with_rest(const std::string& text, BytesView rest) {
    return rest.empty() ? text : text + " " + readable_bytes(rest);
}

std::optional<std::string> contract_key(BytesView rest) {
    const auto id = take_id(rest);
    if (!id) return std::nullopt;
    if (rest.empty()) return "code of " + readable_id(*id);
    if (take(rest, "/storage/")) return "storage of " + readable_id(*id) + " " + readable_bytes(rest);
    if (take(rest, "/inventory/")) return with_rest("inventory of " + readable_id(*id), rest);
    if (!take(rest, "/balances/")) return std::nullopt;
    const auto who = take_id(rest);
    if (!who || !rest.empty()) return std::nullopt;
    return "balance of " + readable_id(*id) + " in " + readable_id(*who);
}

std::optional<std::string> outpoint_key(const std::string& what, BytesView rest) {
    const auto bytes = take(rest, outpoint_size);
    if (!bytes) return std::nullopt;
    return with_rest(what + " " + outpoint(*bytes), rest);
}

std::optional<std::string> known(BytesView key) {
    if (key == alkanes::sequence_key) return "sequence";
    BytesView rest = key;
    if (take(rest, "/alkanes/")) return contract_key(rest);
    if (take(rest, "/alkanes_id_to_outpoint/")) {
        const auto id = take_id(rest);
        return id && rest.empty() ? std::optional("origin of " + readable_id(*id)) : std::nullopt;
    }
    if (take(rest, protorune::protorunes_by_outpoint)) return outpoint_key("tokens on", rest);
    if (take(rest, protorune::runes_by_outpoint)) return outpoint_key("runes on", rest);
    if (take(rest, "/runes/proto/1/runtime/balance")) {
        if (take(rest, "/id_to_balance") && rest.size() == id_size)
            return "runtime balance of " + readable_id(protorune::parse_id32(rest));
        return std::nullopt;
    }
    if (take(rest, "/etching/byruneid/") && rest.size() == id_size)
        return "rune at " + readable_id(protorune::parse_id32(rest));
    if (take(rest, "/trace/")) {
        if (rest.size() == outpoint_size) return outpoint_key("trace of", rest);
        if (rest.size() > 8)
            return with_rest("traces at " + std::to_string(load_le<std::uint64_t>(rest.data())), rest.substr(8));
    }
    return std::nullopt;
}

}  // namespace

std::string readable_id(const RuneId& id) { return to_decimal(id.block) + ":" + to_decimal(id.tx); }

std::string readable_bytes(BytesView bytes) {
    if (bytes.empty()) return "\"\"";
    const auto end = std::ranges::find_if_not(bytes, is_printable);
    const BytesView text(bytes.begin(), end), rest(end, bytes.end());
    std::string out;
    if (!text.empty()) out += "\"" + std::string(text) + "\"";
    if (!rest.empty()) out += "0x" + to_hex(rest);
    return out;
}

std::string readable_key(BytesView key) { return known(key).value_or(readable_bytes(key)); }

}  // namespace warpshrew::app
