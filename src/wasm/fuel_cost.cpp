#include "wasm/fuel_cost.hpp"

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <string>

#include "wasm/constant_folding.hpp"
#include "wasm/interpreted_code.hpp"
#include "wasm/opcodes.hpp"
#include "wasm/preservation_slots.hpp"
#include "wasm/reader.hpp"

namespace warpshrew::wasm {
namespace {

constexpr std::uint32_t max_locals = 32766;                   // 2.11
constexpr std::size_t max_pool = 32767;                       // 2.11
constexpr std::uint32_t max_len_registers = 65535;            // the reference holds it in 16 bits
constexpr std::size_t max_block_height = 65535;               // the reference holds it in 16 bits
constexpr std::size_t max_remembered = std::size_t{1} << 24;  // operands that open `if`s remember: a bound on memory
constexpr std::uint32_t far_branch = 32767;                   // words that a conditional branch reaches (2.8)
constexpr std::uint32_t nowhere = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t large_stack = 16;  // 2.5

bool fits_i16(std::int64_t v) { return v >= -32768 && v <= 32767; }

/// An entry of the provider stack (2.1).
struct Operand {
    enum class Kind : std::uint8_t { constant, local, dynamic, preserved } kind = Kind::constant;
    ValueType type = ValueType::i32;  ///< of a constant
    std::int32_t reg = 0;             ///< of the others
    std::uint64_t bits = 0;  ///< of a constant; of a local: position + 1 of the next lower entry of the same local

    [[nodiscard]] bool is_register() const { return kind != Kind::constant; }
};

/// The last instruction, as far as later ones change it (2.1).
struct Instruction {
    enum class Kind : std::uint8_t {
        none,
        fixed,    ///< no single result that could be moved
        result,   ///< one result
        copy,     ///< a plain copy of a register
        bitwise,  ///< an i32.and, or, xor that an i32.eqz can fuse with
    } kind = Kind::none;
    /// With which conditional branches it fuses, so that these are no words of their own.
    enum class Fusion : std::uint8_t { none, taken_if_true, both } fusion = Fusion::none;
    std::int32_t result = 0;
    std::uint32_t position = 0;  ///< of its first word
    std::uint32_t words = 1;
    std::array<std::int32_t, 8> operands{};  ///< registers; only as many as instructions of at most three words have
    std::uint8_t operand_count = 0;

    void add_operand(std::int32_t reg) {
        if (operand_count < operands.size()) operands[operand_count++] = reg;
    }
    [[nodiscard]] bool reads(std::int32_t reg) const {
        return std::find(operands.begin(), operands.begin() + operand_count, reg) != operands.begin() + operand_count;
    }
};

struct Frame {
    enum class Kind : std::uint8_t { function, block, loop, if_, if_true, if_false, dead } kind = Kind::dead;
    bool saw_else = false;
    bool then_end = false;  ///< the end of `then` is reachable
    std::size_t height = 0;
    std::uint32_t params = 0, results = 0;
    std::int32_t base = 0;       ///< first register of the results, of the params for a loop
    std::uint32_t branches = 0;  ///< that go to it
    std::uint32_t charge = 0;    ///< index of its fuel word
    std::size_t remembered = 0;  ///< where its operands for `else` begin
    // Words, for 2.8: a loop's header; the first conditional branch to the end, or to `else`.
    std::uint32_t header = 0, end_user = nowhere, else_user = nowhere;
    // Of the interpreter's code: a loop's begin; the last of the jumps to the end, or to `else`, each of which holds
    // the one before it until it is known where they go.
    std::int32_t start = 0, end_jumps = -1, else_jumps = -1;
};

struct BlockType {
    std::uint32_t params = 0, results = 0;
};

class Translator {
 public:
    Translator(const Module& m, std::uint32_t i, NanArithmetic nans)
        : m_(m),
          nans_(nans),
          type_(m.function_type(m.imported_functions + i)),
          r_(m.bytes, m.bodies[i].begin, m.bodies[i].end) {}

    /// Translates, and not only counts.
    Result<InterpretedFunction> translate() {
        InterpretedFunction code;
        code_ = &code;
        auto cost = run();
        if (!cost) return tl::unexpected(std::move(cost.error()));
        for (Operation& o : code.operations) {
            if (o.code == operation::charge)
                o.b = static_cast<std::int32_t>(cost->charges[static_cast<std::size_t>(o.a)].fuel);
        }
        code.params = size(type_.params);
        code.locals = static_cast<std::uint32_t>(locals_);
        code.slots = slots_.count();
        code.size = static_cast<std::uint32_t>(max_) + code.slots;
        code.cells = cost->len_registers;
        return code;
    }

    Result<FunctionCost> run() {
        declare_locals();
        frames_.push_back({.kind = Frame::Kind::function, .results = size(type_.results)});
        new_charge();
        while (!frames_.empty() && !r_.failed() && reason_.empty()) step();
        if (reason_.empty() && (r_.failed() || !r_.at_end())) reason_ = "malformed function body";
        const std::uint64_t registers = static_cast<std::uint64_t>(max_) + slots_.count() + pool_.size();
        if (reason_.empty() && registers > max_len_registers) reason_ = too_many_registers;
        if (!reason_.empty()) return warpshrew::fail(reason_, r_.position());
        fuel_[0] += registers / 8;
        cost_.len_registers = static_cast<std::uint32_t>(registers);
        cost_.locals = static_cast<std::uint32_t>(locals_);
        for (std::size_t k = 0; k < fuel_.size(); k++) {
            if (fuel_[k] > std::numeric_limits<std::uint32_t>::max())
                return warpshrew::fail("fuel of a region beyond 32 bits", cost_.charges[k].position);
            cost_.charges[k].fuel = static_cast<std::uint32_t>(fuel_[k]);
        }
        return std::move(cost_);
    }

 private:
    static constexpr const char* too_many_registers = "function needs too many registers";
    static constexpr const char* underflow = "operand stack underflow";
    static constexpr const char* bad_index = "index out of range";

    const Module& m_;
    NanArithmetic nans_;
    const FunctionType& type_;
    Reader r_;
    FunctionCost cost_;
    std::vector<std::uint64_t> fuel_;  // of each charge
    std::string reason_;               // why translation failed
    std::int32_t locals_ = 0, next_ = 0, max_ = 0;
    PreservationSlots slots_;
    std::vector<Operand> stack_;
    std::vector<std::uint32_t> top_of_local_;   // position + 1 of the highest entry of each local on the stack
    std::vector<std::uint32_t> local_entries_;  // positions of entries that are or were of locals, ascending
    std::size_t live_local_entries_ = 0;
    absl::flat_hash_set<std::uint64_t> pool_;
    Instruction last_;
    std::vector<Frame> frames_;
    std::vector<Operand> remembered_;  // operands of the open `if`s, for their `else`
    std::vector<Operand> scratch_;
    std::uint32_t words_ = 0;
    bool reachable_ = true;
    bool large_ = false;
    std::uint8_t op_ = 0;                  // the opcode of this step
    InterpretedFunction* code_ = nullptr;  // what is translated, if anything is
    std::size_t last_operation_ = 0;       // whose result is that of last_
    absl::flat_hash_map<std::uint64_t, std::int32_t> constant_index_;

    template <class T>
    static std::uint32_t size(const T& v) {
        return static_cast<std::uint32_t>(v.size());
    }
    void reject(const char* reason) {
        if (reason_.empty()) reason_ = reason;
    }
    /// An index that must be less than `n`; 0 and a failure otherwise, and then nothing may be read with it.
    std::uint32_t index(std::size_t n) {
        const std::uint32_t i = r_.u32();
        if (i < n && !r_.failed()) return i;
        reject(bad_index);
        return 0;
    }
    [[nodiscard]] bool bad() const { return !reason_.empty() || r_.failed(); }

    void declare_locals() {
        std::uint64_t n = type_.params.size();
        for (std::uint32_t groups = r_.u32(); groups != 0 && !r_.failed() && n < max_locals; groups--) {
            n += r_.u32();
            if (!is_value_type(r_.u8())) reject("unknown value type");
        }
        if (n >= max_locals) {
            n = 0;
            reject(too_many_registers);
        }
        locals_ = next_ = max_ = static_cast<std::int32_t>(n);
        top_of_local_.assign(n, 0);
    }

    // ---- the interpreter's code

    void append(const Operation& o) {
        if (code_ != nullptr) code_->operations.push_back(o);
    }
    /// An operation whose result is that of the last instruction.
    void append_result(std::uint16_t code, std::int32_t a = 0, std::int32_t b = 0, std::uint32_t extra = 0) {
        if (code_ == nullptr) return;
        last_operation_ = code_->operations.size();
        append({code, static_cast<std::uint16_t>(extra), encode(last_.result), a, b});
    }
    /// Slots are above the lowest that was ever taken, all other registers are not.
    [[nodiscard]] std::int32_t encode(std::int32_t reg) const {
        return reg > slots_.lowest() ? reg - PreservationSlots::first - 1 : reg;
    }
    std::int32_t encode(const Operand& v) {
        if (code_ == nullptr) return 0;
        if (v.is_register()) return encode(v.reg);
        const auto [at, added] =
            constant_index_.try_emplace(v.bits, first_constant + static_cast<std::int32_t>(code_->constants.size()));
        if (added) code_->constants.push_back(v.bits);
        return at->second;
    }
    std::int32_t encode_list(std::span<const Operand> values) {
        if (code_ == nullptr || values.empty()) return 0;
        if (contiguous(values)) return encode(values[0].reg) - first_in_a_row;
        const auto begin = static_cast<std::int32_t>(code_->lists.size());
        for (const Operand& v : values) code_->lists.push_back(encode(v));
        return begin;
    }
    [[nodiscard]] std::int32_t here() const {
        return code_ == nullptr ? 0 : static_cast<std::int32_t>(code_->operations.size());
    }
    /// A jump to where `jumps` will be bound.
    void append_jump(std::uint16_t code, std::int32_t condition, std::int32_t& jumps, std::int32_t to = 0) {
        if (code_ == nullptr) return;
        const std::int32_t at = here();
        append({code, 0, to, condition, jumps});
        jumps = at;
    }
    void append_jump(std::uint16_t code, std::int32_t condition, Frame& f, std::int32_t to = 0) {
        if (f.kind != Frame::Kind::loop) return append_jump(code, condition, f.end_jumps, to);
        append({code, 0, to, condition, f.start});
    }
    void bind(std::int32_t& jumps) {
        while (jumps >= 0) {
            std::int32_t& b = code_->operations[static_cast<std::size_t>(jumps)].b;
            jumps = b;
            b = here();
        }
    }

    // ---- fuel and instructions

    /// A new fuel word, charged at the current position, for the innermost frame.
    void new_charge() {
        frames_.back().charge = size(fuel_);
        fuel_.push_back(1);
        cost_.charges.push_back({r_.position(), 0, size(frames_) - 1});
        append({operation::charge, 0, 0, static_cast<std::int32_t>(fuel_.size() - 1), 0});
        emit({.kind = Instruction::Kind::fixed}, 0);
    }
    void charge(std::uint64_t n) { fuel_[frames_.back().charge] += n; }
    void emit(const Instruction& i, std::uint64_t fuel = 1) {
        last_ = i;
        last_.position = words_;
        words_ += i.words;
        if (fuel != 0) charge(fuel);
    }
    void emit_fixed(std::uint64_t fuel = 1, std::uint32_t words = 1) {
        emit({.kind = Instruction::Kind::fixed, .words = words}, fuel);
    }
    /// An instruction with a new dynamic result; its operands have been popped.
    void emit_result(std::initializer_list<Operand> operands, std::uint32_t words = 1,
                     Instruction::Kind kind = Instruction::Kind::result,
                     Instruction::Fusion fusion = Instruction::Fusion::none, std::uint64_t fuel = 1) {
        Instruction i{.kind = kind, .fusion = fusion, .result = push_new(), .words = words};
        for (const Operand& v : operands) {
            if (v.is_register()) i.add_operand(v.reg);
        }
        emit(i, fuel);
    }
    /// A conditional branch on `condition`: the position of the word that jumps.
    std::uint32_t emit_branch_if(const Operand& condition, bool taken_if_true) {
        const bool fuses = last_.kind != Instruction::Kind::none && last_.result == condition.reg &&
                           last_.result >= locals_ &&
                           (last_.fusion == Instruction::Fusion::both ||
                            (taken_if_true && last_.fusion == Instruction::Fusion::taken_if_true));
        if (!fuses) {
            emit_fixed(0);
        } else {
            last_.kind = Instruction::Kind::fixed;
            last_.fusion = Instruction::Fusion::none;
        }
        return last_.position;
    }
    /// Labels the current position; `user` is the first conditional branch to it.
    void label(std::uint32_t user) {
        if (user != nowhere && words_ - user > far_branch) reject("conditional branch over more than 32767 words");
    }
    void die() { reachable_ = false; }
    void emit_trap(Trap why) {
        emit_fixed();
        append({operation::trap_with, 0, 0, static_cast<std::int32_t>(why), 0});
        die();
    }

    // ---- operands

    void pool(std::uint64_t bits) {
        if (pool_.size() == max_pool) return reject("function needs too many constants");
        pool_.insert(bits);
    }
    void pool(const Operand& v) {
        if (!v.is_register()) pool(v.bits);
    }
    void pool_all(std::span<const Operand> values) {
        for (const Operand& v : values) pool(v);
    }
    void pool_unless_u16(const Operand& v) {
        if (!v.is_register() && v.bits > 65535) pool(v.bits);
    }
    void pool_unless_32_bits(const Operand& v) {
        if (!v.is_register() && !fits_32_bits(v)) pool(v.bits);
    }
    [[nodiscard]] bool fits_32_bits(const Operand& v) const {
        switch (v.type) {
            case ValueType::i32:
            case ValueType::f32:
                return true;
            case ValueType::i64:
                return static_cast<std::int64_t>(v.bits) == static_cast<std::int32_t>(v.bits);
            case ValueType::f64:
                return f64_fits_f32(v.bits, nans_);
            default:
                return false;
        }
    }

    /// Pushes an operand, or pushes back one that was popped.
    void push(Operand v) {
        switch (v.kind) {
            case Operand::Kind::constant:
                break;
            case Operand::Kind::local: {
                const std::uint32_t at = size(stack_);
                auto& top = top_of_local_[static_cast<std::size_t>(v.reg)];
                v.bits = top;
                top = at + 1;
                while (!local_entries_.empty() && local_entries_.back() >= at) local_entries_.pop_back();
                local_entries_.push_back(at);
                live_local_entries_++;
                break;
            }
            case Operand::Kind::dynamic:
                if (next_ == slots_.lowest()) return reject(too_many_registers);
                max_ = std::max(max_, ++next_);
                break;
            case Operand::Kind::preserved:
                if (!slots_.bump(v.reg)) return reject(underflow);
        }
        stack_.push_back(v);
    }
    void push_constant(ValueType type, std::uint64_t bits) {
        stack_.push_back({.kind = Operand::Kind::constant, .type = type, .bits = bits});
    }
    void push_bool(bool b) { push_constant(ValueType::i32, b ? 1 : 0); }
    void push_local(std::uint32_t x) { push({.kind = Operand::Kind::local, .reg = static_cast<std::int32_t>(x)}); }
    std::int32_t push_new() {
        const std::int32_t reg = next_;
        push({.kind = Operand::Kind::dynamic, .reg = reg});
        return reg;
    }
    /// Whether `n` more dynamic registers exist; a failure otherwise.
    bool room_for(std::uint32_t n) {
        if (n <= max_locals && next_ + static_cast<std::int32_t>(n) < slots_.lowest()) return true;
        reject(too_many_registers);
        return false;
    }
    std::int32_t push_new(std::uint32_t n) {
        const std::int32_t base = next_;
        if (room_for(n)) {
            for (; n != 0; n--) push_new();
        }
        return base;
    }
    Operand pop() {
        if (stack_.empty()) {
            reject(underflow);
            return {};
        }
        const Operand v = stack_.back();
        stack_.pop_back();
        switch (v.kind) {
            case Operand::Kind::constant:
                break;
            case Operand::Kind::local:
                top_of_local_[static_cast<std::size_t>(v.reg)] = static_cast<std::uint32_t>(v.bits);
                live_local_entries_--;
                break;
            case Operand::Kind::dynamic:
                next_--;
                break;
            case Operand::Kind::preserved:
                if (!slots_.take(v.reg)) reject(underflow);
        }
        return v;
    }
    /// Pops `n` operands into `scratch_`, the deepest first.
    std::span<const Operand> pop(std::uint32_t n) {
        scratch_.clear();
        if (n > stack_.size()) {
            reject(underflow);
            return {};
        }
        scratch_.resize(n);
        for (std::size_t k = n; k != 0; k--) scratch_[k - 1] = pop();
        return scratch_;
    }
    std::span<const Operand> peek(std::uint32_t n) {
        const auto values = pop(n);
        for (const Operand& v : values) push(v);
        return values;
    }
    void truncate(std::size_t height) {
        while (stack_.size() > height) pop();
    }

    // ---- locals that are overwritten while they are on the stack (2.5)

    void check_large() {
        if (stack_.size() >= large_stack && live_local_entries_ != 0) large_ = true;
    }
    std::int32_t new_slot() {
        const std::int32_t reg = slots_.put();
        if (next_ == slots_.lowest()) reject(too_many_registers);
        return reg;
    }
    /// Turns the entry of a local at `at` into one of slot `reg`.
    void preserve_entry(std::size_t at, std::int32_t reg) {
        stack_[at] = {.kind = Operand::Kind::preserved, .reg = reg};
        live_local_entries_--;
    }
    /// The register that local `x` has to be copied to, if it is on the stack.
    std::optional<std::int32_t> preserve_one(std::uint32_t x) {
        check_large();
        std::optional<std::int32_t> reg;
        std::uint32_t entry = top_of_local_[x];
        top_of_local_[x] = 0;
        while (entry != 0) {
            const std::uint32_t at = entry - 1;
            entry = static_cast<std::uint32_t>(stack_[at].bits);
            if (!reg) {
                reg = new_slot();
            } else {
                slots_.bump(*reg);
            }
            preserve_entry(at, *reg);
        }
        return reg;
    }
    void preserve_all() {
        check_large();
        if (live_local_entries_ == 0) return;
        std::vector<std::uint32_t> order;
        for (std::size_t k = local_entries_.size(); k != 0; k--) {
            const std::uint32_t at = local_entries_[k - 1];
            if (at < stack_.size() && stack_[at].kind == Operand::Kind::local) order.push_back(at);
        }
        local_entries_.clear();
        if (large_) {
            std::stable_sort(order.begin(), order.end(),
                             [&](std::uint32_t a, std::uint32_t b) { return stack_[a].reg < stack_[b].reg; });
        }
        // While this runs, top_of_local_ holds ~slot for a local that has got one.
        std::vector<std::pair<std::int32_t, std::int32_t>> copied;  // slot and local
        std::vector<std::uint32_t> seen;
        for (const std::uint32_t at : order) {
            const auto x = static_cast<std::size_t>(stack_[at].reg);
            std::int32_t reg = 0;
            if (auto& top = top_of_local_[x]; top <= stack_.size()) {
                reg = new_slot();
                top = ~static_cast<std::uint32_t>(reg);
                copied.emplace_back(reg, stack_[at].reg);
            } else {
                reg = static_cast<std::int32_t>(~top);
                slots_.bump(reg);
            }
            preserve_entry(at, reg);
        }
        for (const auto& [reg, x] : copied) top_of_local_[static_cast<std::size_t>(x)] = 0;
        std::reverse(copied.begin(), copied.end());
        std::vector<Operand> run;
        for (std::size_t k = 0; k < copied.size();) {
            const std::int32_t base = copied[k].first;
            run.clear();
            do {
                run.push_back({.kind = Operand::Kind::local, .reg = copied[k].second});
                k++;
            } while (k < copied.size() && copied[k].first == copied[k - 1].first + 1);
            copy_all(base, run);
        }
    }
    /// local.set; returns the value.
    Operand set_local(std::uint32_t x) {
        slots_.collect();
        const Operand v = pop();
        const auto reg = static_cast<std::int32_t>(x);
        if (v.is_register() && v.reg == reg) return v;
        const auto preserved = preserve_one(x);
        const bool single = last_.kind != Instruction::Kind::none && last_.kind != Instruction::Kind::fixed;
        if (v.kind == Operand::Kind::dynamic && single && last_.result == v.reg &&
            (!preserved || (last_.words < 4 && !last_.reads(*preserved)))) {
            last_.result = reg;
            if (code_ != nullptr) {
                auto& all = code_->operations;
                all[last_operation_].to = reg;
                if (preserved) {
                    all.insert(all.begin() + static_cast<std::ptrdiff_t>(last_operation_),
                               {operation::copy, 0, encode(*preserved), reg, 0});
                    last_operation_++;
                }
            }
            if (preserved) {  // the copy is inserted before the last instruction
                charge(1);
                last_.position++;
                words_++;
            }
            return v;
        }
        if (preserved) {
            emit_copy(*preserved, reg);
            append_result(operation::copy, reg);
        }
        copy(reg, v);
        return v;
    }

    // ---- copies and returns (2.6)

    void emit_copy(std::int32_t to, std::optional<std::int32_t> from) {
        Instruction i{.kind = Instruction::Kind::copy, .result = to};
        if (from) i.add_operand(*from);
        emit(i);
    }
    void copy(std::int32_t to, const Operand& v) {
        if (!v.is_register()) {
            if (fits_32_bits(v)) {
                emit({.kind = Instruction::Kind::result, .result = to});
            } else {
                pool(v.bits);
                emit_copy(to, std::nullopt);
            }
            return append_result(operation::copy, encode(v));
        }
        if (last_.kind == Instruction::Kind::copy && (last_.result == to - 1 || last_.result == to + 1)) {
            last_.kind = Instruction::Kind::fixed;
            return append({operation::copy, 0, encode(to), encode(v), 0});
        }
        if (v.reg == to) return;
        emit_copy(to, v.reg);
        append_result(operation::copy, encode(v));
    }
    static bool contiguous(std::span<const Operand> values) {
        for (std::size_t k = 0; k < values.size(); k++) {
            if (!values[k].is_register() || values[k].reg != values[0].reg + static_cast<std::int32_t>(k)) return false;
        }
        return true;
    }
    static bool in_place(std::int32_t base, std::span<const Operand> values) {
        return values.empty() || (values[0].is_register() && values[0].reg == base && contiguous(values));
    }
    /// Words of an instruction that names `inside` of its values itself and the others in words of three behind it.
    static std::uint32_t list_words(std::span<const Operand> values, std::size_t inside) {
        return contiguous(values) ? 1 : 1 + static_cast<std::uint32_t>((values.size() - inside + 2) / 3);
    }
    void copy_all(std::int32_t to, std::span<const Operand> values) {
        while (!values.empty() && values[0].is_register() && values[0].reg == to) {
            values = values.subspan(1);
            to++;
        }
        if (values.empty()) return;
        if (values.size() == 1) return copy(to, values[0]);
        if (values.size() == 2) {
            if (values[1].is_register() && values[1].reg == to + 1) return copy(to, values[0]);
            pool_all(values);
            append_copy_all(to, values);
            return emit_fixed();
        }
        pool_all(values);
        append_copy_all(to, values);
        emit_fixed(1 + (values.size() + 1) / 8, list_words(values, 2));
    }
    void append_copy_all(std::int32_t to, std::span<const Operand> values) {
        append({operation::copy_many, 0, encode(to), encode_list(values), static_cast<std::int32_t>(values.size())});
    }
    void pool_returned(std::span<const Operand> values) {
        if (values.size() == 1) {
            pool_unless_32_bits(values[0]);
        } else {
            pool_all(values);
        }
    }
    void emit_return(std::span<const Operand> values) {
        pool_returned(values);
        append({operation::return_values, 0, 0, encode_list(values), static_cast<std::int32_t>(values.size())});
        if (values.size() <= 3) return emit_fixed();
        emit_fixed(1 + values.size() / 8, list_words(values, 3));
    }
    void emit_return_if(std::span<const Operand> values) {
        pool_returned(values);
        if (values.size() <= 2) return emit_fixed();
        emit_fixed(1 + (values.size() + 1) / 8, list_words(values, 2));
    }

    // ---- control

    BlockType block_type() {
        const std::int64_t b = r_.s33();
        if (b >= 0) {
            if (static_cast<std::uint64_t>(b) >= m_.types.size()) return reject(bad_index), BlockType{};
            const FunctionType& t = m_.types[static_cast<std::size_t>(b)];
            return {size(t.params), size(t.results)};
        }
        const auto code = static_cast<std::uint8_t>(b & 0x7f);
        if (b < -64 || (code != 0x40 && !is_value_type(code))) reject("unknown block type");
        return {0, code == 0x40 ? 0u : 1u};
    }
    /// The height below the params of a block that starts here.
    std::size_t block_height(const BlockType& t) {
        if (stack_.size() < t.params) return reject(underflow), 0;
        if (stack_.size() > max_block_height) reject("operand stack too high");
        return stack_.size() - t.params;
    }
    /// The first of the registers for a block's results; its params lie on the stack, and are in `scratch_` as well.
    std::int32_t result_registers(const BlockType& t) {
        const auto params = pop(t.params);
        const std::int32_t base = next_;
        if (room_for(t.results)) max_ = std::max(max_, next_ + static_cast<std::int32_t>(t.results));
        for (const Operand& v : params) push(v);
        return base;
    }

    void open_block(Opcode op) {
        if (!reachable_) {
            block_type();
            frames_.push_back({.kind = Frame::Kind::dead});
            return;
        }
        const BlockType t = block_type();
        if (op == op_block) {
            preserve_all();
            const std::size_t height = block_height(t);
            frames_.push_back({.kind = Frame::Kind::block,
                               .height = height,
                               .params = t.params,
                               .results = t.results,
                               .base = result_registers(t),
                               .charge = frames_.back().charge});
        } else if (op == op_loop) {
            preserve_all();
            const std::size_t height = block_height(t);
            const auto params = pop(t.params);
            const std::int32_t base = push_new(t.params);
            copy_all(base, params);
            last_ = {};
            frames_.push_back({.kind = Frame::Kind::loop,
                               .height = height,
                               .params = t.params,
                               .results = t.results,
                               .base = base,
                               .header = words_,
                               .start = here()});
            new_charge();
        } else {
            open_if(t);
        }
    }
    void open_if(const BlockType& t) {
        const Operand condition = pop();
        preserve_all();
        const std::size_t height = block_height(t);
        Frame f{.kind = Frame::Kind::if_,
                .height = height,
                .params = t.params,
                .results = t.results,
                .base = result_registers(t),
                .charge = frames_.back().charge,
                .remembered = remembered_.size()};
        if (!condition.is_register()) {
            f.kind = condition.bits != 0 ? Frame::Kind::if_true : Frame::Kind::if_false;
            reachable_ = condition.bits != 0;
            frames_.push_back(f);
            return;
        }
        if (remembered_.size() + scratch_.size() > max_remembered) return reject("too many operands of open blocks");
        for (const Operand& v : scratch_) {
            if (v.kind == Operand::Kind::preserved) slots_.bump(v.reg);
        }
        remembered_.insert(remembered_.end(), scratch_.begin(), scratch_.end());
        f.else_user = emit_branch_if(condition, false);
        append_jump(operation::jump_unless, encode(condition), f.else_jumps);
        frames_.push_back(f);
        new_charge();
    }
    /// Puts the params of an `if` back on the stack, as they were when it began.
    void restore_params(const Frame& f) {
        for (std::size_t k = f.remembered; k < remembered_.size(); k++) {
            const Operand& v = remembered_[k];
            if (v.kind == Operand::Kind::preserved) {  // what was remembered counts as this entry
                stack_.push_back(v);
            } else {
                push(v);
            }
        }
        forget_params(f);
    }
    void forget_params(const Frame& f) { remembered_.resize(std::min(remembered_.size(), f.remembered)); }

    void else_() {
        Frame f = frames_.back();
        const bool is_if = f.kind == Frame::Kind::if_ || f.kind == Frame::Kind::if_true ||
                           f.kind == Frame::Kind::if_false || f.kind == Frame::Kind::dead;
        if (!is_if || f.saw_else || frames_.size() < 2) return reject("else without if");
        if (f.kind == Frame::Kind::dead) return;
        f.saw_else = true;
        f.then_end = reachable_;
        if (f.kind == Frame::Kind::if_) {
            frames_.pop_back();  // what follows is paid by the parent
            if (reachable_) {
                copy_all(f.base, pop(f.results));
                emit_fixed();
                append_jump(operation::jump, 0, f);
                f.branches++;
            }
            bind(f.else_jumps);
            frames_.push_back(f);
            label(f.else_user);
            new_charge();
            f.charge = frames_.back().charge;
            truncate(f.height);
            restore_params(f);
            reachable_ = true;
        } else {
            reachable_ = f.kind == Frame::Kind::if_false;
        }
        frames_.back() = f;
    }
    void push_results(const Frame& f) {
        truncate(f.height);
        for (std::uint32_t n = f.results; n != 0; n--) push_new();
    }
    void end() {
        Frame f = frames_.back();
        if (f.kind == Frame::Kind::function) {
            if (reachable_) emit_return(pop(f.results));
            frames_.pop_back();
            return;
        }
        frames_.pop_back();  // what follows is paid by the parent
        switch (f.kind) {
            case Frame::Kind::block:
            case Frame::Kind::if_true:
            case Frame::Kind::if_false:
                end_block(f);
                break;
            case Frame::Kind::if_:
                end_if(f);
                break;
            default:  // nothing for loops and dead code
                break;
        }
        last_ = {};
    }
    void end_block(Frame& f) {
        bool reached = reachable_;
        if (f.kind == Frame::Kind::if_true && f.saw_else) reached = f.then_end;
        if (f.kind == Frame::Kind::if_false && !f.saw_else) reached = true;
        if (f.branches != 0) {
            if (reached) copy_all(f.base, pop(f.results));
            bind(f.end_jumps);
            label(f.end_user);
            push_results(f);
        }
        reachable_ = reached || f.branches != 0;
    }
    void end_if(Frame& f) {
        if (f.saw_else) {
            if (reachable_) copy_all(f.base, pop(f.results));
            reachable_ = f.then_end || reachable_ || f.branches != 0;
        } else {
            if (f.results != 0 && reachable_) {
                copy_all(f.base, pop(f.results));
                emit_fixed(0);
                append_jump(operation::jump, 0, f);
            }
            bind(f.else_jumps);
            label(f.else_user);
            if (f.results != 0) {
                truncate(f.height);
                restore_params(f);
                copy_all(f.base, pop(f.params));
            } else {
                forget_params(f);
            }
            reachable_ = true;
        }
        bind(f.end_jumps);
        label(f.end_user);
        push_results(f);
    }

    /// The frame that label `depth` names, or null and a failure.
    Frame* target(std::uint32_t depth) {
        if (depth < frames_.size()) return &frames_[frames_.size() - 1 - depth];
        reject(bad_index);
        return nullptr;
    }
    static std::uint32_t arity(const Frame& f) { return f.kind == Frame::Kind::loop ? f.params : f.results; }

    void branch(std::uint32_t depth) {
        Frame* f = target(depth);
        if (f == nullptr) return;
        const auto values = pop(arity(*f));
        f->branches++;
        if (f->kind == Frame::Kind::function) {
            emit_return(values);
        } else {
            copy_all(f->base, values);
            emit_fixed();
            append_jump(operation::jump, 0, *f);
        }
        die();
    }
    void branch_if() {
        const std::uint32_t depth = r_.u32();
        const Operand condition = pop();
        if (!condition.is_register()) {
            if (condition.bits != 0) branch(depth);
            return;
        }
        Frame* f = target(depth);
        if (f == nullptr) return;
        f->branches++;
        const auto values = peek(arity(*f));
        if (f->kind == Frame::Kind::function) {
            append({operation::return_if, 0, encode(condition), encode_list(values),
                    static_cast<std::int32_t>(values.size())});
            return emit_return_if(values);
        }
        if (in_place(f->base, values)) {
            append_jump(operation::jump_if, encode(condition), *f);
            const std::uint32_t from = emit_branch_if(condition, true);
            if (f->kind != Frame::Kind::loop) {
                f->end_user = std::min(f->end_user, from);
            } else if (from - f->header > far_branch + 1) {
                reject("conditional branch over more than 32767 words");
            }
            return;
        }
        emit_branch_if(condition, false);
        std::int32_t over = -1;
        append_jump(operation::jump_unless, encode(condition), over);
        copy_all(f->base, values);
        emit_fixed();
        append_jump(operation::jump, 0, *f);
        bind(over);
    }
    void branch_table() {
        std::vector<std::uint32_t> targets;
        for (std::uint32_t n = r_.u32(); n != 0 && !r_.failed(); n--) targets.push_back(r_.u32());
        const std::uint32_t otherwise = r_.u32();
        targets.push_back(otherwise);
        const Operand i = pop();
        if (bad()) return;
        const bool same = std::all_of(targets.begin(), targets.end(), [&](std::uint32_t t) { return t == otherwise; });
        if (same) return branch(otherwise);
        if (!i.is_register()) return branch(targets[std::min<std::uint64_t>(i.bits, targets.size() - 1)]);
        const Frame* f = target(otherwise);
        if (f == nullptr) return;
        const auto values = pop(arity(*f));
        const auto n = size(values);
        const bool row = contiguous(values);
        append({operation::jump_table, 0, 0, encode(i), static_cast<std::int32_t>(targets.size())});
        append({operation::more, 0, 0, encode_list(values), static_cast<std::int32_t>(n)});
        if (n == 1) {
            pool_unless_32_bits(values[0]);
        } else if (n < 4 || !row) {
            pool_all(values);
        }
        std::uint64_t cost = 1;
        for (const std::uint32_t t : targets) {
            Frame* to = target(t);
            if (to == nullptr) return;
            to->branches++;
            if (to->kind != Frame::Kind::function) {
                append_jump(operation::target, 0, *to, encode(to->base));
                continue;
            }
            append({operation::target_return, 0, 0, 0, 0});
            if (n >= 4 && !row) cost_.loses_values = true;  // the reference returns without them
            cost += n <= 3 || !row ? 1 : 1 + n / 8;
        }
        const std::uint32_t value_words = n == 0 ? 0 : n <= 3 || row ? 1 : (n + 2) / 3;
        emit_fixed(cost, 1 + value_words + size(targets));
        die();
    }

    // ---- operators (2.4, 2.7)

    void int_binary(IntBinary op, unsigned width) {
        const ValueType type = width == 32 ? ValueType::i32 : ValueType::i64;
        const std::uint64_t ones = width == 32 ? 0xffffffff : ~std::uint64_t{0};
        const bool bitwise = op == IntBinary::and_ || op == IntBinary::or_ || op == IntBinary::xor_;
        const auto kind = bitwise && width == 32 ? Instruction::Kind::bitwise : Instruction::Kind::result;
        const auto fusion = bitwise && width == 32 ? Instruction::Fusion::both : Instruction::Fusion::none;
        const Operand b = pop(), a = pop();
        if (!a.is_register() && !b.is_register()) {
            const auto folded = fold(op, width, a.bits, b.bits);
            if (folded) return push_constant(type, *folded);
            return emit_trap(b.bits == 0 ? Trap::integer_division_by_zero : Trap::integer_overflow);
        }
        const auto code = static_cast<std::uint16_t>((width == 32 ? 0x6a : 0x7c) + static_cast<int>(op));
        if (a.is_register() && b.is_register()) {
            if (a.reg == b.reg) {
                if (op == IntBinary::and_ || op == IntBinary::or_) return push(a);
                if (op == IntBinary::xor_ || op == IntBinary::sub) return push_constant(type, 0);
            }
            emit_result({a, b}, 1, kind, fusion);
            return append_result(code, encode(a), encode(b));
        }
        const bool constant_left = b.is_register();
        const Operand r = constant_left ? b : a;
        std::uint64_t c = constant_left ? a.bits : b.bits;
        if (op == IntBinary::sub && !constant_left) {
            op = IntBinary::add;
            c = (~c + 1) & ones;
        }
        bool is_unsigned = false, pooled = true;
        switch (op) {
            case IntBinary::add:
            case IntBinary::xor_:
                if (c == 0) return push(r);
                break;
            case IntBinary::or_:
                if (c == 0) return push(r);
                if (c == ones) return push_constant(type, ones);
                break;
            case IntBinary::and_:
                if (c == ones) return push(r);
                if (c == 0) return push_constant(type, 0);
                break;
            case IntBinary::mul:
                if (c == 0) return push_constant(type, 0);
                if (c == 1) return push(r);
                break;
            case IntBinary::sub:
                break;
            case IntBinary::shl:
            case IntBinary::shr_s:
            case IntBinary::shr_u:
            case IntBinary::rotl:
            case IntBinary::rotr:
                if (!constant_left) {
                    if (c % width == 0) return push(r);
                    pooled = false;
                } else {
                    if (c == 0) return push_constant(type, 0);
                    if (c == ones && op != IntBinary::shl && op != IntBinary::shr_u) return push_constant(type, ones);
                }
                break;
            case IntBinary::div_s:
            case IntBinary::div_u:
                if (!constant_left) {
                    if (c == 0) return emit_trap(Trap::integer_division_by_zero);
                    if (c == 1) return push(r);
                }
                is_unsigned = op == IntBinary::div_u;
                break;
            case IntBinary::rem_s:
            case IntBinary::rem_u:
                if (!constant_left) {
                    if (c == 0) return emit_trap(Trap::integer_division_by_zero);
                    if (c == 1 || (op == IntBinary::rem_s && c == ones)) return push_constant(type, 0);
                }
                is_unsigned = op == IntBinary::rem_u;
        }
        if (pooled && !(is_unsigned ? c <= 65535 : fits_i16(to_signed(c, width)))) pool(c);
        emit_result({r}, 1, kind, fusion);
        append_result(code, encode(a), encode(b));
    }

    void int_compare(IntCompare op, unsigned width) {
        const Operand b = pop(), a = pop();
        if (!a.is_register() && !b.is_register()) return push_bool(fold(op, width, a.bits, b.bits));
        const auto code = static_cast<std::uint16_t>((width == 32 ? 0x46 : 0x51) + static_cast<int>(op));
        if (a.is_register() && b.is_register()) {
            if (a.reg == b.reg) return push_bool(fold(op, width, 0, 0));
            emit_result({a, b}, 1, Instruction::Kind::result, Instruction::Fusion::both);
            return append_result(code, encode(a), encode(b));
        }
        const bool constant_left = b.is_register();
        const Operand r = constant_left ? b : a;
        const std::uint64_t c = constant_left ? a.bits : b.bits;
        const std::uint64_t ones = width == 32 ? 0xffffffff : ~std::uint64_t{0};
        const std::uint64_t sign = std::uint64_t{1} << (width - 1);
        const bool is_unsigned =
            op == IntCompare::lt_u || op == IntCompare::gt_u || op == IntCompare::le_u || op == IntCompare::ge_u;
        const std::uint64_t low = is_unsigned ? 0 : sign, high = is_unsigned ? ones : sign - 1;
        // With the register on the left: r < low, r > high, r <= high, r >= low.
        switch (op) {
            case IntCompare::eq:
            case IntCompare::ne:
                break;
            case IntCompare::lt_s:
            case IntCompare::lt_u:
                if (c == (constant_left ? high : low)) return push_bool(false);
                break;
            case IntCompare::gt_s:
            case IntCompare::gt_u:
                if (c == (constant_left ? low : high)) return push_bool(false);
                break;
            case IntCompare::le_s:
            case IntCompare::le_u:
                if (c == (constant_left ? low : high)) return push_bool(true);
                break;
            case IntCompare::ge_s:
            case IntCompare::ge_u:
                if (c == (constant_left ? high : low)) return push_bool(true);
        }
        if (!(is_unsigned ? c <= 65535 : fits_i16(to_signed(c, width)))) pool(c);
        emit_result({r}, 1, Instruction::Kind::result, Instruction::Fusion::both);
        append_result(code, encode(a), encode(b));
    }
    void int_eqz(unsigned width) {
        if (width == 32 && !stack_.empty()) {
            const Operand& top = stack_.back();
            if (top.is_register() && last_.kind == Instruction::Kind::bitwise && last_.result == top.reg &&
                top.reg >= locals_) {
                last_.kind = Instruction::Kind::result;
                return append_result(0x45, encode(top));
            }
        }
        push_constant(width == 32 ? ValueType::i32 : ValueType::i64, 0);
        int_compare(IntCompare::eq, width);
    }

    void float_binary(FloatBinary op, unsigned width) {
        const ValueType type = width == 32 ? ValueType::f32 : ValueType::f64;
        const Operand b = pop(), a = pop();
        if (!a.is_register() && !b.is_register()) return push_constant(type, fold(op, width, a.bits, b.bits));
        const auto code = static_cast<std::uint16_t>((width == 32 ? 0x92 : 0xa0) + static_cast<int>(op));
        if (op == FloatBinary::copysign) {
            if (a.is_register() && b.is_register()) {
                if (a.reg == b.reg) return push(a);
                emit_result({a, b});
            } else if (a.is_register()) {
                // The reference forgets to charge for a constant sign.
                emit_result({a}, 1, Instruction::Kind::result, Instruction::Fusion::none, 0);
            } else {
                pool(a.bits);
                emit_result({b});
            }
            return append_result(code, encode(a), encode(b));
        }
        if (a.is_register() && b.is_register()) {
            emit_result({a, b});
            return append_result(code, encode(a), encode(b));
        }
        const Operand& c = a.is_register() ? b : a;
        const Operand& r = a.is_register() ? a : b;
        const auto keep = [&](bool second) {
            site(second ? FuelSite::Kind::keep_second : FuelSite::Kind::keep_first, r_.position() - 1);
        };
        if (is_nan(c.bits, width)) {
            keep(a.is_register());
            return push_constant(type, c.bits);
        }
        const double x = to_double(c.bits, width);
        constexpr double infinity = std::numeric_limits<double>::infinity();
        if ((op == FloatBinary::min && x == infinity) || (op == FloatBinary::max && x == -infinity)) {
            keep(!a.is_register());
            return push(r);
        }
        pool(c.bits);
        emit_result({r});
        append_result(code, encode(a), encode(b));
    }
    void float_compare(FloatCompare op, unsigned width) {
        const Operand b = pop(), a = pop();
        const bool ordering = op == FloatCompare::lt || op == FloatCompare::gt;
        const bool equality = op == FloatCompare::eq || op == FloatCompare::ne;
        // f32.eq and f32.ne fuse also with branches that are taken if false.
        const auto fusion = width == 32 && equality ? Instruction::Fusion::both : Instruction::Fusion::taken_if_true;
        if (!a.is_register() && !b.is_register()) return push_bool(fold(op, width, a.bits, b.bits));
        const auto code = static_cast<std::uint16_t>((width == 32 ? 0x5b : 0x61) + static_cast<int>(op));
        if (a.is_register() && b.is_register()) {
            if (a.reg == b.reg && ordering) return push_bool(false);
            emit_result({a, b}, 1, Instruction::Kind::result, fusion);
            return append_result(code, encode(a), encode(b));
        }
        const bool constant_left = b.is_register();
        const Operand& c = constant_left ? a : b;
        if (is_nan(c.bits, width)) return push_bool(op == FloatCompare::ne);
        if (ordering) {  // r < -inf, inf < r, r > inf, -inf > r
            const bool minus = (op == FloatCompare::lt) != constant_left;
            constexpr double infinity = std::numeric_limits<double>::infinity();
            if (to_double(c.bits, width) == (minus ? -infinity : infinity)) return push_bool(false);
        }
        pool(c.bits);
        emit_result({constant_left ? b : a}, 1, Instruction::Kind::result, fusion);
        append_result(code, encode(a), encode(b));
    }

    template <class F>
    void unary(ValueType type, F folded, std::uint16_t code) {
        const Operand v = pop();
        if (v.is_register()) {
            emit_result({v});
            return append_result(code, encode(v));
        }
        const std::optional<std::uint64_t> c = folded(v.bits);
        if (!c) {  // a float that is no such integer
            const unsigned width = code == 0xa8 || code == 0xa9 || code == 0xae || code == 0xaf ? 32 : 64;
            return emit_trap(is_nan(v.bits, width) ? Trap::bad_conversion_to_integer : Trap::integer_overflow);
        }
        push_constant(type, *c);
    }
    void truncate_float(unsigned from, unsigned to, bool is_signed, bool saturate, std::uint16_t code) {
        unary(
            to == 32 ? ValueType::i32 : ValueType::i64,
            [=](std::uint64_t v) { return fold_truncate(from, to, is_signed, saturate, v); }, code);
    }
    void convert_int(unsigned from, unsigned to, bool is_signed) {
        unary(
            to == 32 ? ValueType::f32 : ValueType::f64,
            [=](std::uint64_t v) { return fold_convert(from, to, is_signed, v); }, op_);
    }
    void extend(unsigned from, unsigned to) {
        unary(
            to == 32 ? ValueType::i32 : ValueType::i64, [=](std::uint64_t v) { return fold_extend(from, to, v); }, op_);
    }
    /// Changes the type of a constant; registers have none.
    void retype(ValueType type) {
        if (stack_.empty()) return reject(underflow);
        if (!stack_.back().is_register()) stack_.back().type = type;
    }
    void conversion(std::uint8_t op) {
        switch (op) {
            case 0xa7:
                return unary(
                    ValueType::i32, [](std::uint64_t v) { return std::optional(v & 0xffffffff); }, op_);
            case 0xa8:
            case 0xa9:
                return truncate_float(32, 32, op == 0xa8, false, op);
            case 0xaa:
            case 0xab:
                return truncate_float(64, 32, op == 0xaa, false, op);
            case 0xac:
                return extend(32, 64);
            case 0xad:
                return retype(ValueType::i64);
            case 0xae:
            case 0xaf:
                return truncate_float(32, 64, op == 0xae, false, op);
            case 0xb0:
            case 0xb1:
                return truncate_float(64, 64, op == 0xb0, false, op);
            case 0xb2:
            case 0xb3:
                return convert_int(32, 32, op == 0xb2);
            case 0xb4:
            case 0xb5:
                return convert_int(64, 32, op == 0xb4);
            case 0xb6:
                return unary(
                    ValueType::f32, [](std::uint64_t v) { return std::optional(fold_demote(v)); }, op_);
            case 0xb7:
            case 0xb8:
                return convert_int(32, 64, op == 0xb7);
            case 0xb9:
            case 0xba:
                return convert_int(64, 64, op == 0xb9);
            case 0xbb:
                return unary(
                    ValueType::f64, [](std::uint64_t v) { return std::optional(fold_promote(v)); }, op_);
            case 0xbc:
                return retype(ValueType::i32);
            case 0xbd:
                return retype(ValueType::i64);
            case 0xbe:
                return retype(ValueType::f32);
            case 0xbf:
                return retype(ValueType::f64);
            case 0xc0:
                return extend(8, 32);
            case 0xc1:
                return extend(16, 32);
            case 0xc2:
                return extend(8, 64);
            case 0xc3:
                return extend(16, 64);
            default:
                return extend(32, 64);
        }
    }

    struct Address {
        std::uint32_t memory = 0, offset = 0;
    };
    Address address() {
        Address a;
        if (r_.u32() & 0x40) a.memory = r_.u32();
        a.offset = r_.u32();
        return a;
    }
    /// Words of a load or store, and whether its constant address overflows.
    static std::uint32_t access_words(const Address& a, const Operand& base) {
        if (!base.is_register()) return a.memory == 0 ? 1 : 2;
        return a.memory == 0 && a.offset <= 65535 ? 1 : 2;
    }
    static bool overflows(const Address& a, const Operand& base) {
        return !base.is_register() && base.bits + a.offset > 0xffffffff;
    }
    void load() {
        const Address a = address();
        const Operand base = pop();
        if (overflows(a, base)) return emit_trap(Trap::memory_out_of_bounds);
        emit_result({base}, access_words(a, base));
        append_result(op_, encode(base), static_cast<std::int32_t>(a.offset), a.memory);
    }
    void store(std::uint8_t op) {
        const Address a = address();
        const Operand v = pop(), base = pop();
        if (overflows(a, base)) return emit_trap(Trap::memory_out_of_bounds);
        if (!v.is_register()) {
            const bool pooled = op == op_f32_store || op == op_f64_store ||
                                (op == op_i64_store && !fits_i16(to_signed(v.bits, 64))) ||
                                ((op == op_i32_store || op == op_i64_store32) && !fits_i16(to_signed(v.bits, 32)));
            if (pooled) pool(v.bits);
        }
        emit_fixed(1, access_words(a, base));
        append(
            {op, static_cast<std::uint16_t>(a.memory), encode(v), encode(base), static_cast<std::int32_t>(a.offset)});
    }
    void select() {
        const Operand condition = pop(), b = pop(), a = pop();
        if (!condition.is_register()) {
            const Operand& v = condition.bits != 0 ? a : b;
            if (v.kind == Operand::Kind::dynamic || v.kind == Operand::Kind::preserved) return copy(push_new(), v);
            return push(v);
        }
        const bool same = a.is_register() ? b.is_register() && a.reg == b.reg
                                          : !b.is_register() && a.type == b.type && a.bits == b.bits;
        if (same) return push(a);
        pool_unless_32_bits(a);
        pool_unless_32_bits(b);
        emit_result({a, b, condition}, 2);
        append_result(operation::select, encode(a), encode(b));
        append({operation::more, 0, 0, encode(condition), 0});
    }
    /// `index` is the function or the type, `table` that of an indirect call.
    void call(const FunctionType& t, std::uint32_t index, std::uint32_t table, bool indirect, bool tail) {
        Instruction i{.words = (indirect ? 2u : 1u) + (size(t.params) + 2) / 3};
        Operand callee;
        if (indirect) {
            callee = pop();
            pool_unless_u16(callee);
            if (callee.is_register()) i.add_operand(callee.reg);
        }
        const auto arguments = pop(size(t.params));
        pool_all(arguments);
        i.kind = Instruction::Kind::fixed;
        const std::int32_t list = encode_list(arguments);
        const auto append_call = [&](std::uint16_t direct, std::uint16_t by_table) {
            append_result(indirect ? by_table : direct, static_cast<std::int32_t>(index), list, table);
            if (indirect) append({operation::more, 0, 0, encode(callee), 0});
        };
        if (tail) {
            emit(i);
            append_call(operation::tail_call_function, operation::tail_call_table);
            return die();
        }
        for (const Operand& v : arguments) {
            if (v.is_register()) i.add_operand(v.reg);
        }
        i.result = push_new(size(t.results));
        if (t.results.size() == 1) i.kind = Instruction::Kind::result;
        emit(i);
        append_call(operation::call_function, operation::call_table);
    }
    void global_get() {
        const std::uint32_t i = index(m_.globals.size());
        if (bad()) return;
        const Global& g = m_.globals[i];
        if (!g.is_mutable && !g.imported && g.constant) return push_constant(g.constant->type, g.constant->bits);
        emit_result({});
        append_result(op_, static_cast<std::int32_t>(i));
    }
    void global_set() {
        const std::uint32_t i = index(m_.globals.size());
        const Operand v = pop();
        if (!v.is_register()) {
            const bool fits = (v.type == ValueType::i32 && fits_i16(to_signed(v.bits, 32))) ||
                              (v.type == ValueType::i64 && fits_i16(to_signed(v.bits, 64)));
            if (!fits) pool(v.bits);
        }
        emit_fixed();
        append({op_, 0, 0, encode(v), static_cast<std::int32_t>(i)});
    }

    void prefixed(std::size_t at) {
        const std::uint32_t op = r_.u32();
        if (op < 8) {
            return truncate_float(op & 2 ? 64 : 32, op & 4 ? 64 : 32, (op & 1) == 0, true,
                                  static_cast<std::uint16_t>(operation::truncate_saturating + op));
        }
        const std::uint32_t i = r_.u32();
        switch (op) {
            case fc_memory_init:
            case fc_memory_copy:
            case fc_table_init:
            case fc_table_copy: {
                const std::uint32_t second = r_.u32();
                pop_bulk();
                const bool memory = op == fc_memory_init || op == fc_memory_copy;
                append_bulk(op, i, second);
                site(memory ? FuelSite::Kind::memory_bulk : FuelSite::Kind::table_bulk, at);
                return emit_fixed(1, 3);
            }
            case fc_memory_fill:
                pop_fill(operation::memory_fill, i);
                site(FuelSite::Kind::memory_bulk, at);
                return emit_fixed(1, 2);
            case fc_table_fill:
                pool(pop_fill(operation::table_fill, i));
                table_site(FuelSite::Kind::table_fill, at, i);
                return emit_fixed(1, 2);
            case fc_data_drop:
            case fc_elem_drop:
                append({op == fc_data_drop ? operation::data_drop : operation::elem_drop, 0, 0,
                        static_cast<std::int32_t>(i), 0});
                return emit_fixed();
            case fc_table_size:
                emit_result({});
                return append_result(operation::table_size, 0, 0, i);
            case fc_table_grow: {
                table_site(FuelSite::Kind::table_grow, at, i);
                const Operand n = pop(), v = pop();
                if (!n.is_register() && n.bits == 0) {
                    emit_result({});
                    return append_result(operation::table_size, 0, 0, i);
                }
                pool_unless_u16(n);
                pool(v);
                emit_result({n, v}, 2);
                return append_result(operation::table_grow, encode(v), encode(n), i);
            }
            default:
                reject("unknown instruction");
        }
    }
    void pop_bulk() {
        for (const Operand& v : pop(3)) pool_unless_u16(v);
    }
    /// The operation on the operands of pop_bulk: `first` and `second` are the immediates.
    void append_bulk(std::uint32_t op, std::uint32_t first, std::uint32_t second) {
        if (code_ == nullptr || scratch_.size() != 3) return;
        const bool copies = op == fc_memory_copy || op == fc_table_copy;
        const bool memory = op == fc_memory_init || op == fc_memory_copy;
        const auto code = copies ? (memory ? operation::memory_copy : operation::table_copy)
                                 : (memory ? operation::memory_init : operation::table_init);
        append({code, static_cast<std::uint16_t>(copies ? first : second),
                static_cast<std::int32_t>(copies ? second : first), encode(scratch_[0]), encode(scratch_[1])});
        append({operation::more, 0, 0, encode(scratch_[2]), 0});
    }
    /// Pops destination, value and length; the value. `code` fills memory or table `i`.
    Operand pop_fill(std::uint16_t code, std::uint32_t i) {
        const Operand n = pop(), v = pop(), to = pop();
        append({code, static_cast<std::uint16_t>(i), 0, encode(to), encode(v)});
        append({operation::more, 0, 0, encode(n), 0});
        pool_unless_u16(to);
        pool_unless_u16(n);
        return v;
    }

    void site(FuelSite::Kind kind, std::size_t at, std::uint32_t i = 0) {
        cost_.sites.push_back({kind, {at, r_.position()}, size(frames_) - 1, i});
    }
    void table_site(FuelSite::Kind kind, std::size_t at, std::uint32_t table) {
        if (table >= m_.tables.size()) return reject(bad_index);
        site(kind, at, table);
    }

    void skip_immediates(std::uint8_t op) {
        switch (op) {
            case op_br:
            case op_br_if:
            case op_call:
            case op_return_call:
            case op_local_get:
            case op_local_set:
            case op_local_tee:
            case op_global_get:
            case op_global_set:
            case op_table_get:
            case op_table_set:
            case op_ref_func:
            case op_memory_size:
            case op_memory_grow:
                r_.u32();
                break;
            case op_ref_null:
                r_.u8();
                break;
            case op_br_table:
                for (std::uint64_t n = std::uint64_t{r_.u32()} + 1; n != 0 && !r_.failed(); n--) r_.u32();
                break;
            case op_call_indirect:
            case op_return_call_indirect:
                r_.u32();
                r_.u32();
                break;
            case op_typed_select:
                for (std::uint32_t n = r_.u32(); n != 0 && !r_.failed(); n--) r_.u8();
                break;
            case op_i32_const:
                r_.s32();
                break;
            case op_i64_const:
                r_.s64();
                break;
            case op_f32_const:
                r_.fixed32();
                break;
            case op_f64_const:
                r_.fixed64();
                break;
            case op_prefix_fc: {
                const std::uint32_t second = r_.u32();
                if (second < 8) break;
                if (second > fc_table_fill) return reject("unknown instruction");
                r_.u32();
                const bool two = second == fc_memory_init || second == fc_memory_copy || second == fc_table_init ||
                                 second == fc_table_copy;
                if (two) r_.u32();
                break;
            }
            default:
                if (op >= op_i32_load && op <= op_i64_store32) address();
        }
    }

    void step() {
        const std::size_t at = r_.position();
        const std::uint8_t op = r_.u8();
        op_ = op;
        cost_.labels = std::max(cost_.labels, size(frames_));
        switch (op) {
            case op_block:
            case op_loop:
            case op_if:
                return open_block(static_cast<Opcode>(op));
            case op_else:
                return else_();
            case op_end:
                return end();
            default:
                break;
        }
        if (!reachable_) return skip_immediates(op);
        if (op >= op_i32_load && op <= 0x35) return load();
        if (op >= op_i32_store && op <= op_i64_store32) return store(op);
        if (op >= 0x45 && op <= 0xc4) return numeric(op);
        switch (op) {
            case op_unreachable:
                return emit_trap(Trap::unreachable);
            case op_nop:
                return;
            case op_br:
                return branch(r_.u32());
            case op_br_if:
                return branch_if();
            case op_br_table:
                return branch_table();
            case op_return:
                site(FuelSite::Kind::return_, at);
                emit_return(pop(size(type_.results)));
                return die();
            case op_call:
            case op_return_call: {
                const std::uint32_t f = index(m_.functions.size());
                if (bad()) return;
                site(op == op_call ? FuelSite::Kind::call : FuelSite::Kind::return_call, at, f);
                return call(m_.function_type(f), f, 0, false, op == op_return_call);
            }
            case op_call_indirect:
            case op_return_call_indirect: {
                const std::uint32_t t = index(m_.types.size());
                const std::uint32_t table = r_.u32();
                if (bad()) return;
                site(op == op_call_indirect ? FuelSite::Kind::call_indirect : FuelSite::Kind::return_call_indirect, at);
                return call(m_.types[t], t, table, true, op == op_return_call_indirect);
            }
            case op_drop:
                pop();
                return;
            case op_typed_select:
                for (std::uint32_t n = r_.u32(); n != 0 && !r_.failed(); n--) r_.u8();
                return select();
            case op_select:
                return select();
            case op_local_get: {
                const std::uint32_t x = index(top_of_local_.size());
                if (!bad()) push_local(x);
                return;
            }
            case op_local_set: {
                const std::uint32_t x = index(top_of_local_.size());
                if (!bad()) set_local(x);
                return;
            }
            case op_local_tee: {
                const std::uint32_t x = index(top_of_local_.size());
                if (bad()) return;
                const Operand v = set_local(x);
                return v.is_register() ? push_local(x) : push(v);
            }
            case op_global_get:
                return global_get();
            case op_global_set:
                return global_set();
            case op_table_get: {
                const std::uint32_t table = r_.u32();
                const Operand i = pop();
                emit_result({i}, 2);
                return append_result(op, encode(i), 0, table);
            }
            case op_table_set: {
                const std::uint32_t table = r_.u32();
                const Operand v = pop(), i = pop();
                pool(v);
                append({op, static_cast<std::uint16_t>(table), 0, encode(i), encode(v)});
                return emit_fixed(1, 2);
            }
            case op_memory_size: {
                const std::uint32_t memory = r_.u32();
                emit_result({});
                return append_result(op, 0, 0, memory);
            }
            case op_memory_grow: {
                const std::uint32_t memory = r_.u32();
                site(FuelSite::Kind::memory_grow, at);
                const Operand n = pop();
                emit_result({n}, !n.is_register() && n.bits == 0 ? 1 : 2);
                return append_result(op, encode(n), 0, memory);
            }
            case op_i32_const:
                return push_constant(ValueType::i32, static_cast<std::uint32_t>(r_.s32()));
            case op_i64_const:
                return push_constant(ValueType::i64, static_cast<std::uint64_t>(r_.s64()));
            case op_f32_const:
                return push_constant(ValueType::f32, r_.fixed32());
            case op_f64_const:
                return push_constant(ValueType::f64, r_.fixed64());
            case op_ref_null: {
                const std::uint8_t type = r_.u8();
                if (!is_value_type(type)) return reject("unknown reference type");
                return push_constant(static_cast<ValueType>(type), 0);
            }
            case op_ref_is_null:
                if (stack_.empty()) return reject(underflow);
                if (stack_.back().is_register()) return int_eqz(64);
                return push_bool(pop().bits == 0);
            case op_ref_func: {
                const std::uint32_t f = index(m_.functions.size());
                site(FuelSite::Kind::function_reference, at, f);
                emit_result({});
                return append_result(op, static_cast<std::int32_t>(f));
            }
            case op_prefix_fc:
                return prefixed(at);
            default:
                reject("unknown instruction");
        }
    }
    void numeric(std::uint8_t op) {
        const auto from = [op](int first) { return static_cast<std::uint8_t>(op - first); };
        if (op == 0x45) return int_eqz(32);
        if (op < 0x50) return int_compare(IntCompare{from(0x46)}, 32);
        if (op == 0x50) return int_eqz(64);
        if (op < 0x5b) return int_compare(IntCompare{from(0x51)}, 64);
        if (op < 0x61) return float_compare(FloatCompare{from(0x5b)}, 32);
        if (op < 0x67) return float_compare(FloatCompare{from(0x61)}, 64);
        if (op < 0x6a) return int_unary(IntUnary{from(0x67)}, 32);
        if (op < 0x79) return int_binary(IntBinary{from(0x6a)}, 32);
        if (op < 0x7c) return int_unary(IntUnary{from(0x79)}, 64);
        if (op < 0x8b) return int_binary(IntBinary{from(0x7c)}, 64);
        if (op < 0x92) return float_unary(FloatUnary{from(0x8b)}, 32);
        if (op < 0x99) return float_binary(FloatBinary{from(0x92)}, 32);
        if (op < 0xa0) return float_unary(FloatUnary{from(0x99)}, 64);
        if (op < 0xa7) return float_binary(FloatBinary{from(0xa0)}, 64);
        conversion(op);
    }
    void int_unary(IntUnary op, unsigned width) {
        unary(
            width == 32 ? ValueType::i32 : ValueType::i64,
            [=](std::uint64_t v) { return std::optional(fold(op, width, v)); }, op_);
    }
    void float_unary(FloatUnary op, unsigned width) {
        unary(
            width == 32 ? ValueType::f32 : ValueType::f64,
            [=](std::uint64_t v) { return std::optional(fold(op, width, v)); }, op_);
    }
};

}  // namespace

Result<FunctionCost> function_cost(const Module& module, std::uint32_t i, NanArithmetic nans) {
    return Translator(module, i, nans).run();
}

Result<InterpretedFunction> interpreted_function(const Module& module, std::uint32_t i) {
    return Translator(module, i, NanArithmetic::canonical).translate();
}

Result<std::vector<FunctionFuel>> module_fuel(BytesView module, NanArithmetic nans) {
    const auto m = parse_module(module);
    if (!m) return tl::unexpected(m.error());
    std::vector<FunctionFuel> all;
    for (std::uint32_t i = 0; i < m->bodies.size(); i++) {
        const auto cost = function_cost(*m, i, nans);
        if (!cost) return tl::unexpected(cost.error());
        FunctionFuel& f = all.emplace_back();
        f.func = m->imported_functions + i;
        f.len_registers = cost->len_registers;
        for (const Charge& c : cost->charges) f.charges.push_back(c.fuel);
    }
    return all;
}

}  // namespace warpshrew::wasm
