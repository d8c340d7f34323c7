#include "test_chain.hpp"

#include <gtest/gtest.h>

#include "alkanes/gzip.hpp"
#include "alkanes/keys.hpp"
#include "alkanes/serialization.hpp"
#include "support/wat.hpp"

namespace warpshrew::test {

using bitcoin::NewInput;
using bitcoin::NewTransaction;

wasm::Engine& test_engine() {
    static wasm::Engine engine = std::move(wasm::Engine::create().value());
    return engine;
}

protorune::Network bare_network(std::string_view name) {
    auto network = protorune::find_network(name).value();
    network.builtins.clear();
    return network;
}

protorune::Protostone message(std::vector<u128> list) {
    protorune::Protostone stone;
    stone.protocol_tag = protorune::alkanes_protocol_tag;
    stone.message = protorune::encode_cellpack(list);
    stone.pointer = 0;
    stone.refund = 0;
    return stone;
}

Bytes words(const std::vector<u128>& list) {
    Bytes out;
    for (const u128 x : list) append_le(out, x);
    return out;
}

Bytes storage_map(const std::vector<std::pair<Bytes, Bytes>>& storage) {
    Bytes out = to_le(static_cast<std::uint32_t>(storage.size()));
    for (const auto& [k, v] : storage) {
        append_le(out, static_cast<std::uint32_t>(k.size()));
        out += k;
        append_le(out, static_cast<std::uint32_t>(v.size()));
        out += v;
    }
    return out;
}

Bytes response(const std::vector<protorune::RuneTransfer>& alkanes, const std::vector<std::pair<Bytes, Bytes>>& storage,
               BytesView data) {
    return alkanes::encode_call_response(alkanes, {}) + storage_map(storage) + Bytes(data);
}

const Bytes empty_response(20, '\0');

static std::string escaped(BytesView bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (const char c : bytes) {
        out += '\\';
        out += digits[static_cast<unsigned char>(c) >> 4];
        out += digits[c & 15];
    }
    return out;
}

Bytes contract(std::string_view body, const std::map<unsigned, Bytes>& buffers, std::string_view extra,
               std::string_view memory) {
    std::string text = "(module\n";
    for (const auto& f : wasm::host_functions) {
        text += "(import \"env\" \"" + std::string(f.name) + "\" (func $" + std::string(f.name);
        for (const char c : f.params) text += c == 'i' ? " (param i32)" : " (param i64)";
        text += f.results.empty() ? "))\n" : " (result i32)))\n";
    }
    text += "(memory (export \"memory\") " + std::string(memory) + ")\n";
    for (const auto& [address, bytes] : buffers)
        text += "(data (i32.const " + std::to_string(address - 4) + ") \"" +
                escaped(to_le(static_cast<std::uint32_t>(bytes.size())) + bytes) + "\")\n";
    text += std::string(extra) + "\n(func (export \"__execute\") (result i32)\n" + std::string(body) + "))";
    return wat(text);
}

Bytes returning(const Bytes& response) { return contract("(i32.const 1024)", {{1024, response}}); }

TestChain::TestChain(const protorune::Network& network, std::uint64_t start, alkanes::CodeByDigest builtins)
    : height(start),
      network_(network),
      builtins_(network_, std::move(builtins)),
      indexer_(network_, builtins_, test_engine()) {}

void TestChain::mine(const std::vector<TestTransaction>& transactions) {
    last_ = {bitcoin::coinbase(static_cast<std::uint32_t>(height), {{5'000'000'000, "\x51"}})};
    for (const auto& t : transactions) {
        NewTransaction tx;
        tx.inputs = t.inputs;
        if (tx.inputs.empty()) {
            NewInput input;
            input.txid = Bytes(28, 'u') + to_le(++unique_);
            tx.inputs.push_back(input);
        }
        if (!t.envelope.empty()) tx.inputs[0].witness = protorune::script_path_witness(t.envelope);
        for (unsigned i = 0; i < t.outputs; i++) tx.outputs.push_back({546, "\x51"});
        if (!t.stones.empty()) tx.outputs.push_back({0, protorune::encode_runestone(t.stones)});
        last_.push_back(std::move(tx));
    }
    const auto block = bitcoin::Block::decode(bitcoin::serialize_block({}, last_));
    ASSERT_TRUE(block) << block.error().reason;
    store::BlockState changes(state);
    const auto result = indexer_.index(changes, height, *block, runner);
    ASSERT_TRUE(result) << result.error().reason;
    stats = *result;
    state.apply(changes);
    height++;
}

RuneId TestChain::deploy(const Bytes& code) {
    const auto next = load_le<u128>(get(alkanes::sequence_key).append(16, '\0').data());
    const RuneId id{2, std::max<u128>(next, 1)};
    mine({{{message({1, 0})}, protorune::contract_envelope(alkanes::gzip(code)), {}, 1}});
    EXPECT_EQ(outcome(), "success");
    return id;
}

RuneId TestChain::deploy_reserved(const Bytes& code, u128 number) {
    mine({{{message({3, number})}, protorune::contract_envelope(alkanes::gzip(code)), {}, 1}});
    EXPECT_EQ(outcome(), "success");
    return {4, number};
}

void TestChain::call(std::vector<u128> list) { mine({{{message(std::move(list))}, {}, {}, 1}}); }

static std::uint32_t shadow_vout(const NewTransaction& tx, unsigned stone) {
    return static_cast<std::uint32_t>(tx.outputs.size()) + 1 + stone;
}

std::optional<pb::alkanes::AlkanesTrace> TestChain::trace(unsigned tx, unsigned stone) const {
    const auto& t = last_.at(tx);
    const auto found = state.map.find("/trace/" + protorune::op36(view(bitcoin::txid(t)), shadow_vout(t, stone)));
    if (found == state.map.end()) return std::nullopt;
    pb::alkanes::AlkanesTrace out;
    EXPECT_TRUE(out.ParseFromString(found->second));
    return out;
}

pb::alkanes::AlkanesExitContext TestChain::exit(unsigned tx, unsigned stone) const {
    const auto t = trace(tx, stone);
    if (!t || t->events().empty()) return {};
    return t->events(t->events_size() - 1).exit_context();
}

std::string TestChain::outcome(unsigned tx, unsigned stone) const {
    if (!trace(tx, stone)) return "no trace";
    const auto e = exit(tx, stone);
    return e.status() == pb::alkanes::SUCCESS ? "success" : e.response().data().substr(4);
}

NewInput TestChain::spend(unsigned tx, std::uint32_t vout) const {
    NewInput input;
    input.txid = Bytes(view(bitcoin::txid(last_.at(tx))));
    input.vout = vout;
    return input;
}

Bytes TestChain::get(BytesView key) const {
    const auto found = state.map.find(key);
    return found == state.map.end() ? Bytes() : found->second;
}

static u128 number(Bytes bytes) { return load_le<u128>(bytes.append(16, '\0').data()); }

u128 TestChain::balance(const RuneId& what, const RuneId& who) const {
    return number(get(alkanes::balance_key(what, who)));
}

Bytes TestChain::storage(const RuneId& id, BytesView key) const { return get(alkanes::storage_key(id, key)); }

std::uint32_t TestChain::inventory(const RuneId& who) const {
    return static_cast<std::uint32_t>(number(get(alkanes::inventory_key(who) + "/length")));
}

u128 TestChain::tokens_on(unsigned tx, std::uint32_t vout, const RuneId& id) const {
    const Bytes prefix = "/runes/proto/1/byoutpoint/" + protorune::op36(view(bitcoin::txid(last_.at(tx))), vout);
    return number(get(prefix + "/id_to_balance" + id32(id)));
}

}  // namespace warpshrew::test
