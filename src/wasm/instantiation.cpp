#include "wasm/instantiation.hpp"

#include <algorithm>
#include <string>

#include "wasm/engine.hpp"

namespace warpshrew::wasm {
namespace {

std::string debug(ValueType t) {
    switch (t) {
        case ValueType::i32:
            return "I32";
        case ValueType::i64:
            return "I64";
        case ValueType::f32:
            return "F32";
        case ValueType::f64:
            return "F64";
        case ValueType::funcref:
            return "FuncRef";
        case ValueType::externref:
            return "ExternRef";
    }
    return "?";
}

std::string debug(const std::vector<ValueType>& types) {
    std::string out = "[";
    for (std::size_t i = 0; i < types.size(); i++) out += (i != 0 ? ", " : "") + debug(types[i]);
    return out + "]";
}

std::string debug(const FunctionType& t) {
    return "FuncType { params: " + debug(t.params) + ", results: " + debug(t.results) + " }";
}

std::string maximum(const std::optional<std::uint32_t>& max, std::string_view before, std::string_view after) {
    if (!max) return "None";
    return "Some(" + std::string(before) + std::to_string(*max) + std::string(after) + ")";
}

/// The type of an import as wasmi 0.37.2 prints it.
std::string debug(const Module& m, const Import& i) {
    switch (i.kind) {
        case ExternalKind::function:
            return "Func(" + debug(m.types[i.type]) + ")";
        case ExternalKind::table: {
            const TableType& t = m.tables[i.index];
            return "Table(TableType { element: " + debug(t.element) + ", min: " + std::to_string(t.limits.min) +
                   ", max: " + maximum(t.limits.max, "", "") + " })";
        }
        case ExternalKind::memory: {
            const Limits& l = m.memories[i.index];
            return "Memory(MemoryType { initial_pages: Pages(" + std::to_string(l.min) +
                   "), maximum_pages: " + maximum(l.max, "Pages(", ")") + " })";
        }
        case ExternalKind::global: {
            const Global& g = m.globals[i.index];
            return "Global(GlobalType { content: " + debug(g.type) +
                   ", mutability: " + (g.is_mutable ? "Var" : "Const") + " })";
        }
    }
    return "?";
}

std::vector<ValueType> value_types(std::string_view letters) {
    std::vector<ValueType> out;
    for (const char c : letters) out.push_back(c == 'i' ? ValueType::i32 : ValueType::i64);
    return out;
}

std::optional<Error> import_error(const Module& m, const Import& i) {
    const std::string name = std::string(i.module) + "::" + std::string(i.name);
    const auto* const host = std::find_if(host_functions.begin(), host_functions.end(),
                                          [&](const HostSignature& h) { return h.name == i.name; });
    if (i.kind != ExternalKind::function || i.module != "env" || host == host_functions.end())
        return Error{"cannot find definition for import " + name + " with type " + debug(m, i)};
    const FunctionType& expected = m.types[i.type];
    const FunctionType actual{value_types(host->params), value_types(host->results)};
    if (expected == actual) return std::nullopt;
    return Error{"function type mismatch for import " + name + ": expected " + debug(expected) + " but found " +
                 debug(actual)};
}

std::optional<Error> segment_error(const Module& m) {
    for (const Segment& s : m.elements) {
        if (s.mode != Segment::Mode::active || !s.offset) continue;
        if (std::uint64_t{*s.offset} + s.size <= m.tables[s.target].limits.min) continue;
        return Error{"out of bounds table access: Table(GuardedEntity { guard_idx: StoreIdx(" +
                     std::string(instance_placeholder) + "), entity_idx: TableIdx(" + std::to_string(s.target) +
                     ") }) does not fit " + std::to_string(s.size) + " elements starting from offset " +
                     std::to_string(*s.offset)};
    }
    for (const Segment& s : m.data) {
        if (s.mode != Segment::Mode::active || !s.offset) continue;
        if (std::uint64_t{*s.offset} + s.size > std::uint64_t{m.memories[s.target].min} << 16)
            return Error{"out of bounds memory access"};
    }
    return std::nullopt;
}

}  // namespace

std::optional<Error> instantiation_error(const Module& m) {
    for (const Import& i : m.imports)
        if (auto e = import_error(m, i)) return e;
    for (const Limits& l : m.memories)
        if (std::uint64_t{l.min} << 16 > memory_limit) return Error{"out of bounds memory allocation"};
    std::uint64_t elements = 0;
    for (const TableType& t : m.tables) elements += t.limits.min;
    if (elements > table_elements) return Error{"out of bounds table allocation"};
    if (auto e = segment_error(m)) return e;
    if (m.start) return Error{"found an unexpected start function with index " + std::to_string(*m.start)};
    const Export* memory = m.find_export("memory");
    if (memory == nullptr || memory->kind != ExternalKind::memory) return Error{"memory segment not found"};
    const Limits& limits = m.memories[memory->index];
    if (limits.max.value_or(memory_pages) < memory_pages)
        return Error{"the memory cannot grow to " + std::to_string(memory_pages) + " pages"};
    return std::nullopt;
}

}  // namespace warpshrew::wasm
