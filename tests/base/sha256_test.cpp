#include "base/sha256.hpp"

#include <gtest/gtest.h>

#include "base/hex.hpp"

namespace warpshrew {

// FIPS 180-4
TEST(Sha256, KnownDigests) {
    EXPECT_EQ(to_hex(view(sha256(""))), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(to_hex(view(sha256("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(to_hex(view(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(to_hex(view(sha256d("hello"))), "9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50");
}

TEST(Sha256, PiecesAndStreamsHashAsTheirConcatenation) {
    const Bytes data(1000, 'x');
    EXPECT_EQ(sha256d({BytesView(data).substr(0, 100), {}, BytesView(data).substr(100)}), sha256d(data));
    Sha256 stream;
    stream.update(BytesView(data).substr(0, 1));
    stream.update({});
    stream.update(BytesView(data).substr(1));
    EXPECT_EQ(stream.finish(), sha256(data));
}

}  // namespace warpshrew
