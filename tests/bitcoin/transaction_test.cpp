#include "bitcoin/block.hpp"
#include "bitcoin/encode.hpp"
#include "chain_data.hpp"

namespace warpshrew::bitcoin {

static const Bytes outpoint = Bytes(32, '\x11') + Bytes(4, '\0');
static const Bytes one_input = '\1' + outpoint + bytes_of("00ffffffff");
static const Bytes one_output = bytes_of("01e80300000000000000");
static const Bytes version = bytes_of("02000000");
static const Bytes lock_time = bytes_of("05000000");

static Error error_of(const Bytes& raw) {
    const Result<OwnedTransaction> result = OwnedTransaction::decode(raw);
    return result ? Error{"none", 0} : result.error();
}

// protorune.md 8, V9
TEST(Transaction, VectorV9) {
    const Bytes raw = bytes_of("0100000001") + Bytes(36, '\0') + bytes_of("00ffffffff0100e1f50500000000") +
                      bytes_of("17a914ad8028e0e0f9b863174e0efc67f65223c3b7ab538700000000");
    const OwnedTransaction tx = OwnedTransaction::decode(raw).value();
    EXPECT_EQ(to_hex(view(tx.get().txid)), "3ef4557de07f69e6976ab0c6c52afa0294c546be1dedf39c1bba2d5f646ce020");
    EXPECT_EQ(tx.get().version, 1U);
    EXPECT_EQ(tx.get().inputs[0].previous_output, Bytes(36, '\0'));
    EXPECT_EQ(tx.get().inputs[0].sequence, 0xffffffffU);
    EXPECT_EQ(tx.get().outputs[0].value, 100'000'000U);
    EXPECT_EQ(to_hex(tx.get().outputs[0].script), "a914ad8028e0e0f9b863174e0efc67f65223c3b7ab5387");
    EXPECT_EQ(tx.get().vsize(), raw.size());
    EXPECT_EQ(tx.get().vsize(true), raw.size());
}

// alkanes-vm.md 7
TEST(Transaction, EmptyIsInSegwitForm) {
    const OwnedTransaction tx = OwnedTransaction::empty(0);
    EXPECT_EQ(to_hex(tx.get().raw), "000000000001000000000000");
    EXPECT_EQ(to_hex(view(tx.get().txid)), "78faf3e2fa84213bfc85cb0ab14f980318142861d737545e050f3bd03d4502f7");
    EXPECT_EQ(tx.get().base_size, 10U);
    EXPECT_EQ(tx.get().vsize(), 11U);  // ceil((3 * 10 + 12) / 4)
    EXPECT_EQ(tx.get().vsize(true), 11U);
    EXPECT_EQ(to_hex(OwnedTransaction::empty(1).get().raw), "010000000001000000000000");
}

TEST(Transaction, StaysValidWhenMoved) {
    OwnedTransaction tx = OwnedTransaction::empty(7);
    const char* const data = tx.get().raw.data();
    const OwnedTransaction other = std::move(tx);
    EXPECT_EQ(other.get().raw.data(), data);
    EXPECT_EQ(other.get().version, 7U);
}

TEST(Transaction, MustFillTheInput) {
    const Bytes raw = version + one_input + one_output + lock_time;
    EXPECT_TRUE(OwnedTransaction::decode(raw).has_value());
    EXPECT_EQ(error_of(raw + '\0'), (Error{"bytes after the transaction", raw.size()}));
    for (std::size_t size = 0; size < raw.size(); size++) {
        EXPECT_FALSE(OwnedTransaction::decode(raw.substr(0, size)).has_value());
        EXPECT_LE(error_of(raw.substr(0, size)).offset, size);
    }
}

TEST(Transaction, ErrorIsAtTheFieldThatIsMissing) {
    EXPECT_EQ(error_of(bytes_of("020000")), (Error{"unexpected end", 0}));
    EXPECT_EQ(error_of(version), (Error{"unexpected end", 4}));
    EXPECT_EQ(error_of(version + '\1' + outpoint), (Error{"count exceeds the input", 4}));
    EXPECT_EQ(error_of(version + one_input), (Error{"unexpected end", 46}));
    EXPECT_EQ(error_of(version + one_input + one_output + "\5"), (Error{"unexpected end", 56}));
}

TEST(Transaction, SegwitFlagMustBeOne) {
    EXPECT_EQ(error_of(version + bytes_of("0000") + Bytes(10, '\0')), (Error{"unsupported segwit flag", 5}));
    EXPECT_EQ(error_of(version + bytes_of("0002") + Bytes(10, '\0')), (Error{"unsupported segwit flag", 5}));
}

TEST(Transaction, SegwitMarkerNeedsAWitness) {
    const Bytes front = version + bytes_of("0001") + one_input + one_output;
    EXPECT_EQ(error_of(front + '\0' + lock_time), (Error{"witness flag set but no witnesses present", 4}));
    // One empty element is a witness.
    const OwnedTransaction tx = OwnedTransaction::decode(front + bytes_of("0100") + lock_time).value();
    EXPECT_EQ(tx.get().inputs[0].witness.size(), 1U);
    EXPECT_EQ(tx.get().txid, sha256d(version + one_input + one_output + lock_time));
}

TEST(Transaction, CompactSizesMustBeMinimal) {
    const Bytes front = version + '\1' + outpoint;
    const Bytes back = "\xff\xff\xff\xff" + one_output + lock_time;
    const Bytes zeros(70'000, '\0');
    for (const char* size :
         {"fd0000", "fdfc00", "fe00000000", "feffff0000", "ff0000000000000000", "ffffffffff00000000"}) {
        Bytes raw = front;
        raw += bytes_of(size);
        raw += zeros;
        EXPECT_EQ(error_of(raw), (Error{"compact size is not minimal", front.size()})) << size;
    }
    for (const std::size_t size : {0xfcU, 0xfdU, 0xffffU, 0x10000U}) {
        Bytes raw = front;
        append_compact_size(raw, size);
        raw.append(size, '\x6a');
        raw += back;
        EXPECT_EQ(OwnedTransaction::decode(raw).value().get().inputs[0].script_sig.size(), size);
    }
}

TEST(Transaction, CountsAreCheckedBeforeAllocating) {
    const Bytes huge = bytes_of("ffffffffffffffff7f");
    EXPECT_EQ(error_of(version + huge), (Error{"count exceeds the input", 4}));
    EXPECT_EQ(error_of(version + one_input + huge), (Error{"count exceeds the input", 46}));
    EXPECT_EQ(error_of(version + bytes_of("0001") + one_input + one_output + huge),
              (Error{"count exceeds the input", 58}));
    EXPECT_EQ(error_of(version + '\1' + outpoint + huge + lock_time), (Error{"count exceeds the input", 41}));
    EXPECT_EQ(error_of(version + bytes_of("0001") + one_input + one_output + '\1' + huge + lock_time),
              (Error{"count exceeds the input", 59}));
}

// rust-bitcoin's Witness takes up to 4,000,000 bytes.
TEST(Transaction, WitnessIsLimited) {
    const Bytes front = version + bytes_of("0001") + one_input + one_output;
    const std::size_t most = 4'000'000;
    EXPECT_TRUE(
        OwnedTransaction::decode(front + '\1' + bytes_of("fe") + to_le(3'999'995U) + Bytes(most - 5, 'x') + lock_time)
            .has_value());
    EXPECT_EQ(error_of(front + '\1' + bytes_of("fe") + to_le(3'999'996U) + Bytes(most - 4, 'x') + lock_time),
              (Error{"witness is too large", 58}));
    EXPECT_EQ(error_of(front + bytes_of("fe") + to_le(4'000'001U) + Bytes(most + 1, '\0') + lock_time),
              (Error{"witness is too large", 58}));
}

TEST(Transaction, ValuesAreNotChecked) {
    const Bytes raw = version + one_input + '\1' + Bytes(8, '\xff') + '\0' + lock_time;
    EXPECT_EQ(OwnedTransaction::decode(raw).value().get().outputs[0].value, ~std::uint64_t{0});
}

TEST(Transaction, MayHaveInputsOnlyOrOutputsOnly) {
    EXPECT_TRUE(OwnedTransaction::decode(version + one_input + '\0' + lock_time).has_value());
    const OwnedTransaction tx = OwnedTransaction::decode(version + bytes_of("000100") + one_output + lock_time).value();
    EXPECT_TRUE(tx.get().inputs.empty());
    EXPECT_EQ(tx.get().outputs.size(), 1U);
    EXPECT_EQ(tx.get().txid, sha256d(version + '\0' + one_output + lock_time));
}

// alkanes-vm.md 4.2: the marker counts only if another input has a witness.
TEST(Transaction, VsizeWithoutFirstWitness) {
    NewTransaction tx;
    tx.inputs = {{Bytes(32, '\1'), 0, {}, 0, {Bytes(300, 'a')}}, {Bytes(32, '\2'), 0, {}, 0, {}}};
    tx.outputs = {{1, {}}};
    const std::size_t base = 4 + 1 + 2 * 41 + 1 + 9 + 4;
    const auto vsizes = [](const NewTransaction& t) {
        const OwnedTransaction decoded = OwnedTransaction::decode(serialize(t)).value();
        return std::pair{decoded.get().vsize(), decoded.get().vsize(true)};
    };
    // marker 2, witnesses 1 + 3 + 300 and 1
    EXPECT_EQ(vsizes(tx), (std::pair{base + (307 + 3) / 4, base}));
    tx.inputs[1].witness = {Bytes("b")};
    // marker 2, witnesses 304 and 3; then 1 and 3
    EXPECT_EQ(vsizes(tx), (std::pair{base + (309 + 3) / 4, base + (6 + 3) / 4}));
    tx.inputs[0].witness.clear();
    EXPECT_EQ(vsizes(tx), (std::pair{base + (6 + 3) / 4, base + (6 + 3) / 4}));
}

TEST(TxOut, IsOpReturn) {
    EXPECT_TRUE((TxOut{0, "\x6a"}.is_op_return()));
    EXPECT_FALSE((TxOut{0, ""}.is_op_return()));
    EXPECT_FALSE((TxOut{0, "\x51\x6a"}.is_op_return()));
}

}  // namespace warpshrew::bitcoin
