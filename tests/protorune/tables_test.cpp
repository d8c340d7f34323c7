// Tables of blocks, transactions and outputs, and the freeze (protorune.md 2.2, 2.9).

#include "base/hex.hpp"
#include "chain.hpp"
#include "protorune/freeze.hpp"

namespace warpshrew::protorune {

// V9 of protorune.md 8.
TEST(Tables, V9) {
    Chain chain;
    bitcoin::NewTransaction tx = transaction({op36(Bytes(32, '\0'), 0)}, {});
    tx.version = 1;
    tx.outputs.push_back({100'000'000, bytes_of("a914ad8028e0e0f9b863174e0efc67f65223c3b7ab5387")});
    chain.add_block({tx});
    const Bytes at = outpoint(tx, 0);
    EXPECT_EQ(to_hex(at), "3ef4557de07f69e6976ab0c6c52afa0294c546be1dedf39c1bba2d5f646ce02000000000");
    const Bytes address = "2N94cRAKAA8mjvVNPCUF4Pp9RgcxSUJFLqF";
    EXPECT_EQ(chain.list("/outpoint/byaddress/" + address), std::vector<Bytes>{at});
    EXPECT_EQ(chain.get("/outpoint/spendableby/" + at), address);
    EXPECT_EQ(to_hex(chain.get("/output/byoutpoint/" + at)),
              "0a17a914ad8028e0e0f9b863174e0efc67f65223c3b7ab53871080c2d72f");
}

TEST(Tables, V9AddressOnMainnet) {
    Chain chain("mainnet", 100);
    chain.add_block({transaction({foreign_outpoint(0)}, {bytes_of("a914ad8028e0e0f9b863174e0efc67f65223c3b7ab5387")})});
    EXPECT_EQ(chain.list("/outpoint/byaddress/3HWQMRP8YgGPihjqXLdBmsAAUGkGh4ZCrH").size(), 1U);
}

// 7.36: no slash behind these prefixes; indices in decimal.
TEST(Tables, Edge36BlockTables) {
    Chain chain("regtest", 300);
    std::vector<bitcoin::NewTransaction> transactions;
    for (std::uint32_t i = 0; i < 11; ++i) transactions.push_back(transaction({foreign_outpoint(i)}, {pay_to(1)}));
    chain.add_block(transactions);
    const Bytes height = to_le(std::uint64_t{300});
    const Bytes hash = chain.get("/blockhash/byheight/" + height);
    EXPECT_EQ(hash.size(), 32U);
    EXPECT_EQ(chain.get("/height/byblockhash/" + hash), height);
    const auto ids = chain.list("/txids/byheight" + height);
    ASSERT_EQ(ids.size(), 12U);
    EXPECT_EQ(chain.get("/txids/byheight" + height + "/11"), Bytes(view(bitcoin::txid(transactions[10]))));
    for (std::uint32_t i = 0; i < ids.size(); ++i) EXPECT_EQ(chain.get("/txindex/byid" + ids[i]), to_le(i));
    EXPECT_EQ(chain.get("/height/byoutpoint/" + outpoint(transactions[3], 0)), height);
}

// 2.2.5: OP_RETURN outputs too; an output without value and script has a key with an empty value.
TEST(Tables, EveryOutputIsRecorded) {
    Chain chain;
    bitcoin::NewTransaction tx = transaction({foreign_outpoint(0)}, {op_return_script, ""});
    tx.outputs[1].value = 0;
    chain.add_block({tx});
    EXPECT_EQ(to_hex(chain.get("/output/byoutpoint/" + outpoint(tx, 0))), "0a016a10a204");
    EXPECT_TRUE(chain.has("/output/byoutpoint/" + outpoint(tx, 1)));
    EXPECT_EQ(chain.get("/output/byoutpoint/" + outpoint(tx, 1)), "");
    EXPECT_FALSE(chain.has("/outpoint/spendableby/" + outpoint(tx, 1))) << "no address";
}

// 7.35: a spent output holds one zero byte, one that is spent in its own block too. Lists by address never shrink.
TEST(Tables, Edge35SpentOutputs) {
    Chain chain;
    const auto parent = transaction({foreign_outpoint(0)}, {pay_to(1), pay_to(1)});
    const auto child = transaction({outpoint(parent, 1)}, {pay_to(1)});
    chain.add_block({parent, child});
    const Bytes address = chain.get("/outpoint/spendableby/" + outpoint(parent, 0));
    EXPECT_TRUE(address.starts_with("bcrt1q"));
    const Bytes spent(1, '\0');
    EXPECT_EQ(chain.get("/outpoint/spendableby/" + outpoint(parent, 1)), spent);
    EXPECT_EQ(chain.get("/outpoint/spendableby/" + foreign_outpoint(0)), spent);
    EXPECT_EQ(chain.list("/outpoint/byaddress/" + address),
              (std::vector<Bytes>{outpoint(parent, 0), outpoint(parent, 1), outpoint(child, 0)}));
}

// 7.38
TEST(Tables, Edge38NullOutpointOfTheCoinbase) {
    Chain chain;
    chain.add_block({});
    EXPECT_EQ(chain.get("/outpoint/spendableby/" + Bytes(32, '\0') + Bytes(4, '\xff')), Bytes(1, '\0'));
}

// 2.9
TEST(Freeze, Heights) {
    const RuneId pool{4, 65523}, factory{4, 65522}, token{2, 69805};
    const auto frozen_at = [](std::uint64_t height) {
        store::MemoryState state;
        store::BlockState block(state);
        freeze_storage(block, height);
        state.apply(block);
        return state.map;
    };
    const auto auth = [](const RuneId& id) { return "/alkanes/" + id32(id) + "/storage//auth"; };
    EXPECT_EQ(to_hex(auth(factory)),
              "2f616c6b616e65732f04000000000000000000000000000000f2ff00000000000000000000000000"
              "002f73746f726167652f2f61757468");
    EXPECT_TRUE(frozen_at(913300).empty());
    const std::map<Bytes, Bytes, std::less<>> before{{auth(pool), id32(token)}, {auth(factory), id32(token)}};
    EXPECT_EQ(frozen_at(913301), before);
    EXPECT_EQ(frozen_at(950563), before);
    const Bytes balances = "/alkanes/" + id32(token) + "/balances/";
    const std::map<Bytes, Bytes, std::less<>> after{{auth(pool), Bytes(32, '\0')},
                                                    {auth(factory), Bytes(32, '\0')},
                                                    {balances + id32(pool), Bytes(16, '\0')},
                                                    {balances + id32(factory), Bytes(16, '\0')}};
    EXPECT_EQ(frozen_at(950564), after);
}

TEST(Freeze, OnMainnetOnly) {
    const Bytes key = "/alkanes/" + id32({4, 65522}) + "/storage//auth";
    for (const auto* name : {"mainnet", "regtest"}) {
        Chain chain(name, 913301);
        chain.add_block({});
        EXPECT_EQ(chain.has(key), chain.network.name == "mainnet");
    }
}

}  // namespace warpshrew::protorune
