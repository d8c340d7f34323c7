#include "gpu/kernel_source.hpp"

#include <algorithm>
#include <charconv>

#include "gpu/kernel_files.hpp"

namespace warpshrew::gpu {

std::string_view kernel_file(std::string_view file) noexcept {
    for (const auto& [name, text] : kernel_files) {
        if (name == file) return text;
    }
    return {};
}

KernelSource make_kernel(std::string name, std::span<const Constant> constants,
                         std::initializer_list<std::string_view> files) {
    KernelSource source{.name = std::move(name), .wgsl = {}};
    for (const Constant& c : constants) {
        source.wgsl += "const " + std::string(c.name) + ": u32 = " + std::to_string(c.value) + "u;\n";
    }
    for (const std::string_view file : files) {
        const std::string_view text = kernel_file(file);
        source.wgsl += "// " + std::string(file) + "\n";
        source.wgsl += text.empty() ? "there is no such file\n" : std::string(text);
    }
    return source;
}

// The text without comments, which nest in WGSL.
static std::string without_comments(std::string_view wgsl) {
    std::string out;
    int depth = 0;
    for (std::size_t i = 0; i < wgsl.size(); i++) {
        const std::string_view two = wgsl.substr(i, 2);
        if (two == "/*") {
            depth++;
            i++;
        } else if (depth > 0) {
            if (two == "*/") {
                depth--;
                i++;
                out += ' ';
            }
        } else if (two == "//") {
            i = std::min(wgsl.find('\n', i), wgsl.size() - 1);
            out += '\n';
        } else {
            out += wgsl[i];
        }
    }
    return out;
}

static constexpr std::string_view spaces = " \t\r\n";

// The words, numbers and marks of a text.
static std::vector<std::string_view> tokens(std::string_view text) {
    std::vector<std::string_view> out;
    const auto is_word = [](char c) {
        return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    };
    for (std::size_t i = 0; i < text.size();) {
        if (spaces.find(text[i]) != std::string_view::npos) {
            i++;
            continue;
        }
        std::size_t end = i + 1;
        if (is_word(text[i])) {
            while (end < text.size() && is_word(text[end])) end++;
        }
        out.push_back(text.substr(i, end - i));
        i = end;
    }
    return out;
}

static bool parse_number(std::string_view text, std::uint32_t& n) {
    if (text.ends_with('u') || text.ends_with('i')) text.remove_suffix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    return error == std::errc{} && end == text.data() + text.size();
}

Result<std::vector<BindingSlot>> binding_slots(std::string_view wgsl) {
    const std::string text = without_comments(wgsl);
    const std::vector<std::string_view> words = tokens(text);
    const auto word = [&](std::size_t i) { return i < words.size() ? words[i] : std::string_view{}; };
    std::vector<BindingSlot> slots;
    for (std::size_t i = 0; i < words.size(); i++) {
        // @group(G) @binding(B), in either order, then var<storage, ACCESS>
        if (word(i) != "@" || (word(i + 1) != "group" && word(i + 1) != "binding")) continue;
        BindingSlot slot;
        bool group = false;
        bool binding = false;
        while (word(i) == "@" && (word(i + 1) == "group" || word(i + 1) == "binding")) {
            const bool is_group = word(i + 1) == "group";
            if (word(i + 2) != "(" || !parse_number(word(i + 3), is_group ? slot.group : slot.binding)) break;
            (is_group ? group : binding) = true;
            i += 4;
            if (word(i) == ",") i++;
            if (word(i) == ")") i++;
        }
        const std::string place =
            "@group(" + std::to_string(slot.group) + ") @binding(" + std::to_string(slot.binding) + ")";
        if (!group || !binding) return fail("a binding without a number for group and binding");
        if (word(i) != "var" || word(i + 1) != "<" || word(i + 2) != "storage") {
            return fail(place + " is not a storage buffer");
        }
        slot.writable = word(i + 3) == "," && word(i + 4) == "read_write";
        slots.push_back(slot);
    }
    std::ranges::sort(slots, {}, [](const BindingSlot& s) { return std::pair(s.group, s.binding); });
    for (std::size_t i = 0; i < slots.size(); i++) {
        const std::uint32_t before = i == 0 ? 0 : slots[i - 1].group;
        if (i > 0 && slots[i].group == before && slots[i].binding == slots[i - 1].binding) {
            return fail("two variables at @group(" + std::to_string(slots[i].group) + ") @binding(" +
                        std::to_string(slots[i].binding) + ")");
        }
        if (slots[i].group > before + (i == 0 ? 0 : 1)) {
            return fail("no binding in group " + std::to_string(slots[i].group - 1));
        }
    }
    return slots;
}

}  // namespace warpshrew::gpu
