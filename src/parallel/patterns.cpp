#include "parallel/patterns.hpp"

#include <algorithm>

namespace warpshrew::parallel {

namespace {

constexpr std::size_t max_patterns = 1 << 16, max_counters = 16;
// A call that touches more keys is no mint: guessing its counters would take longer than it is worth.
constexpr std::size_t max_reads = 256, max_writes = 256;

bool is_width(std::size_t n) { return n == 4 || n == 8 || n == 16; }

u128 integer(BytesView bytes) {
    u128 n = 0;
    std::memcpy(&n, bytes.data(), bytes.size());
    return n;
}

u128 mask(std::size_t width) { return width == 16 ? u128_max : (u128{1} << (8 * width)) - 1; }

}  // namespace

std::optional<Bytes> advanced(BytesView value, const Counter& counter) {
    if (!value.empty() && value.size() != counter.width) return std::nullopt;
    const u128 sum = (value.empty() ? 0 : integer(value)) + counter.step;
    return Bytes(as_bytes(&sum, counter.width));
}

std::vector<Counter> counters_of(const alkanes::ExecutedMessage& executed) {
    std::vector<Counter> out;
    if (executed.reads.size() > max_reads || executed.writes.size() > max_writes) return out;
    for (const auto& w : executed.writes) {
        if (!is_width(w.value.size())) continue;
        const auto read = std::ranges::find_if(executed.reads, [&](const alkanes::StateRead& r) {
            return r.kind == alkanes::StateRead::Kind::value && r.key == w.key;
        });
        if (read == executed.reads.end() || (!read->value.empty() && read->value.size() != w.value.size())) continue;
        const u128 before = read->value.empty() ? 0 : integer(read->value);
        out.push_back({w.key, (integer(w.value) - before) & mask(w.value.size()), w.value.size()});
    }
    return out;
}

Pattern& Patterns::of(const Candidate& c) {
    auto& pattern = patterns_[Key{c.target, c.opcode}];
    if (pattern == nullptr) pattern = std::make_unique<Pattern>();
    return *pattern;
}

void Patterns::begin_block() {
    if (patterns_.size() > max_patterns) patterns_.clear();
}

void Patterns::learn(Pattern& pattern, const alkanes::ExecutedMessage& a, const alkanes::ExecutedMessage& b) {
    pattern.counters.clear();
    pattern.known = true;
    const auto others = counters_of(b);
    for (const Counter& c : counters_of(a)) {
        if (pattern.counters.size() == max_counters) break;
        const auto same = [&](const Counter& o) { return o.key == c.key && o.step == c.step && o.width == c.width; };
        if (std::ranges::any_of(others, same)) pattern.counters.push_back({Bytes(c.key), c.step, c.width});
    }
}

}  // namespace warpshrew::parallel
