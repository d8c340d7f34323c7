#include "wasm/instrument.hpp"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <array>

#include "wasm/code_writer.hpp"
#include "wasm/fuel_cost.hpp"
#include "wasm/module.hpp"
#include "wasm/reader.hpp"
#include "wasm/stack_limits.hpp"

namespace warpshrew::wasm {
namespace {

// Cells and frames that are left share a global, so that one subtraction takes both and one mask finds either
// exhausted: cells from bit 12 up, frames in bits 0 to 10, and bit 11 is set when these run out.
constexpr unsigned cells_shift = 12;
constexpr std::int32_t exhausted = static_cast<std::int32_t>(0x80000800);
constexpr std::int32_t cells(std::uint32_t n) { return static_cast<std::int32_t>(n << cells_shift); }
/// The root call takes one cell: contracts are called by functions with one result.
constexpr std::int32_t full_stack = cells(max_cells - 1 - 1) | static_cast<std::int32_t>(max_depth);

constexpr std::array<std::uint8_t, 11> section_order{1, 2, 3, 4, 5, 6, 7, 9, 12, 10, 11};

bool calls_wasm(const Module& m, const FuelSite& s) {
    switch (s.kind) {
        case FuelSite::Kind::call:
            return s.index >= m.imported_functions;
        case FuelSite::Kind::call_indirect:
        case FuelSite::Kind::return_call:
        case FuelSite::Kind::return_call_indirect:
            return true;
        default:
            return false;
    }
}

void append_type(Bytes& out, const FunctionType& t) {
    out.push_back(0x60);
    for (const auto* values : {&t.params, &t.results}) {
        append_unsigned(out, values->size());
        for (const ValueType v : *values) out.push_back(static_cast<char>(v));
    }
}

class Rewriter {
 public:
    Rewriter(const Module& m, const InstrumentOptions& options) : m_(m), options_(options) {
        fuel_ = static_cast<std::uint32_t>(m.globals.size());
        trap_ = fuel_ + 1;
        stack_ = fuel_ + 2;
        left_behind_ = fuel_ + 3;
    }

    Result<Bytes> run() {
        std::vector<FunctionCost> costs;
        for (std::uint32_t i = 0; i < m_.bodies.size(); i++) {
            auto cost = function_cost(m_, i);
            if (!cost) return tl::unexpected(std::move(cost.error()));
            if (cost->loses_values)
                return fail("br_table that returns four or more values that do not lie in a row", m_.bodies[i].begin);
            tail_calls_ =
                tail_calls_ || std::any_of(cost->sites.begin(), cost->sites.end(), [](const FuelSite& s) {
                    return s.kind == FuelSite::Kind::return_call || s.kind == FuelSite::Kind::return_call_indirect;
                });
            costs.push_back(std::move(*cost));
        }
        Bytes bodies;
        for (std::uint32_t i = 0; i < m_.bodies.size(); i++) append_sized(bodies, body(i, costs[i]));
        const Bytes globals = new_globals(), elements = section_elements();
        auto memories = section_memories();
        if (!memories) return tl::unexpected(std::move(memories.error()));

        Bytes out(m_.bytes.substr(0, 8));
        for (const std::uint8_t id : section_order) {
            const BytesView old = payload(id);
            Bytes section;
            switch (id) {
                case 1:
                    section = extended(old, types_, type_count_);
                    break;
                case 3:
                    section = extended(old, function_types_, new_functions_);
                    break;
                case 5:
                    section = *memories;
                    break;
                case 6:
                    section = extended(replace_references(id), globals, tail_calls_ ? 4 : 3);
                    break;
                case 7:
                    section = section_exports();
                    break;
                case 9:
                    section = elements;
                    break;
                case 10:
                    append_unsigned(section, m_.bodies.size() + new_functions_);
                    section += bodies;
                    section += new_bodies_;
                    break;
                default:
                    section = old;
            }
            if (section.empty() || section == BytesView("\0", 1)) continue;
            out.push_back(static_cast<char>(id));
            append_sized(out, section);
        }
        return out;
    }

 private:
    const Module& m_;
    const InstrumentOptions& options_;
    // Indices of the new globals. The last, only in modules with tail calls, holds the cells of a caller that has left
    // by a tail call: they count until the callee has found room for its own.
    std::uint32_t fuel_, trap_, stack_, left_behind_;
    bool tail_calls_ = false;
    // What is added to the module.
    Bytes types_, function_types_, new_bodies_;
    std::uint32_t type_count_ = 0, new_functions_ = 0;
    absl::flat_hash_map<Bytes, std::uint32_t> type_index_;
    absl::flat_hash_map<Bytes, std::uint32_t> routines_;          // by the instruction that they stand for
    absl::flat_hash_map<std::uint32_t, std::uint32_t> wrappers_;  // by the import that they call
    std::vector<std::uint32_t> wrapper_list_;

    [[nodiscard]] BytesView bytes(const Range& r) const { return m_.bytes.substr(r.begin, r.end - r.begin); }
    [[nodiscard]] BytesView payload(std::uint8_t id) const {
        for (const Section& s : m_.sections) {
            if (s.id == id) return bytes(s.payload);
        }
        return {};
    }
    /// The section with `added` appended, `n` items.
    static Bytes extended(BytesView old, BytesView added, std::uint32_t n) {
        Reader r(old);
        const std::uint32_t count = old.empty() ? 0 : r.u32();
        Bytes out;
        append_unsigned(out, std::uint64_t{count} + n);
        out.append(r.bytes(r.left()));
        out.append(added);
        return out;
    }

    std::uint32_t type(const FunctionType& t) {
        Bytes encoded;
        append_type(encoded, t);
        const auto [at, added] =
            type_index_.try_emplace(encoded, static_cast<std::uint32_t>(m_.types.size()) + type_count_);
        if (added) {
            types_ += encoded;
            type_count_++;
        }
        return at->second;
    }
    std::uint32_t add_function(std::uint32_t type, BytesView body) {
        append_unsigned(function_types_, type);
        append_sized(new_bodies_, body);
        return static_cast<std::uint32_t>(m_.functions.size()) + new_functions_++;
    }

    // ---- sequences of instructions

    CodeWriter& trap(CodeWriter& w, TrapReason why) const {
        return w.i32(static_cast<std::int32_t>(why)).op(op_global_set, trap_).op(op_unreachable);
    }
    /// In a new function: charges the i64 in a local, which the rest of the code must not have trapped before.
    CodeWriter& charge_local(CodeWriter& w, std::uint32_t amount) const {
        w.op(op_global_get, fuel_).op(op_local_get, amount).op(op_i64_lt_u).open(op_if);
        trap(w, TrapReason::out_of_fuel).op(op_end);
        return w.op(op_global_get, fuel_).op(op_local_get, amount).op(op_i64_sub).op(op_global_set, fuel_);
    }
    /// Charges a constant; leaves by `label` if the fuel does not suffice.
    CodeWriter& charge(CodeWriter& w, std::uint32_t fuel, std::uint32_t label) const {
        w.op(op_global_get, fuel_).i64(fuel).op(op_i64_lt_u).op(op_br_if, label);
        return w.op(op_global_get, fuel_).i64(fuel).op(op_i64_sub).op(op_global_set, fuel_);
    }
    /// Adds `n` to what is left of the stack.
    CodeWriter& release(CodeWriter& w, std::int32_t n) const {
        return w.op(op_global_get, stack_).i32(n).op(op_i32_add).op(op_global_set, stack_);
    }
    /// Gives back what a caller that has left by a tail call held.
    CodeWriter& release_left_behind(CodeWriter& w) const {
        w.op(op_global_get, stack_).op(op_global_get, left_behind_).op(op_i32_add).op(op_global_set, stack_);
        return w.i32(0).op(op_global_set, left_behind_);
    }
    /// Pushes whether `n` cells are more than is left.
    CodeWriter& lacks_cells(CodeWriter& w, std::uint32_t n) const {
        return w.op(op_global_get, stack_).i32(cells(n)).op(op_i32_lt_s);
    }
    [[nodiscard]] std::uint32_t host_cells(std::uint32_t f) const {
        const FunctionType& t = m_.function_type(f);
        return static_cast<std::uint32_t>(std::max(t.params.size(), t.results.size()));
    }

    /// A function that does a memory or table instruction together with its dynamic charge (section 3).
    std::uint32_t routine(const FuelSite& s) {
        const Bytes instruction(bytes(s.at));
        if (const auto known = routines_.find(instruction); known != routines_.end()) return known->second;
        Bytes body;
        CodeWriter w(body);
        FunctionType t;
        switch (s.kind) {
            case FuelSite::Kind::memory_grow:  // nothing if it fails, else 1024 a page
                t = {{ValueType::i32}, {ValueType::i32}};
                w.raw("\2\1\x7f\1\x7e").op(op_local_get, 0).raw(instruction).op(op_local_tee, 1);
                w.i32(-1).op(op_i32_ne).open(op_if);
                w.op(op_local_get, 0).op(op_i64_extend_i32_u).i64(1024).op(op_i64_mul).op(op_local_set, 2);
                charge_local(w, 2).op(op_end).op(op_local_get, 1);
                break;
            case FuelSite::Kind::table_grow:  // -1 if the fuel does not suffice, nothing if it fails
                t = {{m_.tables[s.index].element, ValueType::i32}, {ValueType::i32}};
                w.raw("\2\1\x7f\1\x7e").op(op_local_get, 1).op(op_i64_extend_i32_u).i64(3).op(op_i64_shr_u);
                w.op(op_local_set, 3).op(op_global_get, fuel_).op(op_local_get, 3).op(op_i64_lt_u).open(op_if);
                w.i32(-1).op(op_return).op(op_end);
                w.op(op_local_get, 0).op(op_local_get, 1).raw(instruction).op(op_local_tee, 2);
                w.i32(-1).op(op_i32_ne).open(op_if);
                charge_local(w, 3).op(op_end).op(op_local_get, 2);
                break;
            default: {
                // The instruction first: it checks its bounds. A trap is final, so that its effect comes before the
                // charge cannot be told.
                const bool fill = s.kind == FuelSite::Kind::table_fill;
                const bool memory = s.kind == FuelSite::Kind::memory_bulk;
                t = {{ValueType::i32, fill ? m_.tables[s.index].element : ValueType::i32, ValueType::i32}, {}};
                w.raw("\1\1\x7e").op(op_local_get, 0).op(op_local_get, 1).op(op_local_get, 2).raw(instruction);
                w.op(op_local_get, 2).op(op_i64_extend_i32_u).i64(memory ? 6 : 3).op(op_i64_shr_u);
                w.op(op_local_set, 3);
                charge_local(w, 3);
            }
        }
        w.op(op_end);
        const std::uint32_t f = add_function(type(t), body);
        routines_.emplace(instruction, f);
        return f;
    }

    /// A function that calls import `f` for those who have a reference to it: they do not know that it needs cells.
    /// References cannot be compared, so nothing else tells the two apart.
    std::uint32_t wrapper(std::uint32_t f) {
        if (const auto known = wrappers_.find(f); known != wrappers_.end()) return known->second;
        const FunctionType& t = m_.function_type(f);
        Bytes body(1, '\0');
        CodeWriter w(body);
        lacks_cells(w, host_cells(f)).open(op_if);
        trap(w, TrapReason::stack_overflow).op(op_end);
        if (tail_calls_) release_left_behind(w);
        for (std::uint32_t i = 0; i < t.params.size(); i++) w.op(op_local_get, i);
        w.op(op_call, f).op(op_end);
        const std::uint32_t index = add_function(m_.functions[f], body);
        wrappers_.emplace(f, index);
        wrapper_list_.push_back(index);
        return index;
    }

    // ---- bodies

    /// The body of defined function `i`:
    ///     block                      ; label depth + 2: stack overflow
    ///         block                  ; label depth + 1: out of fuel
    ///             (take cells and a frame) (charge)
    ///             block (results)    ; label depth: the function's
    ///                 ...            ; the body, where `return` leaves by the label if there is something to give back
    ///             end
    ///             (give back cells and the frame) return
    ///         end (trap)
    ///     end (trap)
    Bytes body(std::uint32_t i, const FunctionCost& cost) {
        const FunctionType& t = m_.function_type(m_.imported_functions + i);
        const Range range = m_.bodies[i];
        const std::int32_t frame = cells(cost.len_registers) | 1;
        // Who calls no wasm only has to find room: nobody sees that it is not taken.
        const bool takes =
            std::any_of(cost.sites.begin(), cost.sites.end(), [&](const FuelSite& s) { return calls_wasm(m_, s); });
        std::size_t position = cost.charges[0].position;
        Bytes out(bytes({range.begin, position}));
        out.reserve(range.end - range.begin + 32 * (cost.charges.size() + cost.sites.size() + 4));
        CodeWriter w(out);
        w.open(op_block).open(op_block);
        w.op(op_global_get, stack_).i32(frame).op(op_i32_sub).i32(exhausted).op(op_i32_and).op(op_br_if, 1);
        if (takes) release(w, -frame);
        if (tail_calls_) release_left_behind(w);
        charge(w, cost.charges[0].fuel, 0);
        w.op(op_block);
        if (t.results.empty()) {
            w.op(0x40);
        } else if (t.results.size() == 1) {
            w.op(static_cast<std::uint8_t>(t.results[0]));
        } else {
            append_signed(out, type({{}, t.results}));
        }
        auto next_charge = cost.charges.begin() + 1;
        auto next_site = cost.sites.begin();
        while (next_charge != cost.charges.end() || next_site != cost.sites.end()) {
            const bool is_charge = next_charge != cost.charges.end() &&
                                   (next_site == cost.sites.end() || next_charge->position <= next_site->at.begin);
            if (is_charge) {
                w.raw(bytes({position, next_charge->position}));
                position = next_charge->position;
                charge(w, next_charge->fuel, next_charge->depth + 1);
                ++next_charge;
            } else {
                w.raw(bytes({position, next_site->at.begin}));
                position = next_site->at.end;
                site(w, *next_site, cost.len_registers, takes);
                ++next_site;
            }
        }
        w.raw(bytes({position, range.end}));  // the last `end` closes the inner block
        if (takes) release(w, frame);
        w.op(op_return).op(op_end);
        trap(w, TrapReason::out_of_fuel).op(op_end);
        trap(w, TrapReason::stack_overflow).op(op_end);
        return out;
    }
    void site(CodeWriter& w, const FuelSite& s, std::uint32_t len_registers, bool takes) {
        const bool host = s.index < m_.imported_functions;
        const std::uint32_t overflow = s.depth + 2;
        switch (s.kind) {
            case FuelSite::Kind::return_:
                if (takes) {
                    w.op(op_br, s.depth);
                } else {
                    w.op(op_return);
                }
                break;
            case FuelSite::Kind::call:
                if (const std::uint32_t n = host ? host_cells(s.index) : 0; n != 0)
                    lacks_cells(w, n + (takes ? 0 : len_registers)).op(op_br_if, overflow);
                w.raw(bytes(s.at));
                break;
            case FuelSite::Kind::call_indirect:
                w.raw(bytes(s.at));
                break;
            case FuelSite::Kind::return_call:
                if (host) {
                    if (const std::uint32_t n = host_cells(s.index); n != 0) lacks_cells(w, n).op(op_br_if, overflow);
                    release(w, cells(len_registers) | 1);
                    w.raw(bytes(s.at));
                    break;
                }
                [[fallthrough]];
            case FuelSite::Kind::return_call_indirect:
                // The frame is free at once, the cells when the callee has found its own.
                release(w, 1).i32(cells(len_registers)).op(op_global_set, left_behind_).raw(bytes(s.at));
                break;
            case FuelSite::Kind::keep_first:
                w.op(op_drop);
                break;
            case FuelSite::Kind::keep_second:
                w.i32(0).op(op_select);
                break;
            case FuelSite::Kind::function_reference:
                w.op(op_ref_func, host ? wrapper(s.index) : s.index);
                break;
            default:
                w.op(op_call, routine(s));
        }
    }

    // ---- sections

    [[nodiscard]] Bytes new_globals() const {
        Bytes out;
        CodeWriter w(out);
        w.raw("\x7e\1").i64(0).op(op_end);
        for (const std::int32_t n : {0, full_stack}) w.raw("\x7f\1").i32(n).op(op_end);
        if (tail_calls_) w.raw("\x7f\1").i32(0).op(op_end);
        return out;
    }
    /// The section with references to imports replaced by references to their wrappers.
    Bytes replace_references(std::uint8_t id) {
        for (const Section& s : m_.sections) {
            if (s.id != id) continue;
            Bytes out;
            std::size_t position = s.payload.begin;
            for (const FunctionReference& r : m_.references) {
                if (r.function >= m_.imported_functions || r.at.begin < s.payload.begin || r.at.end > s.payload.end)
                    continue;
                out.append(bytes({position, r.at.begin}));
                append_unsigned(out, wrapper(r.function));
                position = r.at.end;
            }
            out.append(bytes({position, s.payload.end}));
            return out;
        }
        return {};
    }
    Bytes section_elements() {
        // The wrappers that globals need must exist before the declaration below names them.
        replace_references(6);
        Bytes old = replace_references(9);
        if (wrapper_list_.empty()) return old;
        Bytes declaration("\3\0", 2);  // `ref.func` may name only what is declared somewhere
        append_unsigned(declaration, wrapper_list_.size());
        for (const std::uint32_t f : wrapper_list_) append_unsigned(declaration, f);
        return extended(old, declaration, 1);
    }
    [[nodiscard]] Result<Bytes> section_memories() const {
        const Export* e = m_.find_export("memory");
        const bool raised = options_.memory_pages != 0 && e != nullptr && e->kind == ExternalKind::memory;
        if (!raised) return Bytes(payload(5));
        if (e->index < m_.imported_memories) return fail("the exported memory is imported");
        Bytes out;
        append_unsigned(out, m_.memories.size() - m_.imported_memories);
        for (std::uint32_t i = m_.imported_memories; i < m_.memories.size(); i++) {
            Limits l = m_.memories[i];
            if (i == e->index) l.min = std::max(l.min, options_.memory_pages);
            if (l.max && *l.max < l.min) return fail("the exported memory cannot have as many pages");
            out.push_back(l.max ? 1 : 0);
            append_unsigned(out, l.min);
            if (l.max) append_unsigned(out, *l.max);
        }
        return out;
    }
    /// Exports of the module that have the names of ours are dropped: the reference ignores them.
    [[nodiscard]] Bytes section_exports() const {
        Bytes items;
        std::uint32_t n = 0;
        const auto add = [&](std::string_view name, ExternalKind kind, std::uint32_t index) {
            append_sized(items, name);
            items.push_back(static_cast<char>(kind));
            append_unsigned(items, index);
            n++;
        };
        for (const Export& e : m_.exports) {
            if (e.name != fuel_export && e.name != trap_export) add(e.name, e.kind, e.index);
        }
        add(fuel_export, ExternalKind::global, fuel_);
        add(trap_export, ExternalKind::global, trap_);
        Bytes out;
        append_unsigned(out, n);
        return out + items;
    }
};

}  // namespace

Result<Bytes> instrument(BytesView module, const InstrumentOptions& options) {
    const auto m = parse_module(module);
    if (!m) return tl::unexpected(m.error());
    return Rewriter(*m, options).run();
}

}  // namespace warpshrew::wasm
