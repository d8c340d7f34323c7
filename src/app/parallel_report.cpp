#include "app/parallel_report.hpp"

#include <array>
#include <sstream>

#include "app/report.hpp"
#include "base/file.hpp"
#include "gpu/hand_back_name.hpp"

namespace warpshrew::app {

using alkanes::BlockMessages;
using parallel::Statistics;

namespace {

/// BlockMessages::Rejection, from its second value on.
constexpr std::array<std::string_view, BlockMessages::rejections - 1> rejection_names{
    "not_executed", "damaged", "other_call", "fuel", "state", "runtime"};

std::uint64_t rejected(const Statistics& s) {
    std::uint64_t n = 0;
    for (const std::uint64_t r : s.rejected) n += r;
    return n;
}

/// Whether batches went to the faster one of two executors.
bool chooses(const Statistics& s) { return s.cpu.batches + s.device.batches != 0; }

std::string share(const parallel::ExecutorShare& s) {
    return counted(s.calls, "execution", "executions") + " in " + counted(s.batches, "batch", "batches");
}

/// Of a metric.
std::string label(std::string_view value) {
    std::string out = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return out + '"';
}

}  // namespace

nlohmann::ordered_json reasons_to_json(const parallel::LaneCounts& lanes) {
    nlohmann::ordered_json out = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < lanes.reasons.size(); i++)
        if (lanes.reasons[i] != 0) out[gpu::hand_back_name(i)] = lanes.reasons[i];
    return out;
}

std::string reasons_text(const parallel::LaneCounts& lanes) {
    std::string out;
    const auto add = [&](const std::string& name, std::uint64_t n) {
        if (n != 0) out += (out.empty() ? "" : ", ") + name + " " + grouped(n);
    };
    add("not_started", lanes.not_started);
    for (std::size_t i = 0; i < lanes.reasons.size(); i++) add(gpu::hand_back_name(i), lanes.reasons[i]);
    add("out_of_set_read", lanes.out_of_set_reads);
    add("FAULT", lanes.faults);
    return out;
}

nlohmann::ordered_json to_json(const ExecutorInfo& info) {
    nlohmann::ordered_json out = {{"asked", info.asked}, {"used", info.used}, {"given_up", info.given_up}};
    if (info.adapter.empty()) return out;
    out["adapter"] = info.adapter;
    out["lanes"] = info.lanes;
    return out;
}

nlohmann::ordered_json to_json(const Statistics& s) {
    nlohmann::ordered_json reasons = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < rejection_names.size(); i++)
        reasons[std::string(rejection_names[i])] = s.rejected[i + 1];
    nlohmann::ordered_json out = {{"candidates", s.candidates},
                                  {"demoted", s.demoted},
                                  {"speculated", s.speculated},
                                  {"executions", s.executions},
                                  {"rounds", s.rounds},
                                  {"used", s.used},
                                  {"reexecuted", rejected(s)},
                                  {"reexecuted_because", reasons},
                                  {"in_order", s.in_order},
                                  {"verified", s.verified},
                                  {"mismatches", s.mismatches},
                                  {"executor_failures", s.executor_failures},
                                  {"plan_seconds", s.plan_seconds},
                                  {"execute_seconds", s.execute_seconds},
                                  {"schedule_seconds", s.schedule_seconds},
                                  {"pass_seconds", s.pass_seconds}};
    if (chooses(s)) {
        out["cpu"] = {{"batches", s.cpu.batches}, {"calls", s.cpu.calls}};
        out["device"] = {{"batches", s.device.batches}, {"calls", s.device.calls}};
    }
    if (s.lanes.calls != 0)
        out["lanes"] = {{"calls", s.lanes.calls},
                        {"executed", s.lanes.executed},
                        {"handed_back", s.lanes.handed_back},
                        {"handed_back_because", reasons_to_json(s.lanes)},
                        {"not_started", s.lanes.not_started},
                        {"faults", s.lanes.faults},
                        {"out_of_set_reads", s.lanes.out_of_set_reads},
                        {"out_of_set_writes", s.lanes.out_of_set_writes}};
    return out;
}

std::string summary(const Statistics& s) {
    const auto of_all = [&](std::uint64_t n) {
        return s.candidates == 0 ? 0.0 : 100.0 * static_cast<double>(n) / static_cast<double>(s.candidates);
    };
    const std::uint64_t done = s.used + rejected(s), left = s.candidates - std::min(done, s.candidates);
    std::string out = counted(s.candidates, "candidate", "candidates") + ": " + grouped(s.used) +
                      " executed ahead and used (" + rounded(of_all(s.used)) + " %), " + grouped(rejected(s)) +
                      " executed again, " + grouped(left) + " left to their turn; " +
                      counted(s.executions, "execution", "executions") + " in " +
                      counted(s.rounds, "batch", "batches") + ", " + grouped(s.verified) + " verified";
    if (chooses(s)) out += "; on CPU threads " + share(s.cpu) + ", on the device " + share(s.device);
    std::string reasons;
    for (std::size_t i = 0; i < rejection_names.size(); i++) {
        if (s.rejected[i + 1] == 0) continue;
        reasons += (reasons.empty() ? "" : ", ") + std::string(rejection_names[i]) + " " + grouped(s.rejected[i + 1]);
    }
    if (!reasons.empty()) out += "; again because of: " + reasons;
    if (s.mismatches != 0) out += ", " + grouped(s.mismatches) + " WRONG";
    if (s.lanes.calls != 0) {
        out += "\n  lanes: " + grouped(s.lanes.executed) + " of " + counted(s.lanes.calls, "call", "calls");
        if (const std::string left = reasons_text(s.lanes); !left.empty()) out += "; the rest is the CPU's: " + left;
    }
    return out + "\n  time: plan " + duration(s.plan_seconds) + ", execute " + duration(s.execute_seconds) +
           ", schedule " + duration(s.schedule_seconds) + ", pass in block order " + duration(s.pass_seconds);
}

Result<void> write_metrics(const std::filesystem::path& file, const sync::Progress& p, const ExecutorInfo& executor) {
    std::ostringstream out;
    const auto metric = [&](std::string_view name, std::string_view type, std::string_view help, const auto& value) {
        out << "# HELP warpshrew_" << name << ' ' << help << "\n# TYPE warpshrew_" << name << ' ' << type
            << "\nwarpshrew_" << name << ' ' << value << '\n';
    };
    const Statistics& s = p.total_parallel;
    metric("height", "gauge", "Height of the last block indexed.", p.height);
    metric("blocks_total", "counter", "Blocks indexed.", p.blocks);
    metric("transactions_total", "counter", "Transactions indexed.", p.total.transactions);
    metric("messages_total", "counter", "Messages that reached a contract.", p.total.messages);
    metric("calls_total", "counter", "Calls of contracts, nested ones too.", p.total.calls);
    metric("fuel_total", "counter", "Fuel used by messages that succeeded.", p.total.fuel);
    metric("candidates_total", "counter", "Messages that may be executed ahead of their turn.", s.candidates);
    metric("candidates_demoted_total", "counter", "Candidates left to their turn.", s.demoted);
    metric("speculated_total", "counter", "Messages executed ahead of their turn.", s.speculated);
    metric("speculative_executions_total", "counter", "Executions ahead, repeated ones too.", s.executions);
    metric("speculated_used_total", "counter", "Messages whose execution ahead was used.", s.used);
    out << "# HELP warpshrew_reexecuted_total Messages executed again at their turn.\n"
           "# TYPE warpshrew_reexecuted_total counter\n";
    for (std::size_t i = 0; i < rejection_names.size(); i++)
        out << "warpshrew_reexecuted_total{reason=\"" << rejection_names[i] << "\"} " << s.rejected[i + 1] << '\n';
    metric("verified_total", "counter", "Executions ahead that were compared with the CPU's.", s.verified);
    metric("mismatches_total", "counter", "Executions ahead that were not what the CPU gives.", s.mismatches);
    metric("executor_failures_total", "counter", "Batches in which an executor failed.", s.executor_failures);
    metric("executor_retired", "gauge", "Whether the executor, or its device, was given up.",
           executor.given_up ? 1 : 0);
    out << "# HELP warpshrew_executor_info What was asked for, and what executes calls now.\n"
           "# TYPE warpshrew_executor_info gauge\nwarpshrew_executor_info{asked="
        << label(executor.asked) << ",used=" << label(executor.used) << ",adapter=" << label(executor.adapter)
        << ",lanes=\"" << executor.lanes << "\"} 1\n";
    const auto family = [&](std::string_view name, std::string_view help, std::string_view key, const auto& values) {
        out << "# HELP warpshrew_" << name << ' ' << help << "\n# TYPE warpshrew_" << name << " counter\n";
        for (const auto& [value, n] : values)
            out << "warpshrew_" << name << '{' << key << '=' << label(value) << "} " << n << '\n';
    };
    using Values = std::vector<std::pair<std::string, std::uint64_t>>;
    family("lanes_total", "Calls that a device was given, by what became of them.", "end",
           Values{{"executed", s.lanes.executed},
                  {"handed_back", s.lanes.handed_back},
                  {"not_started", s.lanes.not_started},
                  {"fault", s.lanes.faults}});
    Values reasons;
    for (std::size_t i = 1; i < gpu::hand_back_reasons; i++)
        reasons.emplace_back(gpu::hand_back_name(i), s.lanes.reasons[i]);
    family("lanes_handed_back_total", "Calls that a device gave back, by the reason why.", "reason", reasons);
    family("lanes_out_of_set_total", "Calls that a device gave back because they touched what they may not.", "access",
           Values{{"read", s.lanes.out_of_set_reads}, {"write", s.lanes.out_of_set_writes}});
    const auto shares = [&](std::string_view name, std::string_view help, std::uint64_t parallel::ExecutorShare::*of) {
        out << "# HELP warpshrew_" << name << ' ' << help << "\n# TYPE warpshrew_" << name << " counter\nwarpshrew_"
            << name << "{executor=\"cpu\"} " << s.cpu.*of << "\nwarpshrew_" << name << "{executor=\"device\"} "
            << s.device.*of << '\n';
    };
    shares("executor_batches_total", "Batches that each executor got, with --executor auto.",
           &parallel::ExecutorShare::batches);
    shares("executor_calls_total", "Calls that each executor executed ahead, with --executor auto.",
           &parallel::ExecutorShare::calls);
    out << "# HELP warpshrew_phase_seconds_total Time spent in each phase.\n"
           "# TYPE warpshrew_phase_seconds_total counter\n";
    for (const auto& [name, seconds] : {std::pair{"plan", s.plan_seconds}, std::pair{"execute", s.execute_seconds},
                                        std::pair{"schedule", s.schedule_seconds}, std::pair{"pass", s.pass_seconds}})
        out << "warpshrew_phase_seconds_total{phase=\"" << name << "\"} " << seconds << '\n';

    std::filesystem::path part = file;
    part += ".part";
    if (auto r = write_file(part, out.str()); !r) return r;
    std::error_code error;
    std::filesystem::rename(part, file, error);
    if (error) return fail("cannot write " + file.string() + ": " + error.message());
    return {};
}

}  // namespace warpshrew::app
