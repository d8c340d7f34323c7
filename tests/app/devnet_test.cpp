// devnet chains whatever share of their messages carries the (8,8) prefix.
#include "app/devnet.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "alkanes/candidate.hpp"
#include "alkanes/indexer.hpp"
#include "app/devnet_check.hpp"
#include "contracts/embedded.hpp"
#include "store/memory_state.hpp"
#include "support/devnet_network.hpp"

namespace warpshrew::test {
namespace {

using namespace app;

struct Messages {
    std::size_t all = 0, candidates = 0;
};

Messages messages_of(const DevnetChain& chain) {
    Messages out;
    for (const Bytes& raw : chain.blocks) {
        for (const auto& of_transaction :
             protorune::decode_stones(bitcoin::Block::decode(raw).value(), protorune::find_network("devnet").value())) {
            for (const auto& stone : of_transaction.protostones.value()) {
                if (stone.message.empty()) continue;
                out.all++;
                if (alkanes::has_prefix(stone.message)) out.candidates++;
            }
        }
    }
    return out;
}

DevnetFindings findings_of(const DevnetChain& chain) {
    static wasm::Engine engine = std::move(wasm::Engine::create().value());
    const auto network = devnet();
    const alkanes::Builtins builtins(network, {});
    alkanes::Indexer indexer(network, builtins, engine);
    store::MemoryState state;
    std::uint64_t height = 0;
    for (const Bytes& raw : chain.blocks) {
        store::BlockState changes(state);
        EXPECT_TRUE(indexer.index(changes, height++, bitcoin::Block::decode(raw).value()));
        state.apply(changes);
    }
    Outpoint genesis;
    std::copy(network.genesis_txid.begin(), network.genesis_txid.end(), genesis.txid.begin());
    return check_devnet(chain, genesis, alkanes::Views(network, builtins, engine), state, height - 1).value();
}

std::vector<std::tuple<std::string_view, std::uint64_t, std::uint64_t, std::uint64_t>> kinds(const DevnetFindings& f) {
    std::vector<std::tuple<std::string_view, std::uint64_t, std::uint64_t, std::uint64_t>> out;
    for (const DevnetKind& k : f.kinds) out.emplace_back(k.name, k.calls, k.succeeded, k.as_meant);
    return out;
}

std::vector<std::tuple<std::string, protorune::RuneId, u128, u128, u128>> supplies(const DevnetFindings& f) {
    std::vector<std::tuple<std::string, protorune::RuneId, u128, u128, u128>> out;
    for (const DevnetSupply& s : f.supplies) out.emplace_back(s.name, s.id, s.expected, s.claimed, s.held);
    return out;
}

}  // namespace

TEST(Devnet, TheShareOfCandidatesIsAsAskedForAndOfTheSeed) {
    const auto chain = [](unsigned candidates, std::uint64_t seed = 3) {
        return make_devnet_chain({8, 100, "everything", seed, candidates});
    };
    const Messages none = messages_of(chain(0)), half = messages_of(chain(50)), all = messages_of(chain(100));
    EXPECT_GT(none.all, 600u);
    EXPECT_EQ(none.candidates, 0u);
    EXPECT_EQ(half.all, none.all);
    EXPECT_NEAR(static_cast<double>(half.candidates), static_cast<double>(half.all) / 2,
                static_cast<double>(half.all) / 12);
    EXPECT_EQ(all.candidates, none.all);
    EXPECT_EQ(chain(50).blocks, chain(50).blocks);
    EXPECT_NE(chain(50).blocks, chain(50, 4).blocks);
    EXPECT_EQ(chain(100).blocks, make_devnet_chain({8, 100, "everything", 3}).blocks);  // the default
}

TEST(Devnet, CallsDoTheSameWithAndWithoutThePrefix) {
    for (const std::string_view mix : devnet_mixes()) {
        SCOPED_TRACE(mix);
        const auto find = [&](unsigned candidates) {
            return findings_of(make_devnet_chain({3, 40, mix, 5, candidates}));
        };
        const DevnetFindings without = find(0);
        EXPECT_TRUE(without.sound);
        for (const unsigned candidates : {50U, 100U}) {
            const DevnetFindings with = find(candidates);
            EXPECT_TRUE(with.sound);
            EXPECT_EQ(kinds(with), kinds(without));
            EXPECT_EQ(supplies(with), supplies(without));
        }
    }
}

}  // namespace warpshrew::test
