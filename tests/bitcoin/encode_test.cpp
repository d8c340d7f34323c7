#include "bitcoin/encode.hpp"

#include "bitcoin/reader.hpp"
#include "chain_data.hpp"

namespace warpshrew::bitcoin {

TEST(Encode, CompactSizes) {
    const auto of = [](std::uint64_t n) {
        Bytes out;
        append_compact_size(out, n);
        Reader reader(out);
        EXPECT_EQ(reader.compact_size(), n);
        EXPECT_EQ(reader.remaining(), 0U);
        return to_hex(out);
    };
    EXPECT_EQ(of(0), "00");
    EXPECT_EQ(of(0xfc), "fc");
    EXPECT_EQ(of(0xfd), "fdfd00");
    EXPECT_EQ(of(0xffff), "fdffff");
    EXPECT_EQ(of(0x10000), "fe00000100");
    EXPECT_EQ(of(0xffffffff), "feffffffff");
    EXPECT_EQ(of(0x100000000), "ff0000000001000000");
    EXPECT_EQ(of(~std::uint64_t{0}), "ffffffffffffffffff");
}

TEST(Encode, MerkleRoot) {
    const Digest a = sha256("a"), b = sha256("b"), c = sha256("c");
    EXPECT_EQ(merkle_root({}), Digest{});
    EXPECT_EQ(merkle_root({a}), a);
    const Digest ab = sha256d(Bytes(view(a)) + Bytes(view(b)));
    EXPECT_EQ(merkle_root({a, b}), ab);
    const Digest cc = sha256d(Bytes(view(c)) + Bytes(view(c)));
    EXPECT_EQ(merkle_root({a, b, c}), sha256d(Bytes(view(ab)) + Bytes(view(cc))));
}

TEST(Encode, SegwitMarkerOnlyWithAWitnessOrWithoutInputs) {
    NewTransaction tx;
    EXPECT_EQ(to_hex(serialize(tx)), "020000000001000000000000");
    EXPECT_EQ(to_hex(serialize_without_witness(tx)), "02000000000000000000");
    tx.inputs.push_back({Bytes(32, '\0'), 0, {}, 0, {}});
    EXPECT_EQ(serialize(tx), serialize_without_witness(tx));
    tx.inputs[0].witness.emplace_back();
    EXPECT_EQ(to_hex(serialize(tx).substr(4, 2)), "0001");
}

TEST(Encode, Coinbase) {
    const NewTransaction tx = coinbase(258, {{50, Bytes("\x51")}}, "ab");
    EXPECT_EQ(to_hex(tx.inputs[0].script_sig), "0402010000026162");
    EXPECT_EQ(tx.inputs[0].txid + to_le(tx.inputs[0].vout), Bytes(32, '\0') + Bytes(4, '\xff'));
}

}  // namespace warpshrew::bitcoin
