#include "compare_writes.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/hex.hpp"
#include "oracle.hpp"

namespace warpshrew::test {

Digest writes_digest(const store::BlockState& block) {
    std::vector<std::pair<BytesView, BytesView>> writes;
    writes.reserve(block.write_count());
    block.for_each_write([&](BytesView key, BytesView value) { writes.emplace_back(key, value); });
    std::sort(writes.begin(), writes.end());
    Bytes all;
    for (const auto& [key, value] : writes) {
        append_le(all, static_cast<std::uint64_t>(key.size()));
        append_le(all, static_cast<std::uint64_t>(value.size()));
        all.append(key).append(value);
    }
    return sha256(all);
}

std::string compare_writes(store::BlockState& expected, store::BlockState& actual) {
    static constexpr std::size_t shown = 8, longest = 400;
    std::map<Bytes, std::string> differences;
    const auto cut = [](BytesView value) {
        std::string hex = to_hex(value.substr(0, longest));
        return value.size() > longest ? hex + "... (" + std::to_string(value.size()) + " bytes)" : hex;
    };
    expected.for_each_write([&](BytesView key, BytesView value) {
        if (!actual.written(key))
            differences.emplace(key, "expected " + cut(value) + ", not written");
        else if (const BytesView other = actual.get(key); other != value)
            differences.emplace(key, "expected " + cut(value) + ", is " + cut(other));
    });
    if (differences.empty() && expected.write_count() == actual.write_count()) return {};
    actual.for_each_write([&](BytesView key, BytesView value) {
        if (!expected.written(key)) differences.emplace(key, "not expected, is " + cut(value));
    });
    std::string out = std::to_string(differences.size()) + " keys differ";
    std::size_t n = 0;
    for (const auto& [key, text] : differences) {
        if (n++ == shown) return out + "\n  ...";
        out += "\n  " + readable_key(key) + ": " + text;
    }
    return out;
}

}  // namespace warpshrew::test
