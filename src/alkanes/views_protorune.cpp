#include <map>
#include <optional>

#include "alkanes/protorune.pb.h"
#include "alkanes/simulate.hpp"
#include "alkanes/utf8.hpp"
#include "alkanes/views_internal.hpp"
#include "protorune/balance_sheet.hpp"
#include "protorune/protostone.hpp"
#include "protorune/varint.hpp"
#include "store/list.hpp"

namespace warpshrew::alkanes {

namespace {

using protorune::RuneId;

using bitcoin::outpoint_size;

// Names and symbols (alkanes-vm.md 7).
constexpr std::uint64_t name_fuel = 100'000;
constexpr u128 name_opcode = 99;
constexpr u128 symbol_opcode = 100;
constexpr unsigned most_name_calls = 300;  // of a sheet

Bytes protocol_key(u128 tag, const char* table) { return "/runes/proto/" + to_decimal(tag) + table; }

void write_id(const RuneId& id, pb::protorune::ProtoruneRuneId& out) {
    to_pb(id.block, *out.mutable_height());
    to_pb(id.tx, *out.mutable_txindex());
}

RuneId read_id(const pb::protorune::Rune& rune) {
    return {from_pb(rune.rune_id().height()), from_pb(rune.rune_id().txindex())};
}

bool is_contract(const RuneId& id) { return id.block == 2 || id.block == 4 || id.block == 32; }

/// Asks contracts for the name and symbol of their token, each once in a view.
class Names {
 public:
    explicit Names(const ViewCall& call) : call_(call) {}

    /// An error where the contract gives what is not UTF-8: the reference traps.
    Result<void> set(pb::protorune::Rune& rune) {
        const RuneId id = read_id(rune);
        auto known = names_.find(id);
        if (known == names_.end()) {
            auto name = ask(id, name_opcode);
            if (!name) return tl::unexpected(name.error());
            auto symbol = ask(id, symbol_opcode);
            if (!symbol) return tl::unexpected(symbol.error());
            known = names_.emplace(id, std::pair(std::move(*name), std::move(*symbol))).first;
        }
        rune.set_name(known->second.first);
        rune.set_symbol(known->second.second);
        rune.set_spacers(0);
        return {};
    }

 private:
    Result<std::string> ask(const RuneId& id, u128 opcode) {
        Bytes calldata;
        for (const u128 n : {id.block, id.tx, opcode}) protorune::append_varint(calldata, n);
        Parcel parcel;
        parcel.calldata = calldata;
        const auto simulation = simulate(call_.environment, call_.state, parcel, name_fuel);
        if (!simulation) return "{REVERT}";
        if (!is_utf8(simulation->response.data)) return fail("a contract's name or symbol is not UTF-8");
        return simulation->response.data;
    }

    const ViewCall& call_;
    std::map<RuneId, std::pair<std::string, std::string>> names_;
};

std::string debug_text(u128 n) {
    return "Uint128 { lo: " + to_decimal(static_cast<std::uint64_t>(n)) + ", hi: " + to_decimal(n >> 64U) + " }";
}

/// Names the contracts' tokens of a sheet, the first `most_name_calls`; those behind get their id as text.
Result<void> decorate(Names& names, pb::protorune::BalanceSheet& sheet) {
    unsigned calls = 0;
    for (auto& entry : *sheet.mutable_entries()) {
        pb::protorune::Rune& rune = *entry.mutable_rune();
        const RuneId id = read_id(rune);
        if (!is_contract(id)) continue;
        if (calls++ < most_name_calls) {
            if (auto named = names.set(rune); !named) return named;
        } else {
            rune.set_name(debug_text(id.block) + ":" + debug_text(id.tx));
            rune.set_symbol(rune.name());
        }
    }
    return {};
}

/// Position of the transaction among those of its block.
std::optional<std::uint32_t> position_of(store::BlockState& state, BytesView txid, std::uint64_t height) {
    const Bytes list = "/txids/byheight" + to_le(height);
    const std::uint32_t count = store::list_length(state, list);
    // The position that is recorded for the txid, unless something was put in front of the block's transactions, as the
    // genesis outpoint's is.
    const auto recorded = store::get_uint<std::uint32_t>(state, "/txindex/byid" + Bytes(txid));
    if (recorded < count && store::list_get(state, list, recorded) == txid) return recorded;
    for (std::uint32_t i = 0; i < count; ++i) {
        if (store::list_get(state, list, i) == txid) return i;
    }
    return std::nullopt;
}

/// protorune.md 4.3. Nothing where the reference fails, which makes the response of the whole view empty. `table` is
/// that of the sheets, layer 1's or a protocol's.
std::optional<pb::protorune::OutpointResponse> outpoint_response(store::BlockState& state, const Bytes& outpoint,
                                                                 BytesView table) {
    const protorune::BalanceSheet sheet = protorune::BalanceSheet::load(state, Bytes(table) + outpoint);
    const auto height = store::get_uint<std::uint64_t>(state, "/height/byoutpoint/" + outpoint);
    const auto index = position_of(state, BytesView(outpoint).substr(0, 32), height);
    if (!index) return std::nullopt;

    pb::protorune::OutpointResponse out;
    if (!decode_prost(state.get("/output/byoutpoint/" + outpoint), *out.mutable_output())) return std::nullopt;
    out.mutable_outpoint()->set_txid(outpoint.substr(0, 32));
    out.mutable_outpoint()->set_vout(load_le<std::uint32_t>(outpoint.data() + 32));
    // With a balance, of whatever amount, these two are the smallest id.
    const bool empty = sheet.entries().empty();
    out.set_height(static_cast<std::uint32_t>(empty ? u128{height} : sheet.entries().begin()->first.block));
    out.set_txindex(static_cast<std::uint32_t>(empty ? u128{*index} : sheet.entries().begin()->first.tx));
    out.mutable_balances();
    for (const auto& [id, balance] : sheet.entries()) {
        pb::protorune::BalanceSheetItem& item = *out.mutable_balances()->add_entries();
        write_id(id, *item.mutable_rune()->mutable_rune_id());
        item.mutable_rune()->set_name("UNKNOWN");
        item.mutable_rune()->set_divisibility(1);
        item.mutable_rune()->set_spacers(1);
        item.mutable_rune()->set_symbol("0");
        to_pb(balance, *item.mutable_balance());
    }
    return out;
}

constexpr BytesView layer1_sheets = "/runes/byoutpoint/";

/// The outpoints of an address that are unspent, by the length of what is recorded about them.
std::optional<std::vector<Bytes>> outpoints_of(store::BlockState& state, const Bytes& wallet) {
    const Bytes list = "/outpoint/byaddress/" + wallet;
    std::vector<Bytes> out;
    const std::uint32_t count = store::list_length(state, list);
    for (std::uint32_t i = 0; i < count; ++i) {
        const BytesView item = store::list_get(state, list, i);
        if (item.size() < outpoint_size) return std::nullopt;
        out.emplace_back(item.substr(0, outpoint_size));
    }
    std::erase_if(out, [&](const Bytes& outpoint) {
        return state.get("/outpoint/spendableby/" + outpoint).size() != wallet.size();
    });
    return out;
}

/// False: the view's response is empty.
bool add_outpoints(store::BlockState& state, const std::vector<Bytes>& outpoints, BytesView table,
                   pb::protorune::WalletResponse& response) {
    for (const Bytes& outpoint : outpoints) {
        auto one = outpoint_response(state, outpoint, table);
        if (!one) return false;
        response.add_outpoints()->Swap(&*one);
    }
    return true;
}

Result<Bytes> runesbyaddress(const ViewCall& call) {
    pb::protorune::WalletRequest request;
    if (!decode_prost(call.request, request)) return Bytes{};
    const auto outpoints = outpoints_of(call.state, request.wallet());
    pb::protorune::WalletResponse response;
    if (!outpoints || !add_outpoints(call.state, *outpoints, layer1_sheets, response)) return Bytes{};
    return response.SerializeAsString();
}

Result<Bytes> protocol_outpoints(const ViewCall& call, bool keep_empty) {
    pb::protorune::ProtorunesWalletRequest request;
    if (!decode_prost(call.request, request)) return Bytes{};
    const auto outpoints = outpoints_of(call.state, request.wallet());
    if (!outpoints || outpoints->empty()) return Bytes{};
    if (!request.has_protocol_tag()) return missing("the protocol tag");
    const u128 tag = from_pb(request.protocol_tag());
    pb::protorune::WalletResponse response;
    if (!add_outpoints(call.state, *outpoints, protocol_key(tag, "/byoutpoint/"), response)) return Bytes{};
    if (tag == protorune::alkanes_protocol_tag) {
        Names names(call);
        for (auto& outpoint : *response.mutable_outpoints()) {
            if (auto r = decorate(names, *outpoint.mutable_balances()); !r) return tl::unexpected(r.error());
        }
    }
    if (keep_empty) return response.SerializeAsString();
    pb::protorune::WalletResponse with_balances;
    for (auto& outpoint : *response.mutable_outpoints()) {
        if (outpoint.balances().entries_size() != 0) with_balances.add_outpoints()->Swap(&outpoint);
    }
    return with_balances.SerializeAsString();
}

Result<Bytes> protorunesbyaddress(const ViewCall& call) { return protocol_outpoints(call, false); }
Result<Bytes> spendablesbyaddress(const ViewCall& call) { return protocol_outpoints(call, true); }

Result<Bytes> runesbyoutpoint(const ViewCall& call) {
    pb::protorune::Outpoint request;
    if (!decode_prost(call.request, request) || request.txid().size() != 32) return Bytes{};
    const auto response = outpoint_response(call.state, protorune::op36(request.txid(), request.vout()), layer1_sheets);
    return response ? response->SerializeAsString() : Bytes{};
}

Result<Bytes> protorunesbyoutpoint(const ViewCall& call) {
    pb::protorune::OutpointWithProtocol request;
    if (!decode_prost(call.request, request)) return Bytes{};
    if (!request.has_protocol()) return missing("the protocol");
    if (request.txid().size() != 32) return Bytes{};
    const u128 tag = from_pb(request.protocol());
    auto response = outpoint_response(call.state, protorune::op36(request.txid(), request.vout()),
                                      protocol_key(tag, "/byoutpoint/"));
    if (!response) return Bytes{};
    if (tag == protorune::alkanes_protocol_tag) {
        Names names(call);
        if (auto r = decorate(names, *response->mutable_balances()); !r) return tl::unexpected(r.error());
    }
    return response->SerializeAsString();
}

/// UTF-8 of a code point; nothing for a surrogate or what is above U+10FFFF.
std::optional<std::string> utf8(std::uint32_t c) {
    std::string out;
    const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80U | (c >> shift & 0x3fU)); };
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xc0U | c >> 6U);
        tail(0);
    } else if (c < 0x10000) {
        if (c >= 0xd800 && c < 0xe000) return std::nullopt;
        out += static_cast<char>(0xe0U | c >> 12U);
        tail(6);
        tail(0);
    } else if (c < 0x110000) {
        out += static_cast<char>(0xf0U | c >> 18U);
        tail(12);
        tail(6);
        tail(0);
    } else {
        return std::nullopt;
    }
    return out;
}

Result<Bytes> runesbyheight(const ViewCall& call) {
    pb::protorune::RunesByHeightRequest request;
    if (!decode_prost(call.request, request)) return Bytes{};
    const Bytes list = "/runes/byheight/" + to_le(request.height());
    pb::protorune::RunesResponse response;
    const std::uint32_t count = store::list_length(call.state, list);
    for (std::uint32_t i = 0; i < count; ++i) {
        const Bytes name(store::list_get(call.state, list, i));
        const Bytes id(call.state.get("/runeid/byetching/" + name));
        if (id.size() < 32) return fail("the id of a rune is damaged");
        if (!is_utf8(name)) return Bytes{};
        const Bytes symbol(call.state.get("/runes/symbol/" + name));
        if (symbol.size() != 4) return Bytes{};
        const auto text = utf8(load_le<std::uint32_t>(symbol.data()));
        if (!text) return fail("the symbol of a rune is no character");
        pb::protorune::Rune& rune = *response.add_runes();
        write_id(protorune::parse_id32(id), *rune.mutable_rune_id());
        rune.set_name(name);
        rune.set_spacers(store::get_uint<std::uint32_t>(call.state, "/runes/spaces/" + name));
        rune.set_symbol(*text);
        rune.set_divisibility(store::get_uint<std::uint8_t>(call.state, "/runes/divisibility/" + name));
    }
    return response.SerializeAsString();
}

Result<Bytes> protorunesbyheight(const ViewCall& call) {
    pb::protorune::ProtorunesByHeightRequest request;
    if (!decode_prost(call.request, request)) return Bytes{};
    // Without a tag the table is that of protocol 0, and the names are asked for as if it were 1.
    const u128 tag = from_pb(request.protocol_tag());
    const Bytes list = protocol_key(tag, "/byheight/") + to_le(request.height());
    pb::protorune::RunesResponse response;
    const std::uint32_t count = store::list_length(call.state, list);
    for (std::uint32_t i = 0; i < count; ++i) {
        const BytesView id = store::list_get(call.state, list, i);
        if (id.size() < 32) return Bytes{};
        write_id(protorune::parse_id32(id), *response.add_runes()->mutable_rune_id());
    }
    if (request.has_protocol_tag() && tag != protorune::alkanes_protocol_tag) return response.SerializeAsString();
    Names names(call);
    for (auto& rune : *response.mutable_runes()) {
        if (!is_contract(read_id(rune))) continue;
        if (auto named = names.set(rune); !named) return tl::unexpected(named.error());
    }
    return response.SerializeAsString();
}

constexpr View protorune_view_list[] = {
    {"runesbyaddress", runesbyaddress},
    {"runesbyoutpoint", runesbyoutpoint},
    {"runesbyheight", runesbyheight},
    {"protorunesbyaddress", protorunesbyaddress, true},
    {"spendablesbyaddress", spendablesbyaddress, true},
    {"protorunesbyoutpoint", protorunesbyoutpoint, true},
    {"protorunesbyheight", protorunesbyheight, true},
};

}  // namespace

std::span<const View> protorune_views() { return protorune_view_list; }

}  // namespace warpshrew::alkanes
