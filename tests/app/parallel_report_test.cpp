// What the parallel engine did, as users see it: per block in --json, in all in the metrics.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/file.hpp"
#include "base/temporary_folder.hpp"
#include "support/program.hpp"

namespace warpshrew::test {
namespace {

using nlohmann::json;

/// The samples of a file in Prometheus' text format, by name with labels.
std::map<std::string, double> samples(const std::string& text) {
    std::map<std::string, double> out;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with('#')) continue;
        const std::size_t space = line.rfind(' ');
        EXPECT_NE(space, std::string::npos) << line;
        EXPECT_TRUE(out.emplace(line.substr(0, space), std::stod(line.substr(space + 1))).second) << line;
    }
    return out;
}

TEST(ParallelReport, MetricsAreTheSumOfTheBlocks) {
    const TemporaryFolder folder;
    const std::string file = (folder.path() / "warpshrew.prom").string();
    const std::vector<std::string> chain = {"devnet", "--mix", "everything", "--blocks", "3", "--calls-per-block",
                                            "80",     "--json"};
    const auto run = [&](std::vector<std::string> more) {
        std::vector<std::string> arguments = chain;
        arguments.insert(arguments.end(), more.begin(), more.end());
        const ProgramResult r = run_program(arguments);
        EXPECT_EQ(r.code, 0) << r.err;
        std::vector<json> lines;
        std::istringstream in(r.out);
        for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
        return lines;
    };
    const auto in_order = run({"--executor", "serial"});
    const auto ahead = run({"--executor", "cpu", "--threads", "2", "--metrics", file});
    ASSERT_EQ(in_order.size(), ahead.size());
    EXPECT_EQ(in_order.back().at("digest"), ahead.back().at("digest"));

    std::map<std::string, double> sum;
    for (std::size_t i = 0; i + 1 < ahead.size(); i++) {
        EXPECT_FALSE(in_order[i].contains("parallel"));
        for (const char* name : {"height", "transactions", "messages", "calls", "fuel", "keys"})
            EXPECT_EQ(in_order[i].at(name), ahead[i].at(name)) << name;
        sum["messages_total"] += ahead[i].at("messages").get<double>();
        sum["transactions_total"] += ahead[i].at("transactions").get<double>();
        sum["fuel_total"] += ahead[i].at("fuel").get<double>();
        sum["blocks_total"]++;
        sum["height"] = ahead[i].at("height").get<double>();
        if (!ahead[i].contains("parallel")) {
            EXPECT_EQ(ahead[i].at("messages"), 0) << i;
            continue;
        }
        const json& block = ahead[i].at("parallel");
        const auto number = [&](const char* name) { return block.at(name).get<double>(); };
        double again = 0;
        for (const auto& [reason, n] : block.at("reexecuted_because").items()) {
            again += n.get<double>();
            sum["reexecuted_total{reason=\"" + reason + "\"}"] += n.get<double>();
        }
        EXPECT_EQ(again, number("reexecuted"));
        EXPECT_EQ(number("used") + again, number("speculated"));
        EXPECT_EQ(number("speculated") + number("demoted"), number("candidates"));
        EXPECT_GE(number("executions"), number("speculated"));
        sum["candidates_total"] += number("candidates");
        sum["candidates_demoted_total"] += number("demoted");
        sum["speculated_total"] += number("speculated");
        sum["speculative_executions_total"] += number("executions");
        sum["speculated_used_total"] += number("used");
        sum["verified_total"] += number("verified");
        sum["mismatches_total"] += number("mismatches");
        sum["executor_failures_total"] += number("executor_failures");
    }
    EXPECT_GT(sum["speculated_used_total"], 100);
    const auto written = samples(read_file(file).value());
    for (const auto& [name, value] : sum) {
        const auto at = written.find("warpshrew_" + name);
        ASSERT_NE(at, written.end()) << name;
        EXPECT_EQ(at->second, value) << name;
    }
    EXPECT_EQ(written.at("warpshrew_executor_retired"), 0);
    for (const char* phase : {"plan", "execute", "schedule", "pass"})
        EXPECT_GT(written.at("warpshrew_phase_seconds_total{phase=\"" + std::string(phase) + "\"}"), 0) << phase;
}

json last_line(const std::string& text) {
    std::istringstream lines(text);
    std::string last;
    for (std::string line; std::getline(lines, line);) last = line;
    return json::parse(last);
}

/// The first adapter that can be used: one in software too, where it is named.
std::string usable_adapter() {
    const json adapters = json::parse(run_program({"gpu", "--json"}).out).at("adapters");
    for (const json& adapter : adapters)
        if (adapter.at("usable").get<bool>()) return adapter.at("index").dump();
    return "none";
}

// Threads and a device, whichever is faster: the same store, and it is told who did what.
TEST(ParallelReport, TellsWhatTheCpuAndTheDeviceDid) {
    const TemporaryFolder folder;
    const std::string file = (folder.path() / "warpshrew.prom").string();
    const auto run = [&](std::vector<std::string> more) {
        std::vector<std::string> arguments = {"devnet", "--mix", "tokens", "--blocks", "5", "--calls-per-block", "70"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        ProgramResult r = run_program(arguments);
        EXPECT_EQ(r.code, 0) << r.err;
        return r;
    };
    const json in_order = last_line(run({"--json"}).out);
    const std::vector<std::string> both = {"--executor",     "auto",    "--threads", "2",        "--adapter",
                                           usable_adapter(), "--lanes", "128",       "--verify", "all"};
    std::vector<std::string> for_machines = both;
    for_machines.insert(for_machines.end(), {"--json", "--metrics", file});
    const ProgramResult r = run(for_machines);
    EXPECT_TRUE(r.err.starts_with("warpshrew: calls are executed on ")) << r.err;
    EXPECT_TRUE(r.err.ends_with(", 128 at a time, or on CPU threads, whichever is faster\n")) << r.err;
    EXPECT_EQ(last_line(r.out).at("digest"), in_order.at("digest"));
    const json executor = last_line(r.out).at("executor");
    EXPECT_EQ(executor.at("asked"), "auto");
    EXPECT_EQ(executor.at("used"), "auto");
    EXPECT_EQ(executor.at("lanes"), 128);
    EXPECT_FALSE(executor.at("given_up"));
    std::map<std::string, double> sum;
    std::istringstream lines(r.out);
    for (std::string line; std::getline(lines, line);) {
        const json block = json::parse(line);
        if (!block.contains("parallel") || block.contains("digest")) continue;  // or of all blocks
        double calls = 0;
        for (const char* who : {"cpu", "device"}) {
            const json& share = block.at("parallel").at(who);
            calls += share.at("calls").get<double>();
            const std::string label = "{executor=\"" + std::string(who) + "\"}";
            sum["warpshrew_executor_batches_total" + label] += share.at("batches").get<double>();
            sum["warpshrew_executor_calls_total" + label] += share.at("calls").get<double>();
        }
        EXPECT_EQ(calls, block.at("parallel").at("executions"));
    }
    const auto written = samples(read_file(file).value());
    for (const auto& [name, value] : sum) {
        EXPECT_GT(value, 0) << name;
        EXPECT_EQ(written.at(name), value) << name;
    }
    EXPECT_EQ(written.at("warpshrew_executor_retired"), 0);
    EXPECT_NE(run(both).err.find(", on the device "), std::string::npos);
}

// What became of calls on the device is told, per block and in all.
TEST(ParallelReport, TellsWhatLanesDid) {
    const TemporaryFolder folder;
    const std::string file = (folder.path() / "warpshrew.prom").string();
    const ProgramResult r =
        run_program({"devnet", "--mix", "everything", "--blocks", "1", "--calls-per-block", "40", "--executor", "gpu",
                     "--adapter", usable_adapter(), "--lanes", "64", "--json", "--metrics", file});
    EXPECT_EQ(r.code, 0) << r.err;
    double calls = 0, executed = 0, handed_back = 0, not_started = 0;
    std::map<std::string, double> reasons;
    std::istringstream lines(r.out);
    for (std::string line; std::getline(lines, line);) {
        const json block = json::parse(line);
        if (!block.contains("parallel") || block.contains("digest")) continue;
        if (!block.at("parallel").contains("lanes")) continue;
        const json& lanes = block.at("parallel").at("lanes");
        calls += lanes.at("calls").get<double>();
        executed += lanes.at("executed").get<double>();
        handed_back += lanes.at("handed_back").get<double>();
        not_started += lanes.at("not_started").get<double>();
        for (const auto& [reason, n] : lanes.at("handed_back_because").items()) reasons[reason] += n.get<double>();
    }
    EXPECT_GT(executed, 0);
    EXPECT_GT(not_started, 0) << "deployments";
    EXPECT_EQ(executed + handed_back + not_started, calls);
    const auto written = samples(read_file(file).value());
    EXPECT_EQ(written.at("warpshrew_lanes_total{end=\"executed\"}"), executed);
    EXPECT_EQ(written.at("warpshrew_lanes_total{end=\"handed_back\"}"), handed_back);
    EXPECT_EQ(written.at("warpshrew_lanes_total{end=\"not_started\"}"), not_started);
    EXPECT_EQ(written.at("warpshrew_lanes_total{end=\"fault\"}"), 0);
    double of_all_reasons = 0;
    for (const auto& [reason, n] : reasons) {
        EXPECT_EQ(written.at("warpshrew_lanes_handed_back_total{reason=\"" + reason + "\"}"), n);
        of_all_reasons += n;
    }
    EXPECT_EQ(of_all_reasons, handed_back);
    const auto info =
        std::ranges::find_if(written, [](const auto& s) { return s.first.starts_with("warpshrew_executor_info{"); });
    ASSERT_NE(info, written.end());
    EXPECT_TRUE(info->first.starts_with(R"(warpshrew_executor_info{asked="gpu",used="gpu",adapter=")")) << info->first;
    EXPECT_TRUE(info->first.ends_with(R"(",lanes="64"})")) << info->first;
}

// A GPU in software is none, unless it is named; and without any, threads do everything.
TEST(ParallelReport, WithoutAGpuAutoIsTheCpu) {
    const std::vector<std::string> chain = {"devnet", "--blocks", "2", "--calls-per-block", "40", "--json"};
    std::vector<std::string> both = chain;
    both.insert(both.end(), {"--executor", "auto", "--threads", "1"});
    const ProgramResult r = run_program(both, {"VK_ICD_FILENAMES=/nowhere.json", "VK_DRIVER_FILES=/nowhere.json"});
    EXPECT_EQ(r.code, 0) << r.err;
    EXPECT_NE(r.err.find("warpshrew: no GPU: "), std::string::npos) << r.err;
    EXPECT_EQ(r.err.find("no GPU: no GPU"), std::string::npos) << r.err;
    EXPECT_EQ(last_line(r.out).at("executor"), json::parse(R"({"asked":"auto","used":"cpu","given_up":false})"));
    EXPECT_EQ(last_line(r.out).at("digest"), last_line(run_program(chain).out).at("digest"));
}

}  // namespace
}  // namespace warpshrew::test
