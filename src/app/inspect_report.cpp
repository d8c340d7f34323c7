#include "app/inspect_report.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/readable_key.hpp"
#include "app/report.hpp"
#include "base/hex.hpp"

namespace warpshrew::app {

using namespace parallel;
using nlohmann::ordered_json;

namespace {

constexpr std::array all_conflicts = {Conflict::waw, Conflict::raw, Conflict::war, Conflict::utxo};

std::string_view outcome(alkanes::ExecutionStatus status) {
    switch (status) {
        case alkanes::ExecutionStatus::none:
            return "not executed";
        case alkanes::ExecutionStatus::succeeded:
            return "succeeded";
        case alkanes::ExecutionStatus::failed:
            return "failed";
        case alkanes::ExecutionStatus::handed_back:
            return "handed back";
    }
    return "";
}

std::string count(std::size_t n, const std::string& what) {
    return grouped(n) + " " + what + (n == 1 ? "" : what.ends_with("ch") ? "es" : "s");
}

/// Ascending numbers as "0-3 7".
std::string ranges(const std::vector<std::uint32_t>& sorted) {
    std::string out;
    for (std::size_t i = 0; i < sorted.size();) {
        std::size_t end = i + 1;
        while (end < sorted.size() && sorted[end] == sorted[end - 1] + 1) end++;
        if (!out.empty()) out += ' ';
        out += std::to_string(sorted[i]);
        if (end - i > 1) out += (end - i == 2 ? " " : "-") + std::to_string(sorted[end - 1]);
        i = end;
    }
    return out.empty() ? "-" : out;
}

/// The keys of sets that make conflicts, numbered as they come.
class UsedKeys {
 public:
    explicit UsedKeys(const BlockAnalysis& analysis) : analysis_(analysis), numbers_(analysis.keys.size(), none) {
        for (const AnalysedCandidate& c : analysis.candidates) {
            for (const KeyId k : c.set.reads) use(k).reads++;
            for (const KeyId k : c.set.writes) use(k).writes++;
        }
    }

    [[nodiscard]] std::string numbers(const std::vector<KeyId>& list) const {
        std::vector<std::uint32_t> out;
        out.reserve(list.size());
        for (const KeyId k : list) out.push_back(numbers_[k]);
        std::ranges::sort(out);
        return ranges(out);
    }

    [[nodiscard]] std::vector<std::vector<std::string>> rows() const {
        std::vector<std::vector<std::string>> out;
        for (std::size_t i = 0; i < uses_.size(); i++)
            out.push_back({std::to_string(i), grouped(uses_[i].reads), grouped(uses_[i].writes),
                           readable_key(analysis_.keys.key(uses_[i].key))});
        return out;
    }

 private:
    static constexpr std::uint32_t none = 0xffffffff;
    struct Use {
        KeyId key = 0;
        std::size_t reads = 0, writes = 0;
    };
    Use& use(KeyId key) {
        if (numbers_[key] == none) {
            numbers_[key] = static_cast<std::uint32_t>(uses_.size());
            uses_.push_back({key});
        }
        return uses_[numbers_[key]];
    }

    const BlockAnalysis& analysis_;
    std::vector<std::uint32_t> numbers_;
    std::vector<Use> uses_;
};

using Row = std::vector<std::string>;

/// Columns as wide as they need to be, the first `right` of them aligned right.
void print_rows(std::ostream& out, const std::vector<Row>& rows, std::size_t right) {
    std::vector<std::size_t> width;
    for (const Row& row : rows) {
        width.resize(std::max(width.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); i++) width[i] = std::max(width[i], row[i].size());
    }
    for (const Row& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); i++) {
            const std::string padding(width[i] - row[i].size(), ' ');
            line += "  " + (i < right ? padding + row[i] : row[i] + padding);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out << line << '\n';
    }
}

/// By candidate, what it comes behind: the nearest only.
std::vector<std::string> behind(const BlockAnalysis& analysis, std::size_t& edges) {
    std::vector<std::string> out(analysis.candidates.size());
    const auto vertices = analysis.vertices();
    for_each_nearest_edge(vertices, analysis.keys.size(), [&](const Edge& e) {
        std::string& text = out[e.later];
        if (!text.empty()) text += ", ";
        text += std::to_string(e.earlier) + " " + conflict_names(e.conflicts);
    });
    for_each_edge(vertices, analysis.keys.size(), [&](const Edge&) { edges++; });
    return out;
}

}  // namespace

std::string candidate_name(const AnalysedCandidate& candidate) {
    return std::to_string(candidate.tx_index) + (candidate.stone == 0 ? "" : "." + std::to_string(candidate.stone));
}

std::string conflict_names(ConflictSet conflicts) {
    std::string out;
    for (const Conflict c : all_conflicts)
        if (has(conflicts, c)) out += (out.empty() ? "" : " ") + std::string(name(c));
    return out;
}

void print_inspect_table(std::ostream& out, const BlockAnalysis& analysis) {
    const auto demoted = static_cast<std::size_t>(
        std::ranges::count_if(analysis.candidates, [](const AnalysedCandidate& c) { return !c.demoted.empty(); }));
    out << "block " << analysis.height << ": " << count(analysis.transactions, "transaction") << ", "
        << count(analysis.messages, "message") << ", " << count(analysis.candidates.size(), "candidate") << " ("
        << grouped(demoted) << " demoted), " << count(analysis.batches.size(), "batch") << '\n';
    if (analysis.candidates.empty()) return;

    const UsedKeys keys(analysis);
    std::size_t edges = 0;
    const auto before = behind(analysis, edges);
    std::vector<Row> rows{{"#", "transaction", "target", "batch", "reads", "writes", "conflicts with"}};
    for (std::size_t i = 0; i < analysis.candidates.size(); i++) {
        const AnalysedCandidate& c = analysis.candidates[i];
        std::string last = before[i];
        if (!c.demoted.empty()) last.insert(0, "demoted: " + c.demoted + (last.empty() ? "" : "; "));
        rows.push_back({std::to_string(i), candidate_name(c), readable_id(c.target),
                        c.level == 0 ? "-" : std::to_string(c.level), keys.numbers(c.set.reads),
                        keys.numbers(c.set.writes), last});
    }
    out << "\ncandidates by block order; reads and writes are numbers of keys, conflicts those with the nearest before"
           " ("
        << count(edges, "pair") << " in all: --json)\n";
    print_rows(out, rows, 4);

    out << "\nbatches\n";
    rows.clear();
    for (std::size_t b = 0; b < analysis.batches.size(); b++)
        rows.push_back({std::to_string(b + 1), ranges(analysis.batches[b])});
    print_rows(out, rows, 1);

    rows = keys.rows();
    if (rows.empty()) return;
    rows.insert(rows.begin(), {"key", "read by", "written by", "what it is"});
    out << '\n';
    print_rows(out, rows, 3);
}

void print_inspect_json(std::ostream& out, const BlockAnalysis& analysis) {
    const auto keys = [&](const std::vector<KeyId>& list) {
        ordered_json hex = ordered_json::array();
        for (const KeyId k : list) hex.push_back(to_hex(analysis.keys.key(k)));
        return hex;
    };
    out << R"({"height":)" << analysis.height << R"(,"transactions":)" << analysis.transactions << R"(,"messages":)"
        << analysis.messages << R"(,"candidates":[)";
    const char* separator = "";
    for (const AnalysedCandidate& c : analysis.candidates) {
        const auto& sequence = c.set.sequence_required;
        out << std::exchange(separator, ",")
            << ordered_json{{"tx", c.tx_index},
                            {"protostone", c.stone},
                            {"target", readable_id(c.target)},
                            {"reads", keys(c.set.reads)},
                            {"writes", keys(c.set.writes)},
                            {"in_order", keys(c.set.in_order)},
                            {"outcome", outcome(c.status)},
                            {"fuel_observed", c.set.fuel_observed},
                            {"fuel_required", c.set.fuel_required},
                            {"sequence_required", sequence ? ordered_json(to_decimal(*sequence)) : ordered_json()},
                            {"demoted", c.demoted.empty() ? ordered_json() : ordered_json(c.demoted)},
                            {"level", c.level == 0 ? ordered_json() : ordered_json(c.level)}}
                   .dump();
    }
    // As text, and not as a tree: there may be as many as pairs.
    out << R"(],"edges":[)";
    separator = "";
    for_each_edge(analysis.vertices(), analysis.keys.size(), [&](const Edge& e) {
        for (const Conflict c : all_conflicts)
            if (has(e.conflicts, c))
                out << std::exchange(separator, ",") << '[' << e.earlier << ',' << e.later << ",\"" << name(c) << "\"]";
    });
    out << R"(],"batches":)" << ordered_json(analysis.batches).dump() << "}\n";
}

}  // namespace warpshrew::app
