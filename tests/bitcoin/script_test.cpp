#include "bitcoin/script.hpp"

#include "bitcoin/block.hpp"
#include "bitcoin/encode.hpp"
#include "chain_data.hpp"

namespace warpshrew::bitcoin {

/// A script's instructions as text: pushes in hex in brackets, opcodes in hex, "error".
static std::string instructions(BytesView script) {
    ScriptReader reader(script);
    std::string out;
    while (const std::optional<Instruction> i = reader.next()) {
        if (!out.empty()) out += ' ';
        switch (i->kind) {
            case Instruction::Kind::push:
                out += '[' + to_hex(i->data) + ']';
                break;
            case Instruction::Kind::opcode:
                out += to_hex(to_le(i->opcode));
                break;
            case Instruction::Kind::error:
                out += "error";
                break;
        }
    }
    EXPECT_FALSE(reader.next().has_value());
    return out;
}

static std::string instructions_of_hex(std::string_view hex) { return instructions(bytes_of(hex)); }

// protorune.md 1.1, step 1
TEST(Script, Instructions) {
    EXPECT_EQ(instructions_of_hex(""), "");
    EXPECT_EQ(instructions_of_hex("6a5d"), "6a 5d");
    EXPECT_EQ(instructions_of_hex("00"), "[]");  // OP_0 is a push of nothing
    EXPECT_EQ(instructions_of_hex("01aa02bbcc"), "[aa] [bbcc]");
    EXPECT_EQ(instructions_of_hex("4f5060ff"), "4f 50 60 ff");
    EXPECT_EQ(instructions(Bytes("\x4b") + Bytes(75, 'a')), '[' + to_hex(Bytes(75, 'a')) + ']');
}

TEST(Script, NonMinimalPushesPass) {
    EXPECT_EQ(instructions_of_hex("4c0161"), "[61]");
    EXPECT_EQ(instructions_of_hex("4d010061"), "[61]");
    EXPECT_EQ(instructions_of_hex("4e0100000061"), "[61]");
    EXPECT_EQ(instructions_of_hex("4c004d00004e00000000"), "[] [] []");
}

TEST(Script, TruncatedPushEndsWithAnError) {
    EXPECT_EQ(instructions_of_hex("01"), "error");
    EXPECT_EQ(instructions_of_hex("5102aa"), "51 error");
    EXPECT_EQ(instructions_of_hex("4c"), "error");
    EXPECT_EQ(instructions_of_hex("4c02aa"), "error");
    EXPECT_EQ(instructions_of_hex("4d01"), "error");
    EXPECT_EQ(instructions_of_hex("4d0100"), "error");
    EXPECT_EQ(instructions_of_hex("4d0001aa"), "error");
    EXPECT_EQ(instructions_of_hex("4e010000"), "error");
    EXPECT_EQ(instructions_of_hex("4effffffffaa"), "error");
    EXPECT_EQ(instructions_of_hex("5d04"), "5d error");  // V5
}

TEST(Script, LengthsAreLittleEndian) {
    EXPECT_EQ(instructions(bytes_of("4d0201") + Bytes(258, 'a') + '\x51'), '[' + to_hex(Bytes(258, 'a')) + "] 51");
    EXPECT_EQ(instructions(bytes_of("4e01000100") + Bytes(65537, 'a')), '[' + to_hex(Bytes(65537, 'a')) + ']');
}

TEST(Script, PushEncodingRoundTrips) {
    for (const std::size_t n : {0U, 1U, 75U, 76U, 255U, 256U, 65535U, 65536U}) {
        Bytes script;
        append_push(script, Bytes(n, 'q'));
        EXPECT_EQ(script.size(), n + (n < 76 ? 1 : n < 256 ? 2 : n < 65536 ? 3 : 5));
        EXPECT_EQ(instructions(script), '[' + to_hex(Bytes(n, 'q')) + ']');
    }
    Bytes script;
    append_pushes(script, Bytes(1041, 'q'));
    EXPECT_EQ(instructions(script),
              '[' + to_hex(Bytes(520, 'q')) + "] [" + to_hex(Bytes(520, 'q')) + "] [" + to_hex("q") + ']');
}

// The digests are tests/model's over the same block.
TEST(Script, InstructionsOfMainnet892614) {
    const Block block = Block::decode(mainnet_block()).value();
    Sha256 digest;
    std::size_t n = 0;
    for (const Transaction& tx : block.transactions()) {
        for (const TxOut& output : tx.outputs) {
            ScriptReader reader(output.script);
            while (const std::optional<Instruction> i = reader.next()) {
                n++;
                switch (i->kind) {
                    case Instruction::Kind::push:
                        digest.update("p"), digest.update(i->data);
                        break;
                    case Instruction::Kind::opcode:
                        digest.update("o"), digest.update(to_le(i->opcode));
                        break;
                    case Instruction::Kind::error:
                        digest.update("e");
                        break;
                }
            }
        }
    }
    EXPECT_EQ(n, 18022U);
    EXPECT_EQ(to_hex(view(digest.finish())), "ffc1ea2b00c9f69d841cb992bf5568103bbf583fd379f38095540f0175ab84ad");
}

TEST(Script, InstructionTests) {
    EXPECT_TRUE((Instruction{Instruction::Kind::push, 0, "BIN"}.is_push("BIN")));
    EXPECT_FALSE((Instruction{Instruction::Kind::push, 0, "BIN"}.is_push("BI")));
    EXPECT_FALSE((Instruction{Instruction::Kind::opcode, 0x6a, ""}.is_push("")));
    EXPECT_TRUE((Instruction{Instruction::Kind::opcode, 0x6a, ""}.is_opcode(0x6a)));
    EXPECT_FALSE((Instruction{Instruction::Kind::push, 0, ""}.is_opcode(0)));
    EXPECT_FALSE(Instruction{}.is_opcode(0));
}

// protorune.md 2.6.2
TEST(Tapscript, SecondFromEndOrThirdBeforeAnAnnex) {
    const auto of = [](const std::vector<BytesView>& witness) {
        const std::optional<BytesView> script = tapscript(witness);
        return script ? Bytes(*script) : Bytes("none");
    };
    EXPECT_EQ(of({}), "none");
    EXPECT_EQ(of({"a"}), "none");
    EXPECT_EQ(of({"\x50"}), "none");  // alone it is no annex, and there is no second
    EXPECT_EQ(of({"a", "b"}), "a");
    EXPECT_EQ(of({"a", ""}), "a");
    EXPECT_EQ(of({"a", "b", "c"}), "b");
    EXPECT_EQ(of({"a", "\x50"}), "none");
    EXPECT_EQ(of({"a", "b", "\x50zz"}), "a");
    EXPECT_EQ(of({"a", "b", "c", "\x50"}), "b");
    EXPECT_EQ(of({"a", "\x50", "b"}), "\x50");
}

TEST(Tapscript, OfMainnet892614) {
    const Block block = Block::decode(mainnet_block()).value();
    Sha256 digest;
    std::size_t n = 0;
    for (const Transaction& tx : block.transactions()) {
        for (const TxIn& input : tx.inputs) {
            const std::optional<BytesView> script = tapscript(input.witness);
            if (!script) continue;
            n++;
            digest.update(to_le(static_cast<std::uint32_t>(script->size())));
            digest.update(*script);
        }
    }
    EXPECT_EQ(n, 3108U);
    EXPECT_EQ(to_hex(view(digest.finish())), "bab787ff0beff0366a3133ba4e1ad5bcb51cae2ac443a336c1d3e4b7b0f1d108");
}

}  // namespace warpshrew::bitcoin
