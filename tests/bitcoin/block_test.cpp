#include "bitcoin/block.hpp"

#include <algorithm>

#include "bitcoin/encode.hpp"
#include "chain_data.hpp"
#include "support/random_cases.hpp"

namespace warpshrew::bitcoin {

static Bytes display_order(const Digest& digest) {
    Bytes out(view(digest));
    std::ranges::reverse(out);
    return out;
}

static std::vector<Digest> txids_of(const Block& block) {
    std::vector<Digest> out;
    for (const Transaction& tx : block.transactions()) out.push_back(tx.txid);
    return out;
}

TEST(Block, DecodesMainnet892614) {
    const Block block = Block::decode(mainnet_block()).value();
    EXPECT_EQ(block.raw(), mainnet_block());
    EXPECT_EQ(block.header(), BytesView(mainnet_block()).substr(0, 80));
    EXPECT_EQ(to_hex(display_order(block.hash())), "000000000000000000008259562034fed2c4b04000e5377fde6a1a28f8c5c3d0");
    ASSERT_EQ(block.transactions().size(), 2489U);
    // The header commits to our txids.
    EXPECT_EQ(view(merkle_root(txids_of(block))), block.header().substr(36, 32));

    // Totals from tests/model.
    std::size_t vsize = 0, discounted = 0, base = 0, inputs = 0, outputs = 0, elements = 0, position = 83;
    for (const Transaction& tx : block.transactions()) {
        vsize += tx.vsize();
        discounted += tx.vsize(true);
        base += tx.base_size;
        inputs += tx.inputs.size();
        outputs += tx.outputs.size();
        for (const TxIn& input : tx.inputs) elements += input.witness.size();
        EXPECT_EQ(tx.raw.data(), block.raw().data() + position);
        position += tx.raw.size();
    }
    EXPECT_EQ(position, block.raw().size());
    EXPECT_EQ(vsize, 999'224U);
    EXPECT_EQ(discounted, 886'075U);
    EXPECT_EQ(base, 847'679U);
    EXPECT_EQ(inputs, 6385U);
    EXPECT_EQ(outputs, 8140U);
    EXPECT_EQ(elements, 8470U);
}

TEST(Block, StaysValidWhenMoved) {
    Block block = Block::decode(mainnet_block()).value();
    const Transaction* const first = block.transactions().data();
    Block other = std::move(block);
    EXPECT_EQ(other.transactions().data(), first);
    EXPECT_EQ(other.transactions()[0].raw.data(), other.raw().data() + 83);
}

TEST(Block, TruncatedIsAnErrorInsideTheInput) {
    const Bytes& whole = mainnet_block();
    Random random(1);
    std::vector<std::size_t> sizes(100);
    for (std::size_t i = 0; i < sizes.size(); i++) sizes[i] = i;
    for (std::uint64_t i = 0; i < test::scaled(200); i++) sizes.push_back(random.below(whole.size()));
    sizes.push_back(whole.size() - 1);
    for (const std::size_t size : sizes) {
        for (const BlockFormat format : {BlockFormat::bitcoin, BlockFormat::aux_pow}) {
            const Result<Block> result = Block::decode(whole.substr(0, size), format);
            ASSERT_FALSE(result.has_value()) << size;
            EXPECT_LE(result.error().offset, size);
            EXPECT_FALSE(result.error().reason.empty());
        }
    }
}

TEST(Block, TrailingBytesAreAnErrorAtTheirOffset) {
    const Result<Block> result = Block::decode(mainnet_block() + '\0');
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error(), (Error{"bytes after the last transaction", mainnet_block().size()}));
}

TEST(Block, MutatedNeverCrashes) {
    Random random(2);
    const std::size_t front = 20'000;  // enough transactions of every kind, and quick
    for (std::uint64_t i = 0; i < test::scaled(3000); i++) {
        Bytes block = mainnet_block().substr(0, front);
        block[80] = '\x14';  // 20 transactions
        block.erase(81, 2);
        for (std::size_t flips = 1 + random.below(4); flips > 0; flips--)
            block[random.below(block.size())] ^= static_cast<char>(1 << random.below(8));
        const Result<Block> result = Block::decode(std::move(block));
        if (!result) {
            EXPECT_LE(result.error().offset, front);
        }
    }
}

TEST(Block, CountIsCheckedBeforeAllocating) {
    const Bytes header(80, '\0');
    for (const char* count : {"fefFffffff", "ffffffffffffffffff", "fd0010", "01"}) {
        const Result<Block> result = Block::decode(header + bytes_of(count));
        ASSERT_FALSE(result.has_value());
        EXPECT_EQ(result.error(), (Error{"count exceeds the input", 80}));
    }
}

TEST(Block, CountMustBeMinimal) {
    const Result<Block> result = Block::decode(Bytes(80, '\0') + bytes_of("fd0000"));
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error(), (Error{"compact size is not minimal", 80}));
}

TEST(Block, MayHaveNoTransactions) {
    const Block block = Block::decode(Bytes(81, '\0')).value();
    EXPECT_TRUE(block.transactions().empty());
}

static NewTransaction random_transaction(Random& random) {
    NewTransaction tx;
    tx.version = static_cast<std::uint32_t>(random.word());
    tx.lock_time = static_cast<std::uint32_t>(random.word());
    const std::size_t many = random.below(50) == 0 ? 300 : 5;
    const bool segwit = random.below(2) == 0;
    for (std::size_t n = 1 + random.below(many); n > 0; n--) {
        NewInput input{random.bytes(32),
                       static_cast<std::uint32_t>(random.word()),
                       random.bytes(random.below(260)),
                       static_cast<std::uint32_t>(random.word()),
                       {}};
        if (segwit) {
            for (std::size_t k = random.below(4); k > 0; k--) input.witness.push_back(random.bytes(random.below(300)));
        }
        tx.inputs.push_back(std::move(input));
    }
    for (std::size_t n = random.below(many); n > 0; n--)
        tx.outputs.push_back({random.word(), random.bytes(random.below(60))});
    return tx;
}

static void expect_same(const Transaction& decoded, const NewTransaction& made) {
    EXPECT_EQ(decoded.raw, serialize(made));
    EXPECT_EQ(decoded.txid, txid(made));
    EXPECT_EQ(decoded.base_size, serialize_without_witness(made).size());
    EXPECT_EQ(decoded.version, made.version);
    EXPECT_EQ(decoded.lock_time, made.lock_time);
    ASSERT_EQ(decoded.inputs.size(), made.inputs.size());
    for (std::size_t i = 0; i < made.inputs.size(); i++) {
        EXPECT_EQ(decoded.inputs[i].previous_output, made.inputs[i].txid + to_le(made.inputs[i].vout));
        EXPECT_EQ(decoded.inputs[i].script_sig, made.inputs[i].script_sig);
        EXPECT_EQ(decoded.inputs[i].sequence, made.inputs[i].sequence);
        EXPECT_TRUE(std::ranges::equal(decoded.inputs[i].witness, made.inputs[i].witness));
    }
    ASSERT_EQ(decoded.outputs.size(), made.outputs.size());
    for (std::size_t i = 0; i < made.outputs.size(); i++) {
        EXPECT_EQ(decoded.outputs[i].value, made.outputs[i].value);
        EXPECT_EQ(decoded.outputs[i].script, made.outputs[i].script);
    }
    const auto vsize = [](const NewTransaction& tx) {
        return (3 * serialize_without_witness(tx).size() + serialize(tx).size() + 3) / 4;
    };
    EXPECT_EQ(decoded.vsize(), vsize(made));
    NewTransaction stripped = made;
    stripped.inputs[0].witness.clear();
    EXPECT_EQ(decoded.vsize(true), vsize(stripped));
}

TEST(Block, RoundTripOfRandomTransactions) {
    Random random(3);
    for (std::uint64_t i = 0; i < test::scaled(100); i++) {
        std::vector<NewTransaction> made{coinbase(static_cast<std::uint32_t>(i), {{50, "\x51"}}, "extra")};
        for (std::size_t n = random.below(8); n > 0; n--) made.push_back(random_transaction(random));
        NewHeader header;
        header.version = static_cast<std::uint32_t>(random.word());
        header.time = 7;
        const Bytes raw = serialize_block(header, made);
        const Block block = Block::decode(raw).value();
        ASSERT_EQ(block.transactions().size(), made.size());
        for (std::size_t k = 0; k < made.size(); k++) expect_same(block.transactions()[k], made[k]);
        EXPECT_EQ(view(merkle_root(txids_of(block))), block.header().substr(36, 32));
        EXPECT_EQ(block.hash(), sha256d(BytesView(raw).substr(0, 80)));
    }
}

// ---- merge-mined blocks (alkanes-vm.md 6.2)

static Bytes plain_block(std::uint32_t version) {
    NewTransaction spend;
    spend.inputs.push_back({Bytes(32, '\7'), 1, {}, 0, {Bytes(64, '\1')}});
    spend.outputs.push_back({1000, Bytes("\x51")});
    NewHeader header;
    header.version = version;
    return serialize_block(header, {coinbase(1, {{50, Bytes("\x51")}}), spend});
}

// `count` hashes and a side mask
static Bytes merkle_branch(BytesView count, std::size_t hashes) {
    return Bytes(count) + Bytes(32 * hashes, '\x22') + Bytes(4, '\0');
}

static Bytes merge_mining(const Bytes& parent_coinbase) {
    return parent_coinbase + Bytes(32, '\x11') + merkle_branch("\2", 2) + merkle_branch(Bytes("\xfd\1\0", 3), 1) +
           Bytes(80, '\x33');
}

static const NewTransaction parent_coinbase = coinbase(5, {{1, Bytes("\x51")}}, "parent");

TEST(AuxPow, DataBehindTheHeaderIsRemoved) {
    const Bytes plain = plain_block(0x00620102);
    const Bytes merged = plain.substr(0, 80) + merge_mining(serialize(parent_coinbase)) + plain.substr(80);
    const Block block = Block::decode(merged, BlockFormat::aux_pow).value();
    EXPECT_EQ(block.raw(), plain);
    EXPECT_EQ(block.hash(), sha256d(BytesView(plain).substr(0, 80)));
    EXPECT_EQ(block.transactions().size(), 2U);
    EXPECT_EQ(view(merkle_root(txids_of(block))), block.header().substr(36, 32));
    for (std::size_t size = 0; size < merged.size(); size++) {
        const Result<Block> result = Block::decode(merged.substr(0, size), BlockFormat::aux_pow);
        ASSERT_FALSE(result.has_value()) << size;
        EXPECT_LE(result.error().offset, size);
    }
}

TEST(AuxPow, VersionDecides) {
    // The flag 0x100 counts only with a chain id.
    for (const std::uint32_t version : {0x00000102U, 0x00620002U, 2U}) {
        const Bytes plain = plain_block(version);
        EXPECT_EQ(Block::decode(plain, BlockFormat::aux_pow).value().raw(), plain);
    }
    EXPECT_FALSE(Block::decode(plain_block(0x00010100), BlockFormat::aux_pow).has_value());
}

TEST(AuxPow, TrailingBytesAreIgnored) {
    const Bytes plain = plain_block(2);
    EXPECT_EQ(Block::decode(plain + "more", BlockFormat::aux_pow).value().raw(), plain);
}

TEST(AuxPow, CountNeedNotBeMinimal) {
    const Bytes plain = plain_block(2);
    const Bytes longer = plain.substr(0, 80) + bytes_of("fd0200") + plain.substr(81);
    EXPECT_EQ(Block::decode(longer, BlockFormat::aux_pow).value().raw(), plain);
    // Offsets of errors are those of the input.
    const Result<Block> cut = Block::decode(longer.substr(0, longer.size() - 1), BlockFormat::aux_pow);
    ASSERT_FALSE(cut.has_value());
    EXPECT_EQ(cut.error().offset, longer.size() - 4);
}

TEST(AuxPow, ParentCoinbaseMayHaveSegwitFlagZero) {
    NewTransaction tx = parent_coinbase;
    tx.inputs[0].witness = {Bytes(32, '\0')};
    const Bytes plain = plain_block(0x00620102);
    for (const char flag : {'\0', '\1', '\2'}) {
        Bytes raw = serialize(tx);
        raw[5] = flag;
        const Bytes merged = plain.substr(0, 80) + merge_mining(raw) + plain.substr(80);
        const Result<Block> result = Block::decode(merged, BlockFormat::aux_pow);
        EXPECT_EQ(result.has_value(), flag < 2);
        // In the block's own transactions only 1 passes.
        Bytes own = Bytes(80, '\0') + '\1' + raw;
        EXPECT_EQ(Block::decode(own, BlockFormat::aux_pow).has_value(), flag == 1);
    }
}

}  // namespace warpshrew::bitcoin
