// Chains whose messages carry the (8,8) prefix (docs/consensus.md), against the same blocks on a network that does not
// know the prefix, where the decoder takes it off: the stores are equal key for key.
#include <gtest/gtest.h>

#include <functional>
#include <iostream>
#include <random>

#include "alkanes/candidate.hpp"
#include "alkanes/genesis.hpp"
#include "alkanes/gzip.hpp"
#include "alkanes/message.hpp"
#include "alkanes/unwrap.hpp"
#include "app/devnet.hpp"
#include "contracts/embedded.hpp"
#include "protorune/varint.hpp"
#include "support/devnet_network.hpp"
#include "support/random_cases.hpp"
#include "test_chain.hpp"

namespace warpshrew::test {
namespace {

/// Takes the prefix off every message; how many there were. A message of which nothing would be left keeps one integer,
/// which is an error as well.
std::size_t strip(std::vector<protorune::TransactionStones>& stones) {
    std::size_t stripped = 0;
    for (auto& of_transaction : stones) {
        if (!of_transaction.protostones) continue;
        for (auto& stone : *of_transaction.protostones) {
            const auto integers = protorune::decode_varints(stone.message);
            if (!integers || integers->size() < 2 || (*integers)[0] != 8 || (*integers)[1] != 8) continue;
            stone.message = protorune::encode_cellpack(std::span(*integers).subspan(2));
            if (stone.message.empty()) stone.message = Bytes(1, '\0');
            stripped++;
        }
    }
    return stripped;
}

/// The steps of alkanes-vm.md 8 with stones that are changed before they are used, from `from` on.
class StrippingIndexer {
 public:
    StrippingIndexer(protorune::Network network, std::uint64_t from)
        : network_(std::move(network)), builtins_(network_, {}), from_(from) {
        network_.parallel_activation_height.reset();
    }

    void index(store::BlockState& state, std::uint64_t height, const bitcoin::Block& block) {
        auto stones = protorune::decode_stones(block, network_);
        if (height >= from_) stripped += strip(stones);
        const alkanes::BlockInfo info(block, network_, height, &stones);
        test_engine().run_deep([&] {
            std::uint64_t frames = 0;
            ASSERT_TRUE(alkanes::ensure_genesis(environment_, codes_, state, info, frames));
            alkanes::BlockMessages messages(environment_, codes_, info,
                                            alkanes::FuelTank(network_, height, block, stones), frames);
            protorune::index_block(state, height, block, stones, network_, messages);
            alkanes::update_payments(state, network_, height);
        });
        state.set("/blockdata/" + to_le(static_cast<std::uint32_t>(height)), block.raw());
        codes_.end_block();
    }

    std::size_t stripped = 0;

 private:
    protorune::Network network_;
    alkanes::Builtins builtins_;
    alkanes::Environment environment_{network_, builtins_, test_engine()};
    alkanes::CodeCache codes_{environment_};
    std::uint64_t from_;
};

struct Compared {
    std::size_t messages = 0, succeeded = 0, stripped = 0, keys = 0;
};

/// Messages whose trace in `state` ends well.
std::size_t successes(const store::MemoryState& state) {
    const BytesView prefix = "/trace/";
    std::size_t count = 0;
    for (auto i = state.map.lower_bound(prefix); i != state.map.end() && i->first.starts_with(prefix); ++i) {
        if (i->first.size() != prefix.size() + 36) continue;
        pb::alkanes::AlkanesTrace trace;
        EXPECT_TRUE(trace.ParseFromString(i->second));
        if (trace.events_size() > 0 &&
            trace.events(trace.events_size() - 1).exit_context().status() == pb::alkanes::SUCCESS)
            count++;
    }
    return count;
}

/// Indexes the blocks, from height 0, with the prefix and without.
void compare(const protorune::Network& network, const std::vector<Bytes>& blocks, Compared& compared) {
    const alkanes::Builtins builtins(network, {});
    alkanes::Indexer indexer(network, builtins, test_engine());
    StrippingIndexer stripping(network, network.parallel_activation_height.value());
    store::MemoryState with_prefix, without;
    for (std::uint64_t height = 0; height < blocks.size(); height++) {
        SCOPED_TRACE("height " + std::to_string(height));
        const auto block = bitcoin::Block::decode(blocks[height]);
        ASSERT_TRUE(block) << block.error().reason;
        store::BlockState changes(with_prefix), stripped_changes(without);
        const auto stats = indexer.index(changes, height, *block);
        ASSERT_TRUE(stats) << stats.error().reason;
        stripping.index(stripped_changes, height, *block);
        with_prefix.apply(changes);
        without.apply(stripped_changes);
        compared.messages += stats->messages;
        ASSERT_EQ(with_prefix.map.size(), without.map.size());
        ASSERT_TRUE(with_prefix.map == without.map);
    }
    compared.succeeded += successes(with_prefix);
    compared.stripped += stripping.stripped;
    compared.keys += with_prefix.map.size();
}

/// Random blocks: several protostones a transaction, messages of every form, with and without the prefix.
class RandomChain {
 public:
    explicit RandomChain(std::uint64_t seed) : random_(seed), builder_(0, seed) {}

    std::vector<Bytes> make(std::size_t count) {
        std::vector<Bytes> blocks;
        deploy(exerciser, "host_exerciser", {0});
        deploy(token, "free_mint", {0, 1'000'000, 1000, 0, 0x41, 0, 0x41});
        blocks.push_back(builder_.close_block());
        while (blocks.size() < count) {
            for (std::size_t i = 1 + below(8); i > 0; i--) transaction();
            blocks.push_back(builder_.close_block());
        }
        return blocks;
    }

 private:
    static constexpr u128 exerciser = 100, token = 101;

    std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
    bool chance(std::size_t percent) { return below(100) < percent; }

    void deploy(u128 number, std::string_view contract, std::vector<u128> inputs) {
        inputs.insert(inputs.begin(), {3, number});
        const std::array stones = {app::call_stone(inputs)};
        coins_.push_back({builder_.add({}, 1, stones, compressed(contract)).txid, 0});
    }

    static Bytes compressed(std::string_view contract) { return alkanes::gzip(contracts::embedded_contract(contract)); }

    std::vector<u128> cellpack() {
        const u128 opcode = std::array{0, 1, 2, 4, 5, 6, 9, 13, 51, 52, 56, 62, 65}[below(13)];
        switch (below(14)) {
            case 0:
            case 1:
            case 2:
                return {4, exerciser, opcode, below(4), below(100)};
            case 3:
                return {4, exerciser, 8, below(4), random_()};
            case 4:
                return {4, exerciser, 20, 8, 8, 3, 4, exerciser, opcode};  // no prefix there
            case 5:
                return {4, exerciser, 20 + below(3), 4, token, 1, 77};
            case 6:
                return {4, exerciser, 30, 2};
            case 7:
                return {4, token, 77};
            case 8:
                return {2, 0, 77};
            case 9:
                return {6, chance(50) ? exerciser : token, 0, 5, 5};
            case 10:
                return {2, 1 + below(4), opcode};
            case 11:
                return {1, 0, 0, 7, 7};
            case 12:
                return {3, 200 + below(6), 0, 7, 7};
            default:
                return {std::array<u128, 6>{0, 8, 9, 4, 32, 800'000'000}[below(6)], below(9), 2, 0, 77};
        }
    }

    /// A number that may have more bytes than it needs.
    void append(Bytes& out, u128 n) {
        protorune::append_varint(out, n);
        if (!chance(10)) return;
        const std::size_t zeros = below(5);
        out.back() = static_cast<char>(static_cast<unsigned char>(out.back()) | 0x80);
        out += Bytes(zeros, '\x80') + Bytes(1, '\0');
    }

    Bytes message() {
        Bytes out;
        for (std::size_t prefixes = chance(60) ? 1 + (chance(10) ? 1 : 0) : 0; prefixes > 0; prefixes--) {
            append(out, 8);
            append(out, 8);
        }
        if (chance(6)) return out + Bytes(below(30), static_cast<char>(0x80 + below(128)));
        if (chance(6)) {  // so long that no padding adds integers
            protorune::append_varint(out, u128{1} << 91);
            return out.substr(0, 15);
        }
        for (const u128 n : cellpack()) append(out, n);
        return out;
    }

    protorune::Protostone stone() {
        if (chance(15)) return app::edict_stone({4, token}, 1 + below(2000), static_cast<std::uint32_t>(below(3)));
        protorune::Protostone out;
        out.protocol_tag = chance(95) ? 1 : 2;
        out.pointer = static_cast<std::uint32_t>(below(chance(70) ? 2 : 7));
        out.refund = static_cast<std::uint32_t>(below(2));
        out.message = message();
        return out;
    }

    void transaction() {
        std::vector<protorune::Protostone> stones;
        for (std::size_t i = 1 + below(4); i > 0; i--) stones.push_back(stone());
        std::vector<app::Outpoint> inputs;
        if (chance(60) && !coins_.empty()) {
            std::swap(coins_[below(coins_.size())], coins_.back());
            inputs.push_back(coins_.back());
            coins_.pop_back();
        }
        const auto built =
            builder_.add(inputs, 2, stones, chance(25) ? compressed(chance(50) ? "free_mint" : "nft") : Bytes());
        coins_.push_back({built.txid, 0});
        coins_.push_back({built.txid, 1});
    }

    std::mt19937_64 random_;
    app::ChainBuilder builder_;
    std::vector<app::Outpoint> coins_;
};

void compare_random_chains(std::uint64_t offset, const std::function<void(protorune::Network&)>& change) {
    Compared compared;
    const std::uint64_t first_seed = random_seed() + offset;
    const std::uint64_t count = scaled(20);
    for (std::uint64_t seed = first_seed; seed < first_seed + count; seed++) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        auto network = devnet();
        change(network);
        compare(network, RandomChain(seed).make(12), compared);
    }
    std::cout << "seeds " << first_seed << " to " << first_seed + count - 1 << ": " << compared.messages
              << " messages executed, " << compared.succeeded << " well, " << compared.stripped << " with the prefix, "
              << compared.keys << " keys\n";
    EXPECT_GT(compared.stripped, 20 * count);
    EXPECT_GT(compared.messages, 40 * count);
    EXPECT_GT(compared.succeeded, 10 * count);
}

}  // namespace

TEST(StrippedChain, Devnet) {
    for (const unsigned candidates : {100U, 50U}) {
        for (const auto mix : app::devnet_mixes()) {
            SCOPED_TRACE(std::string(mix) + ", candidates " + std::to_string(candidates));
            Compared compared;
            const auto chain = app::make_devnet_chain({3, 25, mix, 7 + candidates, candidates});
            compare(devnet(), chain.blocks, compared);
            const auto messages = static_cast<std::size_t>(
                std::count_if(chain.calls.begin(), chain.calls.end(), [](const auto& c) { return c.is_message; }));
            if (candidates == 100) {
                EXPECT_EQ(compared.stripped, messages);
            } else {
                EXPECT_GT(compared.stripped, messages / 5);
                EXPECT_LT(compared.stripped, messages * 4 / 5);
            }
        }
    }
}

TEST(StrippedChain, Random) {
    compare_random_chains(0, [](protorune::Network&) {});
}

// Fuel is shared by sizes, which depend on what is a message and what a deployment (alkanes-vm.md 4.2).
TEST(StrippedChain, RandomWithSharedFuel) {
    compare_random_chains(1000, [](protorune::Network& network) {
        network.minimum_fuel_always = false;
        network.minimum_fuel_after = 20'000;
        network.total_fuel_after = 3'000'000;
    });
}

// Below the activation height nothing is stripped.
TEST(StrippedChain, RandomAroundTheActivationHeight) {
    compare_random_chains(2000, [](protorune::Network& network) { network.parallel_activation_height = 5; });
}

}  // namespace warpshrew::test
