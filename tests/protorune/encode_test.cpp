#include "protorune/encode.hpp"

#include <gtest/gtest.h>

#include "base/hex.hpp"
#include "bitcoin/block.hpp"
#include "bitcoin/encode.hpp"
#include "bitcoin/script.hpp"
#include "chain.hpp"
#include "protorune/varint.hpp"

namespace warpshrew::protorune {

static std::string hex_of(u128 n) {
    std::string out;
    for (; n != 0; n >>= 4) out.insert(out.begin(), "0123456789abcdef"[static_cast<int>(n & 15)]);
    return "0x" + out;
}

static std::vector<std::string> values_of(const std::vector<Protostone>& stones) {
    std::vector<std::string> out;
    for (const u128 value : encode_protostones(stones)) out.push_back(hex_of(value));
    return out;
}

/// A stone with fields in the order of the struct.
static Protostone stone(u128 tag, std::optional<u128> burn, std::optional<std::uint32_t> pointer,
                        std::optional<std::uint32_t> refund = {}, Bytes message = {}, std::vector<Edict> edicts = {}) {
    Protostone out;
    out.protocol_tag = tag;
    out.burn = burn;
    out.pointer = pointer;
    out.refund = refund;
    out.message = std::move(message);
    out.edicts = std::move(edicts);
    return out;
}

using Values = std::vector<std::string>;

// The vectors are those of protorune.md 8.

TEST(EncodeProtostones, V6) {
    const std::vector<Protostone> stones{stone(13, 1, 3)};
    EXPECT_EQ(values_of(stones), (Values{"0x35b0153040d"}));
    EXPECT_EQ(to_hex(encode_runestone(stones)), "6a5d08ff7f8d88cc8ab06b");
}

TEST(EncodeProtostones, V7) {
    const std::vector<Protostone> stones{stone(1, 0, 3, {}, {}, {{{8400000, 1}, 123456789, 2}})};
    EXPECT_EQ(values_of(stones), (Values{"0xef9a95010480d98000035b00530901", "0x23a"}));
    EXPECT_EQ(to_hex(encode_runestone(stones)), "6a5d18ff7f8192cc82b0eb808080b383a490a0a5cdef01ff7fba04");
}

TEST(EncodeProtostones, V7b) {
    const std::vector<Protostone> stones{stone(13, 1, 3),
                                         stone(3, 1, 2, {}, bytes_of("640b70717273747576000000000000"))};
    EXPECT_EQ(values_of(stones), (Values{"0x96e451025b01530603035b0153040d", "0x1ecf5ba9ceea78bc0"}));
}

TEST(EncodeProtostones, V7c) {
    const std::vector<u128> cellpack{2, 1, 3};
    const std::vector<Protostone> stones{stone(1, {}, 1, 1, encode_cellpack(cellpack))};
    EXPECT_EQ(values_of(stones), (Values{"0xc828251015d015b0601"}));
    EXPECT_EQ(to_hex(encode_runestone(stones)), "6a5d0dff7f818cec8ad0abc0a8828532");
}

TEST(EncodeProtostones, V7d) {
    const std::vector<Protostone> stones{stone(1, {}, 6, 6, bytes_of("010004")), stone(1, {}, 6, 6, bytes_of("010004")),
                                         stone(1, {}, 7, 7, {}, {{{2, 1}, 100, 0}}),
                                         stone(1, {}, 1, 1, bytes_of("020103"))};
    EXPECT_EQ(values_of(stones), (Values{"0x5d065b060110808151065d065b0601", "0x64010200075d075b09011080815106",
                                         "0xc828251015d015b060100"}));
}

/// The artifact of a transaction with `script` as its only output.
static Artifact artifact_of(const Bytes& script, bool dogecoin_runestones = false) {
    bitcoin::NewTransaction tx;
    tx.inputs.push_back({Bytes(32, '\0'), 0, {}, 0, {}});
    tx.outputs.push_back({0, script});
    return decipher(bitcoin::OwnedTransaction::decode(bitcoin::serialize(tx)).value().get(), dogecoin_runestones);
}

static std::vector<Protostone> decoded_again(const Bytes& script, bool dogecoin_runestones = false) {
    return decode_protostones(std::get<Runestone>(artifact_of(script, dogecoin_runestones))).value();
}

TEST(EncodeProtostones, DecodeAsTheyWere) {
    Protostone full = stone(u128_max, u128_max, 0xffffffff, 5, Bytes(45, 'm'),
                            {{{7, 3}, 1, 2}, {{7, 1}, u128_max, 0}, {{u128_max, 9}, 0, 1}, {{7, 1}, 3, 4}});
    full.from = 77;
    const std::vector<Protostone> stones{full, stone(5, {}, {}), stone(1, {}, 0, 0, Bytes("\2\1"))};
    for (const bool dogecoin : {false, true}) {
        const std::vector<Protostone> decoded = decoded_again(encode_runestone(stones, 0, dogecoin), dogecoin);
        ASSERT_EQ(decoded.size(), 3U);
        EXPECT_EQ(decoded[0].protocol_tag, full.protocol_tag);
        EXPECT_EQ(decoded[0].burn, full.burn);
        EXPECT_EQ(decoded[0].pointer, full.pointer);
        EXPECT_EQ(decoded[0].refund, full.refund);
        EXPECT_EQ(decoded[0].from, full.from);
        EXPECT_EQ(decoded[0].message, full.message);
        // ascending by id, equal ids as they came
        EXPECT_EQ(decoded[0].edicts,
                  (std::vector<Edict>{full.edicts[1], full.edicts[3], full.edicts[0], full.edicts[2]}));
        EXPECT_EQ(decoded[1].protocol_tag, 5U);
        EXPECT_TRUE(decoded[1].message.empty());
        EXPECT_EQ(decoded[2].message, Bytes("\2\1") + Bytes(13, '\0'));
    }
}

TEST(EncodeProtostones, LongOnesTakeSeveralPushes) {
    const std::vector<Protostone> stones{stone(1, {}, 0, 0, Bytes(3000, '\x7f'))};
    const Bytes script = encode_runestone(stones);
    EXPECT_EQ(to_hex(script.substr(0, 5)), "6a5d4d0802");  // 520 bytes
    EXPECT_EQ(decoded_again(script).at(0).message, stones[0].message);
}

TEST(EncodeRunestone, Empty) {
    EXPECT_EQ(to_hex(encode_runestone(Runestone{})), "6a5d");
    EXPECT_EQ(to_hex(encode_runestone(Runestone{}, true)), "6a0144");
}

// protorune.md 1.4, 1.5
TEST(EncodeRunestone, DecodesAsItWas) {
    Runestone made;
    made.edicts = {{{9, 5}, 4, 1}, {{9, 2}, u128_max, 0}, {{0xffffffffffffffff, 1}, 3, 0}};
    made.etching = Etching{7, 8, 9, 10, U'@', Terms{14, 11, 12, 13, 15, 16}, true};
    made.mint = RuneId{17, 18};
    made.pointer = 0;
    made.protocol = std::vector<u128>{5, u128_max};
    const Runestone decoded = std::get<Runestone>(artifact_of(encode_runestone(made)));
    EXPECT_EQ(decoded.edicts, (std::vector<Edict>{made.edicts[1], made.edicts[0], made.edicts[2]}));
    ASSERT_TRUE(decoded.etching.has_value());
    EXPECT_EQ(decoded.etching->divisibility, 7);
    EXPECT_EQ(decoded.etching->premine, 8U);
    EXPECT_EQ(decoded.etching->rune, 9U);
    EXPECT_EQ(decoded.etching->spacers, 10U);
    EXPECT_EQ(decoded.etching->symbol, U'@');
    EXPECT_TRUE(decoded.etching->turbo);
    ASSERT_TRUE(decoded.etching->terms.has_value());
    const Terms& terms = *decoded.etching->terms;
    EXPECT_EQ(terms.amount, 14U);
    EXPECT_EQ(terms.cap, 11U);
    EXPECT_EQ(terms.height_start, 12U);
    EXPECT_EQ(terms.height_end, 13U);
    EXPECT_EQ(terms.offset_start, 15U);
    EXPECT_EQ(terms.offset_end, 16U);
    EXPECT_EQ(decoded.mint, made.mint);
    EXPECT_EQ(decoded.pointer, made.pointer);
    EXPECT_EQ(decoded.protocol, made.protocol);
}

TEST(EncodeCellpack, IsLeb128) {
    const std::vector<u128> cellpack{1, 0, 127, 128, u128_max};
    const Bytes encoded = encode_cellpack(cellpack);
    EXPECT_EQ(to_hex(encoded), "01007f8001ffffffffffffffffffffffffffffffffffff03");
    EXPECT_EQ(decode_varints(encoded).value(), cellpack);
}

// alkanes-vm.md 1.4, writer format
TEST(ContractEnvelope, IsATapscript) {
    const Bytes code = Bytes(520, 'a') + Bytes(300, 'b');
    const Bytes script = contract_envelope(code);
    EXPECT_EQ(script, bytes_of("00630342494e00") + bytes_of("4d0802") + code.substr(0, 520) + bytes_of("4d2c01") +
                          code.substr(520) + bytes_of("68"));
    EXPECT_EQ(to_hex(contract_envelope("")), "00630342494e0068");

    const std::vector<Bytes> witness = script_path_witness(script);
    EXPECT_EQ(bitcoin::tapscript(std::vector<BytesView>(witness.begin(), witness.end())), script);
}

}  // namespace warpshrew::protorune
