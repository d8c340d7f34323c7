// A store survives the end of its process at any moment: at most the block in flight is missing.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

#include "base/temporary_folder.hpp"
#include "support/program.hpp"
#include "support/random_cases.hpp"

namespace warpshrew::test {
namespace {

TEST(Kill, KillsGiveTheDigestOfAnUninterruptedRun) {
    const TemporaryFolder folder;
    const std::string blocks = folder.path() / "blocks";
    const std::uint64_t wanted = scaled(50, 5), length = std::min<std::uint64_t>(scaled(150, 10), 150);
    ASSERT_EQ(run_program({"devnet", "--blocks", std::to_string(length), "--calls-per-block", "40", "--db-path",
                           folder.path() / "whole", "--blocks-out", blocks})
                  .code,
              0);
    const std::string expected = run_program({"db", "digest", "--db-path", folder.path() / "whole"}).out;
    std::vector<std::string> files;
    for (int h = 0; std::filesystem::exists(blocks + "/" + std::to_string(h) + ".blk"); h++)
        files.push_back(blocks + "/" + std::to_string(h) + ".blk");

    const auto index_into = [&](const std::string& db) {
        std::vector<std::string> index = {"index", "--network",     "devnet", "--db-path",
                                          db,      "--start-block", "0",      "--block-files"};
        index.insert(index.end(), files.begin(), files.end());
        return index;
    };
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_EQ(wait_for(start_program(index_into(folder.path() / "uninterrupted"))), 0);
    const std::chrono::duration<double, std::micro> whole = std::chrono::steady_clock::now() - begin;
    // Few kills may come at any moment of a run; many come early in it, so that all of them take seconds.
    const auto latest = static_cast<std::uint64_t>(
        std::min(whole.count(), std::max(400'000.0, 20'000'000.0 / static_cast<double>(wanted))));

    const std::uint64_t seed = random_seed();
    std::mt19937_64 random(seed);
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::uint64_t kills = 0, stores = 0;
    while (kills < wanted) {
        const std::string db = folder.path() / ("db" + std::to_string(stores++));
        for (;;) {
            const pid_t process = start_program(index_into(db));
            if (kills < wanted) {
                std::this_thread::sleep_for(std::chrono::microseconds(random() % latest));
                kill(process, SIGKILL);
            }
            const int code = wait_for(process);
            if (code == 0) break;
            ASSERT_EQ(code, 128 + SIGKILL);
            kills++;
        }
        EXPECT_EQ(run_program({"db", "digest", "--db-path", db}).out, expected);
        EXPECT_EQ(run_program({"db", "verify", "--db-path", db}).code, 0);
    }
    std::cout << kills << " kills over " << stores << " stores\n";
}

}  // namespace
}  // namespace warpshrew::test
