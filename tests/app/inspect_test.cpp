// `warpshrew inspect`: what it prints of blocks of a devnet store, and of keys that are made to break a picture.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "alkanes/keys.hpp"
#include "app/inspect_picture.hpp"
#include "app/inspect_report.hpp"
#include "app/readable_key.hpp"
#include "base/hex.hpp"
#include "base/temporary_folder.hpp"
#include "support/program.hpp"

namespace warpshrew::test {
namespace {

using nlohmann::json;

// Whether it is text between tags.
bool is_character_data(std::string_view text) {
    for (std::size_t at = text.find_first_of("<&"); at != std::string_view::npos;
         at = text.find_first_of("<&", at + 1)) {
        const auto is = [&](std::string_view entity) { return text.substr(at).starts_with(entity); };
        if (!is("&amp;") && !is("&lt;") && !is("&gt;") && !is("&quot;")) return false;
    }
    return true;
}

// Whether text is well-formed XML, as far as the pictures use it: elements, attributes in single quotes, entities.
testing::AssertionResult well_formed(const std::string& text) {
    const std::regex tag(R"(<(/?)([a-z]+)((?: [a-zA-Z0-9-]+='[^'<&]*')*)(/?)>)");
    std::vector<std::string> open;
    auto at = text.begin();
    for (std::smatch m; std::regex_search(at, text.end(), m, tag); at = m.suffix().first) {
        if (!is_character_data({at, m[0].first}))
            return testing::AssertionFailure() << "not text: " << std::string(at, m[0].first);
        if (at == text.begin() && m.position() != 0) return testing::AssertionFailure() << "text before the root";
        if (m[1].length() != 0) {
            if (open.empty() || open.back() != m[2]) return testing::AssertionFailure() << "closes " << m[2];
            open.pop_back();
            if (open.empty() && std::string(m.suffix().first, text.end()) != "\n")
                return testing::AssertionFailure() << "something behind the root";
        } else if (m[4].length() == 0) {
            open.push_back(m[2]);
        }
    }
    if (!is_character_data({at, text.end()})) return testing::AssertionFailure() << "no tag at the end";
    return open.empty() ? testing::AssertionSuccess() : testing::AssertionFailure() << open.back() << " is open";
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) n++;
    return n;
}

// Balanced, each line of a shape, and every edge between nodes that there are.
void check_dot(const std::string& text, std::size_t candidates) {
    const std::regex node(
        R"re(    (c\d+) \[label="(?:[^"\\]|\\.)*", tooltip="(?:[^"\\]|\\.)*"[^"]*(?:"[^"]*"[^"]*)*\];)re"),
        edge(
            R"re(  (c\d+) -> (c\d+) \[label="[A-Z ]+", color="#[0-9a-f]+", tooltip="(?:[^"\\]|\\.)*"(?:, style=dashed)?\];)re");
    std::set<std::string> nodes;
    std::istringstream lines(text);
    int depth = 0;
    for (std::string line; std::getline(lines, line);) {
        std::smatch m;
        if (std::regex_match(line, m, node)) {
            EXPECT_TRUE(nodes.insert(m[1]).second) << line;
        } else if (std::regex_match(line, m, edge)) {
            EXPECT_TRUE(nodes.contains(m[1]) && nodes.contains(m[2])) << line;
        } else if (line.ends_with("{")) {
            depth++;
        } else if (line.ends_with("}")) {
            depth--;
        } else {
            EXPECT_TRUE(line.ends_with(";")) << line;
            EXPECT_EQ(line.find("->"), std::string::npos) << line;
        }
    }
    EXPECT_EQ(depth, 0);
    EXPECT_EQ(nodes.size(), candidates);
}

class Inspect : public testing::Test {
 public:
    static void SetUpTestSuite() {
        folder = std::make_unique<TemporaryFolder>();
        const ProgramResult r = run_program({"devnet", "--blocks", "2", "--calls-per-block", "250", "--seed", "3",
                                             "--candidates", "80", "--db-path", db()});
        ASSERT_EQ(r.code, 0) << r.err;
    }
    static void TearDownTestSuite() { folder.reset(); }
    static std::string db() { return folder->path() / "db"; }
    static ProgramResult inspect(std::vector<std::string> more) {
        more.insert(more.begin(), {"inspect", "--db-path", db()});
        return run_program(more);
    }
    static json inspect_json(std::vector<std::string> more) {
        more.emplace_back("--json");
        const ProgramResult r = inspect(more);
        EXPECT_EQ(r.code, 0) << r.err;
        return json::parse(r.out);
    }

 private:
    static inline std::unique_ptr<TemporaryFolder> folder;
};

std::set<std::string> keys(const json& list) {
    std::string previous;
    std::set<std::string> out;
    for (const json& key : list) {
        EXPECT_TRUE(from_hex(key.get<std::string>()));
        EXPECT_LT(previous, key.get<std::string>());
        previous = key.get<std::string>();
        out.insert(previous);
    }
    return out;
}

bool meet(const std::set<std::string>& a, const std::set<std::string>& b) {
    return std::ranges::any_of(a, [&](const std::string& key) { return b.contains(key); });
}

// The graph and the batches follow from what is printed of the candidates.
void check_graph(const json& block) {
    const json& candidates = block.at("candidates");
    std::set<std::tuple<std::size_t, std::size_t, std::string>> edges, by_keys;
    std::vector<std::size_t> level(candidates.size(), 1);
    for (const json& e : block.at("edges")) {
        ASSERT_EQ(e.size(), 3u);
        const auto a = e[0].get<std::size_t>(), b = e[1].get<std::size_t>();
        const auto kind = e[2].get<std::string>();
        ASSERT_LT(a, b);
        ASSERT_LT(b, candidates.size());
        EXPECT_TRUE(edges.emplace(a, b, kind).second);
        if (kind == "UTXO") continue;
        by_keys.emplace(a, b, kind);
    }
    std::vector<std::set<std::string>> reads, writes;
    for (const json& c : candidates) {
        reads.push_back(keys(c.at("reads")));
        writes.push_back(keys(c.at("writes")));
    }
    std::set<std::tuple<std::size_t, std::size_t, std::string>> expected;
    for (std::size_t b = 0; b < candidates.size(); b++) {
        for (std::size_t a = 0; a < b; a++) {
            if (meet(writes[a], writes[b])) expected.emplace(a, b, "WAW");
            if (meet(writes[a], reads[b])) expected.emplace(a, b, "RAW");
            if (meet(reads[a], writes[b])) expected.emplace(a, b, "WAR");
            const bool edge = std::ranges::any_of(std::vector<std::string>{"WAW", "RAW", "WAR", "UTXO"},
                                                  [&](const std::string& kind) {
                                                      return edges.contains({a, b, kind});
                                                  });
            if (edge && candidates[a].at("demoted").is_null()) level[b] = std::max(level[b], level[a] + 1);
        }
        if (candidates[b].at("demoted").is_null()) {
            EXPECT_EQ(candidates[b].at("level"), level[b]);
        } else {
            EXPECT_TRUE(candidates[b].at("level").is_null());
        }
    }
    EXPECT_EQ(by_keys, expected);
    std::set<std::size_t> in_batches;
    for (std::size_t l = 0; l < block.at("batches").size(); l++) {
        for (const json& i : block.at("batches")[l]) {
            EXPECT_TRUE(in_batches.insert(i.get<std::size_t>()).second);
            EXPECT_EQ(candidates.at(i.get<std::size_t>()).at("level"), l + 1);
        }
    }
    for (std::size_t i = 0; i < candidates.size(); i++)
        EXPECT_EQ(in_batches.contains(i), candidates[i].at("demoted").is_null());
}

TEST_F(Inspect, JsonHasAllThatTheIssueAsksFor) {
    for (const std::string speculate : {"candidates", "all"}) {
        SCOPED_TRACE(speculate);
        const json block = inspect_json({"--height", "6", "--speculate", speculate});
        EXPECT_EQ(block.at("height"), 6);
        EXPECT_EQ(block.at("transactions"), 251);
        const json& candidates = block.at("candidates");
        if (speculate == "all") {
            EXPECT_EQ(candidates.size(), block.at("messages"));
        } else {
            EXPECT_LT(candidates.size(), block.at("messages").get<std::size_t>());
        }
        EXPECT_GT(candidates.size(), 60u);
        std::size_t demoted = 0;
        std::pair<int, int> previous{-1, 0};
        for (const json& c : candidates) {
            const std::pair<int, int> place{c.at("tx"), c.at("protostone")};
            EXPECT_LT(previous, place);
            previous = place;
            EXPECT_LT(place.first, 251);
            EXPECT_TRUE(std::regex_match(c.at("target").get<std::string>(), std::regex(R"(\d+:\d+)")));
            for (const char* list : {"reads", "writes", "in_order"}) EXPECT_TRUE(c.at(list).is_array());
            if (c.at("demoted").is_null()) {
                EXPECT_FALSE(c.at("reads").empty());
                EXPECT_FALSE(c.at("in_order").empty());
            } else {
                EXPECT_NE(c.at("demoted").get<std::string>(), "");
                demoted++;
            }
        }
        EXPECT_GT(demoted, 0u);
        EXPECT_GT(block.at("batches").size(), 3u);
        EXPECT_NE(block.at("edges").dump().find("UTXO"), std::string::npos);
        check_graph(block);
    }
    // What devnet mints and deploys is there under its key.
    const json set_up = inspect_json({"--height", "1"});
    EXPECT_NE(set_up.dump().find("\"" + to_hex(alkanes::sequence_key) + "\""), std::string::npos);
    check_graph(set_up);
}

TEST_F(Inspect, EveryBlockAndTheLastOneByDefault) {
    for (const char* height : {"0", "1", "2", "3", "4", "5"}) check_graph(inspect_json({"--height", height}));
    EXPECT_EQ(inspect_json({}).at("height"), 6);
}

TEST_F(Inspect, ThreadsMakeNoDifferenceAndNothingIsChanged) {
    const ProgramResult before = run_program({"db", "digest", "--db-path", db()}),
                        stats = run_program({"db", "stats", "--db-path", db()});
    for (const char* form : {"--json", "--svg", "--dot"}) {
        const ProgramResult one = inspect({form, "--threads", "1"}), four = inspect({form, "--threads", "4"});
        EXPECT_EQ(one.code, 0) << one.err;
        EXPECT_EQ(one.out, four.out);
        EXPECT_EQ(one.err, "");
    }
    const ProgramResult one = inspect({"--threads", "1"}), four = inspect({"--threads", "4"});
    EXPECT_EQ(one.out, four.out);
    EXPECT_EQ(run_program({"db", "digest", "--db-path", db()}).out, before.out);
    EXPECT_EQ(run_program({"db", "stats", "--db-path", db()}).out, stats.out);
    EXPECT_EQ(run_program({"db", "verify", "--db-path", db()}).code, 0);
}

TEST_F(Inspect, PicturesShowEveryCandidate) {
    const json block = inspect_json({});
    const std::size_t candidates = block.at("candidates").size();
    std::size_t demoted = 0;
    for (const json& c : block.at("candidates")) demoted += c.at("demoted").is_null() ? 0 : 1;

    const std::string svg = inspect({"--svg"}).out;
    EXPECT_TRUE(well_formed(svg));
    EXPECT_EQ(count(svg, "<g><title>"), candidates);
    EXPECT_EQ(count(svg, "fill='#fed7aa'"), demoted + 1);  // and the legend
    EXPECT_EQ(count(svg, ">batch "), block.at("batches").size());
    EXPECT_NE(svg.find("lines go only to the nearest before"), std::string::npos);
    EXPECT_NE(svg.find("/totalsupply"), std::string::npos);
    EXPECT_LT(count(svg, "<path "), block.at("edges").size());
    check_dot(inspect({"--dot"}).out, candidates);

    // A small one has all lines.
    const json small = inspect_json({"--height", "1"});
    std::set<std::pair<std::size_t, std::size_t>> pairs;
    for (const json& e : small.at("edges")) pairs.emplace(e[0], e[1]);
    const std::string all = inspect({"--svg", "--height", "1"}).out;
    EXPECT_EQ(all.find("nearest"), std::string::npos);
    EXPECT_EQ(count(all, "<path "), pairs.size());
    EXPECT_GT(pairs.size(), 0u);
    // One without candidates is a picture too.
    const std::string none = inspect({"--svg", "--height", "3"}).out;
    EXPECT_TRUE(well_formed(none));
    check_dot(inspect({"--dot", "--height", "3"}).out, inspect_json({"--height", "3"}).at("candidates").size());
}

TEST_F(Inspect, TheTableNamesKeysAndReasons) {
    const std::string table = inspect({"--speculate", "all"}).out;
    EXPECT_TRUE(table.starts_with("block 6: 251 transactions, ")) << table;
    for (const char* part : {"storage of 2:1 \"/totalsupply\"", "balance of 2:1 in 2:1", "code of 4:1000",
                             "demoted: spends an output of a candidate (transaction ", "WAW RAW WAR", "batches"})
        EXPECT_NE(table.find(part), std::string::npos) << part << "\n" << table;
}

TEST_F(Inspect, ErrorsSayWhatToDo) {
    EXPECT_EQ(inspect({"--json", "--svg"}).code, 2);
    EXPECT_EQ(inspect({"--dot", "--svg"}).code, 2);
    EXPECT_EQ(inspect({"--speculate", "none"}).code, 2);
    const ProgramResult r = inspect({"--height", "7"});
    EXPECT_EQ(r.code, 1);
    EXPECT_NE(r.err.find("has heights 0 to 6, not 7"), std::string::npos) << r.err;
    EXPECT_EQ(run_program({"inspect", "--db-path", "/no/such/store"}).code, 1);
    // Nothing is a candidate there; it says how to see messages all the same.
    const TemporaryFolder folder;
    const std::string path = folder.path() / "db";
    ASSERT_EQ(
        run_program({"devnet", "--blocks", "1", "--calls-per-block", "5", "--candidates", "0", "--db-path", path}).code,
        0);
    const ProgramResult none = run_program({"inspect", "--db-path", path});
    EXPECT_EQ(none.code, 0);
    EXPECT_NE(none.out.find("0 candidates"), std::string::npos) << none.out;
    EXPECT_NE(none.out.find("--speculate all"), std::string::npos) << none.out;
}

TEST(ReadableKey, NamesWhatIsKnown) {
    using alkanes::balance_key, alkanes::code_key, alkanes::creation_key, alkanes::inventory_key, alkanes::storage_key;
    const Bytes outpoint = Bytes("\x11\x22\x33\x44") + Bytes(28, '\xaa') + to_le(std::uint32_t{5});
    for (const auto& [key, text] : std::vector<std::pair<Bytes, std::string>>{
             {Bytes(alkanes::sequence_key), "sequence"},
             {code_key({4, 1000}), "code of 4:1000"},
             {storage_key({2, 5}, "/totalsupply"), "storage of 2:5 \"/totalsupply\""},
             {storage_key({2, 5}, Bytes("/seen/\0\xff", 8)), "storage of 2:5 \"/seen/\"0x00ff"},
             {storage_key({2, 5}, ""), "storage of 2:5 \"\""},
             {balance_key({2, 1}, {2, 7}), "balance of 2:1 in 2:7"},
             {inventory_key({2, 7}) + "/length", "inventory of 2:7 \"/length\""},
             {creation_key({2, 7}), "origin of 2:7"},
             {"/runes/proto/1/byoutpoint/" + outpoint + "/runes/length", "tokens on aaaaaaaa..:5 \"/runes/length\""},
             {"/runes/byoutpoint/" + outpoint, "runes on aaaaaaaa..:5"},
             {"/trace/" + outpoint, "trace of aaaaaaaa..:5"},
             {"/trace/" + to_le(std::uint64_t{900}) + "/length", "traces at 900 \"/length\""},
             {"/runes/proto/1/runtime/balance/id_to_balance" + protorune::id32({2, 1}), "runtime balance of 2:1"},
             // Cut short, or something else
             {"/alkanes/" + Bytes(31, 'x'), "\"/alkanes/" + std::string(31, 'x') + "\""},
             {"/runes/proto/1/byoutpoint/short", "\"/runes/proto/1/byoutpoint/short\""},
             {"/trace/short", "\"/trace/short\""},
             {Bytes("\0", 1), "0x00"},
             {"", "\"\""},
         })
        EXPECT_EQ(app::readable_key(key), text);
}

// Storage keys are bytes of a contract's choice.
TEST(InspectPicture, HostileKeysAndLargeNumbersAreOnlyText) {
    parallel::BlockAnalysis a;
    a.height = 1;
    for (std::uint32_t i = 0; i < 40; i++) {
        parallel::AnalysedCandidate& c = a.candidates.emplace_back();
        c.tx_index = i;
        c.stone = i % 3;
        c.target = {u128_max, u128_max};
        for (const char* text : {"&amp;\"'\\", "</title></svg><script>alert(1)</script>", "]]>\n\\\"]; c0 -> c1"})
            c.set.reads.push_back(a.keys.add(alkanes::storage_key({2, 1}, text)));
        c.set.writes = c.set.reads;
        c.demoted = i % 4 == 0 ? "\"<because>\"" : "";
    }
    const auto levels = parallel::levels(a.vertices(), a.keys.size());
    for (std::size_t i = 0; i < levels.size(); i++) a.candidates[i].level = levels[i];
    a.batches = parallel::batches(levels);
    std::ostringstream svg, dot, table, text;
    app::draw_svg(svg, a);
    EXPECT_TRUE(well_formed(svg.str())) << svg.str();
    EXPECT_EQ(svg.str().find("<script"), std::string::npos);
    app::draw_dot(dot, a);
    check_dot(dot.str(), a.candidates.size());
    app::print_inspect_json(text, a);
    check_graph(json::parse(text.str()));
    app::print_inspect_table(table, a);
    EXPECT_NE(table.str().find("38.2"), std::string::npos);

    const parallel::BlockAnalysis nothing;
    std::ostringstream empty;
    app::draw_svg(empty, nothing);
    EXPECT_TRUE(well_formed(empty.str()));
}

}  // namespace
}  // namespace warpshrew::test
