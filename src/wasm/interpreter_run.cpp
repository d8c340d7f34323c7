// The loop of the interpreter.

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>

#include "wasm/constant_folding.hpp"
#include "wasm/interpreter.hpp"
#include "wasm/opcodes.hpp"
#include "wasm/stack_limits.hpp"

namespace warpshrew::wasm {
namespace {

constexpr std::uint32_t low(std::uint64_t v) { return static_cast<std::uint32_t>(v); }
constexpr std::int32_t low_signed(std::uint64_t v) { return static_cast<std::int32_t>(v); }
constexpr std::int64_t all_signed(std::uint64_t v) { return static_cast<std::int64_t>(v); }

/// The numeric instructions that are not in the loop itself. nullopt: it traps.
std::optional<std::uint64_t> numeric(std::uint16_t op, std::uint64_t a, std::uint64_t b) {
    const auto from = [op](int first) { return static_cast<std::uint8_t>(op - first); };
    if (op >= operation::truncate_saturating) {
        const auto k = from(operation::truncate_saturating);
        return fold_truncate(k & 2 ? 64 : 32, k & 4 ? 64 : 32, (k & 1) == 0, true, a);
    }
    if (op == 0x45) return low(a) == 0 ? 1 : 0;
    if (op < 0x50) return fold(IntCompare{from(0x46)}, 32, a, b) ? 1 : 0;
    if (op == 0x50) return a == 0 ? 1 : 0;
    if (op < 0x5b) return fold(IntCompare{from(0x51)}, 64, a, b) ? 1 : 0;
    if (op < 0x61) return fold(FloatCompare{from(0x5b)}, 32, a, b) ? 1 : 0;
    if (op < 0x67) return fold(FloatCompare{from(0x61)}, 64, a, b) ? 1 : 0;
    if (op < 0x6a) return fold(IntUnary{from(0x67)}, 32, a);
    if (op < 0x79) return fold(IntBinary{from(0x6a)}, 32, a, b);
    if (op < 0x7c) return fold(IntUnary{from(0x79)}, 64, a);
    if (op < 0x8b) return fold(IntBinary{from(0x7c)}, 64, a, b);
    if (op < 0x92) return fold(FloatUnary{from(0x8b)}, 32, a);
    if (op < 0x99) return fold(FloatBinary{from(0x92)}, 32, a, b);
    if (op < 0xa0) return fold(FloatUnary{from(0x99)}, 64, a);
    if (op < 0xa7) return fold(FloatBinary{from(0xa0)}, 64, a, b);
    switch (op) {
        case 0xa8:
        case 0xa9:
            return fold_truncate(32, 32, op == 0xa8, false, a);
        case 0xaa:
        case 0xab:
            return fold_truncate(64, 32, op == 0xaa, false, a);
        case 0xae:
        case 0xaf:
            return fold_truncate(32, 64, op == 0xae, false, a);
        case 0xb0:
        case 0xb1:
            return fold_truncate(64, 64, op == 0xb0, false, a);
        case 0xb2:
        case 0xb3:
            return fold_convert(32, 32, op == 0xb2, a);
        case 0xb4:
        case 0xb5:
            return fold_convert(64, 32, op == 0xb4, a);
        case 0xb6:
            return fold_demote(a);
        case 0xb7:
        case 0xb8:
            return fold_convert(32, 64, op == 0xb7, a);
        case 0xb9:
        case 0xba:
            return fold_convert(64, 64, op == 0xb9, a);
        case 0xbb:
            return fold_promote(a);
        case 0xc0:
            return fold_extend(8, 32, a);
        case 0xc1:
            return fold_extend(16, 32, a);
        case 0xc2:
            return fold_extend(8, 64, a);
        case 0xc3:
            return fold_extend(16, 64, a);
        default:
            return fold_extend(32, 64, a);
    }
}

/// Why `numeric` traps.
Trap numeric_trap(std::uint16_t op, std::uint64_t a, std::uint64_t b) {
    if (op < 0x8b) return b == 0 ? Trap::integer_division_by_zero : Trap::integer_overflow;
    const bool from_f32 = op == 0xa8 || op == 0xa9 || op == 0xae || op == 0xaf;
    return is_nan(a, from_f32 ? 32 : 64) ? Trap::bad_conversion_to_integer : Trap::integer_overflow;
}

}  // namespace

class InterpretedInstance::Run {
 public:
    Run(InterpretedInstance& instance, const HostCall& host, std::span<std::uint64_t> results)
        : i_(instance), module_(instance.code_.module()), host_(host), results_(results) {
        frames_.reserve(max_depth);
    }

    Trap root(std::uint32_t f, std::span<const std::uint64_t> args) {
        if (f < module_.imported_functions) {  // an import that is exported again, without params
            results_[0] = static_cast<std::uint32_t>(host_(i_.code_.host_function(f), {}));
            return Trap::none;
        }
        const InterpretedFunction& function = i_.code_.function(f - module_.imported_functions);
        if (function.cells > cells_left_) return Trap::stack_overflow;
        enter(function, stack_.get());
        std::copy(args.begin(), args.end(), base_);
        return loop();
    }

 private:
    struct Frame {
        const InterpretedFunction* function;
        const Operation* pc;  ///< the call that it waits for
        std::uint64_t* base;  ///< register 0
    };

    InterpretedInstance& i_;
    const Module& module_;
    const HostCall& host_;
    std::unique_ptr<std::uint64_t[]> stack_ = std::make_unique_for_overwrite<std::uint64_t[]>(max_cells);
    std::uint32_t cells_left_ = max_cells - 1 - 1;  ///< the root call's one result takes one
    std::vector<Frame> frames_;                     ///< of the callers
    std::vector<std::uint64_t> values_;
    std::span<std::uint64_t> results_;  ///< of the root
    // The frame that runs.
    const InterpretedFunction* function_ = nullptr;
    const Operation* pc_ = nullptr;
    std::uint64_t* base_ = nullptr;
    const std::uint64_t* constants_ = nullptr;

    [[nodiscard]] std::uint64_t get(std::int32_t operand) const {
        return operand >= first_constant ? constants_[operand - first_constant] : base_[operand];
    }
    void set(std::uint64_t v) const { base_[pc_->to] = v; }
    void enter_code(const InterpretedFunction& f) {
        function_ = &f;
        constants_ = f.constants.data();
    }
    /// Begins a function whose frame lies at `begin`; its params are yet to be written.
    void enter(const InterpretedFunction& f, std::uint64_t* begin) {
        enter_code(f);
        base_ = begin + f.slots;
        cells_left_ -= f.cells;
        std::fill(base_ + f.params, base_ + f.locals, 0);
        pc_ = f.operations.data();
    }
    /// Reads a list of operands of the frame that runs.
    void read(std::int32_t list, std::size_t n, std::uint64_t* out) const {
        if (n == 0) return;
        if (list < 0) {
            std::memmove(out, base_ + (list + first_in_a_row), n * sizeof *out);
            return;
        }
        const std::int32_t* operands = function_->lists.data() + list;
        for (std::size_t k = 0; k < n; k++) out[k] = get(operands[k]);
    }
    std::uint64_t* read(std::int32_t list, std::size_t n) {
        if (values_.size() < n) values_.resize(n);
        read(list, n, values_.data());
        return values_.data();
    }

    /// Leaves the frame with `n` values that do not lie in the caller's; false if it was the root.
    bool leave(const std::uint64_t* values, std::size_t n) {
        cells_left_ += function_->cells;
        if (frames_.empty()) {
            std::copy_n(values, n, results_.begin());
            return false;
        }
        const Frame& f = frames_.back();
        std::copy_n(values, n, f.base + f.pc->to);
        enter_code(*f.function);
        base_ = f.base;
        pc_ = f.pc + (f.pc->code == operation::call_table ? 2 : 1);
        frames_.pop_back();
        return true;
    }
    bool leave(std::int32_t list, std::int32_t n) {
        const auto count = static_cast<std::size_t>(n);
        return leave(read(list, count), count);
    }

    /// The function that a call by table reaches, imports counted.
    Trap callee(std::uint32_t& f) const {
        const Table& t = i_.tables_[pc_->extra];
        const std::uint32_t at = low(get(pc_[1].a));
        if (at >= t.size) return Trap::table_out_of_bounds;
        const std::uint64_t reference = t.data()[at];
        if (reference == 0) return Trap::indirect_call_to_null;
        f = static_cast<std::uint32_t>(reference - 1);
        const auto type = static_cast<std::uint32_t>(pc_->a);
        if (i_.code_.canonical_type(module_.functions[f]) != i_.code_.canonical_type(type)) return Trap::bad_signature;
        return Trap::none;
    }

    /// Cells, depth, then the callee's charge (wasmi-fuel.md 4).
    Trap call(std::uint32_t f, bool tail, bool& ended) {
        if (f < module_.imported_functions) return call_host(f, tail, ended);
        const InterpretedFunction& g = i_.code_.function(f - module_.imported_functions);
        if (g.cells > cells_left_) return Trap::stack_overflow;
        if (tail) {
            const std::uint64_t* args = read(pc_->b, g.params);
            cells_left_ += function_->cells;
            enter(g, base_ - function_->slots);
            std::copy_n(args, g.params, base_);
            return Trap::none;
        }
        if (frames_.size() + 1 >= max_depth) return Trap::stack_overflow;
        std::uint64_t* begin = base_ - function_->slots + function_->size;
        read(pc_->b, g.params, begin + g.slots);
        frames_.push_back({function_, pc_, base_});
        enter(g, begin);
        return Trap::none;
    }
    Trap call_host(std::uint32_t f, bool tail, bool& ended) {
        const FunctionType& t = module_.function_type(f);
        if (std::max(t.params.size(), t.results.size()) > cells_left_) return Trap::stack_overflow;
        std::array<std::uint64_t, 4> values{};
        read(pc_->b, t.params.size(), values.data());
        std::array<std::int64_t, 4> args{};
        for (std::size_t k = 0; k < t.params.size(); k++)
            args[k] = t.params[k] == ValueType::i32 ? low_signed(values[k]) : all_signed(values[k]);
        values[0] = static_cast<std::uint32_t>(
            host_(i_.code_.host_function(f), std::span<const std::int64_t>(args).first(t.params.size())));
        if (tail) {
            ended = !leave(values.data(), t.results.size());
            return Trap::none;
        }
        if (!t.results.empty()) set(values[0]);
        pc_ += pc_->code == operation::call_table ? 2 : 1;
        return Trap::none;
    }

    bool charge(std::uint64_t n) const {
        if (i_.fuel < n) return false;
        i_.fuel -= n;
        return true;
    }

    /// Where a load or store goes, or null if it is out of bounds.
    template <class T>
    [[nodiscard]] std::uint8_t* address(std::uint64_t base) const {
        const Memory& m = i_.memories_[pc_->extra];
        const std::uint64_t at = std::uint64_t{low(base)} + static_cast<std::uint32_t>(pc_->b);
        return at + sizeof(T) <= m.size ? m.reservation.data() + at : nullptr;
    }
    /// Extends a T to an R, and an R by zeros.
    template <class T, class R>
    [[nodiscard]] bool load() const {
        const std::uint8_t* p = address<T>(get(pc_->a));
        if (p == nullptr) return false;
        T v;
        std::memcpy(&v, p, sizeof v);
        set(static_cast<R>(v));
        return true;
    }
    template <class T>
    [[nodiscard]] bool store() const {
        std::uint8_t* p = address<T>(get(pc_->a));
        if (p == nullptr) return false;
        const T v = static_cast<T>(get(pc_->to));
        std::memcpy(p, &v, sizeof v);
        return true;
    }

    /// Bounds, charge, effect (wasmi-fuel.md 3).
    Trap bulk() {
        const Operation& o = *pc_;
        const std::uint64_t d = low(get(o.a)), n = low(get(pc_[1].a));
        const std::uint64_t second = get(o.b), s = low(second);
        switch (o.code) {
            case operation::memory_fill:
            case operation::memory_copy:
            case operation::memory_init: {
                const Memory& to = i_.memories_[o.extra];
                const auto k = static_cast<std::size_t>(o.to);
                const std::uint8_t* from = nullptr;
                std::uint64_t size = ~std::uint64_t{0};
                if (o.code == operation::memory_copy) {
                    from = i_.memories_[k].reservation.data();
                    size = i_.memories_[k].size;
                } else if (o.code == operation::memory_init) {
                    from = reinterpret_cast<const std::uint8_t*>(module_.bytes.data()) + module_.data[k].begin;
                    size = i_.dropped_data_[k] ? 0 : module_.data[k].size;
                }
                if (d + n > to.size || s + n > size) return Trap::memory_out_of_bounds;
                if (!charge(n / 64)) return Trap::out_of_fuel;
                if (n == 0) return Trap::none;
                if (from == nullptr) {
                    std::memset(to.reservation.data() + d, static_cast<int>(s & 0xff), n);
                } else {
                    std::memmove(to.reservation.data() + d, from + s, n);
                }
                return Trap::none;
            }
            case operation::table_fill: {
                const Table& t = i_.tables_[o.extra];
                if (d + n > t.size) return Trap::table_out_of_bounds;
                if (!charge(n / 8)) return Trap::out_of_fuel;
                std::fill_n(t.data() + d, n, second);
                return Trap::none;
            }
            case operation::table_copy: {
                const Table& to = i_.tables_[o.extra];
                const Table& from = i_.tables_[static_cast<std::size_t>(o.to)];
                if (d + n > to.size || s + n > from.size) return Trap::table_out_of_bounds;
                if (!charge(n / 8)) return Trap::out_of_fuel;
                if (n != 0) std::memmove(to.data() + d, from.data() + s, n * sizeof(std::uint64_t));
                return Trap::none;
            }
            default: {  // table_init
                const Table& to = i_.tables_[o.extra];
                const auto k = static_cast<std::size_t>(o.to);
                const auto& from = module_.elements[k].functions;
                if (d + n > to.size || s + n > (i_.dropped_elements_[k] ? 0 : from.size()))
                    return Trap::table_out_of_bounds;
                if (!charge(n / 8)) return Trap::out_of_fuel;
                std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(s), n, to.data() + d);
                return Trap::none;
            }
        }
    }
    Trap grow_memory() const {
        Memory& m = i_.memories_[pc_->extra];
        const std::uint64_t pages = low(get(pc_->a)), before = m.size >> 16;
        if ((before + pages) << 16 > m.limit || !i_.budget_->take(pages << 16)) {
            set(0xffffffff);
            return Trap::none;
        }
        m.size += pages << 16;
        if (!charge(pages * 1024)) return Trap::out_of_fuel;
        set(before);
        return Trap::none;
    }
    /// Without the fuel for it, it fails (wasmi-fuel.md 3).
    void grow_table() const {
        Table& t = i_.tables_[pc_->extra];
        const std::uint64_t n = low(get(pc_->b)), before = t.size;
        const std::uint64_t element = get(pc_->a);
        if (before + n > t.limit || !charge(n / 8)) return set(0xffffffff);
        if (element != 0) std::fill_n(t.data() + before, n, element);
        t.size += n;
        set(before);
    }

    Trap loop() {  // NOLINT(readability-function-size): one case an instruction
        for (;;) {
            const Operation& o = *pc_;
            switch (o.code) {
                case operation::charge:
                    if (!charge(static_cast<std::uint32_t>(o.b))) return Trap::out_of_fuel;
                    break;
                case operation::copy:
                    set(get(o.a));
                    break;
                case operation::copy_many: {
                    const auto n = static_cast<std::size_t>(o.b);
                    std::copy_n(read(o.a, n), n, base_ + o.to);
                    break;
                }
                case operation::jump:
                    pc_ = function_->operations.data() + o.b;
                    continue;
                case operation::jump_if:
                    if (low(get(o.a)) == 0) break;
                    pc_ = function_->operations.data() + o.b;
                    continue;
                case operation::jump_unless:
                    if (low(get(o.a)) != 0) break;
                    pc_ = function_->operations.data() + o.b;
                    continue;
                case operation::jump_table: {
                    const std::uint32_t k = std::min(low(get(o.a)), static_cast<std::uint32_t>(o.b) - 1);
                    const Operation& list = pc_[1];
                    const Operation& to = pc_[2 + k];
                    if (to.code == operation::target_return) {
                        if (!leave(list.a, list.b)) return Trap::none;
                        continue;
                    }
                    const auto n = static_cast<std::size_t>(list.b);
                    std::copy_n(read(list.a, n), n, base_ + to.to);
                    pc_ = function_->operations.data() + to.b;
                    continue;
                }
                case operation::return_if:
                    if (low(get(o.to)) == 0) break;
                    [[fallthrough]];
                case operation::return_values:
                    if (!leave(o.a, o.b)) return Trap::none;
                    continue;
                case operation::call_function:
                case operation::call_table:
                case operation::tail_call_function:
                case operation::tail_call_table: {
                    auto f = static_cast<std::uint32_t>(o.a);
                    if (o.code == operation::call_table || o.code == operation::tail_call_table) {
                        if (const Trap t = callee(f); t != Trap::none) return t;
                    }
                    const bool tail = o.code == operation::tail_call_function || o.code == operation::tail_call_table;
                    bool ended = false;
                    if (const Trap t = call(f, tail, ended); t != Trap::none || ended) return t;
                    continue;
                }
                case operation::select:
                    set(low(get(pc_[1].a)) != 0 ? get(o.a) : get(o.b));
                    pc_++;
                    break;
                case operation::trap_with:
                    return static_cast<Trap>(o.a);
                case operation::memory_init:
                case operation::memory_copy:
                case operation::memory_fill:
                case operation::table_init:
                case operation::table_copy:
                case operation::table_fill:
                    if (const Trap t = bulk(); t != Trap::none) return t;
                    pc_++;
                    break;
                case operation::data_drop:
                    i_.dropped_data_[static_cast<std::size_t>(o.a)] = true;
                    break;
                case operation::elem_drop:
                    i_.dropped_elements_[static_cast<std::size_t>(o.a)] = true;
                    break;
                case operation::table_size:
                    set(i_.tables_[o.extra].size);
                    break;
                case operation::table_grow:
                    grow_table();
                    break;
                case op_table_get: {
                    const Table& t = i_.tables_[o.extra];
                    const std::uint32_t at = low(get(o.a));
                    if (at >= t.size) return Trap::table_out_of_bounds;
                    set(t.data()[at]);
                    break;
                }
                case op_table_set: {
                    const Table& t = i_.tables_[o.extra];
                    const std::uint32_t at = low(get(o.a));
                    if (at >= t.size) return Trap::table_out_of_bounds;
                    t.data()[at] = get(o.b);
                    break;
                }
                case op_ref_func:
                    set(static_cast<std::uint64_t>(o.a) + 1);
                    break;
                case op_global_get:
                    set(i_.globals_[static_cast<std::size_t>(o.a)]);
                    break;
                case op_global_set:
                    i_.globals_[static_cast<std::size_t>(o.b)] = get(o.a);
                    break;
                case op_memory_size:
                    set(i_.memories_[o.extra].size >> 16);
                    break;
                case op_memory_grow:
                    if (const Trap t = grow_memory(); t != Trap::none) return t;
                    break;
                case 0x28:  // i32.load
                case 0x2a:  // f32.load
                case 0x35:  // i64.load32_u
                    if (!load<std::uint32_t, std::uint64_t>()) return Trap::memory_out_of_bounds;
                    break;
                case 0x29:  // i64.load
                case 0x2b:  // f64.load
                    if (!load<std::uint64_t, std::uint64_t>()) return Trap::memory_out_of_bounds;
                    break;
                case 0x2c:  // i32.load8_s
                    if (!load<std::int8_t, std::uint32_t>()) return Trap::memory_out_of_bounds;
                    break;
                case 0x2d:  // i32.load8_u
                case 0x31:  // i64.load8_u
                    if (!load<std::uint8_t, std::uint64_t>()) return Trap::memory_out_of_bounds;
                    break;
                case 0x2e:  // i32.load16_s
                    if (!load<std::int16_t, std::uint32_t>()) return Trap::memory_out_of_bounds;
                    break;
                case 0x2f:  // i32.load16_u
                case 0x33:  // i64.load16_u
                    if (!load<std::uint16_t, std::uint64_t>()) return Trap::memory_out_of_bounds;
                    break;
                case 0x30:  // i64.load8_s
                    if (!load<std::int8_t, std::uint64_t>()) return Trap::memory_out_of_bounds;
                    break;
                case 0x32:  // i64.load16_s
                    if (!load<std::int16_t, std::uint64_t>()) return Trap::memory_out_of_bounds;
                    break;
                case 0x34:  // i64.load32_s
                    if (!load<std::int32_t, std::uint64_t>()) return Trap::memory_out_of_bounds;
                    break;
                case 0x36:  // i32.store
                case 0x38:  // f32.store
                case 0x3e:  // i64.store32
                    if (!store<std::uint32_t>()) return Trap::memory_out_of_bounds;
                    break;
                case 0x37:  // i64.store
                case 0x39:  // f64.store
                    if (!store<std::uint64_t>()) return Trap::memory_out_of_bounds;
                    break;
                case 0x3a:  // i32.store8
                case 0x3c:  // i64.store8
                    if (!store<std::uint8_t>()) return Trap::memory_out_of_bounds;
                    break;
                case 0x3b:  // i32.store16
                case 0x3d:  // i64.store16
                    if (!store<std::uint16_t>()) return Trap::memory_out_of_bounds;
                    break;
                // The commonest numeric instructions; the others are below.
                case 0x45:
                    set(low(get(o.a)) == 0);
                    break;
                case 0x46:
                case 0x51:
                    set(get(o.a) == get(o.b));
                    break;
                case 0x47:
                case 0x52:
                    set(get(o.a) != get(o.b));
                    break;
                case 0x48:
                    set(low_signed(get(o.a)) < low_signed(get(o.b)));
                    break;
                case 0x49:
                case 0x54:
                    set(get(o.a) < get(o.b));
                    break;
                case 0x4a:
                    set(low_signed(get(o.a)) > low_signed(get(o.b)));
                    break;
                case 0x4b:
                case 0x56:
                    set(get(o.a) > get(o.b));
                    break;
                case 0x4d:
                case 0x58:
                    set(get(o.a) <= get(o.b));
                    break;
                case 0x4f:
                case 0x5a:
                    set(get(o.a) >= get(o.b));
                    break;
                case 0x6a:
                    set(low(get(o.a) + get(o.b)));
                    break;
                case 0x6b:
                    set(low(get(o.a) - get(o.b)));
                    break;
                case 0x6c:
                    set(low(get(o.a) * get(o.b)));
                    break;
                case 0x71:
                case 0x83:
                    set(get(o.a) & get(o.b));
                    break;
                case 0x72:
                case 0x84:
                    set(get(o.a) | get(o.b));
                    break;
                case 0x73:
                case 0x85:
                    set(get(o.a) ^ get(o.b));
                    break;
                case 0x74:
                    set(low(get(o.a) << (get(o.b) & 31)));
                    break;
                case 0x76:
                    set(get(o.a) >> (get(o.b) & 31));
                    break;
                case 0x7c:
                    set(get(o.a) + get(o.b));
                    break;
                case 0x7d:
                    set(get(o.a) - get(o.b));
                    break;
                case 0x7e:
                    set(get(o.a) * get(o.b));
                    break;
                case 0x86:
                    set(get(o.a) << (get(o.b) & 63));
                    break;
                case 0x88:
                    set(get(o.a) >> (get(o.b) & 63));
                    break;
                case 0xa7:
                    set(low(get(o.a)));
                    break;
                default: {
                    const std::uint64_t a = get(o.a), b = get(o.b);
                    const auto v = numeric(o.code, a, b);
                    if (!v) return numeric_trap(o.code, a, b);
                    set(*v);
                }
            }
            pc_++;
        }
    }
};

Trap InterpretedInstance::call(std::uint32_t f, std::span<const std::uint64_t> args, const HostCall& host,
                               std::span<std::uint64_t> results) {
    return Run(*this, host, results).root(f, args);
}

}  // namespace warpshrew::wasm
