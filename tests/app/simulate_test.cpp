// Bulk simulation against the view `simulate`, on any number of threads, in order, and as a command.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "alkanes/alkanes.pb.h"
#include "alkanes/gzip.hpp"
#include "alkanes/keys.hpp"
#include "base/file.hpp"
#include "base/hex.hpp"
#include "bitcoin/encode.hpp"
#include "contracts/embedded.hpp"
#include "protorune/encode.hpp"
#include "random_calls.hpp"
#include "simulation_store.hpp"
#include "support/program.hpp"
#include "support/random_cases.hpp"

namespace warpshrew::test {
namespace {

using nlohmann::json;
using protorune::RuneId;

constexpr std::uint64_t block_fuel = RandomCalls::block_fuel, all_fuel = RandomCalls::all_fuel;

std::vector<json> lines_of(const Bytes& out) {
    std::vector<json> lines;
    std::istringstream in(out);
    for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
    return lines;
}

RuneId parsed_id(const std::string& text) {
    RuneId id;
    const std::size_t colon = text.find(':');
    EXPECT_TRUE(parse_decimal(text.substr(0, colon), id.block) && parse_decimal(text.substr(colon + 1), id.tx));
    return id;
}

void set(pb::alkanes::Uint128& out, u128 n) {
    out.set_lo(static_cast<std::uint64_t>(n));
    out.set_hi(static_cast<std::uint64_t>(n >> 64U));
}

/// What a line asks for as the view's request, made without the code under test.
pb::alkanes::MessageContextParcel request_of(const json& line, std::uint64_t height) {
    pb::alkanes::MessageContextParcel request;
    const RuneId target = parsed_id(line.at("target"));
    std::vector<u128> words = {target.block, target.tx};
    for (const json& n : line.at("inputs")) EXPECT_TRUE(parse_decimal(n.get<std::string>(), words.emplace_back()));
    request.set_calldata(protorune::encode_cellpack(words));
    for (const json& token : line.value("tokens", json::array())) {
        auto& transfer = *request.add_alkanes();
        const RuneId id = parsed_id(token.at("id"));
        set(*transfer.mutable_id()->mutable_block(), id.block);
        set(*transfer.mutable_id()->mutable_tx(), id.tx);
        u128 value = 0;
        EXPECT_TRUE(parse_decimal(token.at("value").get<std::string>(), value));
        set(*transfer.mutable_value(), value);
    }
    request.set_vout(line.value("vout", 0U));
    request.set_transaction(from_hex(line.value("transaction", "")).value());
    request.set_block(from_hex(line.value("block", "")).value());
    request.set_height(height);
    return request;
}

/// The answer's line as the view's response has it.
json expected_answer(const pb::alkanes::SimulateResponse& response) {
    json out = {{"status", "success"},
                {"fuel", response.gas_used()},
                {"tokens", json::array()},
                {"data", to_hex(response.execution().data())},
                {"error", nullptr}};
    if (!response.error().empty()) {
        out["status"] = "failure";
        out["error"] = response.error();
    }
    const auto number = [](const pb::alkanes::Uint128& n) { return to_decimal(u128{n.hi()} << 64U | n.lo()); };
    for (const auto& t : response.execution().alkanes())
        out["tokens"].push_back(
            {{"id", number(t.id().block()) + ":" + number(t.id().tx())}, {"value", number(t.value())}});
    return out;
}

TEST(Simulate, EqualsTheViewOnAnyNumberOfThreadsAndInAnyOrder) {
    const SimulationStore& store = simulation_store();
    const std::uint64_t seed = random_seed();
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomCalls calls(seed);
    std::vector<json> lines;
    Bytes input;
    for (std::uint64_t i = 0, n = scaled(1500); i < n; i++) {
        lines.push_back(calls.next());
        input += lines.back().dump() + "\n";
    }
    const auto one = store.run(input, {.threads = 1}, all_fuel);
    ASSERT_TRUE(one.outcome) << one.outcome.error().reason;
    EXPECT_FALSE(one.outcome->stopped);
    EXPECT_EQ(one.outcome->done.lines(), lines.size());
    EXPECT_EQ(one.outcome->done.bytes, input.size());
    for (const unsigned threads : {2U, 8U})
        EXPECT_EQ(store.run(input, {.threads = threads}, all_fuel, {.batch_lines = 7}).out, one.out);

    const std::vector<json> answers = lines_of(one.out);
    ASSERT_EQ(answers.size(), lines.size());
    const alkanes::Views views(store.node().network, store.node().builtins, store.node().engine);
    const auto state = store.node().db.at(store.height());
    std::map<std::string, int> seen;
    for (std::size_t i = 0; i < lines.size(); i++) {
        const pb::alkanes::MessageContextParcel request = request_of(lines[i], store.height());
        json answer = answers[i];
        EXPECT_EQ(answer.at("line"), i + 1);
        seen[answer.at("status")]++;
        const json writes = answer.at("writes");
        answer.erase("line");
        answer.erase("writes");
        const json fuel = lines[i].value("fuel", json());
        if (!fuel.is_number()) {
            const auto response = views.call("simulate", store.height(), request.SerializeAsString(), *state);
            ASSERT_TRUE(response) << response.error().reason;
            pb::alkanes::SimulateResponse decoded;
            ASSERT_TRUE(decoded.ParseFromString(*response));
            EXPECT_EQ(answer, expected_answer(decoded)) << lines[i];
            // What the contract itself writes is among the writes, under its id.
            const RuneId target = parsed_id(lines[i].at("target"));
            for (const auto& pair : decoded.execution().storage()) {
                if (target.block != 2 && target.block != 4) break;
                const json write =
                    json::array({to_hex(alkanes::storage_key(target, pair.key())), to_hex(pair.value())});
                EXPECT_NE(std::find(writes.begin(), writes.end(), write), writes.end()) << write << lines[i];
            }
        } else if (answer.at("status") == "failure") {
            // A host function for which there is not enough fuel fails; the contract may come to its end all the same
            // (alkanes-vm.md 3.4), and its call fails without a text.
            EXPECT_THAT(answer.at("error"),
                        testing::AnyOf("ALKANES: revert", testing::HasSubstr("all fuel consumed by WebAssembly")))
                << lines[i] << answer;
        } else {
            EXPECT_LE(answer.at("fuel"), fuel);
        }
        EXPECT_TRUE(std::is_sorted(writes.begin(), writes.end()));
        if (answer.at("status") == "failure") {
            EXPECT_TRUE(writes.empty());
        }
    }
    EXPECT_GT(seen["success"], 0);
    EXPECT_GT(seen["failure"], 0);

    // Backwards, every call gives the same.
    Bytes backwards;
    for (auto line = lines.rbegin(); line != lines.rend(); ++line) backwards += line->dump() + "\n";
    std::vector<json> reversed = lines_of(store.run(backwards, {.threads = 2}, all_fuel).out);
    std::reverse(reversed.begin(), reversed.end());
    ASSERT_EQ(reversed.size(), answers.size());
    for (std::size_t i = 0; i < answers.size(); i++) {
        reversed[i]["line"] = i + 1;
        EXPECT_EQ(reversed[i], answers[i]);
    }
}

TEST(Simulate, WritesAreWhatTheCallWouldLeave) {
    const SimulationStore& store = simulation_store();
    const auto below = store.node().db.latest();
    store::BlockState state(*below);
    const RuneId token{2, 1};
    const auto number = [&](const RuneId& id, BytesView key) {
        return load_le<u128>(Bytes(state.get(alkanes::storage_key(id, key))).append(16, '\0').data());
    };
    const std::vector<json> answers =
        lines_of(store
                     .run(call_line(token, {77}).dump() + "\n" + call_line({6, 1000}, {0, 1, 2, 3, 4, 5, 6}).dump(), {},
                          block_fuel)
                     .out);
    ASSERT_EQ(answers.size(), 2U);
    const auto write = [](BytesView key, BytesView value) { return json::array({to_hex(key), to_hex(value)}); };
    // A mint: the balance that was credited and is debited again, and what it counts.
    EXPECT_EQ(
        answers[0].at("writes"),
        json::array({write(alkanes::balance_key(token, token), to_le(u128{0})),
                     write(alkanes::storage_key(token, "/minted"), to_le(number(token, "/minted") + 1)),
                     write(alkanes::storage_key(token, "/totalsupply"), to_le(number(token, "/totalsupply") + 1000))}));
    // A clone: the contract, who made it, and the next number too.
    const auto sequence = load_le<u128>(Bytes(state.get(alkanes::sequence_key)).data());
    const json& cloned = answers[1].at("writes");
    for (const json& expected : {write(alkanes::sequence_key, to_le(sequence + 1)),
                                 write(alkanes::code_key({2, sequence}), protorune::id32({4, 1000}))})
        EXPECT_NE(std::find(cloned.begin(), cloned.end(), expected), cloned.end()) << expected;
    EXPECT_EQ(answers[1].at("tokens").at(0).at("id"), id_text(2, sequence));
}

TEST(Simulate, FuelIsTheLinesOrTheRuns) {
    const SimulationStore& store = simulation_store();
    const json burn = call_line({4, 1004}, {1, 100'000});
    json with_fuel = burn;
    with_fuel["fuel"] = 100'000'000;
    json endless = call_line({4, 2000}, {55});
    const Bytes input = burn.dump() + "\n" + with_fuel.dump() + "\n" + endless.dump();
    const std::vector<json> answers = lines_of(store.run(input, {}, 1000).out);
    EXPECT_EQ(answers.at(0).at("error"), "ALKANES: revert: all fuel consumed by WebAssembly");
    EXPECT_EQ(answers.at(1).at("status"), "success");
    EXPECT_EQ(answers.at(2).at("error"), "ALKANES: revert: all fuel consumed by WebAssembly");
    const json whole = lines_of(store.run(input, {}, block_fuel).out).at(0);
    EXPECT_EQ(whole.at("status"), "success");

    // What a call's storage costs counts too: with the fuel that it reports it succeeds, with one less it does not.
    json mint = call_line({2, 1}, {77});
    const std::uint64_t used = lines_of(store.run(mint.dump(), {}, block_fuel).out).at(0).at("fuel");
    mint["fuel"] = used;
    EXPECT_EQ(lines_of(store.run(mint.dump(), {}, 0).out).at(0).at("status"), "success");
    mint["fuel"] = used - 1;
    EXPECT_EQ(lines_of(store.run(mint.dump(), {}, 0).out).at(0).at("error"),
              "all fuel consumed by WebAssembly: requested " + std::to_string(used) + " units, but only " +
                  std::to_string(used - 1) + " remaining");
}

TEST(Simulate, LinesThatAreNoCallsKeepTheirPlace) {
    const SimulationStore& store = simulation_store();
    const std::string call = call_line({2, 1}, {101}).dump();
    Bytes input;
    std::string expected;
    for (int i = 0; i < 500; i++) {
        const bool good = i % 3 == 1 || (i > 200 && i < 300);
        input += (good ? call : i % 3 == 0 ? "" : "{" + std::string(static_cast<std::size_t>(i), 'x')) + "\n";
        expected += good ? 's' : 'i';
    }
    input += call;  // the last line needs no end
    expected += 's';
    for (const unsigned threads : {1U, 4U}) {
        const auto run = store.run(input, {.threads = threads}, block_fuel, {.line = 400, .batch_lines = 3});
        ASSERT_TRUE(run.outcome);
        std::string statuses;
        for (const json& answer : lines_of(run.out)) {
            statuses += answer.at("status").get<std::string>()[0];
            EXPECT_EQ(answer.at("line"), statuses.size());
        }
        EXPECT_EQ(statuses, expected);
        EXPECT_NE(run.out.find("the line has 495 bytes, more than 400"), Bytes::npos);
        EXPECT_EQ(run.outcome->done.invalid, std::count(expected.begin(), expected.end(), 'i'));

        const auto strict = store.run("\n" + input, {.threads = threads, .strict = true}, block_fuel);
        ASSERT_FALSE(strict.outcome);
        EXPECT_EQ(strict.outcome.error().reason, "line 1: the line is empty");
        EXPECT_EQ(lines_of(strict.out).size(), 1U);
        // The first one in the file, whichever was found first.
        Bytes late;
        for (int i = 0; i < 100; i++) late += call + "\n";
        const auto second = store.run(late + "x\ny\n" + late + "z\n", {.threads = threads, .strict = true}, block_fuel,
                                      {.batch_lines = 2});
        ASSERT_FALSE(second.outcome);
        EXPECT_TRUE(second.outcome.error().reason.starts_with("line 101: not JSON at byte 0"))
            << second.outcome.error().reason;
        EXPECT_EQ(lines_of(second.out).size(), 101U);
    }
    EXPECT_EQ(store.run("", {}, block_fuel).out, "");
    EXPECT_EQ(lines_of(store.run("\n", {}, block_fuel).out).size(), 1U);
}

TEST(Simulate, WhatTheMachineLacksIsNoResult) {
    const SimulationStore& store = simulation_store();
    wasm::EngineOptions options;
    options.instances = 2;
    wasm::Engine engine = std::move(wasm::Engine::create(options).value());
    const TemporaryFolder folder;
    const std::string nested = call_line({4, 2000}, {25, 5}).dump() + "\n",
                      plain = call_line({2, 1}, {99}).dump() + "\n";
    ASSERT_TRUE(write_file(folder.path() / "in", plain + nested + plain));
    app::LineSource source = std::move(app::LineSource::open(folder.path() / "in", {.batch_lines = 1}).value());
    app::CpuSimulationExecutor executor({store.node().network, store.node().builtins, engine}, store.node().db,
                                        store.height(), block_fuel);
    Bytes out;
    const auto outcome = app::simulate_lines(executor, source,
                                             [&](BytesView text) {
                                                 out += text;
                                                 return Result<void>();
                                             },
                                             {});
    ASSERT_FALSE(outcome);
    EXPECT_NE(outcome.error().reason.find("too many instances"), std::string::npos) << outcome.error().reason;
    EXPECT_LE(lines_of(out).size(), 1U);
}

TEST(Simulate, ResultsTooLargeToWaitComeInOrderToo) {
    const SimulationStore& store = simulation_store();
    // 3 MB of data each: a batch of them is written in pieces.
    Bytes input;
    for (int i = 0; i < 12; i++) {
        input += call_line({4, 2000}, {14, 1, 1'500'000}).dump() + "\n" + call_line({2, 1}, {99}).dump() + "\n";
    }
    const auto one = store.run(input, {.threads = 1}, block_fuel);
    ASSERT_TRUE(one.outcome);
    EXPECT_GT(one.out.size(), 12U * 3'000'000U);
    EXPECT_EQ(store.run(input, {.threads = 4}, block_fuel, {.batch_lines = 3}).out, one.out);
}

TEST(Simulate, StopsWhereWritingFails) {
    const SimulationStore& store = simulation_store();
    const TemporaryFolder folder;
    Bytes input;
    for (int i = 0; i < 1000; i++) input += call_line({2, 1}, {99}).dump() + "\n";
    ASSERT_TRUE(write_file(folder.path() / "in", input));
    app::LineSource source = std::move(app::LineSource::open(folder.path() / "in", {.batch_lines = 5}).value());
    app::CpuSimulationExecutor executor(store.environment(), store.node().db, store.height(), block_fuel);
    int writes = 0;
    const auto outcome = app::simulate_lines(
        executor, source, [&](BytesView) { return ++writes == 3 ? Result<void>(fail("full")) : Result<void>(); },
        {.threads = 4});
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().reason, "full");
    EXPECT_EQ(writes, 3);
}

// As users meet it. A store that devnet made is enough.

class SimulateCommand : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        folder = new TemporaryFolder;
        db = folder->path() / "db";
        ASSERT_EQ(run_program({"devnet", "--blocks", "2", "--calls-per-block", "30", "--db-path", db}).code, 0);
    }
    static void TearDownTestSuite() { delete folder; }

    static std::string file(const std::string& name, BytesView content) {
        EXPECT_TRUE(write_file(folder->path() / name, content));
        return folder->path() / name;
    }
    /// Of a shell's command; $W is the program.
    static int shell(const std::string& command) {
        const std::string text =
            "W='" WARPSHREW_BINARY_DIR "/warpshrew'; cd '" + folder->path().string() + "'; " + command;
        const std::string script = file("script", text);
        const int status = std::system(("bash '" + script + "' 2>'" + (folder->path() / "err").string() + "'").c_str());
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

    inline static TemporaryFolder* folder = nullptr;
    inline static std::string db;
};

TEST_F(SimulateCommand, PrintsResultsAndASummary) {
    const std::string calls = file("calls", R"({"target":"2:1","inputs":["77"]})"
                                            "\n"
                                            R"({"target":"2:1","inputs":["1"]})"
                                            "\nx\n");
    const ProgramResult r = run_program({"simulate", calls, "--db-path", db});
    EXPECT_EQ(r.code, 0);
    const std::vector<json> answers = lines_of(r.out);
    ASSERT_EQ(answers.size(), 3U);
    EXPECT_EQ(answers[0].at("status"), "success");
    EXPECT_EQ(answers[1].at("status"), "failure");
    EXPECT_EQ(answers[2].at("status"), "invalid");
    EXPECT_NE(r.err.find("simulated 3 calls over the state at height 6 in "), std::string::npos) << r.err;
    EXPECT_NE(r.err.find("1 succeeded, 1 failed, 1 invalid\n"), std::string::npos) << r.err;

    const ProgramResult as_json = run_program({"simulate", calls, "--db-path", db, "--json", "--threads", "3"});
    EXPECT_EQ(as_json.out, r.out);
    const json summary = json::parse(as_json.err);
    EXPECT_EQ(summary.at("lines"), 3);
    EXPECT_EQ(summary.at("threads"), 3);
    EXPECT_EQ(summary.at("stopped"), false);
    EXPECT_EQ(run_program({"simulate", calls, "--db-path", db, "--executor", "serial"}).out, r.out);

    // An earlier state: no token there yet.
    const ProgramResult early = run_program({"simulate", calls, "--db-path", db, "--height", "0"});
    EXPECT_EQ(lines_of(early.out)[0].at("status"), "failure");
    const ProgramResult little = run_program({"simulate", calls, "--db-path", db, "--fuel", "10"});
    EXPECT_EQ(lines_of(little.out)[0].at("error"), "ALKANES: revert: all fuel consumed by WebAssembly");

    const ProgramResult strict = run_program({"simulate", calls, "--db-path", db, "--strict"});
    EXPECT_EQ(strict.code, 1);
    EXPECT_EQ(strict.out, r.out);
    EXPECT_NE(strict.err.find("line 3: not JSON"), std::string::npos) << strict.err;
}

TEST_F(SimulateCommand, ExitCodes) {
    const std::string calls = file("calls", R"({"target":"2:1","inputs":["77"]})");
    for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
             {"simulate"},
             {"simulate", "/does/not/exist"},
             {"simulate", "/tmp"},
             {"simulate", calls, "--threads", "0"},
             {"simulate", calls, "--executor", "abacus"},
             {"simulate", calls, "--executor", "serial", "--threads", "2"},
             {"simulate", calls, "--fuel", "-1"},
         }) {
        EXPECT_EQ(run_program(arguments).code, 2) << testing::PrintToString(arguments);
    }
    EXPECT_EQ(run_program({"simulate", "--help"}).code, 0);
    ProgramResult r = run_program({"simulate", calls, "--db-path", db, "--height", "1000"});
    EXPECT_EQ(r.code, 1);
    EXPECT_NE(r.err.find("has heights 0 to 6, not 1000"), std::string::npos) << r.err;
    r = run_program({"simulate", calls, "--db-path", folder->path() / "nothing-here"});
    EXPECT_EQ(r.code, 1);
    EXPECT_FALSE(std::filesystem::exists(folder->path() / "nothing-here"));
}

TEST_F(SimulateCommand, StreamsThroughPipes) {
    Bytes calls;
    for (int i = 0; i < 20000; i++) calls += "{\"target\":\"2:1\",\"inputs\":[\"99\"]}\n";
    (void)file("many", calls);
    EXPECT_EQ(shell("$W simulate many --db-path db >a && $W simulate - --db-path db <many >b && cat many | $W simulate "
                    "- --db-path db >c && cmp a b && cmp a c && test $(wc -l <a) = 20000"),
              0);
    // A reader that goes away ends it, with exit code 1 and a message.
    EXPECT_EQ(shell("$W simulate many --db-path db | head -n 1 >one; exit ${PIPESTATUS[0]}"), 1);
    EXPECT_NE(read_file(folder->path() / "err")->find("who read the results has gone"), Bytes::npos);
    // So does a disk that is full.
    EXPECT_EQ(shell("$W simulate many --db-path db >/dev/full"), 1);
    EXPECT_NE(read_file(folder->path() / "err")->find("cannot write the results: No space left"), Bytes::npos);
    // Results come while the input is still open.
    EXPECT_EQ(shell("coproc $W simulate - --db-path db; echo '{\"target\":\"2:1\",\"inputs\":[\"99\"]}' "
                    ">&${COPROC[1]}; read -t 20 -r line <&${COPROC[0]} && [[ $line == *success* ]]; ok=$?; eval "
                    "\"exec ${COPROC[1]}>&-\"; wait; exit $ok"),
              0);
}

TEST_F(SimulateCommand, StopsAtASignal) {
    const std::string fifo = folder->path() / "fifo";
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    for (const int signal : {SIGINT, SIGTERM}) {
        const pid_t process = start_program({"simulate", fifo, "--db-path", db});
        std::ofstream writer(fifo);  // waits until it reads
        writer << R"({"target":"2:1","inputs":["99"]})" << std::endl;
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        kill(process, signal);
        EXPECT_EQ(wait_for(process), 1);
    }
}

}  // namespace
}  // namespace warpshrew::test
