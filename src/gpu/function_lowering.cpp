#include "gpu/function_lowering.hpp"

#include <algorithm>
#include <optional>
#include <span>

#include "gpu/code_folding.hpp"
#include "gpu/device_code.hpp"
#include "wasm/opcodes.hpp"

namespace warpshrew::gpu {
namespace {

using wasm::Operation;
namespace operation = wasm::operation;

constexpr std::uint32_t largest_frame = 16'000;  // registers: what a record has bits for
constexpr std::uint32_t most_code = 4U << 20;    // instructions of a function, before folding

/// A constant, if it is one of those that an operand can be.
std::optional<Value> short_constant(std::uint64_t bits) {
    const auto low = static_cast<std::uint32_t>(bits);
    if (bits == low) return number(low);
    if (bits == static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(low))))
        return Value{operand::sign_extended, low};
    return std::nullopt;
}

/// An instruction of WebAssembly with a result, in device code.
struct Form {
    Op op;
    std::uint32_t flags = 0;
    bool swapped = false;
};

std::optional<Form> numeric_form(std::uint16_t code) {
    constexpr std::uint32_t n = instruction::narrow, s = instruction::is_signed;
    const auto compare = [](unsigned k, std::uint32_t width) -> Form {  // eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u
        if (k == 0) return {Op::equal};
        if (k == 1) return {Op::unequal};
        const std::uint32_t flags = k % 2 == 0 ? s | width : 0;
        const unsigned which = (k - 2) / 2;  // lt gt le ge
        return {which < 2 ? Op::less : Op::less_or_equal, flags, which % 2 == 1};
    };
    const auto arithmetic = [](unsigned k, std::uint32_t width) -> Form {
        switch (k) {
            case 0:
                return {Op::leading_zeros, width};
            case 1:
                return {Op::trailing_zeros, width};
            case 2:
                return {Op::count_ones, width};
            case 3:
                return {Op::add, width};
            case 4:
                return {Op::subtract, width};
            case 5:
                return {Op::multiply, width};
            case 6:
                return {Op::divide, width | s};
            case 7:
                return {Op::divide, width};
            case 8:
                return {Op::remainder, width | s};
            case 9:
                return {Op::remainder, width};
            case 10:
                return {Op::bit_and};
            case 11:
                return {Op::bit_or};
            case 12:
                return {Op::bit_xor};
            case 13:
                return {Op::shift_left, width};
            case 14:
                return {Op::shift_right, width | s};
            case 15:
                return {Op::shift_right, width};
            case 16:
                return {Op::rotate_left, width};
            default:
                return {Op::rotate_right, width};
        }
    };
    if (code >= 0x46 && code < 0x50) return compare(code - 0x46U, n);
    if (code >= 0x51 && code < 0x5b) return compare(code - 0x51U, 0);
    if (code >= 0x67 && code < 0x79) return arithmetic(code - 0x67U, n);
    if (code >= 0x79 && code < 0x8b) return arithmetic(code - 0x79U, 0);
    return std::nullopt;
}

/// Instructions whose second operand is a constant.
std::optional<Form> unary_form(std::uint16_t code, std::uint32_t& second) {
    second = 0;
    switch (code) {
        case 0x45:
        case 0x50:
            return Form{Op::equal};
        case 0xa7:
            return Form{Op::copy, instruction::narrow};
        case 0xac:
        case 0xc4:
            second = 32;
            return Form{Op::extend};
        case 0xc0:
        case 0xc2:
            second = 56;
            return Form{Op::extend, code == 0xc0 ? instruction::narrow : 0};
        case 0xc1:
        case 0xc3:
            second = 48;
            return Form{Op::extend, code == 0xc1 ? instruction::narrow : 0};
        default:
            return std::nullopt;
    }
}

struct Access {
    std::uint32_t extra;
    std::uint32_t flags = 0;
};
constexpr Access loads[] = {{2},
                            {3},
                            {2},
                            {3},
                            {0 | access::sign, instruction::narrow},
                            {0},
                            {1 | access::sign, instruction::narrow},
                            {1},
                            {0 | access::sign},
                            {0},
                            {1 | access::sign},
                            {1},
                            {2 | access::sign},
                            {2}};                                // from 0x28 on
constexpr std::uint32_t stores[] = {2, 3, 2, 3, 0, 1, 0, 1, 2};  // from 0x36 on

/// Writes instructions, one after the other.
class Writer {
 public:
    [[nodiscard]] std::uint32_t here() const { return static_cast<std::uint32_t>(code_.size()); }
    std::uint32_t put(Op op, std::uint32_t flags, std::uint32_t to, Value a = {}, Value b = {},
                      std::uint32_t extra = 0) {
        const std::uint32_t at = here();
        code_.push_back({op, flags, to, a, b, extra});
        return at;
    }
    void call(Op op, std::uint32_t to, Value a, std::uint32_t callee, std::uint32_t args, std::uint32_t extra = 0) {
        Instruction& i = code_[put(op, 0, to, a, {}, extra)];
        i.frame = callee;
        i.args = args;
    }
    /// to := v
    void copy(std::uint32_t to, Value v) {
        if (v != in_register(to)) put(Op::copy, 0, to, v);
    }
    void constant(std::uint32_t to, std::uint64_t bits, std::uint32_t flags = 0) {
        put(Op::constant, flags, to, number(static_cast<std::uint32_t>(bits)),
            number(static_cast<std::uint32_t>(bits >> 32)));
    }
    /// A jump whose place `land` will say.
    std::uint32_t jump() { return put(Op::jump, 0, 0); }
    void land(std::uint32_t jump, std::uint32_t place) { code_[jump].target = place; }
    void land_here(std::uint32_t jump) { land(jump, here()); }
    void jump_to(std::uint32_t place) { land(jump(), place); }
    /// Jumps if v is not 0, or if it is.
    std::uint32_t jump_on(Value v, bool set) {
        return put(Op::copy, instruction::jumps | (set ? instruction::if_set : 0), 0, v);
    }
    [[nodiscard]] std::vector<Instruction> take() { return std::move(code_); }

 private:
    std::vector<Instruction> code_;
};

/// Whether the kernel's short way (kernels/quick.wgsl) may take it: the operands that it reads are registers of the
/// frame, b may be a number.
bool is_quick(const Instruction& i) {
    if (i.op == Op::add_two) return true;
    if (i.b.kind == operand::in_global || i.b.kind == operand::sign_extended || (i.flags & instruction::to_global) != 0)
        return false;
    if (i.op == Op::charge || i.op == Op::jump || i.op == Op::call || i.op == Op::give || i.op == Op::copy) return true;
    if (i.op == Op::load || i.op == Op::store)
        return i.a.kind != operand::in_global && (i.extra & (access::contract | access::image)) == 0;
    if (i.a.kind != operand::in_register) return false;
    switch (i.op) {
        case Op::copy_two:
        case Op::choose:
        case Op::xor_rotated:
        case Op::multiply:
        case Op::shift_left:
        case Op::shift_right:
        case Op::rotate_left:
            return true;
        default:
            return i.op >= Op::add && i.op <= Op::greater;
    }
}

/// As the device has it: what reads one operand reads b, and only b is a number where that is possible.
Instruction for_device(Instruction i) {
    const bool one = i.op == Op::copy || i.op == Op::charge || i.op == Op::give;
    const bool number_first = i.a.kind >= operand::zero_extended && i.b.kind == operand::in_register;
    if (one || (number_first && (i.op == Op::subtract || i.op == Op::less || i.op == Op::less_or_equal)))
        std::swap(i.a, i.b);
    else
        return i;
    if (i.op == Op::subtract) i.op = Op::subtract_from;
    if (i.op == Op::less) i.op = Op::greater;
    if (i.op == Op::less_or_equal) i.op = Op::greater_or_equal;
    return i;
}

/// Appends code to a module's words, where places have their distances.
void encode(std::span<const Instruction> code, std::vector<std::uint32_t>& words) {
    const auto begin = static_cast<std::uint32_t>(words.size() / 4);
    for (std::uint32_t k = 0; k < code.size(); k++) {
        const Instruction i = for_device(code[k]);
        std::uint32_t to = i.to, a = i.a.bits, extra = i.extra;
        if (i.op == Op::call) a -= begin + k;
        if (i.op == Op::call || i.op == Op::call_table) to = i.frame | i.to << record::to_shift;
        if (i.op == Op::add_two) to |= i.addends << add_two::first_shift;
        if (i.op == Op::jump || (i.flags & instruction::jumps) != 0)
            to = i.target - k;
        else if (i.target != none)
            extra = (i.target - k) & instruction::extra_mask;
        else if (may_go_on(i.op))
            extra = 1;
        words.push_back(static_cast<std::uint32_t>(i.op) | (is_quick(i) ? instruction::quick : 0) | i.flags |
                        i.a.kind << instruction::kind_of_a | i.b.kind << instruction::kind_of_b |
                        extra << instruction::extra_shift);
        words.push_back(to);
        words.push_back(a);
        words.push_back(i.b.bits);
    }
}

struct Move {
    std::uint32_t to;
    Value from;
};

class FunctionLowering {
 public:
    FunctionLowering(const ModuleContext& context, std::uint32_t i, const wasm::InterpretedFunction& f,
                     std::vector<std::uint32_t>& words)
        : c_(context), m_(context.module), f_(f), words_(words), results_(size_of(type_of(i).results)) {
        bool bulk = false;
        for (const Operation& o : f.operations)
            bulk = bulk || o.code == operation::memory_init || o.code == operation::memory_copy ||
                   o.code == operation::memory_fill;
        temporary_ = std::max(f.size, results_);
        frame_ = temporary_ + (bulk ? 7 : 3);
        callee_ = frame_ + 1;
    }

    Result<LoweredFunction> run() {
        LoweredFunction out{static_cast<std::uint32_t>(words_.size() / 4), f_.cells, 0};
        std::uint32_t charge = 0;
        if (frame_ > largest_frame) {
            hand_back();
            encode(w_.take(), words_);
            out.size = 1;
            return out;
        }
        for (std::uint32_t r = f_.params; r < f_.locals; r++) w_.copy(r, number(0));
        find_targets();
        places_.resize(f_.operations.size() + 1);
        // The first charge is the call's; whoever jumps to it pays again.
        const auto& first = f_.operations;
        if (!c_.supervisor && !first.empty() && first[0].code == operation::charge && !targets_[0] &&
            static_cast<std::uint32_t>(first[0].b) <= descriptor::most_charge) {
            charge = static_cast<std::uint32_t>(first[0].b);
            at_ = 1;
        }
        for (; at_ < f_.operations.size(); at_++) {
            places_[at_] = w_.here();
            if (!operation(f_.operations[at_])) return fail("an import of the supervisor without its constants");
            if (w_.here() > most_code) return fail("too much code");
        }
        places_[at_] = w_.here();
        w_.put(Op::fault, 0, 0);
        for (const Trampoline& t : trampolines_) {
            w_.land_here(t.jump);
            if (w_.here() > most_code) return fail("too much code");
            const Operation& list = f_.operations[t.table + 1];
            const Operation& to = f_.operations[t.target];
            if (to.code == operation::target_return) {
                give(list.a, list.b);
                continue;
            }
            move(list.a, static_cast<std::uint32_t>(list.b), reg(to.to));
            jump_to_operation(to.b);
        }
        for (const auto& [jump, target] : fixups_) w_.land(jump, places_[target]);
        const std::uint32_t size = callee_ + std::max(outgoing_, 5U);
        DeviceFunction device{w_.take(), frame_, results_, size};
        fold(device);
        encode(device.code, words_);
        out.size = size | charge << descriptor::charge_shift;
        return out;
    }

 private:
    struct Trampoline {
        std::uint32_t jump;
        std::size_t table, target;  ///< operations
    };

    const ModuleContext& c_;
    const wasm::Module& m_;
    const wasm::InterpretedFunction& f_;
    std::vector<std::uint32_t>& words_;
    Writer w_;
    std::uint32_t results_;
    std::uint32_t temporary_ = 0;  ///< first register of the lowering's own
    std::uint32_t frame_ = 0, callee_ = 0;
    std::uint32_t outgoing_ = 0;
    std::size_t at_ = 0;
    std::vector<bool> targets_;
    std::vector<std::uint32_t> places_;
    std::vector<std::pair<std::uint32_t, std::size_t>> fixups_;
    std::vector<Trampoline> trampolines_;

    template <class T>
    static std::uint32_t size_of(const T& v) {
        return static_cast<std::uint32_t>(v.size());
    }
    [[nodiscard]] const wasm::FunctionType& type_of(std::uint32_t defined) const {
        return m_.function_type(m_.imported_functions + defined);
    }
    [[nodiscard]] std::uint32_t reg(std::int32_t r) const {
        return r >= 0 ? static_cast<std::uint32_t>(r) : f_.size - static_cast<std::uint32_t>(-r);
    }
    [[nodiscard]] std::uint64_t bits_of(std::int32_t o) const {
        return f_.constants[static_cast<std::size_t>(o - wasm::first_constant)];
    }
    /// An operand; a long constant goes to a temporary register first.
    Value value(std::int32_t o, std::uint32_t temporary) {
        if (o < wasm::first_constant) return in_register(reg(o));
        if (const auto v = short_constant(bits_of(o))) return *v;
        w_.constant(temporary_ + temporary, bits_of(o));
        return in_register(temporary_ + temporary);
    }
    void copy(std::uint32_t to, std::int32_t o) {
        if (o >= wasm::first_constant && !short_constant(bits_of(o))) return w_.constant(to, bits_of(o));
        w_.copy(to, value(o, 0));
    }
    void hand_back() { w_.put(Op::hand_back, 0, 0, number(static_cast<std::uint32_t>(HandBack::unsupported))); }

    void find_targets() {
        targets_.assign(f_.operations.size() + 1, false);
        for (const Operation& o : f_.operations) {
            if (o.code == operation::jump || o.code == operation::jump_if || o.code == operation::jump_unless ||
                o.code == operation::target)
                targets_[static_cast<std::size_t>(o.b)] = true;
        }
    }
    void jump_to_operation(std::int32_t target) { fixups_.emplace_back(w_.jump(), static_cast<std::size_t>(target)); }

    [[nodiscard]] std::int32_t element(std::int32_t list, std::uint32_t k) const {
        if (list < 0) return list + wasm::first_in_a_row + static_cast<std::int32_t>(k);
        return f_.lists[static_cast<std::size_t>(list) + k];
    }
    /// Registers from `to` on := the list, as if all were read first.
    void move(std::int32_t list, std::uint32_t n, std::uint32_t to) {
        std::vector<Move> pending;
        for (std::uint32_t k = 0; k < n; k++) {
            const std::int32_t o = element(list, k);
            if (o >= wasm::first_constant) continue;
            if (reg(o) != to + k) pending.push_back({to + k, in_register(reg(o))});
        }
        while (!pending.empty()) {
            const auto free = std::find_if(pending.begin(), pending.end(), [&](const Move& a) {
                return std::none_of(pending.begin(), pending.end(),
                                    [&](const Move& b) { return b.from == in_register(a.to); });
            });
            if (free != pending.end()) {
                w_.copy(free->to, free->from);
                pending.erase(free);
                continue;
            }
            // All that is left are cycles: one register steps aside.
            const Value moved = pending.front().from;
            w_.copy(temporary_ + 2, moved);
            for (Move& a : pending)
                if (a.from == moved) a.from = in_register(temporary_ + 2);
        }
        for (std::uint32_t k = 0; k < n; k++) {
            const std::int32_t o = element(list, k);
            if (o >= wasm::first_constant) copy(to + k, o);
        }
    }
    void give(std::int32_t list, std::int32_t n) {
        if (n == 1) {
            const Value v = value(element(list, 0), 0);
            w_.put(Op::give, 0, f_.cells, v);
            return;
        }
        move(list, static_cast<std::uint32_t>(n), 0);
        w_.put(Op::give, 0, f_.cells, {}, {}, 1);
    }

    /// An instruction with a result, or a jump on its result if that is all that it is for.
    void result(const Form& form, std::int32_t to, Value a, Value b) {
        if (form.swapped) std::swap(a, b);
        const Operation* next = at_ + 1 < f_.operations.size() ? &f_.operations[at_ + 1] : nullptr;
        const bool jumps = next != nullptr && !targets_[at_ + 1] && next->a == to &&
                           to >= static_cast<std::int32_t>(f_.locals) &&
                           (next->code == operation::jump_if || next->code == operation::jump_unless);
        if (!jumps) {
            w_.put(form.op, form.flags, reg(to), a, b);
            return;
        }
        const std::uint32_t sense = next->code == operation::jump_if ? instruction::if_set : 0;
        const std::uint32_t jump = w_.put(form.op, form.flags | instruction::jumps | sense, 0, a, b);
        fixups_.emplace_back(jump, static_cast<std::size_t>(next->b));
        at_++;
        places_[at_] = jump;  // nothing jumps there
    }

    void call(const Operation& o, const wasm::FunctionType& t, bool by_table) {
        const std::uint32_t n = size_of(t.params), k = size_of(t.results);
        outgoing_ = std::max({outgoing_, n, k});
        Value index;
        if (by_table) {
            if (o.extra != 0) return hand_back();
            index = value(f_.operations[at_ + 1].a, 0);
        }
        move(o.b, n, callee_);
        // The results of host functions without one go where nothing is.
        const std::uint32_t to = k == 1 ? reg(o.to) : frame_;
        if (by_table) {
            at_++;
            places_[at_] = w_.here();
            w_.call(Op::call_table, to, index, callee_, n, c_.types[static_cast<std::size_t>(o.a)]);
        } else {
            w_.call(Op::call, to, number(c_.descriptors[static_cast<std::size_t>(o.a)]), callee_, n);
        }
        if (k < 2) return;
        for (std::uint32_t r = 0; r < k; r++) w_.copy(reg(o.to) + r, in_register(callee_ + r));
    }

    /// A function that the supervisor imports; false if what must be a constant is none.
    bool supervisor_call(const Operation& o, const wasm::FunctionType& t) {
        const std::uint32_t which = c_.hosts[static_cast<std::size_t>(o.a)];
        const auto arg = [&](std::uint32_t k) { return value(element(o.b, k), k); };
        const std::uint32_t to = t.results.empty() ? frame_ : reg(o.to);
        constexpr std::uint32_t sizes[] = {0, 2, 3};
        if (which < 3) {
            w_.put(Op::load, 0, to, arg(0), number(0), sizes[which] | access::contract);
        } else if (which < 6) {
            const Value address = arg(0), v = arg(1);
            w_.put(Op::store, 0, 0, address, v, sizes[which - 3] | access::contract);
        } else if (which < 9) {
            w_.put(Op::input, 0, to, arg(0), {}, which - 6);
        } else if (which == 9 || which == 12) {
            const Value a = arg(0), b = arg(1);
            w_.put(which == 9 ? Op::output : Op::stop, 0, 0, a, b);
        } else if (which == 10) {
            w_.put(Op::enter, 0, to, arg(0), number(callee_));
        } else if (which == 11) {
            w_.put(Op::free_pages, 0, 0, arg(0));
        } else {
            const std::int32_t field = element(o.b, 0);
            if (field < wasm::first_constant) return false;
            const auto extra = static_cast<std::uint32_t>(bits_of(field));
            if (which == 13) {
                w_.put(Op::get_state, 0, to, {}, {}, extra);
            } else {
                w_.put(Op::set_state, 0, 0, value(element(o.b, 1), 1), {}, extra);
            }
        }
        return true;
    }

    void select(const Operation& o) {
        const std::uint32_t to = reg(o.to);
        const Value c = value(f_.operations[at_ + 1].a, 0);
        at_++;
        places_[at_] = w_.here();
        const Value if_set = value(o.a, 2), if_not = value(o.b, 1);
        if (if_set.kind == operand::in_register)
            return static_cast<void>(w_.put(Op::choose, 0, to, c, if_not, if_set.bits));
        if (if_not.kind == operand::in_register)
            return static_cast<void>(w_.put(Op::choose, instruction::if_set, to, c, if_set, if_not.bits));
        if (if_set.kind == operand::zero_extended && if_set.bits <= instruction::extra_mask)
            return static_cast<void>(w_.put(Op::choose, choose::by_number, to, c, if_not, if_set.bits));
        w_.copy(temporary_ + 2, if_set);
        w_.put(Op::choose, 0, to, c, if_not, temporary_ + 2);
    }

    void charge_by(Value n, std::uint32_t shift) {
        if (c_.supervisor) return;
        const Value t = in_register(temporary_ + 2);
        w_.put(Op::shift_right, 0, t.bits, n, number(shift));
        w_.put(Op::charge, 0, 0, t);
    }
    void bulk(const Operation& o) {
        const Value d = value(o.a, 0), s = value(o.b, 1), n = value(f_.operations[at_ + 1].a, 2);
        at_++;
        places_[at_] = w_.here();
        const std::uint32_t to = temporary_ + 3, from = to + 1, left = to + 2, word = to + 3;
        std::uint32_t source = access::size_mask + 1;  // not an image
        std::uint32_t offset = 0;
        // Copied before the charge, which has a temporary register of the operands.
        w_.copy(to, d);
        w_.copy(from, s);
        w_.copy(left, n);
        w_.put(Op::check_range, 0, none, in_register(to), in_register(left));
        if (o.code == operation::memory_copy) {
            w_.put(Op::check_range, 0, none, in_register(from), in_register(left));
            source = 0;
        } else if (o.code == operation::memory_init) {
            const auto k = static_cast<std::size_t>(o.to);
            const bool passive = m_.data[k].mode == wasm::Segment::Mode::passive;
            w_.put(Op::check_range, 0, passive ? m_.data[k].size : 0, in_register(from), in_register(left));
            source = access::image;
            offset = c_.segments[k] * 4;
        }
        charge_by(in_register(left), 6);
        if (o.code == operation::memory_fill) {
            w_.put(Op::bit_and, 0, word, in_register(from), number(255));
            w_.constant(from, 0x0101010101010101);
            w_.put(Op::multiply, 0, word, in_register(word), in_register(from));
            return run_forward(to, none, left, word, 0, 0);
        }
        if (o.code == operation::memory_init) return run_forward(to, from, left, word, source, offset);
        const std::uint32_t back =
            w_.put(Op::less, instruction::jumps | instruction::if_set, 0, in_register(from), in_register(to));
        run_forward(to, from, left, word, 0, 0);
        const std::uint32_t end = w_.jump();
        w_.land_here(back);
        run_backward(to, from, left, word);
        w_.land_here(end);
    }
    /// Eight bytes at a time, then one at a time. Without `from`: the bytes of `word`.
    void run_forward(std::uint32_t to, std::uint32_t from, std::uint32_t left, std::uint32_t word, std::uint32_t source,
                     std::uint32_t offset) {
        std::uint32_t out = none;
        for (const std::uint32_t log : {3U, 0U}) {
            const std::uint32_t again = w_.here();
            if (out != none) w_.land(out, again);
            out = log != 0 ? w_.put(Op::less, instruction::jumps | instruction::if_set, 0, in_register(left), number(8))
                           : w_.jump_on(in_register(left), false);
            if (from != none) {
                w_.put(Op::load, 0, word, in_register(from), number(offset), log | source);
                w_.put(Op::add, instruction::narrow, from, in_register(from), number(1U << log));
            }
            w_.put(Op::store, 0, 0, in_register(to), in_register(word), log);
            w_.put(Op::add, instruction::narrow, to, in_register(to), number(1U << log));
            w_.put(Op::subtract, instruction::narrow, left, in_register(left), number(1U << log));
            w_.jump_to(again);
        }
        w_.land_here(out);
    }
    void run_backward(std::uint32_t to, std::uint32_t from, std::uint32_t left, std::uint32_t word) {
        w_.put(Op::add, instruction::narrow, to, in_register(to), in_register(left));
        w_.put(Op::add, instruction::narrow, from, in_register(from), in_register(left));
        std::uint32_t out = none;
        for (const std::uint32_t log : {3U, 0U}) {
            const std::uint32_t again = w_.here();
            if (out != none) w_.land(out, again);
            out = log != 0 ? w_.put(Op::less, instruction::jumps | instruction::if_set, 0, in_register(left), number(8))
                           : w_.jump_on(in_register(left), false);
            w_.put(Op::subtract, instruction::narrow, from, in_register(from), number(1U << log));
            w_.put(Op::load, 0, word, in_register(from), number(0), log);
            w_.put(Op::subtract, instruction::narrow, to, in_register(to), number(1U << log));
            w_.put(Op::store, 0, 0, in_register(to), in_register(word), log);
            w_.put(Op::subtract, instruction::narrow, left, in_register(left), number(1U << log));
            w_.jump_to(again);
        }
        w_.land_here(out);
    }

    void jump_table(const Operation& o) {
        const std::size_t table = at_;
        const auto n = static_cast<std::uint32_t>(o.b);
        const bool values = f_.operations[table + 1].b != 0;
        const Value i = value(o.a, 0);
        w_.put(Op::jump_table, 0, 0, i, number(n));
        for (std::size_t k = 0; k < n; k++) {
            const std::size_t target = table + 2 + k;
            if (values || f_.operations[target].code == operation::target_return) {
                trampolines_.push_back({w_.jump(), table, target});
            } else {
                jump_to_operation(f_.operations[target].b);
            }
            places_[target] = w_.here();
        }
        places_[table + 1] = w_.here();
        at_ = table + 1 + n;
    }

    bool operation(const Operation& o) {  // NOLINT(readability-function-size): one case an operation
        switch (o.code) {
            case operation::charge:
                if (!c_.supervisor) w_.put(Op::charge, 0, 0, number(static_cast<std::uint32_t>(o.b)));
                return true;
            case operation::copy:
                copy(reg(o.to), o.a);
                return true;
            case operation::copy_many:
                move(o.a, static_cast<std::uint32_t>(o.b), reg(o.to));
                return true;
            case operation::jump:
                jump_to_operation(o.b);
                return true;
            case operation::jump_if:
            case operation::jump_unless: {
                const Value condition = value(o.a, 0);
                fixups_.emplace_back(w_.jump_on(condition, o.code == operation::jump_if),
                                     static_cast<std::size_t>(o.b));
                return true;
            }
            case operation::jump_table:
                jump_table(o);
                return true;
            case operation::return_if: {
                const std::uint32_t over = w_.jump_on(value(o.to, 0), false);
                give(o.a, o.b);
                w_.land_here(over);
                return true;
            }
            case operation::return_values:
                give(o.a, o.b);
                return true;
            case operation::call_function: {
                const auto& t = m_.function_type(static_cast<std::uint32_t>(o.a));
                if (c_.supervisor && static_cast<std::uint32_t>(o.a) < m_.imported_functions)
                    return supervisor_call(o, t);
                call(o, t, false);
                return true;
            }
            case operation::call_table:
                call(o, m_.types[static_cast<std::size_t>(o.a)], true);
                return true;
            case operation::select:
                select(o);
                return true;
            case operation::trap_with:
                w_.put(Op::trap, 0, 0, number(static_cast<std::uint32_t>(o.a)));
                return true;
            case operation::memory_init:
            case operation::memory_copy:
            case operation::memory_fill:
                bulk(o);
                return true;
            case operation::table_size:
                // Lanes that would change it are handed back.
                w_.copy(reg(o.to), number(m_.tables[o.extra].limits.min));
                return true;
            case wasm::op_ref_func:
                w_.copy(reg(o.to), number(static_cast<std::uint32_t>(o.a) + 1));
                return true;
            case wasm::op_global_get:
                w_.put(Op::copy, 0, reg(o.to), in_global(static_cast<std::uint32_t>(o.a)));
                return true;
            case wasm::op_global_set:
                w_.put(Op::copy, instruction::to_global, static_cast<std::uint32_t>(o.b), value(o.a, 0));
                return true;
            case wasm::op_memory_size:
                w_.put(Op::memory_size, 0, reg(o.to));
                return true;
            case wasm::op_memory_grow:
                w_.put(Op::memory_grow, 0, reg(o.to), value(o.a, 0));
                return true;
            case operation::more:
                return true;
            default:
                break;
        }
        if (o.code >= 0x28 && o.code <= 0x35) {
            const Access& a = loads[o.code - 0x28];
            w_.put(Op::load, a.flags, reg(o.to), value(o.a, 0), number(static_cast<std::uint32_t>(o.b)), a.extra);
            return true;
        }
        if (o.code >= 0x36 && o.code <= 0x3e) {
            const Value address = value(o.a, 0), v = value(o.to, 1);
            w_.put(Op::store, 0, static_cast<std::uint32_t>(o.b), address, v, stores[o.code - 0x36]);
            return true;
        }
        std::uint32_t second = 0;
        if (const auto form = unary_form(o.code, second)) {
            result(*form, o.to, value(o.a, 0), number(second));
            return true;
        }
        if (const auto form = numeric_form(o.code)) {
            const Value a = value(o.a, 0), b = value(o.b, 1);
            result(*form, o.to, a, b);
            return true;
        }
        hand_back();
        return true;
    }
};

}  // namespace

Result<LoweredFunction> lower_function(const ModuleContext& context, std::uint32_t i,
                                       std::vector<std::uint32_t>& words) {
    const auto f = wasm::interpreted_function(context.module, i);
    if (!f) return tl::unexpected(f.error());
    return FunctionLowering(context, i, *f, words).run();
}

std::uint32_t lower_entry(const ModuleContext& context, std::uint32_t f, std::vector<std::uint32_t>& words) {
    const auto& m = context.module;
    const auto& t = m.function_type(f);
    Writer w;
    const auto entry = static_cast<std::uint32_t>(words.size() / 4);
    for (std::size_t g = 0; g < m.globals.size(); g++) {
        const wasm::Global& global = m.globals[g];
        const std::uint64_t bits =
            global.function ? *global.function + std::uint64_t{1} : global.constant.value_or(wasm::Constant{}).bits;
        const auto to = static_cast<std::uint32_t>(g);
        if (const auto v = short_constant(bits)) {
            w.put(Op::copy, instruction::to_global, to, *v);
        } else {
            w.constant(to, bits, instruction::to_global);
        }
    }
    const auto params = static_cast<std::uint32_t>(t.params.size());
    const auto results = static_cast<std::uint32_t>(t.results.size());
    const std::uint32_t callee = std::max(params, results) + 2;
    for (std::uint32_t k = 0; k < params; k++) w.copy(callee + k, in_register(k));
    w.call(Op::call, 0, number(context.descriptors[f]), callee, params);
    if (results > 1)
        for (std::uint32_t k = 0; k < results; k++) w.copy(k, in_register(callee + k));
    w.put(Op::give, 0, 0, in_register(0), {}, results == 1 ? 0 : 1);
    encode(w.take(), words);
    return entry;
}

}  // namespace warpshrew::gpu
