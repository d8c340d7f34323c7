// How a block's fuel is shared (alkanes-vm.md 4.2, 4.3; edge cases 10.7, 10.9, 10.10, 10.11, 10.12).

#include "alkanes/fuel_tank.hpp"

#include <gtest/gtest.h>

#include "bitcoin/encode.hpp"
#include "protorune/encode.hpp"
#include "test_chain.hpp"

using namespace warpshrew;
using namespace warpshrew::alkanes;

namespace {

/// A block with a coinbase and one transaction for each list of messages; the witness has `witness` bytes.
struct TestBlock {
    explicit TestBlock(const std::vector<std::vector<std::vector<u128>>>& messages, std::size_t witness = 0)
        : network(protorune::find_network("mainnet").value()),
          block(make(messages, witness)),
          stones(protorune::decode_stones(block, network)) {}

    static bitcoin::Block make(const std::vector<std::vector<std::vector<u128>>>& messages, std::size_t witness) {
        std::vector<bitcoin::NewTransaction> txs{bitcoin::coinbase(1, {{1, "\x51"}})};
        for (const auto& list : messages) {
            bitcoin::NewTransaction tx;
            for (const char c : {'a', 'b'}) tx.inputs.push_back({Bytes(32, c), 0, {}, 0, {}});
            if (witness) tx.inputs[0].witness = {Bytes(witness, 'w')};
            std::vector<protorune::Protostone> stones;
            for (const auto& words : list) stones.push_back(test::message(words));
            tx.outputs = {{1, "\x51"}, {0, stones.empty() ? Bytes("\x6a") : protorune::encode_runestone(stones)}};
            txs.push_back(tx);
        }
        return std::move(bitcoin::Block::decode(bitcoin::serialize_block({}, txs)).value());
    }
    std::uint64_t size(std::size_t i) const { return fuel_size(block.transactions()[i], stones[i], false); }
    FuelTank tank(std::uint64_t height) const { return {network, height, block, stones}; }

    protorune::Network network;
    bitcoin::Block block;
    std::vector<protorune::TransactionStones> stones;
};

}  // namespace

// 10.11
TEST(FuelSize, MessagesOfTwoIntegers) {
    const TestBlock b({{}, {{2, 0, 77}}, {{2}}, {{u128_max}}});
    EXPECT_EQ(b.size(0), 0u);
    EXPECT_EQ(b.size(1), 0u);
    EXPECT_EQ(b.size(2), b.block.transactions()[2].vsize());
    EXPECT_EQ(b.size(3), b.block.transactions()[3].vsize());  // padding is the second integer
}

// 10.12: only the witness of input 0, only for (1, 0) and (3, n).
TEST(FuelSize, DeploymentsDoNotPayForTheWitness) {
    const TestBlock b({{{1, 0}}, {{3, 5}}, {{2, 1}, {3, 5}}, {{1, 1}}, {{5, 1}}, {{6, 1}}}, 4000);
    for (const std::size_t i : {1, 2, 3}) EXPECT_LT(b.size(i), 400u) << i;
    for (const std::size_t i : {4, 5, 6}) EXPECT_GT(b.size(i), 1000u) << i;
    const auto tx = b.block.transactions()[1];
    EXPECT_EQ(b.size(1), tx.base_size);  // no other witness: the segwit marker is gone as well
}

// 10.7, 10.9, 10.10
TEST(Tank, SharesUnspentFuelWithLaterTransactions) {
    const TestBlock b({{{2, 1}}, {{2, 1, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9}}, {{2, 1}}});
    const std::uint64_t s1 = b.size(1), s2 = b.size(2), s3 = b.size(3);
    std::uint64_t size = s1 + s2 + s3, pot = 1'000'000'000;
    auto tank = b.tank(900'000);

    const std::uint64_t first = pot * s1 / size;
    EXPECT_EQ(tank.enter(1), first);
    ASSERT_TRUE(tank.consume(1000));
    EXPECT_EQ(tank.enter(1), first - 1000);  // the next message of the same transaction
    pot -= 1000;
    size -= s1;
    const std::uint64_t second = pot * s2 / size;
    EXPECT_EQ(tank.enter(2), second);
    tank.drain();
    EXPECT_EQ(tank.enter(2), 0u);  // 10.7
    pot -= second;
    size -= s2;
    EXPECT_EQ(tank.enter(3), pot * s3 / size);
}

// The minimum is granted beyond what the block has.
TEST(Tank, Minimum) {
    const TestBlock b(std::vector<std::vector<std::vector<u128>>>(400, {{2, 1}}));
    auto tank = b.tank(899'086);
    EXPECT_EQ(tank.enter(1), 350'000u);  // the share would be 250,000
    ASSERT_TRUE(tank.consume(350'000));
    EXPECT_EQ(tank.consume(1).error().reason,
              "all fuel consumed by WebAssembly: requested 1 units, but only 0 remaining. Transaction index: 1, Block "
              "metered "
              "fuel: 0, Block fuel remaining: 99750000, Transaction size: " +
                  std::to_string(b.size(1)) + " bytes, Block size: " + std::to_string(400 * b.size(1)) + " bytes");
    auto later = b.tank(899'087);
    EXPECT_EQ(later.enter(1), 3'500'000u);
}

TEST(Tank, AlwaysTheMinimumOnRegtest) {
    const TestBlock b({{{2, 1}}});
    FuelTank tank(protorune::find_network("regtest").value(), 0, b.block, b.stones);
    EXPECT_EQ(tank.enter(1), 3'500'000u);
}
