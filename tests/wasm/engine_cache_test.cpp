// The cache of compiled code: on disk, damaged, unwritable, asked for at once.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/file.hpp"
#include "base/temporary_folder.hpp"
#include "no_host.hpp"
#include "support/wat.hpp"
#include "wasm/code_cache.hpp"
#include "wasm/engine.hpp"

namespace warpshrew::wasm {
namespace {

using warpshrew::test::NoHost;
namespace fs = std::filesystem;

const Bytes& module() {
    static const Bytes m = warpshrew::test::wat(
        R"((module (memory (export "memory") 1) (func (export "__execute") (result i32) (i32.const 42))))");
    return m;
}

/// Compiles and runs in an engine of its own, which is what another process would do.
std::int32_t run_with(const fs::path& cache) {
    Engine e = Engine::create({.cache = cache}).value();
    const auto code = e.compile(module()).value();
    std::int32_t out = -1;
    e.run_deep([&] {
        NoHost host;
        Instance i = Instance::create(e, code, host, 100).value();
        out = i.call("__execute").value();
        EXPECT_EQ(i.fuel(), 98U);
    });
    return out;
}

TEST(CodeCache, KeepsWhatItIsGiven) {
    const TemporaryFolder folder;
    const CodeCache cache(folder.path() / "a" / "b");
    const Digest one = sha256("one"), two = sha256("two");
    EXPECT_FALSE(cache.load(one));
    cache.save(one, "code");
    EXPECT_EQ(cache.load(one), "code");
    cache.save(one, "");
    EXPECT_EQ(cache.load(one), "");
    cache.save(one, "code");
    // the file of another module, under this one's name
    fs::copy_file(cache.path(one), cache.path(two));
    EXPECT_FALSE(cache.load(two));
    // any byte changed, or missing
    const Bytes good = read_file(cache.path(one)).value();
    for (std::size_t i = 0; i < good.size(); i++) {
        Bytes bad = good;
        bad[i] = static_cast<char>(bad[i] ^ 1);
        ASSERT_TRUE(write_file(cache.path(one), bad));
        EXPECT_FALSE(cache.load(one)) << i;
        ASSERT_TRUE(write_file(cache.path(one), good.substr(0, i)));
        EXPECT_FALSE(cache.load(one)) << i;
    }
    ASSERT_TRUE(write_file(cache.path(one), good + "x"));
    EXPECT_FALSE(cache.load(one));
    ASSERT_TRUE(write_file(cache.path(one), good));
    EXPECT_EQ(cache.load(one), "code");
}

TEST(CodeCache, TheNextEngineLoads) {
    const TemporaryFolder folder;
    EXPECT_EQ(run_with(folder.path()), 42);
    const fs::path file = CodeCache(folder.path()).path(sha256(module()));
    ASSERT_TRUE(fs::exists(file));
    const auto written = fs::last_write_time(file);
    const Bytes content = read_file(file).value();
    EXPECT_EQ(run_with(folder.path()), 42);
    EXPECT_EQ(fs::last_write_time(file), written);  // not compiled again
    // a damaged file is replaced
    Bytes bad = content;
    bad[bad.size() / 2] = static_cast<char>(bad[bad.size() / 2] ^ 0x10);
    ASSERT_TRUE(write_file(file, bad));
    EXPECT_EQ(run_with(folder.path()), 42);
    EXPECT_NE(read_file(file).value(), bad);
    // as is one that this program wrote whole, but that is not code
    CodeCache(folder.path()).save(sha256(module()), "not code");
    EXPECT_EQ(run_with(folder.path()), 42);
    EXPECT_GT(fs::file_size(file), 1000U);
}

TEST(CodeCache, WithoutAFolderThatCanBeWritten) {
    EXPECT_EQ(run_with("/dev/null/nowhere"), 42);
    EXPECT_EQ(run_with("/proc/nowhere"), 42);
}

TEST(CodeCache, ErrorsAreNotKeptOnDisk) {
    const TemporaryFolder folder;
    Engine e = Engine::create({.cache = folder.path()}).value();
    EXPECT_FALSE(e.compile("not a module"));
    EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(CodeCache, AskedForAtOnceItIsCompiledOnce) {
    Engine e = Engine::create().value();
    std::vector<std::shared_ptr<const Code>> codes(4);
    std::vector<std::thread> threads;
    threads.reserve(codes.size());
    for (auto& code : codes) threads.emplace_back([&] { code = e.compile(module()).value(); });
    for (auto& t : threads) t.join();
    for (const auto& code : codes) EXPECT_EQ(code, codes[0]);
    EXPECT_EQ(e.compile(module()).value(), codes[0]);
}

}  // namespace
}  // namespace warpshrew::wasm
