#include "support/oracle.hpp"

#include <charconv>
#include <memory>
#include <optional>

#include <zlib.h>

#include "base/file.hpp"
#include "base/hex.hpp"
#include "base/sha256.hpp"
#include "bitcoin/block.hpp"
#include "store/memory_state.hpp"

namespace warpshrew::test {

namespace {

/// The content of a gzip file or, where it is not one, the bytes as they are; nothing if it is damaged.
std::optional<Bytes> gunzip(BytesView packed) {
    z_stream z{};
    if (inflateInit2(&z, 31) != Z_OK) return std::nullopt;
    const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&z, inflateEnd);
    Bytes input(packed);
    Bytes out;
    Bytes chunk(1 << 16, '\0');
    z.next_in = reinterpret_cast<Bytef*>(input.data());
    z.avail_in = static_cast<uInt>(input.size());
    for (;;) {
        z.next_out = reinterpret_cast<Bytef*>(chunk.data());
        z.avail_out = static_cast<uInt>(chunk.size());
        const int status = inflate(&z, Z_NO_FLUSH);
        if (status != Z_OK && status != Z_STREAM_END) return std::nullopt;
        out.append(chunk, 0, chunk.size() - z.avail_out);
        if (status == Z_STREAM_END) return out;
    }
}

std::string digest_of(BytesView bytes) { return "sha256:" + to_hex(view(sha256(bytes))); }

/// Reads `height hexkey value`.
bool parse_line(std::string_view line, Deltas& deltas) {
    std::uint64_t height = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), height);
    if (error != std::errc{}) return false;
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    const std::size_t space = line.find(' ', 1);
    if (!line.starts_with(' ') || space == std::string_view::npos) return false;
    const auto key = from_hex(line.substr(1, space - 1));
    if (!key) return false;
    deltas[height].emplace(*key, line.substr(space + 1));
    return true;
}

constexpr std::size_t example_limit = 20;

void add_difference(Comparison& comparison, std::uint64_t height, BytesView key, const std::string& expected,
                    const std::string& actual) {
    ++comparison.different;
    if (comparison.examples.size() >= example_limit) return;
    comparison.examples.push_back("height " + std::to_string(height) + "  " + readable_key(key) + "\n    expected " +
                                  expected + "\n    actual   " + actual);
}

}  // namespace

Result<Deltas> load_deltas(const std::filesystem::path& path) {
    const auto packed = read_file(path);
    if (!packed) return tl::unexpected(packed.error());
    const auto text = gunzip(*packed);
    if (!text) return fail(path.string() + ": not sound gzip");
    Deltas deltas;
    for (std::size_t start = 0; start < text->size();) {
        const std::size_t end = std::min(text->find('\n', start), text->size());
        if (!parse_line(std::string_view(*text).substr(start, end - start), deltas)) {
            return fail(path.string() + ": bad line", start);
        }
        start = end + 1;
    }
    return deltas;
}

std::string mask_value(BytesView key, BytesView value) {
    if (key.starts_with("/blockdata/")) return digest_of(value);
    constexpr std::size_t code_key_size = 9 + 32;  // "/alkanes/" and an id
    if (!key.starts_with("/alkanes/") || key.size() != code_key_size || value.size() <= 32) return to_hex(value);
    const bool packed = value.starts_with("\x1f\x8b");
    return digest_of(packed ? gunzip(value).value_or(Bytes(value)) : value);
}

std::string readable_key(BytesView key) {
    std::string out;
    for (const char c : key) {
        if (c > ' ' && c <= '~' && c != '\\') {
            out.push_back(c);
        } else {
            out += "\\x" + to_hex({&c, 1});
        }
    }
    return out;
}

std::string Comparison::summary() const {
    std::string out = std::to_string(compared) + " keys compared, " + std::to_string(different) + " different";
    for (const auto& example : examples) out += "\n  " + example;
    return out;
}

void compare_block(const Deltas& expected, std::uint64_t height, const store::BlockState& block,
                   const store::StateReader& below, Comparison& comparison) {
    MaskedValues actual;
    Bytes before;
    block.for_each_write([&](BytesView key, BytesView value) {
        if (below.read(key, before) && before == value) return;
        actual.emplace(key, mask_value(key, value));
    });
    static const MaskedValues nothing;
    const auto at_height = expected.find(height);
    const MaskedValues& wanted = at_height == expected.end() ? nothing : at_height->second;
    for (const auto& [key, value] : wanted) {
        ++comparison.compared;
        const auto i = actual.find(key);
        if (i == actual.end()) {
            add_difference(comparison, height, key, value, "(not changed)");
        } else if (i->second != value) {
            add_difference(comparison, height, key, value, i->second);
        }
    }
    for (const auto& [key, value] : actual) {
        if (wanted.contains(key)) continue;
        ++comparison.compared;
        add_difference(comparison, height, key, "(not changed)", value);
    }
}

Result<Comparison> compare_chain(const Deltas& expected, std::uint64_t start,
                                 const std::vector<std::filesystem::path>& blocks, const IndexBlock& index) {
    Comparison comparison;
    store::MemoryState below;
    std::uint64_t height = start;
    for (const auto& path : blocks) {
        auto raw = read_file(path);
        if (!raw) return tl::unexpected(raw.error());
        const auto block = bitcoin::Block::decode(std::move(*raw));
        if (!block) return fail(path.string() + ": " + block.error().reason, block.error().offset);
        store::BlockState state(below);
        index(state, height, *block);
        compare_block(expected, height, state, below, comparison);
        below.apply(state);
        ++height;
    }
    for (const auto& [h, values] : expected) {
        if (h >= start && h < height) continue;
        comparison.compared += values.size();
        for (const auto& [key, value] : values) add_difference(comparison, h, key, value, "(height not indexed)");
    }
    return comparison;
}

std::vector<std::filesystem::path> block_files(const std::filesystem::path& folder, std::uint64_t start) {
    std::vector<std::filesystem::path> out;
    for (std::uint64_t height = start;; ++height) {
        auto path = folder / (std::to_string(height) + ".blk");
        if (!std::filesystem::exists(path)) return out;
        out.push_back(std::move(path));
    }
}

}  // namespace warpshrew::test
