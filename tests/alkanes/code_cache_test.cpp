// Compiled code: found, remembered, forgotten, compiled ahead (alkanes-vm.md 1.3, 1.5, 6.3).

#include "alkanes/code_cache.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "alkanes/gzip.hpp"
#include "alkanes/keys.hpp"
#include "alkanes/prefetch.hpp"
#include "base/hex.hpp"
#include "base/sha256.hpp"
#include "base/temporary_folder.hpp"
#include "test_chain.hpp"

using namespace warpshrew;
using namespace warpshrew::alkanes;
using namespace warpshrew::test;

namespace {

Bytes saying(BytesView text) { return returning(response({}, {}, text)); }

/// A module without code whose custom section makes it `size` bytes large, and other than those of other names.
Bytes large_module(const std::string& name, std::size_t size) {
    Bytes out = contract("(i32.const 1024)", {{1024, name}});
    Bytes content = "\x01x" + Bytes(size, '\0');
    out += '\0';
    for (std::size_t n = content.size(); n != 0; n >>= 7) out += static_cast<char>((n & 0x7f) | (n > 0x7f ? 0x80 : 0));
    return out + content;
}

class Codes : public testing::Test {
 protected:
    Codes() { state_.checkpoint(); }
    void store(const RuneId& id, BytesView value) { below_.map[code_key(id)] = Bytes(value); }
    Result<Result<CompiledCode>> find(const RuneId& id) { return cache_.find(state_, id, 0); }

    const protorune::Network network_ = bare_network("regtest");
    const Builtins builtins_{network_, {}};
    wasm::Engine engine_ = wasm::Engine::create({.cache = {}, .remembered = 1, .instances = 512}).value();
    CodeCache cache_{Environment{network_, builtins_, engine_}};
    store::MemoryState below_;
    store::BlockState block_{below_};
    store::Transaction state_{block_};
};

Bytes data_of(const TestChain& chain) { return chain.exit().response().data(); }

bitcoin::Block block_of(const std::vector<std::pair<std::vector<u128>, Bytes>>& messages_and_payloads) {
    std::vector<bitcoin::NewTransaction> txs = {bitcoin::coinbase(0, {{50, "\x51"}})};
    for (const auto& [words, payload] : messages_and_payloads) {
        bitcoin::NewTransaction tx;
        tx.inputs.resize(1);
        tx.inputs[0].txid = Bytes(28, 'u') + to_le(static_cast<std::uint32_t>(txs.size()));
        tx.inputs[0].witness = protorune::script_path_witness(protorune::contract_envelope(payload));
        tx.outputs.push_back({546, "\x51"});
        tx.outputs.push_back({0, protorune::encode_runestone(std::vector<protorune::Protostone>{message(words)})});
        txs.push_back(std::move(tx));
    }
    return bitcoin::Block::decode(bitcoin::serialize_block({}, txs)).value();
}

}  // namespace

// The engine, here one that keeps the last module only, decides how long code lives.
TEST_F(Codes, CompiledCodeIsNotHeld) {
    store({2, 1}, gzip(saying("one")));
    store({2, 2}, gzip(saying("two")));
    std::weak_ptr<const wasm::Code> first;
    {
        const auto code = find({2, 1});
        ASSERT_TRUE(code && *code);
        first = **code;
        EXPECT_EQ(cache_.decompressed(), 1U);
        EXPECT_EQ(**find({2, 1}), **code);  // remembered
        EXPECT_EQ(cache_.decompressed(), 1U);
    }
    EXPECT_FALSE(first.expired());
    ASSERT_TRUE(find({2, 2}));
    EXPECT_TRUE(first.expired());
    // What was dropped is compiled again.
    const auto again = find({2, 1});
    ASSERT_TRUE(again && *again);
    EXPECT_EQ(cache_.decompressed(), 3U);
}

TEST_F(Codes, ErrorsAreRemembered) {
    store({2, 1}, "not gzip, but of the length that a header has");
    store({2, 2}, gzip("no module"));
    for (int i = 0; i < 3; i++) {
        EXPECT_EQ(find({2, 1}).error().reason, "invalid gzip header");
        const auto bad = find({2, 2});
        ASSERT_TRUE(bad);
        EXPECT_FALSE(*bad);
    }
    EXPECT_EQ(cache_.decompressed(), 2U);
    // What is not there may still come.
    EXPECT_FALSE(find({2, 3}));
    store({2, 3}, gzip(saying("late")));
    store::BlockState next(below_);
    store::Transaction state(next);
    EXPECT_TRUE(cache_.find(state, {2, 3}, 0));
}

// A block's payload is decompressed once, whatever comes out, until the block ends.
TEST_F(Codes, PayloadsOfABlockAreDecompressedOnce) {
    const Bytes good = gzip(saying("one")), bomb = gzip(Bytes(max_code_size + 1, '\0'));
    for (int i = 0; i < 20; i++) {
        EXPECT_TRUE(cache_.load(good));
        EXPECT_EQ(cache_.load(bomb).error().reason, "code is larger than 268435456 bytes");
        const RuneId id{2, static_cast<u128>(i)};
        state_.set(code_key(id), i % 2 != 0 ? good : bomb);
        EXPECT_EQ(find(id).has_value(), i % 2 != 0);
    }
    EXPECT_EQ(cache_.decompressed(), 2U);
    cache_.end_block();
    EXPECT_TRUE(cache_.load(good));
    EXPECT_EQ(cache_.decompressed(), 3U);
}

// Deployments that share a transaction's envelope, the same one in the next transaction, and calls.
TEST(CodesOfABlock, StonesShareTheirPayload) {
    TestChain chain(bare_network("regtest"), 0);
    const Bytes envelope = protorune::contract_envelope(gzip(saying("shared")));
    chain.mine({{{message({1, 0}), message({1, 0}), message({3, 7})}, envelope, {}, 1},
                {{message({1, 0}), message({2, 3}), message({4, 7})}, envelope, {}, 1}});
    for (unsigned stone = 0; stone < 3; stone++) {
        EXPECT_EQ(chain.exit(1, stone).response().data(), "shared");
        EXPECT_EQ(chain.exit(2, stone).response().data(), "shared");
    }
}

// After a rollback another contract may have the id.
TEST(IndexerForget, AnotherBranchHasOtherCode) {
    TestChain chain(bare_network("regtest"), 0);
    const auto before = chain.state.map;
    for (const auto* text : {"one branch", "the other"}) {
        const auto id = chain.deploy(saying(text));
        EXPECT_EQ(id, (RuneId{2, 1}));
        for (int i = 0; i < 2; i++) {  // as it was written, and as it is remembered
            chain.call({2, 1});
            EXPECT_EQ(data_of(chain), text);
        }
        chain.state.map = before;
        chain.height = 0;
        chain.indexer().forget();
    }
    // And an id that had code has none.
    chain.call({2, 1});
    EXPECT_EQ(chain.outcome(), "unexpected end-of-file (at offset 0x0)");
}

// 10.14, 6.3: clones of a built-in contract run what it runs at the height of the call.
TEST(BuiltinAliases, FollowTheCodeOfTheHeight) {
    const Bytes old = saying("old"), current = saying("new");
    const auto digest = [](BytesView code) { return to_hex(view(sha256(code))); };
    protorune::Network network = bare_network("regtest");
    network.builtins.push_back(
        {{2, 0}, digest(old), {{0, digest(old)}, {4, digest(current)}}, {0}, true, std::nullopt});
    TestChain chain(network, 0, {{digest(old), old}, {digest(current), current}});
    chain.call({5, 0});
    EXPECT_EQ(chain.outcome(), "success");
    EXPECT_EQ(chain.get(code_key({2, 1})), protorune::id32({2, 0}));
    chain.call({5, 1});  // a clone of the clone
    for (const auto* text : {"old", "old", "new", "new"}) {
        chain.mine({{{message({2, 0}), message({2, 1}), message({2, 2})}, {}, {}, 1}});
        for (unsigned stone = 0; stone < 3; stone++)
            EXPECT_EQ(chain.exit(1, stone).response().data(), text) << chain.height << " " << stone;
    }
    EXPECT_EQ(gunzip(chain.get(code_key({2, 0}))), old);
}

// Work is done in its order: when the last piece is in the engine's folder, what is not there will not come.
TEST(Prefetch, CompilesWhatABlockDeploys) {
    const TemporaryFolder folder;
    auto engine = wasm::Engine::create({.cache = folder.path(), .instances = 512}).value();
    const auto compiled = [&](const Bytes& module) {
        for (const auto& file : std::filesystem::directory_iterator(folder.path()))
            if (file.path().filename().string().starts_with(to_hex(view(sha256(module))))) return true;
        return false;
    };
    const Bytes created = saying("created"), reserved = saying("reserved"), called = saying("called"),
                large = large_module("large", std::size_t{4} << 20), last = saying("last");
    Prefetcher prefetcher(engine);
    prefetcher.prefetch(block_of({{{1, 0}, gzip(created)},
                                  {{3, 5}, gzip(reserved)},
                                  {{2, 1}, gzip(called)},
                                  {{1, 0}, gzip(large)},
                                  {{1, 0}, "neither gzip nor code, whatever it is"},
                                  {{1, 0}, gzip("no module")},
                                  {{1, 0}, ""},
                                  {{1, 0}, gzip(last)}}),
                        bare_network("regtest"));
    for (int i = 0; i < 3000 && !compiled(last); i++) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_TRUE(compiled(last));
    EXPECT_TRUE(compiled(created));
    EXPECT_TRUE(compiled(reserved));
    EXPECT_FALSE(compiled(called));
    EXPECT_FALSE(compiled(large));
    EXPECT_TRUE(engine.compile(large));  // it is one, only too large to guess
}

TEST(Prefetch, EndsWithWorkLeftAndTakesNoMoreThanItMay) {
    std::vector<std::pair<std::vector<u128>, Bytes>> many;
    for (int i = 0; i < 200; i++) many.push_back({{1, 0}, gzip(saying(std::to_string(i)))});
    const auto block = block_of(many);
    for (int i = 0; i < 3; i++) {
        Prefetcher prefetcher(test_engine());
        prefetcher.prefetch(block, bare_network("regtest"));
        prefetcher.prefetch(block, bare_network("regtest"));
    }
}

// The store does not depend on it.
TEST(Prefetch, OfTheIndexer) {
    TestChain chain(bare_network("regtest"), 0);
    chain.indexer().prefetch(block_of({{{1, 0}, gzip(saying("ahead"))}}));
    chain.deploy(saying("ahead"));
    chain.call({2, 1});
    EXPECT_EQ(data_of(chain), "ahead");
}
