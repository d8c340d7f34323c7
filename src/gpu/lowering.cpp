#include "gpu/lowering.hpp"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <utility>

#include "gpu/function_lowering.hpp"
#include "wasm/engine.hpp"
#include "wasm/instantiation.hpp"

namespace warpshrew::gpu {
namespace {

using wasm::ExternalKind;

constexpr std::size_t max_words = std::size_t{16} << 20;  // of a module's code
constexpr std::uint32_t words_of_instruction = 4;

/// A number that equal types share.
std::vector<std::uint32_t> canonical_types(const wasm::Module& m) {
    absl::flat_hash_map<Bytes, std::uint32_t> known;
    std::vector<std::uint32_t> out;
    for (const wasm::FunctionType& t : m.types) {
        Bytes key;
        for (const auto v : t.params) key.push_back(static_cast<char>(v));
        key.push_back('\0');
        for (const auto v : t.results) key.push_back(static_cast<char>(v));
        out.push_back(known.try_emplace(std::move(key), static_cast<std::uint32_t>(known.size())).first->second);
    }
    return out;
}

Result<std::vector<std::uint32_t>> host_functions(const wasm::Module& m, bool supervisor) {
    std::vector<std::uint32_t> out;
    for (const wasm::Import& i : m.imports) {
        if (i.kind != ExternalKind::function) return fail("imports that are not functions");
        if (supervisor) {
            const auto at = std::find(supervisor_imports.begin(), supervisor_imports.end(), i.name);
            if (at == supervisor_imports.end()) return fail("unknown import " + std::string(i.name));
            out.push_back(static_cast<std::uint32_t>(at - supervisor_imports.begin()));
            continue;
        }
        const auto* at = std::find_if(wasm::host_functions.begin(), wasm::host_functions.end(),
                                      [&](const wasm::HostSignature& h) { return h.name == i.name; });
        if (at == wasm::host_functions.end()) return fail("unknown import");
        out.push_back(static_cast<std::uint32_t>(at - wasm::host_functions.begin()));
    }
    return out;
}

void align(std::vector<std::uint32_t>& words, std::size_t n) { words.resize((words.size() + n - 1) / n * n); }

/// The initial content of memory 0, in pages, without those of zeros.
void put_image(const wasm::Module& m, std::vector<std::uint32_t>& words) {
    std::uint64_t first = ~std::uint64_t{0}, end = 0;
    for (const wasm::Segment& s : m.data) {
        if (s.mode != wasm::Segment::Mode::active || s.size == 0) continue;
        const std::uint64_t begin = s.offset.value_or(0);
        first = std::min(first, begin / memory_page_bytes);
        end = std::max(end, (begin + s.size + memory_page_bytes - 1) / memory_page_bytes);
    }
    if (end == 0) return;
    const auto count = static_cast<std::size_t>(end - first);
    std::vector<Bytes> pages(count);
    for (const wasm::Segment& s : m.data) {
        if (s.mode != wasm::Segment::Mode::active) continue;
        for (std::uint64_t i = 0; i < s.size;) {
            const std::uint64_t at = s.offset.value_or(0) + i - first * memory_page_bytes;
            Bytes& page = pages[at / memory_page_bytes];
            page.resize(memory_page_bytes);
            const std::uint64_t in_page = at % memory_page_bytes;
            const auto n = std::min<std::uint64_t>(memory_page_bytes - in_page, s.size - i);
            page.replace(in_page, n, m.bytes.substr(s.begin + i, n));
            i += n;
        }
    }
    const std::size_t table = words.size();
    words[header::image_pages] = static_cast<std::uint32_t>(table);
    words[header::image_first] = static_cast<std::uint32_t>(first);
    words[header::image_count] = static_cast<std::uint32_t>(count);
    words.resize(table + count);
    for (std::size_t i = 0; i < count; i++) {
        if (pages[i].find_first_not_of('\0') == Bytes::npos) continue;
        words[table + i] = static_cast<std::uint32_t>(words.size());
        for (std::size_t k = 0; k < memory_page_bytes; k += 4)
            words.push_back(load_le<std::uint32_t>(pages[i].data() + k));
    }
}

/// The content of passive data segments, for memory.init; where each begins, in words.
std::vector<std::uint32_t> put_passive(const wasm::Module& m, std::vector<std::uint32_t>& words) {
    std::vector<std::uint32_t> begins;
    for (const wasm::Segment& s : m.data) {
        begins.push_back(static_cast<std::uint32_t>(words.size()));
        if (s.mode == wasm::Segment::Mode::active) continue;
        Bytes bytes(m.bytes.substr(s.begin, s.size));
        bytes.resize((bytes.size() + 3) / 4 * 4);
        for (std::size_t k = 0; k < bytes.size(); k += 4) words.push_back(load_le<std::uint32_t>(bytes.data() + k));
    }
    return begins;
}

std::optional<std::string> unsupported(const wasm::Module& m) {
    if (m.memories.size() > 1) return "several memories";
    if (m.imported_memories != 0 || m.imported_tables != 0 || m.imported_globals != 0) return "imports";
    if (m.globals.size() > 4096) return "too many globals";
    if (m.types.size() > instruction::extra_mask) return "too many types";
    if (!m.tables.empty() && m.tables[0].limits.min > 65536) return "too large a table";
    return std::nullopt;
}

}  // namespace

Result<DeviceModule> lower(BytesView bytes, const LoweringOptions& options) {
    const auto parsed = wasm::parse_module(bytes);
    if (!parsed) return tl::unexpected(parsed.error());
    const wasm::Module& m = *parsed;
    if (auto why = unsupported(m)) return fail(std::move(*why));
    const auto hosts = host_functions(m, options.supervisor);
    if (!hosts) return tl::unexpected(hosts.error());

    DeviceModule out;
    auto& w = out.words;
    w.resize(header::words);
    out.globals = w[header::globals] = static_cast<std::uint32_t>(m.globals.size());
    const wasm::Export* memory = m.find_export("memory");
    if (!m.memories.empty()) {
        const wasm::Limits& l = m.memories[0];
        const bool grown = memory != nullptr && memory->kind == ExternalKind::memory;
        w[header::memory_pages] = grown ? std::max(l.min, wasm::memory_pages) : l.min;
        w[header::memory_limit] = std::min(l.max.value_or(65536), static_cast<std::uint32_t>(wasm::memory_limit >> 16));
    }
    out.memory_pages = w[header::memory_pages];
    put_image(m, w);

    ModuleContext context{m, canonical_types(m), *hosts, put_passive(m, w), {}, options.supervisor};
    align(w, words_of_instruction);
    // Descriptors first, so that calls can name them before the code is there.
    const std::size_t descriptors = w.size();
    for (std::size_t f = 0; f < m.functions.size(); f++)
        context.descriptors.push_back(static_cast<std::uint32_t>(descriptors / words_of_instruction + f));
    w.resize(descriptors + m.functions.size() * words_of_instruction);
    for (std::uint32_t f = 0; f < m.functions.size(); f++) {
        std::uint32_t* d = w.data() + context.descriptors[f] * words_of_instruction;
        d[descriptor::type] = context.types[m.functions[f]];
        if (f >= m.imported_functions) continue;
        const auto& t = m.function_type(f);
        d[descriptor::entry] = context.hosts[f];
        d[descriptor::cells] = static_cast<std::uint32_t>(std::max(t.params.size(), t.results.size()));
        d[descriptor::type] |= descriptor::is_host;
    }
    for (std::uint32_t i = 0; i < m.bodies.size(); i++) {
        const std::uint32_t f = m.imported_functions + i;
        const auto code = lower_function(context, i, w);
        if (!code) return tl::unexpected(code.error());
        std::uint32_t* d = w.data() + context.descriptors[f] * words_of_instruction;
        d[descriptor::entry] = code->entry - context.descriptors[f];
        d[descriptor::cells] = code->cells;
        d[descriptor::size] = code->size;
        if (w.size() > max_words) return fail("too much code");
    }
    for (const wasm::Export& e : m.exports) {
        if (e.kind != ExternalKind::function || e.index < m.imported_functions) continue;
        const auto& t = m.function_type(e.index);
        const bool is_execute =
            e.name == "__execute" && t.params.empty() && t.results.size() == 1 && t.results[0] == wasm::ValueType::i32;
        if (!options.all_exports && !is_execute) continue;
        const std::uint32_t at = lower_entry(context, e.index, w);
        if (is_execute) w[header::entry] = at;
        out.entries.push_back({std::string(e.name), at, context.descriptors[e.index],
                               static_cast<std::uint32_t>(t.params.size()),
                               static_cast<std::uint32_t>(t.results.size())});
    }
    if (!m.tables.empty()) {
        const std::size_t table = w.size();
        w[header::table] = static_cast<std::uint32_t>(table);
        w[header::table_size] = m.tables[0].limits.min;
        w.resize(table + m.tables[0].limits.min);
        for (const wasm::Segment& s : m.elements) {
            if (s.mode != wasm::Segment::Mode::active || s.target != 0) continue;
            for (std::size_t k = 0; k < s.functions.size(); k++)
                w[table + s.offset.value_or(0) + k] = s.functions[k] == 0 ? 0 : context.descriptors[s.functions[k] - 1];
        }
    }
    align(w, words_of_instruction);
    if (w.size() > max_words) return fail("too much code");
    return out;
}

}  // namespace warpshrew::gpu
