#include <algorithm>
#include <system_error>

#include "alkanes/builtins.hpp"
#include "alkanes/gzip.hpp"
#include "base/file.hpp"
#include "base/hex.hpp"
#include "base/sha256.hpp"
#include "wasm/reader.hpp"

namespace warpshrew::alkanes {

namespace {

namespace fs = std::filesystem;

constexpr BytesView wasm_magic{"\0asm\1\0\0\0", 8};
constexpr BytesView gzip_magic{"\x1f\x8b\x08", 3};
constexpr std::size_t shortest_hex = 100;  // digits; what is shorter is a hash or a key
constexpr unsigned deepest_nesting = 3;    // hex of gzip of a module that holds a module
constexpr std::uint64_t highest_compression = 1032;
constexpr std::uint64_t price_of_a_candidate = 16U << 10U;  // so that many tiny ones end too

struct Section {
    std::uint8_t id = 0;
    BytesView content;
    std::size_t end = 0;  ///< offset behind it, in the module
};

constexpr std::size_t most_sections = 1024;

/// The sections that follow each other from the magic number on, as far as they have the form of sections.
std::vector<Section> sections_of(BytesView module) {
    std::vector<Section> out;
    wasm::Reader reader(module, wasm_magic.size(), module.size());
    while (!reader.at_end() && out.size() < most_sections) {
        const std::uint8_t id = reader.u8();
        const BytesView content = reader.bytes(reader.u32());
        if (id > 13 || reader.failed()) break;
        out.push_back({id, content, reader.position()});
    }
    return out;
}

/// The memory that a module starts with: its active data segments. An optimiser cuts segments where many zeros are, so
/// what the module embeds need not lie in one piece in the file. Empty if there is none or it is beyond `limit`.
Bytes memory_image(const std::vector<Section>& sections, std::size_t limit) {
    Bytes image;
    for (const Section& s : sections) {
        if (s.id != 11) continue;
        wasm::Reader reader(s.content);
        const std::uint32_t count = reader.u32();
        for (std::uint32_t i = 0; i < count; ++i) {
            const std::uint32_t flags = reader.u32();
            if (flags > 1) return image;
            std::uint32_t at = 0;
            if (flags == 0) {
                // i32.const OFFSET end. A signed LEB128 offset above 2^30 differs from the unsigned one and is beyond
                // the limit in both readings.
                if (reader.u8() != 0x41) return image;
                at = reader.u32();
                if (reader.u8() != 0x0b) return image;
            }
            const BytesView bytes = reader.name();
            if (reader.failed()) return image;
            if (flags == 0 && std::uint64_t{at} + bytes.size() <= limit) {
                if (image.size() < std::size_t{at} + bytes.size()) image.resize(std::size_t{at} + bytes.size());
                image.replace(at, bytes.size(), bytes);
            }
        }
    }
    return image;
}

bool is_hex_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

class Search {
 public:
    Search(std::set<std::string> wanted, const std::function<void(const std::string&)>& note,
           const ExtractLimits& limits)
        : wanted_(std::move(wanted)), note_(note), limits_(limits) {}

    [[nodiscard]] bool done() const { return wanted_.empty() || exhausted_; }
    [[nodiscard]] CodeByDigest take() { return std::move(found_); }

    void visit_path(const fs::path& path) {
        std::error_code error;
        if (!fs::is_directory(path, error)) {
            visit_file(path);
            return;
        }
        fs::recursive_directory_iterator i(path, error);
        if (error) note(path.string() + ": " + error.message());
        while (!error && i != fs::recursive_directory_iterator() && !done()) {
            visit_entry(i);
            i.increment(error);
            if (error) note(path.string() + ": " + error.message());
        }
    }

 private:
    void visit_entry(fs::recursive_directory_iterator& i) {
        std::error_code error;
        const fs::path path = i->path();
        if (i->is_symlink(error)) {
            note(path.string() + ": a symbolic link, not followed");
        } else if (i->is_directory(error)) {
            if (path.filename() == ".git") {
                i.disable_recursion_pending();  // compressed in another way
            } else if (std::cmp_greater_equal(i.depth(), limits_.depth)) {
                note(path.string() + ": too deep, not looked into");
                i.disable_recursion_pending();
            }
        } else if (i->is_regular_file(error)) {
            visit_file(path);
        }
    }

    void visit_file(const fs::path& path) {
        if (done()) return;
        if (files_++ >= limits_.files) {
            exhaust("too many files");
            return;
        }
        std::error_code error;
        const std::uintmax_t size = fs::file_size(path, error);
        if (error) {
            note(path.string() + ": " + error.message());
            return;
        }
        if (size > limits_.file_bytes) {
            note(path.string() + ": too large, not looked into");
            return;
        }
        const Result<Bytes> content = read_file(path);
        if (!content) {
            note(content.error().reason);
            return;
        }
        examine(*content, 0);
    }

    /// Looks for wanted code in `bytes`: the whole, modules in it, gzip streams in it, hex text in it.
    void examine(BytesView bytes, unsigned nesting) {
        if (!charge(bytes.size())) return;
        check(bytes);
        if (nesting >= deepest_nesting) return;
        scan_modules(bytes);
        scan_gzip(bytes, nesting);
        scan_hex(bytes, nesting);
        if (bytes.substr(0, wasm_magic.size()) == wasm_magic && !done()) {
            const Bytes image = memory_image(sections_of(bytes), limits_.file_bytes);
            if (!charge(image.size())) return;
            scan_modules(image);
            scan_gzip(image, nesting);
        }
    }

    void scan_modules(BytesView bytes) {
        for (std::size_t at = bytes.find(wasm_magic); at != BytesView::npos && !done();
             at = bytes.find(wasm_magic, at + 1)) {
            const BytesView rest = bytes.substr(at);
            // What follows the module may look like a section, so each end of a section may be the module's.
            const std::vector<Section> sections = sections_of(rest);
            if (!charge(0)) return;
            for (auto s = sections.rbegin(); s != sections.rend() && !done(); ++s) {
                if (s->end > limits_.code_bytes) continue;
                if (!charge(s->end)) return;
                check(rest.substr(0, s->end));
            }
        }
    }

    void scan_gzip(BytesView bytes, unsigned nesting) {
        for (std::size_t at = bytes.find(gzip_magic); at != BytesView::npos && !done();
             at = bytes.find(gzip_magic, at + 1)) {
            const BytesView rest = bytes.substr(at);
            if (!charge(0)) return;
            if (const Result<Bytes> unpacked = gunzip(rest, limits_.code_bytes)) {
                examine(*unpacked, nesting + 1);
            } else {
                charge(std::min<std::uint64_t>(limits_.code_bytes, rest.size() * highest_compression));
            }
        }
    }

    void scan_hex(BytesView bytes, unsigned nesting) {
        const auto end = bytes.end();
        for (auto i = bytes.begin(); i != end && !done();) {
            const auto begin = std::find_if(i, end, is_hex_digit);
            i = std::find_if_not(begin, end, is_hex_digit);
            const BytesView digits(begin, i);
            if (digits.size() < shortest_hex || digits.size() % 2 != 0 || digits.size() / 2 > limits_.code_bytes)
                continue;
            if (const Result<Bytes> code = from_hex(digits)) examine(*code, nesting + 1);
        }
    }

    void check(BytesView candidate) {
        const std::string digest = to_hex(view(sha256(candidate)));
        if (wanted_.erase(digest) != 0) found_.emplace(digest, candidate);
    }

    /// Accounts for work on `n` bytes; false when the search has to end.
    bool charge(std::uint64_t n) {
        spent_ += n + price_of_a_candidate;
        if (spent_ > limits_.total_bytes) exhaust("too much to look through");
        return !done();
    }

    void exhaust(const char* why) {
        if (!exhausted_) note(std::string(why) + ": the search ends here");
        exhausted_ = true;
    }

    void note(const std::string& text) const {
        if (note_) note_(text);
    }

    std::set<std::string> wanted_;
    const std::function<void(const std::string&)>& note_;
    const ExtractLimits& limits_;
    CodeByDigest found_;
    std::uint64_t spent_ = 0;
    std::uint64_t files_ = 0;
    bool exhausted_ = false;
};

}  // namespace

Result<CodeByDigest> extract_builtins(const protorune::Network& network, std::span<const fs::path> paths,
                                      const std::function<void(const std::string&)>& note,
                                      const ExtractLimits& limits) {
    for (const fs::path& path : paths) {
        std::error_code error;
        if (!fs::exists(path, error)) return fail(path.string() + ": no such file or folder");
    }
    Search search(builtin_digests(network), note, limits);
    for (const fs::path& path : paths) {
        if (!search.done()) search.visit_path(path);
    }
    return search.take();
}

}  // namespace warpshrew::alkanes
