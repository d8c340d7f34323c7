#include "parallel/conflict_graph.hpp"

#include <algorithm>

namespace warpshrew::parallel {

std::string_view name(Conflict conflict) noexcept {
    switch (conflict) {
        case Conflict::waw:
            return "WAW";
        case Conflict::raw:
            return "RAW";
        case Conflict::war:
            return "WAR";
        case Conflict::utxo:
            return "UTXO";
    }
    return "";
}

std::vector<std::uint32_t> levels(std::span<const Vertex> vertices, std::size_t keys) {
    struct Highest {
        std::uint32_t reader = 0, writer = 0;
    };
    std::vector<Highest> of_key(keys);
    std::vector<std::uint32_t> out;
    out.reserve(vertices.size());
    for (const Vertex& v : vertices) {
        if (v.demoted) {
            out.push_back(0);
            continue;
        }
        std::uint32_t below = 0;
        for (const KeyId k : v.reads) below = std::max(below, of_key[k].writer);
        for (const KeyId k : v.writes) below = std::max({below, of_key[k].writer, of_key[k].reader});
        for (const std::uint32_t s : v.spends) below = std::max(below, out[s]);
        const std::uint32_t level = below + 1;
        for (const KeyId k : v.reads) of_key[k].reader = std::max(of_key[k].reader, level);
        for (const KeyId k : v.writes) of_key[k].writer = std::max(of_key[k].writer, level);
        out.push_back(level);
    }
    return out;
}

std::vector<std::vector<std::uint32_t>> batches(std::span<const std::uint32_t> levels) {
    std::vector<std::vector<std::uint32_t>> out;
    for (std::uint32_t i = 0; i < levels.size(); i++) {
        if (levels[i] == 0) continue;
        if (out.size() < levels[i]) out.resize(levels[i]);
        out[levels[i] - 1].push_back(i);
    }
    return out;
}

namespace {

/// Earlier vertices by what they did with a key.
struct Earlier {
    std::vector<std::uint32_t> readers, writers;
};

/// The conflicts of one vertex with earlier ones.
class Gathered {
 public:
    explicit Gathered(std::size_t vertices) : of_(vertices, 0) {}

    void add(std::span<const std::uint32_t> earlier, Conflict conflict) {
        for (const std::uint32_t i : earlier) {
            if (of_[i] == 0) found_.push_back(i);
            of_[i] = static_cast<ConflictSet>(of_[i] | 1u << static_cast<unsigned>(conflict));
        }
    }

    void hand_out(std::uint32_t later, const std::function<void(const Edge&)>& f) {
        std::ranges::sort(found_);
        for (const std::uint32_t i : found_) {
            f({i, later, of_[i]});
            of_[i] = 0;
        }
        found_.clear();
    }

 private:
    std::vector<ConflictSet> of_;
    std::vector<std::uint32_t> found_;
};

template <bool nearest>
void edges(std::span<const Vertex> vertices, std::size_t keys, const std::function<void(const Edge&)>& f) {
    std::vector<Earlier> of_key(keys);
    Gathered gathered(vertices.size());
    for (std::uint32_t i = 0; i < vertices.size(); i++) {
        const Vertex& v = vertices[i];
        for (const KeyId k : v.reads) gathered.add(of_key[k].writers, Conflict::raw);
        for (const KeyId k : v.writes) {
            gathered.add(of_key[k].writers, Conflict::waw);
            gathered.add(of_key[k].readers, Conflict::war);
        }
        gathered.add(v.spends, Conflict::utxo);
        gathered.hand_out(i, f);
        if constexpr (nearest)
            for (const KeyId k : v.writes) of_key[k] = {};
        for (const KeyId k : v.reads) of_key[k].readers.push_back(i);
        for (const KeyId k : v.writes) of_key[k].writers.push_back(i);
    }
}

}  // namespace

void for_each_edge(std::span<const Vertex> vertices, std::size_t keys, const std::function<void(const Edge&)>& f) {
    edges<false>(vertices, keys, f);
}

void for_each_nearest_edge(std::span<const Vertex> vertices, std::size_t keys,
                           const std::function<void(const Edge&)>& f) {
    edges<true>(vertices, keys, f);
}

}  // namespace warpshrew::parallel
