// Conflicts and batches (design.md 2, phase 1, steps 3 to 5), on sets made by hand and at random.
#include "parallel/conflict_graph.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "support/random_cases.hpp"

namespace warpshrew::test {
namespace {

using namespace parallel;

using List = std::vector<std::uint32_t>;

struct Message {
    List reads, writes, spends = {};
    bool demoted = false;
};

struct Graph {
    explicit Graph(std::vector<Message> m) : messages(std::move(m)) {
        for (const Message& x : messages) {
            vertices.push_back({x.reads, x.writes, x.spends, x.demoted});
            for (const KeyId k : x.reads) keys = std::max<std::size_t>(keys, k + 1);
            for (const KeyId k : x.writes) keys = std::max<std::size_t>(keys, k + 1);
        }
    }
    [[nodiscard]] List levels() const { return parallel::levels(vertices, keys); }
    [[nodiscard]] std::vector<std::string> edges(bool nearest = false) const {
        std::vector<std::string> out;
        const auto note = [&](const Edge& e) {
            std::string text = std::to_string(e.earlier) + "-" + std::to_string(e.later);
            for (const Conflict c : {Conflict::waw, Conflict::raw, Conflict::war, Conflict::utxo})
                if (has(e.conflicts, c)) text += " " + std::string(name(c));
            out.push_back(text);
        };
        nearest ? for_each_nearest_edge(vertices, keys, note) : for_each_edge(vertices, keys, note);
        return out;
    }

    std::vector<Message> messages;
    std::vector<Vertex> vertices;
    std::size_t keys = 0;
};

using Texts = std::vector<std::string>;

TEST(ConflictGraph, NothingSharedIsOneBatch) {
    const Graph g({{{0}, {1}}, {{2}, {3}}, {{0, 2}, {4}}});  // two that read a key do not conflict
    EXPECT_EQ(g.edges(), Texts{});
    EXPECT_EQ(g.levels(), (List{1, 1, 1}));
    EXPECT_EQ(batches(g.levels()), (std::vector<List>{{0, 1, 2}}));
    EXPECT_EQ(batches(List{}), std::vector<List>{});
}

TEST(ConflictGraph, EachConflictByItself) {
    EXPECT_EQ(Graph({{{}, {7}}, {{}, {7}}}).edges(), Texts{"0-1 WAW"});
    EXPECT_EQ(Graph({{{}, {7}}, {{7}, {}}}).edges(), Texts{"0-1 RAW"});
    EXPECT_EQ(Graph({{{7}, {}}, {{}, {7}}}).edges(), Texts{"0-1 WAR"});
    EXPECT_EQ(Graph({{{}, {}}, {{}, {}, {0}}}).edges(), Texts{"0-1 UTXO"});
    EXPECT_EQ(Graph({{{7}, {7}}, {{7}, {7}}}).edges(), Texts{"0-1 WAW RAW WAR"});
    for (const auto& g : {Graph({{{}, {7}}, {{}, {7}}}), Graph({{{}, {7}}, {{7}, {}}}), Graph({{{7}, {}}, {{}, {7}}}),
                          Graph({{{}, {}}, {{}, {}, {0}}})})
        EXPECT_EQ(g.levels(), (List{1, 2}));
}

// Colouring would put 2 beside 0: it conflicts with 1 alone, and must come behind it.
TEST(ConflictGraph, LevelsKeepTheOrderOfTheBlock) {
    const Graph g({{{}, {0}}, {{0}, {1}}, {{1}, {2}}, {{}, {3}}, {{3}, {0}}});
    EXPECT_EQ(g.edges(), (Texts{"0-1 RAW", "1-2 RAW", "0-4 WAW", "1-4 WAR", "3-4 RAW"}));
    EXPECT_EQ(g.levels(), (List{1, 2, 3, 1, 3}));
    EXPECT_EQ(batches(g.levels()), (std::vector<List>{{0, 3}, {1}, {2, 4}}));
}

TEST(ConflictGraph, DemotedAreInNoBatchAndHoldNobodyBack) {
    // A chain of spends: 1 and 2 are demoted. 3 conflicts with 2 alone.
    const Graph g({{{}, {0}}, {{}, {}, {0}, true}, {{}, {5}, {1}, true}, {{5}, {}}});
    EXPECT_EQ(g.levels(), (List{1, 0, 0, 1}));
    EXPECT_EQ(batches(g.levels()), (std::vector<List>{{0, 3}}));
    EXPECT_EQ(g.edges(), (Texts{"0-1 UTXO", "1-2 UTXO", "2-3 RAW"}));
}

TEST(ConflictGraph, NearestEdgesAreTheLastWriterAndTheReadersSince) {
    const Graph g({{{}, {0}}, {{0}, {}}, {{0}, {}}, {{}, {0}}, {{0}, {}}, {{0}, {0}}});
    EXPECT_EQ(g.edges(true),
              (Texts{"0-1 RAW", "0-2 RAW", "0-3 WAW", "1-3 WAR", "2-3 WAR", "3-4 RAW", "3-5 WAW RAW", "4-5 WAR"}));
    EXPECT_EQ(g.edges().size(), 12u);  // all pairs but those of 1, 2 and 4, of which none writes
}

Graph random_graph(std::mt19937_64& random) {
    std::vector<Message> messages(1 + random() % 40);
    const auto keys = static_cast<std::uint32_t>(1 + random() % 60);
    for (std::uint32_t i = 0; i < messages.size(); i++) {
        Message& m = messages[i];
        const auto some = [&](std::size_t most, std::uint32_t below) {
            std::set<std::uint32_t> out;
            for (std::size_t n = random() % (most + 1); n > 0 && below > 0; n--)
                out.insert(static_cast<std::uint32_t>(random() % below));
            return List(out.begin(), out.end());
        };
        m = {some(4, keys), some(3, keys), random() % 8 == 0 ? some(2, i) : List{}, random() % 8 == 0};
    }
    return Graph(std::move(messages));
}

bool meet(const List& a, const List& b) {
    return std::ranges::any_of(a, [&](std::uint32_t k) { return std::ranges::binary_search(b, k); });
}

TEST(ConflictGraph, RandomGraphsAgainstTheDefinition) {
    for (std::uint64_t seed = random_seed(), end = seed + scaled(3000); seed < end; seed++) {
        SCOPED_TRACE(seed);
        std::mt19937_64 random(seed);
        const Graph g = random_graph(random);
        const List level = g.levels();
        const auto n = static_cast<std::uint32_t>(g.messages.size());
        std::map<std::pair<std::uint32_t, std::uint32_t>, ConflictSet> edges, nearest;
        for_each_edge(g.vertices, g.keys, [&](const Edge& e) {
            EXPECT_TRUE(edges.try_emplace({e.earlier, e.later}, e.conflicts).second);
        });
        for_each_nearest_edge(g.vertices, g.keys, [&](const Edge& e) { nearest[{e.earlier, e.later}] = e.conflicts; });
        std::vector<List> reach(n);  // by nearest edges, backwards
        for (std::uint32_t b = 0; b < n; b++) {
            const Message& later = g.messages[b];
            std::uint32_t expected = 1;
            std::set<std::uint32_t> reached;
            for (std::uint32_t a = 0; a < b; a++) {
                const Message& earlier = g.messages[a];
                const ConflictSet conflicts = static_cast<ConflictSet>(
                    (meet(earlier.writes, later.writes) ? 1 : 0) | (meet(earlier.writes, later.reads) ? 2 : 0) |
                    (meet(earlier.reads, later.writes) ? 4 : 0) |
                    (std::ranges::binary_search(later.spends, a) ? 8 : 0));
                const auto edge = edges.find({a, b});
                EXPECT_EQ(edge == edges.end() ? 0 : edge->second, conflicts);
                if (conflicts != 0 && !earlier.demoted) expected = std::max(expected, level[a] + 1);
                if (const auto near = nearest.find({a, b}); near != nearest.end()) {
                    EXPECT_EQ(near->second & ~conflicts, 0);
                    reached.insert(a);
                    reached.insert(reach[a].begin(), reach[a].end());
                }
                // No two of a batch conflict, and a batch comes behind those that it conflicts with.
                if (conflicts != 0 && !earlier.demoted && !later.demoted) {
                    EXPECT_LT(level[a], level[b]);
                }
            }
            for (const auto& [pair, conflicts] : edges) EXPECT_TRUE(pair.second != b || reached.contains(pair.first));
            EXPECT_EQ(level[b], later.demoted ? 0 : expected);  // and no later than it must
            reach[b].assign(reached.begin(), reached.end());
        }
        List seen;
        for (const List& batch : batches(level)) {
            EXPECT_FALSE(batch.empty());
            seen.insert(seen.end(), batch.begin(), batch.end());
        }
        EXPECT_EQ(seen.size(), static_cast<std::size_t>(std::ranges::count_if(level, [](auto l) { return l != 0; })));
        if (HasFailure()) FAIL();
    }
}

}  // namespace
}  // namespace warpshrew::test
