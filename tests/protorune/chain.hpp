#pragma once
// What the tests of this folder share: a chain in memory, transactions with stones, balances.

#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "base/hex.hpp"
#include "bitcoin/encode.hpp"
#include "protorune/encode.hpp"
#include "protorune/indexer.hpp"
#include "store/memory_state.hpp"

namespace warpshrew::protorune {

using Balances = std::map<RuneId, u128>;

inline constexpr BytesView protorune_table = "/runes/proto/1/byoutpoint/";
inline constexpr BytesView rune_table = "/runes/byoutpoint/";
inline constexpr std::uint32_t runtime_pointer = 0xffffffff;
inline constexpr u128 two_to_32 = u128{1} << 32;
inline const RuneId a{2, 0}, b{2, 1};

inline Bytes bytes_of(std::string_view hex) { return from_hex(hex).value(); }

inline Network network_named(std::string_view name) { return find_network(name).value(); }

/// A P2WPKH script, another for each n.
inline Bytes pay_to(std::uint8_t n) { return Bytes("\x00\x14", 2) + Bytes(20, static_cast<char>(n)); }
inline const Bytes op_return_script = "\x6a";

/// An outpoint that no block has made.
inline Bytes foreign_outpoint(std::uint32_t n) { return op36(Bytes(32, '\x77'), n); }
inline const Bytes source = foreign_outpoint(0);

inline bitcoin::NewTransaction transaction(const std::vector<Bytes>& outpoints, const std::vector<Bytes>& scripts) {
    bitcoin::NewTransaction tx;
    for (const Bytes& outpoint : outpoints) {
        bitcoin::NewInput input;
        input.txid = outpoint.substr(0, 32);
        input.vout = load_le<std::uint32_t>(outpoint.data() + 32);
        tx.inputs.push_back(std::move(input));
    }
    for (const Bytes& script : scripts) tx.outputs.push_back({546, script});
    return tx;
}

inline Bytes outpoint(const bitcoin::NewTransaction& tx, std::uint32_t vout) {
    return op36(view(bitcoin::txid(tx)), vout);
}

/// The OP_RETURN script of a runestone whose payload is these integers.
inline Bytes script_of(const std::vector<u128>& integers) {
    Bytes script = "\x6a\x5d";
    bitcoin::append_pushes(script, encode_cellpack(integers));
    return script;
}

/// The script of a runestone that carries these bytes as protostones.
inline Bytes script_of_raw_protostones(Bytes raw) {
    std::vector<u128> integers;
    raw.resize((raw.size() + 14) / 15 * 15);
    for (std::size_t i = 0; i < raw.size(); i += 15) {
        integers.push_back(16383);
        integers.push_back(load_le<u128>((raw.substr(i, 15) + Bytes(1, '\0')).data()));
    }
    return script_of(integers);
}

inline Bytes script_of_protostone_integers(const std::vector<u128>& integers) {
    return script_of_raw_protostones(encode_cellpack(integers));
}

inline Protostone plain_stone(std::optional<std::uint32_t> pointer, std::vector<Edict> edicts = {}, u128 tag = 1) {
    Protostone stone;
    stone.protocol_tag = tag;
    stone.pointer = pointer;
    stone.edicts = std::move(edicts);
    return stone;
}

inline Protostone message_stone(std::optional<std::uint32_t> pointer, std::optional<std::uint32_t> refund,
                                std::vector<Edict> edicts = {}, u128 tag = 1) {
    Protostone stone = plain_stone(pointer, std::move(edicts), tag);
    stone.refund = refund;
    stone.message = "\x2a";
    return stone;
}

/// Answers messages with a function; without one they fail.
class TestHandler final : public MessageHandler {
 public:
    std::function<Result<MessageOutcome>(Message&)> answer;
    std::size_t calls = 0;

    Result<MessageOutcome> handle(Message& message) override {
        ++calls;
        if (!answer) return fail("no handler");
        return answer(message);
    }
};

/// Gives everything that comes in back out.
inline Result<MessageOutcome> forward_all(Message& m) { return MessageOutcome{m.runes, m.runtime_balances}; }

/// A chain that starts empty. Every block has a coinbase in front.
class Chain {
 public:
    explicit Chain(std::string_view network = "regtest", std::uint64_t height = 0)
        : network(network_named(network)), height(height) {}

    /// Indexes the next block; transactions count from 1.
    void add_block(const std::vector<bitcoin::NewTransaction>& transactions) {
        std::vector<bitcoin::NewTransaction> all{
            bitcoin::coinbase(static_cast<std::uint32_t>(height), {{5'000'000'000, pay_to(0xcb)}})};
        all.insert(all.end(), transactions.begin(), transactions.end());
        const auto block = bitcoin::Block::decode(bitcoin::serialize_block({}, all));
        ASSERT_TRUE(block);
        store::BlockState changes(state);
        index_block(changes, height++, *block, decode_stones(*block, network), network, handler);
        state.apply(changes);
    }

    /// Puts balances on an outpoint, as an earlier transaction would have.
    void give(const Bytes& at, const Balances& balances, BytesView table = protorune_table) {
        BalanceSheet sheet;
        for (const auto& [id, value] : balances) sheet.set(id, value);
        store::BlockState changes(state);
        sheet.save(changes, Bytes(table) + at);
        state.apply(changes);
    }

    [[nodiscard]] Bytes get(BytesView key) const {
        Bytes value;
        return state.read(key, value) ? value : Bytes();
    }
    [[nodiscard]] bool has(BytesView key) const { return state.map.contains(key); }

    /// What the outpoint holds, entries of 0 left out.
    [[nodiscard]] Balances balances(const Bytes& at, BytesView table = protorune_table) const {
        store::BlockState reader(state);
        Balances out;
        const BalanceSheet sheet = BalanceSheet::load(reader, Bytes(table) + at);
        for (const auto& [id, value] : sheet.entries()) {
            if (value != 0) out[id] = value;
        }
        return out;
    }
    [[nodiscard]] u128 balance(const Bytes& at, const RuneId& id, BytesView table = protorune_table) const {
        const Balances all = balances(at, table);
        const auto i = all.find(id);
        return i == all.end() ? 0 : i->second;
    }
    [[nodiscard]] u128 runtime_balance(const RuneId& id) const {
        store::BlockState reader(state);
        return store::get_uint<u128>(reader, "/runes/proto/1/runtime/balance/id_to_balance" + id32(id));
    }
    [[nodiscard]] std::vector<Bytes> list(BytesView key) const {
        store::BlockState reader(state);
        std::vector<Bytes> out;
        for (std::uint32_t i = 0; i < store::list_length(reader, key); ++i) {
            out.emplace_back(store::list_get(reader, key, i));
        }
        return out;
    }
    [[nodiscard]] bool is_initialized(const RuneId& id) const {
        return !get("/runes/proto/1/initialized/" + id32(id)).empty();
    }

    Network network;
    std::uint64_t height;
    store::MemoryState state;
    TestHandler handler;
};

inline std::ostream& operator<<(std::ostream& out, const RuneId& id) {
    return out << to_decimal(id.block) << ':' << to_decimal(id.tx);
}

}  // namespace warpshrew::protorune
