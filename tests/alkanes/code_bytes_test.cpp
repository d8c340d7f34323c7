// Contract code on its way from the witness: envelopes and compression (alkanes-vm.md 1.4, 1.5).

#include <gtest/gtest.h>

#include "alkanes/envelope.hpp"
#include "alkanes/gzip.hpp"
#include "bitcoin/block.hpp"
#include "bitcoin/encode.hpp"
#include "protorune/encode.hpp"

using namespace warpshrew;
using namespace warpshrew::alkanes;

static std::string error(BytesView bytes, std::size_t limit = max_code_size) {
    const auto r = gunzip(bytes, limit);
    return r ? "none" : r.error().reason;
}

TEST(Gzip, RoundTrip) {
    for (const std::size_t n : {0, 1, 100'000, 3'000'000}) {
        Bytes content(n, 'x');
        for (std::size_t i = 0; i < n; i++) content[i] = static_cast<char>(i * i >> 7);
        EXPECT_EQ(gunzip(gzip(content)), content);
    }
}

TEST(Gzip, OnlyTheFirstMemberCounts) {
    EXPECT_EQ(gunzip(gzip("one") + gzip("two")), Bytes("one"));
    EXPECT_EQ(gunzip(gzip("one") + "garbage"), Bytes("one"));
}

// 12: texts; 13: empty input is an error
TEST(Gzip, Damage) {
    const Bytes good = gzip("a contract, more or less");
    EXPECT_EQ(error(""), "unexpected end of file");
    EXPECT_EQ(error("\x1f\x8b"), "unexpected end of file");
    EXPECT_EQ(error("garbage"), "unexpected end of file");
    EXPECT_EQ(error(Bytes(100, 'g')), "invalid gzip header");
    for (std::size_t n = 10; n < good.size(); n++) EXPECT_EQ(error(good.substr(0, n)), "unexpected end of file") << n;
    Bytes bad = good;
    bad[2] = 7;
    EXPECT_EQ(error(bad), "invalid gzip header");
    for (const std::size_t at : {8, 4, 1}) {
        bad = good;
        bad[bad.size() - at]++;
        EXPECT_EQ(error(bad), "corrupt gzip stream does not have a matching checksum") << at;
    }
    bad = good;
    bad[10] = '\x07';  // a block of the reserved type
    EXPECT_EQ(error(bad), "corrupt deflate stream");
}

// docs/consensus.md: a limit, so that a bomb fails its message and nothing else
TEST(Gzip, Bombs) {
    const Bytes bomb = gzip(Bytes(1'000'000, '\0'));
    EXPECT_LT(bomb.size(), 2000u);
    EXPECT_EQ(error(bomb, 999'999), "code is larger than 999999 bytes");
    EXPECT_EQ(error(bomb, 1'000'000), "none");
}

namespace {

bitcoin::NewInput input(std::vector<Bytes> witness) { return {Bytes(32, 'i'), 0, {}, 0, std::move(witness)}; }

std::optional<Bytes> payload(std::vector<bitcoin::NewInput> inputs) {
    bitcoin::NewTransaction tx;
    tx.inputs = std::move(inputs);
    tx.outputs = {{1, "\x51"}};
    const auto decoded = bitcoin::OwnedTransaction::decode(bitcoin::serialize(tx));
    EXPECT_TRUE(decoded);
    return witness_payload(decoded->get());
}
std::optional<Bytes> payload(const Bytes& script) { return payload({input({script, "control"})}); }

const Bytes start(
    "\x00\x63\x03"
    "BIN",
    6);  // OP_0 OP_IF "BIN"
const Bytes tag("\x00", 1), end("\x68");
Bytes pushed(BytesView data) {
    Bytes out;
    bitcoin::append_push(out, data);
    return out;
}
const Bytes envelope = start + tag + pushed("code") + end;

}  // namespace

TEST(Envelope, OfTheWriter) {
    const Bytes code(100'000, 'c');
    EXPECT_EQ(payload({input(protorune::script_path_witness(protorune::contract_envelope(code)))}), code);
}

TEST(Envelope, WitnessElements) {
    EXPECT_EQ(payload({input({envelope, "c"})}), "code");
    EXPECT_EQ(payload({input({"sig", envelope, "c"})}), "code");
    EXPECT_EQ(payload({input({envelope, "c", "\x50 annex"})}), "code");
    EXPECT_EQ(payload({input({envelope, "\x50 annex"})}), std::nullopt);  // the third from the end is not there
    EXPECT_EQ(payload({input({envelope})}), std::nullopt);
    EXPECT_EQ(payload({input({})}), std::nullopt);
}

TEST(Envelope, FirstPushIsDroppedWhateverItIs) {
    EXPECT_EQ(payload(start + pushed("lost") + pushed("kept") + end), "kept");
    EXPECT_EQ(payload(start + "\x51" + pushed("kept") + end), "kept");
    EXPECT_EQ(payload(start + end), "");
    EXPECT_EQ(payload(start + tag + end), "");
}

TEST(Envelope, NumbersAreBytes) {
    EXPECT_EQ(payload(start + tag + "\x4f\x51\x60" + pushed("z") + end), Bytes("\x81\x01\x10z"));
}

TEST(Envelope, OtherOpcodesDiscardIt) {
    EXPECT_EQ(payload(start + tag + "\x61" + end), std::nullopt);
    EXPECT_EQ(payload(start + tag + "\x50" + end), std::nullopt);    // OP_RESERVED lies between OP_1NEGATE and OP_1
    EXPECT_EQ(payload(start + tag + pushed("code")), std::nullopt);  // no end
    EXPECT_EQ(payload(start + tag + "\x61" + envelope), "code");     // scanning goes on
}

TEST(Envelope, Stutter) {
    EXPECT_EQ(payload(tag + tag + envelope), "code");
    EXPECT_EQ(payload(tag + "\x63" + envelope), "code");
    EXPECT_EQ(payload(tag + "\x63" + pushed("ORD") + envelope), "code");
    EXPECT_EQ(payload(Bytes("\x63\x03"
                            "BIN",
                            5) +
                      tag + end),
              std::nullopt);
    EXPECT_EQ(payload(Bytes("\x4c\x00\x63\x4c\x03"
                            "BIN",
                            8) +
                      tag + pushed("code") + end),
              "code");  // not the shortest pushes
}

TEST(Envelope, ErrorsDiscardTheInputNotTheOthers) {
    const Bytes broken = envelope +
                         "\x05"
                         "ab";
    EXPECT_EQ(payload(broken), std::nullopt);
    EXPECT_EQ(payload({input({broken, "c"}), input({envelope, "c"})}), "code");
}

TEST(Envelope, TheFirstOfAll) {
    const Bytes other = start + tag + pushed("other") + end;
    EXPECT_EQ(payload(other + envelope), "other");
    EXPECT_EQ(payload({input({}), input({other, "c"}), input({envelope, "c"})}), "other");
}
