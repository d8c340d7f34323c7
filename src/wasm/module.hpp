#pragma once
// The sections of a WebAssembly module (core specification 2.0, chapter 5, with multi-memory, extended constant
// expressions and tail calls, the features of wasmi-fuel.md 1.1).

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace warpshrew::wasm {

/// Value types, by their codes.
enum class ValueType : std::uint8_t {
    i32 = 0x7f,
    i64 = 0x7e,
    f32 = 0x7d,
    f64 = 0x7c,
    funcref = 0x70,
    externref = 0x6f
};

/// Whether `code` is that of a value type.
[[nodiscard]] bool is_value_type(std::uint8_t code) noexcept;

/// What an import or export is, by its code.
enum class ExternalKind : std::uint8_t { function = 0, table = 1, memory = 2, global = 3 };

struct FunctionType {
    std::vector<ValueType> params, results;

    friend bool operator==(const FunctionType&, const FunctionType&) = default;
};

/// Sizes of a memory in pages of 64 KiB, or of a table in elements.
struct Limits {
    std::uint32_t min = 0;
    std::optional<std::uint32_t> max;
};

struct TableType {
    ValueType element = ValueType::funcref;
    Limits limits;
};

/// A constant as raw bits; 32-bit types are zero-extended, the null reference is 0.
struct Constant {
    ValueType type = ValueType::i32;
    std::uint64_t bits = 0;

    friend bool operator==(const Constant&, const Constant&) = default;
};

/// A global, imported or defined.
struct Global {
    ValueType type = ValueType::i32;
    bool is_mutable = false;
    bool imported = false;
    /// The initial value, if its expression consists of constants and arithmetic only (wasmi-fuel.md 2.4, global.get).
    std::optional<Constant> constant;
    std::optional<std::uint32_t> function;  ///< to which the initial value refers
};

/// `index` counts the things of its kind; for a function `type` is the index of its type.
struct Import {
    std::string_view module, name;
    ExternalKind kind = ExternalKind::function;
    std::uint32_t index = 0;
    std::uint32_t type = 0;
};

struct Export {
    std::string_view name;
    ExternalKind kind = ExternalKind::function;
    std::uint32_t index = 0;
};

/// An element or data segment.
struct Segment {
    enum class Mode : std::uint8_t { active, passive, declarative } mode = Mode::active;
    std::uint32_t target = 0;  ///< active: the index of its table or memory
    /// Active: where it goes, unsigned; none if the expression reads an imported global.
    std::optional<std::uint32_t> offset;
    std::uint32_t size = 0;  ///< elements or bytes
    std::size_t begin = 0;   ///< offset in the module, of the bytes
    /// The elements: 0 for null, else the function's index and one.
    std::vector<std::uint32_t> functions;
};

/// A range of the module's bytes.
struct Range {
    std::size_t begin = 0, end = 0;
};

/// A function index in a global's initial value or an element segment.
struct FunctionReference {
    Range at;
    std::uint32_t function = 0;
};

struct Section {
    std::uint8_t id = 0;
    Range payload;
};

/// A parsed module. It points into the bytes that it was parsed from, which must outlive it.
struct Module {
    BytesView bytes;
    std::vector<Section> sections;  ///< as they lie in the file, custom ones too
    std::vector<FunctionType> types;
    std::vector<Import> imports;
    std::uint32_t imported_functions = 0, imported_tables = 0, imported_memories = 0, imported_globals = 0;
    std::vector<std::uint32_t> functions;  ///< type index of each function, imports first
    std::vector<TableType> tables;         ///< imports first, as all of these
    std::vector<Limits> memories;
    std::vector<Global> globals;
    std::vector<Export> exports;
    std::optional<std::uint32_t> start;
    std::vector<Segment> elements;
    std::vector<Segment> data;
    std::vector<FunctionReference> references;  ///< outside of bodies and exports, as they lie in the file
    std::vector<Range> bodies;                  ///< of the defined functions: local declarations and instructions

    /// The type of function `f`, imports counted.
    [[nodiscard]] const FunctionType& function_type(std::uint32_t f) const { return types[functions[f]]; }
    /// The export of that name, or null.
    [[nodiscard]] const Export* find_export(std::string_view name) const noexcept;
};

/// Parses a module. Checked is its structure: every index outside of code bodies is in range, the sections are in order
/// and hold exactly their items, and every defined function has a body. Bodies are not looked into and types are not
/// checked: that is validation, which wasmtime does. An error holds the offset.
[[nodiscard]] Result<Module> parse_module(BytesView bytes);

}  // namespace warpshrew::wasm
