#include "wasm/module.hpp"

#include <algorithm>
#include <string>

#include "wasm/reader.hpp"

namespace warpshrew::wasm {
namespace {

enum SectionId : std::uint8_t {
    custom_section = 0,
    type_section = 1,
    import_section = 2,
    function_section = 3,
    table_section = 4,
    memory_section = 5,
    global_section = 6,
    export_section = 7,
    start_section = 8,
    element_section = 9,
    code_section = 10,
    data_section = 11,
    data_count_section = 12
};

/// Where a section stands among the others: the data count comes before the code.
int order(std::uint8_t id) { return id == data_count_section ? 2 * element_section + 1 : 2 * id; }

bool is_reference(std::uint8_t code) {
    return code == static_cast<std::uint8_t>(ValueType::funcref) ||
           code == static_cast<std::uint8_t>(ValueType::externref);
}

class Parser {
 public:
    explicit Parser(BytesView bytes) : r_(bytes) { m_.bytes = bytes; }

    Result<Module> run() {
        if (r_.bytes(8) != BytesView("\0asm\1\0\0\0", 8)) return warpshrew::fail("not a WebAssembly module");
        int last = 0;
        while (!r_.at_end()) {
            const std::size_t at = r_.position();
            const std::uint8_t id = r_.u8();
            const std::uint32_t size = r_.u32();
            const std::size_t begin = r_.position();
            r_.bytes(size);
            if (r_.failed()) return error("section of a bad size");
            m_.sections.push_back({id, {begin, begin + size}});
            if (id == custom_section) {
                Reader custom(m_.bytes, begin, begin + size);
                custom.name();
                if (custom.failed()) return warpshrew::fail("malformed custom section", custom.position());
                continue;
            }
            if (id > data_count_section) return warpshrew::fail("unknown section", at);
            if (order(id) <= last) return warpshrew::fail("section out of order", at);
            last = order(id);
            Reader rest = r_;
            r_ = Reader(m_.bytes, begin, begin + size);
            section(id);
            if (reason_.empty() && !r_.failed() && !r_.at_end()) reject("section longer than its content");
            if (!reason_.empty() || r_.failed()) return error("malformed section");
            r_ = rest;
        }
        if (m_.bodies.size() != m_.functions.size() - m_.imported_functions)
            return warpshrew::fail("function without a body", r_.position());
        if (data_count_ && *data_count_ != m_.data.size())
            return warpshrew::fail("data count differs from the data section", r_.position());
        return std::move(m_);
    }

 private:
    Reader r_;
    Module m_;
    std::string reason_;
    std::optional<std::uint32_t> data_count_;

    /// Fails with a reason at the current position; reading stops.
    void reject(const char* reason) {
        if (!r_.failed()) reason_ = reason;
        r_.fail();
    }
    tl::unexpected<Error> error(const char* otherwise) {
        return warpshrew::fail(reason_.empty() ? otherwise : reason_, r_.position());
    }

    template <class F>
    void each(F item) {
        for (std::uint32_t n = r_.u32(); n != 0 && !r_.failed(); n--) item();
    }

    std::uint32_t index(std::size_t size) {
        const std::uint32_t i = r_.u32();
        if (i >= size) reject("index out of range");
        return i;
    }

    void section(std::uint8_t id) {
        switch (id) {
            case type_section:
                return each([&] { type(); });
            case import_section:
                return each([&] { import(); });
            case function_section:
                return each([&] { m_.functions.push_back(index(m_.types.size())); });
            case table_section:
                return each([&] { m_.tables.push_back(table_type()); });
            case memory_section:
                return each([&] { m_.memories.push_back(limits()); });
            case global_section:
                return each([&] {
                    Global g = global_type();
                    const std::size_t references = m_.references.size();
                    g.constant = constant_expression();
                    if (m_.references.size() > references) g.function = m_.references.back().function;
                    m_.globals.push_back(g);
                });
            case export_section:
                return each([&] { export_(); });
            case start_section:
                m_.start = index(m_.functions.size());
                return;
            case element_section:
                return each([&] { element(); });
            case code_section:
                return each([&] {
                    const std::uint32_t size = r_.u32();
                    const std::size_t begin = r_.position();
                    r_.bytes(size);
                    if (!r_.failed()) m_.bodies.push_back({begin, begin + size});
                });
            case data_section:
                return each([&] { data(); });
            default:
                data_count_ = r_.u32();
        }
    }

    ValueType value_type() {
        const std::uint8_t code = r_.u8();
        if (!is_value_type(code)) reject("unknown value type");
        return static_cast<ValueType>(code);
    }
    ValueType reference_type() {
        const std::uint8_t code = r_.u8();
        if (!is_reference(code)) reject("unknown reference type");
        return static_cast<ValueType>(code);
    }
    Limits limits() {
        const std::uint8_t flags = r_.u8();
        if (flags > 1) reject("unknown kind of limits");
        Limits l;
        l.min = r_.u32();
        if (flags == 1) l.max = r_.u32();
        return l;
    }
    TableType table_type() {
        const ValueType element = reference_type();
        return {element, limits()};
    }
    Global global_type() {
        Global g;
        g.type = value_type();
        const std::uint8_t mutability = r_.u8();
        if (mutability > 1) reject("unknown mutability");
        g.is_mutable = mutability == 1;
        return g;
    }

    void type() {
        if (r_.u8() != 0x60) return reject("unknown form of type");
        FunctionType t;
        each([&] { t.params.push_back(value_type()); });
        each([&] { t.results.push_back(value_type()); });
        m_.types.push_back(std::move(t));
    }

    void import() {
        Import i;
        i.module = r_.name();
        i.name = r_.name();
        const std::uint8_t kind = r_.u8();
        if (kind > 3) return reject("unknown kind of import");
        i.kind = static_cast<ExternalKind>(kind);
        switch (i.kind) {
            case ExternalKind::function:
                i.type = index(m_.types.size());
                i.index = m_.imported_functions++;
                m_.functions.push_back(i.type);
                break;
            case ExternalKind::table:
                i.index = m_.imported_tables++;
                m_.tables.push_back(table_type());
                break;
            case ExternalKind::memory:
                i.index = m_.imported_memories++;
                m_.memories.push_back(limits());
                break;
            case ExternalKind::global:
                i.index = m_.imported_globals++;
                m_.globals.push_back(global_type());
                m_.globals.back().imported = true;
                break;
        }
        m_.imports.push_back(i);
    }

    void export_() {
        Export e;
        e.name = r_.name();
        const std::uint8_t kind = r_.u8();
        if (kind > 3) return reject("unknown kind of export");
        e.kind = static_cast<ExternalKind>(kind);
        const std::size_t sizes[] = {m_.functions.size(), m_.tables.size(), m_.memories.size(), m_.globals.size()};
        e.index = index(sizes[kind]);
        m_.exports.push_back(e);
    }

    void function_reference() {
        const std::size_t begin = r_.position();
        const std::uint32_t f = index(m_.functions.size());
        m_.references.push_back({{begin, r_.position()}, f});
    }

    void element() {
        const std::uint32_t flags = r_.u32();
        if (flags > 7) return reject("unknown kind of element segment");
        Segment s;
        if (flags & 1) {
            s.mode = flags & 2 ? Segment::Mode::declarative : Segment::Mode::passive;
        } else {
            if (flags & 2) s.target = r_.u32();
            if (s.target >= m_.tables.size()) return reject("index out of range");
            s.offset = offset();
        }
        if (flags & 3) {
            if (flags & 4) {
                reference_type();
            } else if (r_.u8() != 0) {
                return reject("unknown kind of element");
            }
        }
        each([&] {
            s.size++;
            const std::size_t references = m_.references.size();
            if (flags & 4) {
                constant_expression();
            } else {
                function_reference();
            }
            s.functions.push_back(m_.references.size() > references ? m_.references.back().function + 1 : 0);
        });
        m_.elements.push_back(std::move(s));
    }

    void data() {
        const std::uint32_t flags = r_.u32();
        if (flags > 2) return reject("unknown kind of data segment");
        Segment s;
        if (flags == 1) {
            s.mode = Segment::Mode::passive;
        } else {
            if (flags == 2) s.target = r_.u32();
            if (s.target >= m_.memories.size()) return reject("index out of range");
            s.offset = offset();
        }
        s.size = r_.u32();
        s.begin = r_.position();
        r_.bytes(s.size);
        m_.data.push_back(std::move(s));
    }

    std::optional<std::uint32_t> offset() {
        const auto c = constant_expression();
        if (!c) return std::nullopt;
        return static_cast<std::uint32_t>(c->bits);
    }

    /// Reads a constant expression; its value, unless it reads a global or refers to a function.
    std::optional<Constant> constant_expression() {
        std::vector<std::optional<Constant>> stack;
        while (!r_.failed()) {
            switch (const std::uint8_t op = r_.u8(); op) {
                case 0x0b:
                    if (stack.size() != 1) return reject("malformed constant expression"), std::nullopt;
                    return stack[0];
                case 0x41:
                    stack.push_back(Constant{ValueType::i32, static_cast<std::uint32_t>(r_.s32())});
                    break;
                case 0x42:
                    stack.push_back(Constant{ValueType::i64, static_cast<std::uint64_t>(r_.s64())});
                    break;
                case 0x43:
                    stack.push_back(Constant{ValueType::f32, r_.fixed32()});
                    break;
                case 0x44:
                    stack.push_back(Constant{ValueType::f64, r_.fixed64()});
                    break;
                case 0xd0:
                    stack.push_back(Constant{reference_type(), 0});
                    break;
                case 0xd2:
                    function_reference();
                    stack.emplace_back();
                    break;
                case 0x23:
                    index(m_.imported_globals);
                    stack.emplace_back();
                    break;
                case 0x6a:
                case 0x6b:
                case 0x6c:
                case 0x7c:
                case 0x7d:
                case 0x7e: {
                    if (stack.size() < 2) return reject("malformed constant expression"), std::nullopt;
                    const auto b = stack.back();
                    stack.pop_back();
                    stack.back() = arithmetic(op, stack.back(), b);
                    break;
                }
                default:
                    reject("unknown instruction in a constant expression");
            }
        }
        return std::nullopt;
    }

    static std::optional<Constant> arithmetic(std::uint8_t op, const std::optional<Constant>& a,
                                              const std::optional<Constant>& b) {
        if (!a || !b) return std::nullopt;
        const bool wide = op >= 0x7c;
        const int kind = op - (wide ? 0x7c : 0x6a);
        const std::uint64_t x = kind == 0 ? a->bits + b->bits : kind == 1 ? a->bits - b->bits : a->bits * b->bits;
        return wide ? Constant{ValueType::i64, x} : Constant{ValueType::i32, static_cast<std::uint32_t>(x)};
    }
};

}  // namespace

bool is_value_type(std::uint8_t code) noexcept { return (code >= 0x7c && code <= 0x7f) || is_reference(code); }

const Export* Module::find_export(std::string_view name) const noexcept {
    const auto e = std::find_if(exports.begin(), exports.end(), [&](const Export& x) { return x.name == name; });
    return e == exports.end() ? nullptr : &*e;
}

Result<Module> parse_module(BytesView bytes) { return Parser(bytes).run(); }

}  // namespace warpshrew::wasm
