// Code of the built-in contracts: by height, in files, in the store (alkanes-vm.md 6.3, 6.4).

#include "alkanes/builtins.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "alkanes/gzip.hpp"
#include "base/file.hpp"
#include "base/hex.hpp"
#include "base/sha256.hpp"
#include "base/temporary_folder.hpp"

using namespace warpshrew;
using namespace warpshrew::alkanes;
namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

std::string digest(BytesView code) { return to_hex(view(sha256(code))); }

Bytes leb(std::size_t n) {
    Bytes out;
    do {
        out += static_cast<char>((n & 0x7f) | (n > 0x7f ? 0x80 : 0));
        n >>= 7;
    } while (n != 0);
    return out;
}

Bytes section(char id, const Bytes& content) { return Bytes(1, id) + leb(content.size()) + content; }

const Bytes magic("\0asm\1\0\0\0", 8);

/// A module with a custom section of pseudo-random content.
Bytes module(unsigned seed, std::size_t size = 3000) {
    std::mt19937 random(seed);
    Bytes content = leb(1) + "x";
    for (std::size_t i = 0; i < size; ++i) content += static_cast<char>(random() & 0xff);
    return magic + section(1, Bytes(1, '\0')) + section(0, content);
}

Bytes data_section(const std::vector<std::pair<std::size_t, Bytes>>& segments) {
    Bytes out = leb(segments.size());
    for (const auto& [at, bytes] : segments) out += Bytes("\0\x41", 2) + leb(at) + "\x0b" + leb(bytes.size()) + bytes;
    return section(11, out);
}

const Bytes a = module(1), b = module(2), c = module(3);

/// 2:0 marked by a; a runs below 10, b from 10 on. 32:0 is c.
protorune::Network network() {
    protorune::Network n;
    n.name = "own";
    n.builtins.push_back({{2, 0}, digest(a), {{0, digest(a)}, {10, digest(b)}}, {0}, true, std::nullopt});
    n.builtins.push_back({{32, 0}, digest(c), {{0, digest(c)}}, {0}, false, std::nullopt});
    return n;
}

class Extract : public testing::Test {
 protected:
    void put(const std::string& name, BytesView content) {
        fs::create_directories((folder.path() / name).parent_path());
        ASSERT_TRUE(write_file(folder.path() / name, content).has_value());
    }
    CodeByDigest extract(const ExtractLimits& limits = {}) {
        const std::vector<fs::path> paths = {folder.path()};
        const auto found = extract_builtins(
            network(), paths, [&](const std::string& line) { notes.push_back(line); }, limits);
        EXPECT_TRUE(found.has_value());
        return found.value_or(CodeByDigest{});
    }
    static std::vector<std::string> keys(const CodeByDigest& found) {
        std::vector<std::string> out;
        for (const auto& [k, code] : found) {
            EXPECT_EQ(digest(code), k);
            out.push_back(code == a ? "a" : code == b ? "b" : "c");
        }
        std::sort(out.begin(), out.end());
        return out;
    }
    using Names = std::vector<std::string>;

    TemporaryFolder folder;
    std::vector<std::string> notes;
};

}  // namespace

TEST(Builtins, CodeByHeightAndMarker) {
    const Builtins builtins(network(), {{digest(a), a}, {digest(b), b}, {digest(c), c}});
    EXPECT_THAT(builtins.missing(), IsEmpty());
    EXPECT_TRUE(builtins.contains({2, 0}));
    EXPECT_TRUE(builtins.contains({32, 0}));
    EXPECT_FALSE(builtins.contains({32, 1}));
    EXPECT_EQ(builtins.code({2, 0}, 0), a);
    EXPECT_EQ(builtins.code({2, 0}, 9), a);
    EXPECT_EQ(builtins.code({2, 0}, 10), b);
    EXPECT_EQ(builtins.code({2, 0}, ~0ULL), b);
    EXPECT_EQ(builtins.marker({2, 0}), a);
    EXPECT_EQ(builtins.code({7, 7}, 0), "");
}

TEST(Builtins, CodeOfAProfileIsMarkerAndCodeAtAllHeights) {
    protorune::Network n = network();
    n.builtins[0].code = "own";
    const Builtins builtins(n, {{digest(c), c}});
    EXPECT_THAT(builtins.missing(), IsEmpty());
    EXPECT_EQ(builtins.code({2, 0}, 0), "own");
    EXPECT_EQ(builtins.code({2, 0}, 10), "own");
    EXPECT_EQ(builtins.marker({2, 0}), "own");
}

TEST(Builtins, WhatIsMissingAndWhatToDo) {
    const Builtins builtins(network(), {{digest(a), a}});
    EXPECT_EQ(builtins.missing(), (std::vector<std::string>{digest(b), digest(c)}));
    const std::string text = missing_builtins_text(builtins, network());
    EXPECT_THAT(text, HasSubstr(digest(b)));
    EXPECT_THAT(text, HasSubstr("warpshrew genesis extract PATH... --db-path DIR --network own"));
    EXPECT_EQ(missing_builtins_text(Builtins(network(), {{digest(a), a}, {digest(b), b}, {digest(c), c}}), network()),
              "");

    // A network that names no digest: its code is the caller's to give.
    EXPECT_EQ(Builtins(*protorune::find_network("devnet"), {}).missing(), (std::vector<std::string>{"2:0"}));
    EXPECT_THAT(builtin_digests(*protorune::find_network("devnet")), IsEmpty());
    EXPECT_EQ(builtin_digests(*protorune::find_network("mainnet")).size(), 9U);
}

TEST_F(Extract, RawGzippedAndHex) {
    put("src/a.wasm", a);
    put("src/deep/b.wasm.gz", gzip(b));
    put("src/c_build.rs", "pub fn get() -> Vec<u8> {\n    hex!(\"" + to_hex(c) + "\").to_vec()\n}\n");
    EXPECT_EQ(keys(extract()), (Names{"a", "b", "c"}));
    EXPECT_THAT(notes, IsEmpty());
}

TEST_F(Extract, HexOfGzipUpperCase) {
    std::string hex = to_hex(gzip(c));
    std::transform(hex.begin(), hex.end(), hex.begin(), ::toupper);
    put("c.txt", hex);
    EXPECT_EQ(keys(extract()), (Names{"c"}));
}

TEST_F(Extract, EmbeddedInAModule) {
    // a followed by bytes that look like one more section, b gzipped with bytes behind it.
    const Bytes embedded = "before" + a + Bytes("\x05\x01\x00 after", 9) + gzip(b) + "more";
    put("upstream.wasm", magic + data_section({{1024, embedded}}) + section(0, leb(4) + "name"));
    EXPECT_EQ(keys(extract()), (Names{"a", "b"}));
}

TEST_F(Extract, EmbeddedInAModuleThatIsGzipped) {
    put("upstream.wasm.gz", gzip(magic + data_section({{1024, "before" + c}})));
    EXPECT_EQ(keys(extract()), (Names{"c"}));
}

TEST_F(Extract, EmbeddedInSeveralSegments) {
    // An optimiser leaves zeros out between segments.
    Bytes code = a;
    protorune::Network n = network();
    code.replace(1000, 64, Bytes(64, '\0'));
    n.builtins[0].marker_sha256 = digest(code);
    put("upstream.wasm", magic + data_section({{70000 + 1064, code.substr(1064)}, {70000, code.substr(0, 1000)}}));
    const std::vector<fs::path> paths = {folder.path() / "upstream.wasm"};
    const auto found = extract_builtins(n, paths);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->count(digest(code)), 1U);
}

TEST_F(Extract, AFileThatIsNamedAndNothingElse) {
    put("x/a.wasm", a);
    put("x/b.wasm", b);
    const std::vector<fs::path> paths = {folder.path() / "x/b.wasm"};
    EXPECT_EQ(keys(extract_builtins(network(), paths).value()), (Names{"b"}));
    const std::vector<fs::path> absent = {folder.path() / "absent"};
    const auto nothing = extract_builtins(network(), absent);
    ASSERT_FALSE(nothing.has_value());
    EXPECT_THAT(nothing.error().reason, HasSubstr("absent: no such file or folder"));
}

TEST_F(Extract, WrongCodeIsNotTaken) {
    Bytes changed = a;
    changed.back() = static_cast<char>(changed.back() ^ 1);
    put("a.wasm", changed);
    put("short.txt", to_hex(a).substr(0, 98));
    put("odd.txt", to_hex(b) + "0");
    put("truncated.gz", gzip(c).substr(0, 2000));
    EXPECT_THAT(extract(), IsEmpty());
}

TEST_F(Extract, SymbolicLinksAreNotFollowed) {
    put("a.wasm", a);
    fs::create_directory_symlink(folder.path(), folder.path() / "loop");
    fs::create_symlink(folder.path() / "nowhere", folder.path() / "dangling");
    EXPECT_EQ(keys(extract()), (Names{"a"}));
    ASSERT_EQ(notes.size(), 2U);
    EXPECT_THAT(notes[0], HasSubstr("symbolic link"));
}

TEST_F(Extract, Limits) {
    put("one/two/a.wasm", a);
    put("b.wasm", b);
    EXPECT_EQ(keys(extract({.depth = 1})), (Names{"b"}));
    EXPECT_THAT(notes.back(), HasSubstr("too deep"));
    EXPECT_THAT(extract({.file_bytes = a.size() - 1}), IsEmpty());
    EXPECT_THAT(notes.back(), HasSubstr("too large"));
    EXPECT_LE(extract({.files = 1}).size(), 1U);
    EXPECT_THAT(notes.back(), HasSubstr("too many files"));
    EXPECT_THAT(extract({.total_bytes = 10}), IsEmpty());
    EXPECT_THAT(notes.back(), HasSubstr("too much to look through"));
}

TEST_F(Extract, HostileInputEnds) {
    Bytes magics, streams, sections = magic;
    for (int i = 0; i < 20000; ++i) {
        magics += magic;
        streams += Bytes("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
        sections += Bytes("\0\0", 2);
    }
    put("magics", magics);
    put("streams", streams);
    put("sections", sections);
    put("bomb.gz", gzip(Bytes(40U << 20U, '\0')));
    put("data", magic + Bytes("\x0b\xff\xff\xff\x0f", 5));
    put("segment", magic + section(11, leb(1) + Bytes("\0\x41\xff\xff\xff\xff\x07\x0b\xff\xff\xff\xff\x0f", 13)));
    EXPECT_THAT(extract({.total_bytes = 256U << 20U}), IsEmpty());
}

TEST_F(Extract, StoredAndLoaded) {
    auto db = store::Database::open(folder.path() / "db");
    ASSERT_TRUE(db.has_value()) << db.error().reason;
    EXPECT_EQ(load_builtins(*db, network())->missing().size(), 3U);
    ASSERT_TRUE(store_builtins(*db, {{digest(a), a}, {digest(b), b}, {digest(c), c}}).has_value());
    const auto builtins = load_builtins(*db, network());
    ASSERT_TRUE(builtins.has_value());
    EXPECT_THAT(builtins->missing(), IsEmpty());
    EXPECT_EQ(builtins->code({2, 0}, 10), b);

    // Damaged code counts as missing.
    ASSERT_TRUE(db->set_meta("builtin:" + digest(b), a).has_value());
    EXPECT_EQ(load_builtins(*db, network())->missing(), (std::vector<std::string>{digest(b)}));
}

TEST(ExtractReference, FindsAllInTheReferencesFiles) {
    const char* const contracts = std::getenv("WARPSHREW_CONTRACTS");
    if (contracts == nullptr) GTEST_SKIP() << "WARPSHREW_CONTRACTS is not set";
    const std::vector<fs::path> paths = {contracts};
    for (const char* name : {"mainnet", "regtest"}) {
        const auto n = *protorune::find_network(name);
        const auto found = extract_builtins(n, paths);
        ASSERT_TRUE(found.has_value());
        EXPECT_THAT(Builtins(n, *found).missing(), IsEmpty()) << name;
    }
}
