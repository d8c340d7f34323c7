// The command line as users meet it: exit codes, messages, JSON.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/temporary_folder.hpp"
#include "support/program.hpp"

namespace warpshrew::test {
namespace {

using nlohmann::json;

TEST(CommandLine, WrongUsageIsExitCode2) {
    for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
             {},
             {"nonsense"},
             {"index"},
             {"index", "--block-files", "/does/not/exist"},
             {"index", "--start-block", "-1", "--block-files", "/dev/null"},
             {"index", "--start-block", "4294967296", "--block-files", "/dev/null"},
             {"devnet", "--executor", "cuda"},
             {"devnet", "--executor", "gpu", "--lanes", "1"},
             {"devnet", "--dry-run", "serial"},
             {"devnet", "--mix", "nothing"},
             {"devnet", "--blocks", "0"},
             {"devnet", "--blocks", "many"},
             {"devnet", "--candidates", "101"},
             {"devnet", "--candidates", "-1"},
             {"devnet", "--candidates", "all"},
             {"index", "--indexer", "module.wasm", "--block-files", "/dev/null"},
             {"view", "no_such_view"},
             {"db"},
             {"db", "rollback"},
             {"wasm", "fuel"},
             {"genesis", "extract"},
         }) {
        const ProgramResult r = run_program(arguments);
        EXPECT_EQ(r.code, 2) << testing::PrintToString(arguments) << r.err;
        EXPECT_FALSE(r.err.empty()) << testing::PrintToString(arguments);
    }
}

TEST(CommandLine, HelpAndVersion) {
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{"--help"},
                                               {"index", "--help"},
                                               {"view", "--help"},
                                               {"devnet", "--help"},
                                               {"db", "--help"},
                                               {"db", "dump", "--help"},
                                               {"genesis", "extract", "--help"},
                                               {"wasm", "fuel", "--help"}}) {
        const ProgramResult r = run_program(arguments);
        EXPECT_EQ(r.code, 0) << testing::PrintToString(arguments);
        EXPECT_NE(r.out.find("--help"), std::string::npos);
    }
    EXPECT_TRUE(run_program({"--version"}).out.starts_with("warpshrew "));
}

TEST(CommandLine, DevnetIndexesChecksAndReports) {
    const TemporaryFolder folder;
    const std::string blocks = folder.path() / "blocks", db = folder.path() / "db", again = folder.path() / "again";
    const ProgramResult first = run_program({"devnet", "--blocks", "4", "--calls-per-block", "60", "--seed", "7",
                                             "--db-path", db, "--blocks-out", blocks, "--json"});
    ASSERT_EQ(first.code, 0) << first.err;
    const json report = json::parse(first.out.substr(first.out.rfind('\n', first.out.size() - 2) + 1));
    EXPECT_TRUE(report.at("sound"));
    std::set<std::string> kinds;
    for (const json& k : report.at("calls")) {
        kinds.insert(k.at("call"));
        EXPECT_EQ(k.at("calls"), k.at("as_meant")) << k;
    }
    for (const char* kind :
         {"deploy", "mint", "transfer", "swap", "routed swap", "delegated mint", "revert", "out of fuel"})
        EXPECT_TRUE(kinds.contains(kind)) << kind;

    // The same blocks from files give the same store; a part of them and then the rest as well.
    std::vector<std::string> files;
    for (int height = 0; std::filesystem::exists(blocks + "/" + std::to_string(height) + ".blk"); height++)
        files.push_back(blocks + "/" + std::to_string(height) + ".blk");
    ASSERT_EQ(files.size(), report.at("blocks").get<std::size_t>());
    std::vector<std::string> index = {"index",         "--network", "devnet",    "--db-path", again,
                                      "--start-block", "0",         "--exit-at", "3",         "--block-files"};
    index.insert(index.end(), files.begin(), files.end());
    ASSERT_EQ(run_program(index).code, 0);
    const json stats = json::parse(run_program({"db", "stats", "--db-path", again, "--json"}).out);
    EXPECT_EQ(stats.at("tip"), 2);
    index = {"index", "--db-path", again, "--start-block", "0", "--json", "--block-files"};
    index.insert(index.end(), files.begin(), files.end());
    ASSERT_EQ(run_program(index).code, 0);
    EXPECT_EQ(run_program({"db", "digest", "--db-path", again}).out, report.at("digest").get<std::string>() + "\n");
    EXPECT_EQ(run_program({"db", "verify", "--db-path", again}).code, 0);

    // A digest at a height is that of a store that ends there.
    const std::string at_5 = run_program({"db", "digest", "--height", "5", "--db-path", again}).out;
    EXPECT_NE(at_5, report.at("digest").get<std::string>() + "\n");
    ASSERT_EQ(run_program({"db", "rollback", "--height", "5", "--db-path", again}).code, 0);
    EXPECT_EQ(run_program({"db", "digest", "--db-path", again}).out, at_5);

    // The dump is what the digest is of.
    const ProgramResult dump = run_program({"db", "dump", "--db-path", again});
    EXPECT_NE(dump.out.find(' '), std::string::npos);
    EXPECT_EQ(run_program({"view", "sequence", "--db-path", again}).out.size(), 33u);
}

TEST(CommandLine, DevnetCandidates) {
    const auto run = [](std::vector<std::string> more) {
        std::vector<std::string> arguments = {"devnet", "--blocks", "2", "--calls-per-block", "20", "--json"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const ProgramResult r = run_program(arguments);
        EXPECT_EQ(r.code, 0) << r.err;
        return json::parse(r.out.substr(r.out.rfind('\n', r.out.size() - 2) + 1));
    };
    const json all = run({}), none = run({"--candidates", "0"});
    EXPECT_EQ(run({"--candidates", "100"}).at("digest"), all.at("digest"));
    EXPECT_NE(none.at("digest"), all.at("digest"));
    for (const char* member : {"calls", "supplies", "sound"}) EXPECT_EQ(none.at(member), all.at(member));
}

TEST(CommandLine, OptionsThatChangeNothingAreTold) {
    const auto err_of = [](std::vector<std::string> more) {
        std::vector<std::string> arguments = {"devnet", "--blocks", "1", "--calls-per-block", "1", "--json"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const ProgramResult r = run_program(arguments);
        EXPECT_EQ(r.code, 0) << r.err;
        return r.err;
    };
    EXPECT_EQ(err_of({}), "");
    EXPECT_EQ(err_of({"--threads", "2", "--lanes", "64"}),
              "warpshrew: --threads has no effect with --executor serial\n"
              "warpshrew: --lanes has no effect with --executor serial\n");
    EXPECT_EQ(err_of({"--speculate", "all", "--verify", "all", "--adapter", "0", "--dry-run", "cpu"}),
              "warpshrew: --speculate has no effect with --executor serial\n"
              "warpshrew: --verify has no effect with --executor serial\n"
              "warpshrew: --adapter has no effect with --executor serial\n"
              "warpshrew: --dry-run has no effect with --executor serial\n");
    EXPECT_EQ(err_of({"--executor", "cpu", "--threads", "2", "--speculate", "all", "--verify", "all"}), "");
    EXPECT_EQ(err_of({"--executor", "cpu", "--speculate", "none", "--verify", "all"}),
              "warpshrew: --executor has no effect with --speculate none\n"
              "warpshrew: --verify has no effect with --speculate none\n");
    EXPECT_EQ(err_of({"--executor", "cpu", "--adapter", "0"}),
              "warpshrew: --adapter has no effect with --executor cpu\n");
}

TEST(CommandLine, WithoutCandidatesItSaysWhatExecutesAhead) {
    const TemporaryFolder folder;
    const std::string profile = folder.path() / "own.json", blocks = folder.path() / "blocks";
    const ProgramResult made =
        run_program({"devnet", "--blocks", "1", "--calls-per-block", "1", "--blocks-out", blocks});
    ASSERT_EQ(made.code, 0) << made.err;
    ASSERT_TRUE(write_file(profile, R"({"base": "regtest", "name": "own", "genesis_block": 1000})"));
    const auto err_of = [&](const char* speculate) {
        const std::string db = folder.path() / ("db-" + std::string(speculate));
        const ProgramResult r =
            run_program({"index", "--network", profile, "--db-path", db, "--start-block", "0", "--executor", "cpu",
                         "--speculate", speculate, "--block-files", blocks + "/0.blk"});
        EXPECT_EQ(r.code, 0) << r.err;
        return r.err;
    };
    EXPECT_NE(err_of("candidates").find("nothing is executed ahead"), std::string::npos);
    EXPECT_EQ(err_of("all").find("nothing is executed ahead"), std::string::npos);
}

TEST(CommandLine, ErrorsSayWhatToDo) {
    const TemporaryFolder folder;
    const std::string db = folder.path() / "db", block = folder.path() / "0.blk";
    ASSERT_TRUE(write_file(block, "this is not a block"));

    ProgramResult r = run_program({"index", "--network", "regtest", "--db-path", db, "--block-files", block});
    EXPECT_EQ(r.code, 1);
    EXPECT_NE(r.err.find(block), std::string::npos) << r.err;

    r = run_program({"view", "sequence", "--db-path", folder.path() / "nothing-here"});
    EXPECT_EQ(r.code, 1);
    EXPECT_NE(r.err.find("nothing-here"), std::string::npos) << r.err;
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "nothing-here"));

    ASSERT_EQ(
        run_program({"devnet", "--blocks", "1", "--calls-per-block", "1", "--db-path", folder.path() / "dev"}).code, 0);
    r = run_program({"index", "--network", "mainnet", "--db-path", folder.path() / "dev", "--block-files", block});
    EXPECT_EQ(r.code, 1);
    EXPECT_NE(r.err.find("belongs to network devnet"), std::string::npos) << r.err;
    r = run_program({"view", "simulateblock", "--db-path", folder.path() / "dev"});
    EXPECT_EQ(r.code, 1);
    EXPECT_NE(r.err.find("is not supported"), std::string::npos) << r.err;
    r = run_program({"view", "sequence", "0g", "--db-path", folder.path() / "dev"});
    EXPECT_EQ(r.code, 1);
    EXPECT_NE(r.err.find("not hex"), std::string::npos) << r.err;
    r = run_program({"view", "sequence", "--height", "1000000", "--db-path", folder.path() / "dev"});
    EXPECT_EQ(r.code, 1);
    EXPECT_NE(r.err.find("has heights 0 to 5, not 1000000"), std::string::npos) << r.err;
    r = run_program({"devnet", "--db-path", folder.path() / "dev"});
    EXPECT_EQ(r.code, 1);
    EXPECT_NE(r.err.find("not empty"), std::string::npos) << r.err;
    r = run_program({"index", "--network", "no-such-network", "--db-path", db, "--block-files", block});
    EXPECT_EQ(r.code, 1);
    r = run_program({"wasm", "fuel", block});
    EXPECT_EQ(r.code, 1);
    EXPECT_NE(r.err.find("offset"), std::string::npos) << r.err;
}

// Public networks need their built-in contracts from the genesis height on (alkanes-vm.md 6.3); without them nothing is
// indexed there.
TEST(CommandLine, MissingBuiltInsStopBeforeGenesis) {
    const TemporaryFolder folder;
    const std::string db = folder.path() / "db",
                      block = std::string(WARPSHREW_SOURCE_DIR) + "/tests/data/blocks/mainnet-892614.blk";
    ProgramResult r = run_program(
        {"index", "--network", "mainnet", "--db-path", db, "--start-block", "892614", "--block-files", block});
    EXPECT_EQ(r.code, 1);
    EXPECT_NE(r.err.find("warpshrew genesis extract"), std::string::npos) << r.err;
    const json stats = json::parse(run_program({"db", "stats", "--db-path", db, "--json"}).out);
    EXPECT_TRUE(stats.at("tip").is_null());
    r = run_program({"genesis", "extract", folder.path(), "--db-path", db});
    EXPECT_EQ(r.code, 1);
    EXPECT_NE(r.err.find("were not found"), std::string::npos) << r.err;
}

TEST(CommandLine, WasmFuelOfAModule) {
    // (module (func (result i32) i32.const 42)): wasmi-fuel.md 7, row 2
    const TemporaryFolder folder;
    const std::string file = folder.path() / "m.wasm";
    const std::string_view module("\0asm\1\0\0\0\1\5\1\x60\0\1\x7f\3\2\1\0\xa\6\1\4\0\x41\x2a\xb", 27);
    ASSERT_TRUE(write_file(file, module));
    const ProgramResult r = run_program({"wasm", "fuel", file, "--json"});
    ASSERT_EQ(r.code, 0) << r.err;
    EXPECT_EQ(json::parse(r.out), json::parse(R"({"functions":[{"func":0,"len_registers":0,"charges":[2]}]})"));
}

}  // namespace
}  // namespace warpshrew::test
