#include "gpu/code_folding.hpp"

#include <algorithm>
#include <optional>

namespace warpshrew::gpu {
namespace {

constexpr std::size_t most_instructions = 50'000;
constexpr std::size_t most_set_words = std::size_t{1} << 20;  // of all sets of live registers
constexpr unsigned most_rounds = 64;                          // until these are right
constexpr unsigned passes = 3;
constexpr std::size_t most_known = 32;      // copies that are remembered
constexpr std::uint32_t look_back = 48;     // instructions
constexpr std::uint32_t look_ahead = 8;     // for a copy to join another
constexpr std::uint32_t farthest = 16'000;  // that a jump in `extra` goes
constexpr std::uint32_t number_flags = instruction::narrow | instruction::is_signed;

bool jumps(const Instruction& i) { return i.op == Op::jump || (i.flags & instruction::jumps) != 0; }
bool computes(const Instruction& i) { return computes(i.op); }
bool calls(const Instruction& i) { return i.op == Op::call || i.op == Op::call_table || i.op == Op::enter; }
bool is_compare(const Instruction& i) { return i.op >= Op::equal && i.op <= Op::greater; }
bool writes_two(const Instruction& i) { return i.op == Op::copy_two || i.op == Op::add_two; }
/// Whether it adds something to the register that has its address.
bool steps(const Instruction& i) {
    return (i.op == Op::load || i.op == Op::store) && (i.extra & access::summed) == 0 &&
           i.extra >> access::offset_shift != 0;
}
bool to_global(const Instruction& i) { return (i.flags & instruction::to_global) != 0; }
bool plain_copy(const Instruction& i) { return i.op == Op::copy && i.flags == 0 && i.target == none; }

/// Whether what follows is not executed after it.
bool ends(const Instruction& i) {
    switch (i.op) {
        case Op::fault:
        case Op::jump:
        case Op::jump_table:
        case Op::give:
        case Op::trap:
        case Op::hand_back:
            return true;
        default:
            return false;
    }
}

/// Whether it writes register `to`.
bool writes(const Instruction& i) {
    if (i.op == Op::add_two) return true;
    if (computes(i)) return (i.flags & (instruction::jumps | instruction::to_global)) == 0;
    switch (i.op) {
        case Op::load:
        case Op::memory_size:
        case Op::memory_grow:
        case Op::input:
        case Op::get_state:
            return !to_global(i);
        default:
            return calls(i);
    }
}

/// Whether it does nothing but write `to`.
bool pure(const Instruction& i) {
    if (!writes(i) || writes_two(i) || i.op == Op::divide || i.op == Op::remainder) return false;
    return computes(i) || i.op == Op::memory_size || i.op == Op::get_state || i.op == Op::input;
}

class Folding {
 public:
    explicit Folding(DeviceFunction& f) : f_(f), code_(f.code), erased_(f.code.size()) {}

    void run() {
        find_labels();
        if (code_.size() <= most_instructions) {
            for (unsigned k = 0; k < passes; k++) {
                forward_copies();
                if (!find_live()) break;
                for (std::size_t block = 0; block + 1 < blocks_.size(); block++) backward(block);
            }
            thread_jumps();
        }
        carry_steps();
        carry_arguments();
        join_twos();
        carry_charges();
        join_jumps();
        compact();
    }

 private:
    DeviceFunction& f_;
    std::vector<Instruction>& code_;
    std::vector<bool> erased_;
    std::vector<bool> label_;
    std::vector<bool> pinned_;             ///< jumps of a table, which stay where they are
    std::vector<std::uint32_t> blocks_;    ///< first instructions, and the end
    std::vector<std::uint32_t> block_of_;  ///< of first instructions
    std::size_t width_ = 0;                ///< words of a set
    std::vector<std::uint64_t> live_in_;   ///< sets, of each block
    std::vector<std::uint64_t> live_;      ///< behind the instruction that `backward` is at

    [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(code_.size()); }
    /// The instruction itself, or the next one that is still there.
    [[nodiscard]] std::uint32_t resolve(std::uint32_t i) const {
        while (i + 1 < size() && erased_[i]) i++;
        return i;
    }

    void find_labels() {
        label_.assign(code_.size() + 1, false);
        pinned_.assign(code_.size(), false);
        for (std::uint32_t i = 0; i < size(); i++) {
            if (jumps(code_[i])) label_[code_[i].target] = true;
            if (code_[i].op != Op::jump_table) continue;
            for (std::uint32_t k = i + 1; k <= i + code_[i].b.bits; k++) label_[k] = pinned_[k] = true;
        }
    }

    // ---- what instructions read

    /// Registers in a row from `first` on, and those that are named one by one.
    template <class F, class G>
    void for_each_read(const Instruction& i, const F& one, const G& row) const {
        if (i.a.kind == operand::in_register) one(i.a.bits);
        if (i.b.kind == operand::in_register) one(i.b.bits);
        if (chooses_register(i)) one(i.extra);
        if (sums_registers(i)) one(i.to);
        if (i.args != 0) row(i.frame, i.args);
        if (i.op == Op::give && i.extra == 1) row(0, f_.results);
    }
    static bool chooses_register(const Instruction& i) {
        return i.op == Op::choose && (i.flags & choose::by_number) == 0;
    }
    static bool sums_registers(const Instruction& i) {
        return i.op == Op::store && (i.extra & access::summed) != 0 && (i.extra & access::by_constant) == 0;
    }
    [[nodiscard]] bool reads(const Instruction& i, Value v) const {
        if (v.kind == operand::in_global) return i.a == v || i.b == v;
        if (v.kind != operand::in_register) return false;
        bool found = false;
        for_each_read(
            i, [&](std::uint32_t r) { found = found || v.bits == r; },
            [&](std::uint32_t first, std::uint32_t n) { found = found || v.bits - first < n; });
        return found;
    }
    /// Whether the value may be another one after the instruction.
    [[nodiscard]] bool changes(const Instruction& i, Value v) const {
        if (v.kind == operand::in_global)
            return calls(i) || (to_global(i) && (writes_two(i) ? i.extra : i.to) == v.bits);
        if (v.kind != operand::in_register) return false;
        return (writes(i) && i.to == v.bits) || (writes_two(i) && !to_global(i) && i.extra == v.bits) ||
               (calls(i) && v.bits >= f_.record) || (steps(i) && i.a == v);
    }

    // ---- copies and constants go to what reads them

    struct Known {
        std::uint32_t r;
        Value is;
        bool low;  ///< only the low half of it
    };
    /// Whether the instruction reads only the low half of a, or of b.
    static bool reads_low(const Instruction& i, bool of_a) {
        switch (i.op) {
            case Op::load:
            case Op::output:
            case Op::input:
            case Op::stop:
            case Op::check_range:
            case Op::jump_table:
            case Op::memory_grow:
                return true;
            case Op::store:
                return of_a || (i.extra & access::size_mask) < 3;
            case Op::choose:
                return of_a;
            case Op::copy:
                return i.flags == instruction::narrow || (i.flags & instruction::jumps) != 0;
            case Op::add:
            case Op::subtract:
            case Op::multiply:
                return i.flags == instruction::narrow;
            case Op::bit_and:
                return masks_low(i);
            default:
                return false;
        }
    }
    static void substitute(Instruction& i, const std::vector<Known>& known) {
        const auto find = [&](std::uint32_t r, bool low = false) -> const Value* {
            for (const Known& k : known)
                if (k.r == r && (low || !k.low)) return &k.is;
            return nullptr;
        };
        for (Value* v : {&i.a, &i.b}) {
            if (v->kind != operand::in_register) continue;
            if (const Value* is = find(v->bits, reads_low(i, v == &i.a))) *v = *is;
        }
        if (sums_registers(i)) {
            if (const Value* is = find(i.to); is != nullptr && is->kind == operand::in_register) i.to = is->bits;
        } else if (chooses_register(i)) {
            const Value* is = find(i.extra);
            if (is == nullptr) return;
            if (is->kind == operand::in_register) {
                i.extra = is->bits;
            } else if (is->kind == operand::zero_extended && is->bits <= instruction::extra_mask) {
                i.extra = is->bits;
                i.flags |= choose::by_number;
            } else if (i.b.kind == operand::in_register) {
                i.extra = i.b.bits;
                i.b = *is;
                i.flags ^= instruction::if_set;
            }
        }
    }
    void forward_copies() {
        std::vector<Known> known;
        const Instruction* constant = nullptr;  // the last long one, if it is still there
        for (std::uint32_t at = 0; at < size(); at++) {
            if (label_[at]) {
                known.clear();
                constant = nullptr;
            }
            if (erased_[at]) continue;
            Instruction& i = code_[at];
            substitute(i, known);
            if (constant != nullptr && i == *constant) {
                erased_[at] = true;
                continue;
            }
            if (constant != nullptr && changes(i, in_register(constant->to))) constant = nullptr;
            if (i.op == Op::constant && writes(i)) constant = &i;
            if (plain_copy(i) && i.a == in_register(i.to)) {
                erased_[at] = true;
                continue;
            }
            std::erase_if(known, [&](const Known& k) { return changes(i, in_register(k.r)) || changes(i, k.is); });
            if (ends(i)) known.clear();
            const bool low = i.op == Op::copy && i.flags == instruction::narrow && i.a.kind == operand::in_register;
            if ((!plain_copy(i) && !low) || i.a == in_register(i.to)) continue;
            if (known.size() == most_known) known.erase(known.begin());
            known.push_back({i.to, i.a, low});
        }
    }

    // ---- which registers are read later

    bool find_live() {
        blocks_.clear();
        block_of_.assign(code_.size() + 1, 0);
        for (std::uint32_t i = 0; i < size(); i++) {
            if (i != 0 && !label_[i] && !jumps(code_[i - 1]) && !ends(code_[i - 1])) continue;
            block_of_[i] = static_cast<std::uint32_t>(blocks_.size());
            blocks_.push_back(i);
        }
        width_ = (f_.registers + 63) / 64;
        if (blocks_.size() * width_ > most_set_words) return blocks_.clear(), false;
        blocks_.push_back(size());
        live_in_.assign(blocks_.size() * width_, 0);
        bool changed = true;
        for (unsigned round = 0; changed && round < most_rounds; round++) {
            changed = false;
            for (std::size_t b = blocks_.size() - 1; b-- != 0;) {
                start_behind(b);
                for (std::uint32_t i = blocks_[b + 1]; i-- != blocks_[b];)
                    if (!erased_[i]) before(code_[i]);
                const auto in = live_in_.begin() + static_cast<std::ptrdiff_t>(b * width_);
                if (std::equal(live_.begin(), live_.end(), in)) continue;
                std::copy(live_.begin(), live_.end(), in);
                changed = true;
            }
        }
        if (changed) blocks_.clear();
        return !changed;
    }
    void add_block(std::uint32_t first) {
        const std::size_t in = block_of_[first] * width_;
        for (std::size_t k = 0; k < width_; k++) live_[k] |= live_in_[in + k];
    }
    /// live_ := what is read behind the block.
    void start_behind(std::size_t block) {
        live_.assign(width_, 0);
        const std::uint32_t last = blocks_[block + 1] - 1;
        const Instruction& i = code_[last];
        if (!erased_[last]) {
            if (jumps(i)) add_block(i.target);
            if (i.op == Op::jump_table)
                for (std::uint32_t k = last + 1; k <= last + i.b.bits; k++) add_block(k);
            if (ends(i)) return;
        }
        if (last + 1 < size()) add_block(last + 1);
    }
    [[nodiscard]] bool live(std::uint32_t r) const { return (live_[r / 64] >> r % 64 & 1) != 0; }
    void remove(std::uint32_t r) { live_[r / 64] &= ~(std::uint64_t{1} << r % 64); }
    /// live_ := what is read before the instruction too.
    void before(const Instruction& i) {
        const auto add = [&](std::uint32_t r) { live_[r / 64] |= std::uint64_t{1} << r % 64; };
        if (calls(i)) {
            live_[f_.record / 64] &= (std::uint64_t{1} << f_.record % 64) - 1;
            std::fill(live_.begin() + f_.record / 64 + 1, live_.end(), 0);
        }
        if (writes(i)) remove(i.to);
        if (writes_two(i) && !to_global(i)) remove(i.extra);
        for_each_read(i, add, [&](std::uint32_t first, std::uint32_t n) {
            for (std::uint32_t r = first; r < first + n;) {
                if (r % 64 != 0 || first + n - r < 64) {
                    add(r++);
                } else {
                    live_[r / 64] = ~std::uint64_t{0};
                    r += 64;
                }
            }
        });
    }

    void backward(std::size_t block) {
        start_behind(block);
        for (std::uint32_t at = blocks_[block + 1]; at-- != blocks_[block];) {
            if (erased_[at]) continue;
            Instruction& i = code_[at];
            if ((pure(i) && !live(i.to)) || put_where_copied(at, blocks_[block])) {
                erased_[at] = true;
                continue;
            }
            fold_sum(at, blocks_[block]);
            fold_rotation(at, blocks_[block]);
            fold_wrap(at, blocks_[block]);
            fold_condition(at, blocks_[block]);
            before(i);
        }
    }

    // ---- results go to what they are copied to

    /// Whether the copy at `at` is not needed any more, because what it copies was put there at once.
    bool put_where_copied(std::uint32_t at, std::uint32_t begin) {
        const Instruction& copy = code_[at];
        if (copy.op != Op::copy || (copy.flags & ~instruction::to_global) != 0 || copy.target != none ||
            copy.a.kind != operand::in_register || live(copy.a.bits))
            return false;
        const std::uint32_t from = copy.a.bits;
        const bool global = to_global(copy);
        const Value to = global ? Value{operand::in_global, copy.to} : in_register(copy.to);
        if (to == copy.a) return false;
        std::uint32_t renamed = 0;
        for (std::uint32_t k = at; k-- != begin && at - k <= look_back;) {
            if (erased_[k]) continue;
            Instruction& i = code_[k];
            if (changes(i, in_register(from))) {
                if (!writes(i) || writes_two(i) || i.to != from) return false;
                if (global && !computes(i) && i.op != Op::load) return false;
                if (calls(i) && (from >= f_.record || copy.to >= f_.record)) return false;
                i.to = copy.to;
                if (global) i.flags |= instruction::to_global;
                for (std::uint32_t j = k + 1; renamed != 0 && j < at; j++)
                    if (!erased_[j]) rename(code_[j], from, to);
                return true;
            }
            if (changes(i, to) || reads(i, to)) return false;
            if (!reads(i, in_register(from))) continue;
            if (!can_rename(i, from, global)) return false;
            renamed++;
        }
        return false;
    }
    static bool can_rename(const Instruction& i, std::uint32_t from, bool global) {
        if (from - i.frame < i.args) return false;
        if (i.op == Op::give && i.extra == 1) return false;
        return !global || (!chooses_register(i) && !sums_registers(i));
    }
    static void rename(Instruction& i, std::uint32_t from, Value to) {
        if (i.a == in_register(from)) i.a = to;
        if (i.b == in_register(from)) i.b = to;
        if (chooses_register(i) && i.extra == from) i.extra = to.bits;
        if (sums_registers(i) && i.to == from) i.to = to.bits;
    }

    // ---- what makes a value only for one instruction becomes part of it

    /// The instruction that computes register r, which only the one at `at` reads, if that could as well do it itself.
    [[nodiscard]] std::optional<std::uint32_t> maker(std::uint32_t r, std::uint32_t at, std::uint32_t begin) const {
        if (live(r) && !(writes(code_[at]) && code_[at].to == r)) return std::nullopt;
        for (std::uint32_t k = at; k-- != begin && at - k <= look_back;) {
            if (erased_[k]) continue;
            const Instruction& i = code_[k];
            if (changes(i, in_register(r))) {
                if (!pure(i) || i.to != r || i.target != none) return std::nullopt;
                for (std::uint32_t j = k + 1; j < at; j++)
                    if (!erased_[j] && (changes(code_[j], i.a) || changes(code_[j], i.b))) return std::nullopt;
                return k;
            }
            if (reads(i, in_register(r))) return std::nullopt;
        }
        return std::nullopt;
    }
    static bool is_number(Value v) { return v.kind >= operand::zero_extended; }

    void fold_sum(std::uint32_t at, std::uint32_t begin) {
        Instruction& i = code_[at];
        if (i.a.kind != operand::in_register) return;
        const bool memory = i.op == Op::load || i.op == Op::store;
        if (!memory && i.op != Op::input && i.op != Op::output) return;
        if (i.op != Op::load && i.b == i.a) return;
        if (memory && (i.extra & (access::image | access::summed)) != 0) return;
        const auto made = maker(i.a.bits, at, begin);
        if (!made || code_[*made].op != Op::add || code_[*made].flags != instruction::narrow) return;
        Value x = code_[*made].a, y = code_[*made].b;
        if (is_number(x)) std::swap(x, y);
        if (is_number(x)) return;
        if (memory) {
            const std::uint32_t offset = i.op == Op::load ? i.b.bits : i.to;
            if (offset > access::most_offset) return;
            std::uint32_t extra = i.extra | access::summed | offset << access::offset_shift;
            if (i.op == Op::load) {
                i.b = y;
            } else {
                if (y.kind == operand::in_global) std::swap(x, y);
                if (y.kind == operand::in_global) return;
                if (is_number(y)) extra |= access::by_constant;
                i.to = y.bits;
            }
            i.extra = extra;
        } else {
            const bool input = i.op == Op::input;
            const std::uint32_t before = input ? i.extra >> input_access::offset_shift : i.extra;
            const std::uint32_t most = input ? input_access::most_offset : instruction::extra_mask;
            if (!is_number(y) || y.bits > most - before) return;
            i.extra += input ? y.bits << input_access::offset_shift : y.bits;
        }
        i.a = x;
        erased_[*made] = true;
    }

    void fold_rotation(std::uint32_t at, std::uint32_t begin) {
        Instruction& i = code_[at];
        if ((i.op != Op::xor_rotated && (i.op != Op::bit_xor || i.flags != 0)) || i.target != none || i.a == i.b)
            return;
        for (const bool first : {true, false}) {
            const Value turned = first ? i.a : i.b;
            const std::uint32_t shift = first ? 0 : xor_rotated::second_shift;
            if (turned.kind != operand::in_register || (i.extra >> shift & xor_rotated::mask) != 0) continue;
            const auto made = maker(turned.bits, at, begin);
            if (!made) continue;
            const Instruction& d = code_[*made];
            if ((d.op != Op::rotate_left && d.op != Op::rotate_right) || !is_number(d.b)) continue;
            if (i.op == Op::xor_rotated && i.flags != d.flags) continue;
            const std::uint32_t width = (d.flags & instruction::narrow) != 0 ? 32 : 64;
            const std::uint32_t n = (d.op == Op::rotate_left ? d.b.bits : width - d.b.bits) & (width - 1);
            i.op = Op::xor_rotated;
            i.flags = d.flags;
            (first ? i.a : i.b) = d.a;
            i.extra |= n << shift;
            erased_[*made] = true;
        }
    }

    /// The low half of a value that is made only for that.
    void fold_wrap(std::uint32_t at, std::uint32_t begin) {
        Instruction& i = code_[at];
        if (i.op != Op::copy || i.flags != instruction::narrow || i.target != none || i.a.kind != operand::in_register)
            return;
        const auto made = maker(i.a.bits, at, begin);
        if (!made) return;
        const Instruction& d = code_[*made];
        const bool small = (d.op == Op::shift_right && d.flags == 0 && is_number(d.b) && (d.b.bits & 63) >= 32) ||
                           masks_low(d) || (d.flags & instruction::narrow) != 0 || is_compare(d);
        const bool wraps = (d.op == Op::add || d.op == Op::subtract || d.op == Op::multiply) && d.flags == 0;
        if (!small && !wraps) return;
        const std::uint32_t to = i.to;
        i = d;
        i.to = to;
        if (wraps) i.flags = instruction::narrow;
        erased_[*made] = true;
    }
    static bool masks_low(const Instruction& i) {
        return i.op == Op::bit_and && (i.a.kind == operand::zero_extended || i.b.kind == operand::zero_extended);
    }

    /// A jump on a value that is made only for it.
    void fold_condition(std::uint32_t at, std::uint32_t begin) {
        Instruction& i = code_[at];
        if ((i.flags & instruction::jumps) == 0 || i.a.kind != operand::in_register) return;
        const bool compares = (i.op == Op::equal || i.op == Op::unequal) && i.b == number(0);
        if (!compares && i.op != Op::copy) return;
        const auto made = maker(i.a.bits, at, begin);
        if (!made) return;
        const Instruction& d = code_[*made];
        if (d.op < Op::copy || d.op == Op::constant) return;
        if (compares && !is_compare(d) && !masks_low(d) && (d.flags & instruction::narrow) == 0) return;
        const std::uint32_t sense = i.flags & instruction::if_set;
        i.flags =
            (d.flags & number_flags) | instruction::jumps | (i.op == Op::equal ? sense ^ instruction::if_set : sense);
        i.op = d.op;
        i.a = d.a;
        i.b = d.b;
        erased_[*made] = true;
    }

    // ---- jumps

    void thread_jumps() {
        for (std::uint32_t at = 0; at < size(); at++) {
            Instruction& i = code_[at];
            if (erased_[at] || !jumps(i)) continue;
            for (unsigned k = 0; k < 8; k++) {
                const std::uint32_t to = resolve(i.target);
                if (code_[to].op != Op::jump || to == at) break;
                i.target = code_[to].target;
            }
            const Instruction& there = code_[resolve(i.target)];
            if (i.op == Op::jump && (there.op == Op::give || there.op == Op::trap)) i = there;
        }
        find_labels();
    }
    /// A charge is paid by those who jump to it.
    void carry_charges() {
        for (std::uint32_t at = 0; at < size(); at++) {
            Instruction& i = code_[at];
            if (erased_[at] || !jumps(i)) continue;
            const std::uint32_t to = resolve(i.target);
            const Instruction& charge = code_[to];
            if (charge.op != Op::charge || !is_number(charge.a) || charge.a.bits > instruction::extra_mask) continue;
            i.extra = charge.a.bits;
            i.target = to + 1;
        }
        find_labels();
    }
    /// A jump becomes part of what is before it.
    void join_jumps() {
        std::uint32_t before = none;
        for (std::uint32_t at = 0; at < size(); at++) {
            if (label_[at]) before = none;
            if (erased_[at]) continue;
            const Instruction& i = code_[at];
            if (i.op == Op::jump && i.extra == 0 && before != none) {
                Instruction& b = code_[before];
                const std::uint32_t to = resolve(i.target);
                const std::uint32_t distance = std::max(to, before) - std::min(to, before);
                if (may_go_on(b.op) && (b.flags & instruction::jumps) == 0 && b.target == none && distance != 0 &&
                    distance < farthest) {
                    b.target = to;
                    erased_[at] = true;
                }
            }
            before = at;
        }
    }

    // ---- a sum that a load or store makes for the next one, a copy that a call makes

    void carry_steps() {
        for (std::uint32_t at = 0; at < size(); at++) {
            const Instruction& sum = code_[at];
            const auto added = erased_[at] ? std::nullopt : addend(sum);
            if (!added || *added == 0 || *added > access::most_step || *added < -access::most_step) continue;
            const Value r = in_register(sum.to);
            if (summand(sum) != r) continue;
            for (std::uint32_t k = at; !label_[k] && k-- != 0 && at - k <= look_ahead;) {
                if (erased_[k]) continue;
                Instruction& i = code_[k];
                if (jumps(i) || ends(i)) break;
                const bool memory = i.op == Op::load || i.op == Op::store;
                if (memory && i.a == r && !changes(i, r) && (i.extra & access::summed) == 0) {
                    i.extra |= (static_cast<std::uint32_t>(*added) & access::most_offset) << access::offset_shift;
                    erased_[at] = true;
                    break;
                }
                if (reads(i, r) || changes(i, r)) break;
            }
        }
    }
    void carry_arguments() {
        for (std::uint32_t at = 0; at < size(); at++) {
            Instruction& call = code_[at];
            if (erased_[at] || call.op != Op::call) continue;
            for (std::uint32_t k = at; !label_[k] && k-- != 0 && at - k <= look_ahead;) {
                if (erased_[k]) continue;
                const Instruction& i = code_[k];
                if (jumps(i) || ends(i) || calls(i)) break;
                if (!plain_copy(i) || i.to - call.frame >= call.args) continue;
                const Value to = in_register(i.to);
                bool free = true;
                for (std::uint32_t j = k + 1; free && j < at; j++)
                    free = erased_[j] || !(changes(code_[j], i.a) || changes(code_[j], to) || reads(code_[j], to));
                if (!free) continue;
                call.b = i.a;
                call.extra = i.to;
                erased_[k] = true;
                break;
            }
        }
    }

    // ---- two copies, or two sums, at a time

    void join_twos() {
        for (std::uint32_t at = 0; at < size(); at++) {
            Instruction& i = code_[at];
            if (erased_[at]) continue;
            const auto first = addend(i);
            if (!first && !plain_copy(i)) continue;
            if (first && also_to_global(at, *first)) continue;
            const auto other = join_partner(at);
            if (!other) continue;
            const Instruction& second = code_[*other];
            if (first) {
                const auto bits = [](std::int32_t v, std::uint32_t n) {
                    return static_cast<std::uint32_t>(v) & ((1U << n) - 1);
                };
                const std::uint32_t addends = bits(*first, add_two::first_bits) |
                                              bits(*addend(second), add_two::second_bits) << add_two::first_bits;
                i = {Op::add_two, instruction::narrow, i.to, summand(i), summand(second), second.to};
                i.addends = addends;
            } else {
                i = {Op::copy_two, 0, i.to, i.a, second.a, second.to};
            }
            erased_[*other] = true;
        }
    }
    /// A sum that is put into a global too, as the stack pointer of a frame is.
    bool also_to_global(std::uint32_t at, std::int32_t added) {
        Instruction& i = code_[at];
        std::uint32_t k = at + 1;
        while (k < size() && !label_[k] && erased_[k]) k++;
        if (k == size() || label_[k] || !fits(added, add_two::first_bits + add_two::second_bits)) return false;
        const Instruction& copy = code_[k];
        if (copy.op != Op::copy || copy.flags != instruction::to_global || copy.a != in_register(i.to)) return false;
        i = {Op::add_two, instruction::narrow | instruction::to_global, i.to, summand(i), summand(i), copy.to};
        i.addends = static_cast<std::uint32_t>(added) & ((1U << (add_two::first_bits + add_two::second_bits)) - 1);
        erased_[k] = true;
        return true;
    }
    /// The number that is added to what `summand` says, or taken away, on 32 bits.
    static std::optional<std::int32_t> addend(const Instruction& i) {
        if ((i.op != Op::add && i.op != Op::subtract) || i.flags != instruction::narrow || i.target != none) return {};
        if (is_number(i.a) == is_number(i.b) || (i.op == Op::subtract && is_number(i.a))) return {};
        const std::uint32_t n = is_number(i.a) ? i.a.bits : i.b.bits;
        return static_cast<std::int32_t>(i.op == Op::subtract ? 0 - n : n);
    }
    static Value summand(const Instruction& i) { return is_number(i.a) ? i.b : i.a; }
    static bool fits(std::int32_t n, std::uint32_t bits) { return n >= -(1 << (bits - 1)) && n < 1 << (bits - 1); }

    /// An instruction behind the one at `at` that can be executed at the same time.
    [[nodiscard]] std::optional<std::uint32_t> join_partner(std::uint32_t at) const {
        const Instruction& first = code_[at];
        const auto added = addend(first);
        if (added && !fits(*added, add_two::first_bits)) return std::nullopt;
        std::uint32_t seen = 0;
        for (std::uint32_t k = at + 1; k < size() && !label_[k] && seen < look_ahead; k++) {
            if (erased_[k]) continue;
            const Instruction& i = code_[k];
            const auto other = addend(i);
            const bool same = added ? other && fits(*other, add_two::second_bits) : plain_copy(i);
            const Value from = other ? summand(i) : i.a;
            if (same && from != in_register(first.to) && i.to != first.to) {
                bool free = true;
                for (std::uint32_t j = at + 1; free && j < k; j++)
                    free = erased_[j] || !(changes(code_[j], from) || changes(code_[j], in_register(i.to)) ||
                                           reads(code_[j], in_register(i.to)));
                if (free) return k;
            }
            if (ends(i) || jumps(i) || calls(i)) return std::nullopt;
            seen++;
        }
        return std::nullopt;
    }

    void compact() {
        std::vector<std::uint32_t> place(code_.size() + 1);
        std::uint32_t n = 0;
        for (std::uint32_t i = 0; i < size(); i++) {
            place[i] = n;
            if (!erased_[i]) n++;
        }
        std::vector<Instruction> out;
        out.reserve(n);
        for (std::uint32_t i = 0; i < size(); i++) {
            if (erased_[i]) continue;
            if (code_[i].target != none) code_[i].target = place[code_[i].target];
            out.push_back(code_[i]);
        }
        code_ = std::move(out);
    }
};

}  // namespace

void fold(DeviceFunction& f) { Folding(f).run(); }

}  // namespace warpshrew::gpu
