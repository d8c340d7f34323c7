#include "gpu/local_liveness.hpp"

#include <array>
#include <cstdint>

#include "wasm/opcodes.hpp"

namespace warpshrew::gpu {
namespace {

using wasm::Operation;
namespace operation = wasm::operation;

constexpr std::uint32_t most_locals = 256;
constexpr std::size_t most_operations = 50'000;

class Set {
 public:
    void add(std::uint32_t i) { words_[i / 64] |= std::uint64_t{1} << i % 64; }
    void remove(std::uint32_t i) { words_[i / 64] &= ~(std::uint64_t{1} << i % 64); }
    void add(const Set& other) {
        for (std::size_t k = 0; k < words_.size(); k++) words_[k] |= other.words_[k];
    }
    [[nodiscard]] bool has(std::uint32_t i) const { return (words_[i / 64] >> i % 64 & 1) != 0; }
    friend bool operator==(const Set&, const Set&) = default;

 private:
    std::array<std::uint64_t, most_locals / 64> words_{};
};

class Analysis {
 public:
    Analysis(const wasm::Module& m, const wasm::InterpretedFunction& f)
        : m_(m), f_(f), live_(f.operations.size() + 1) {}

    Set run() {
        for (bool changed = true; changed;) {
            changed = false;
            for (std::size_t i = f_.operations.size(); i-- != 0;) {
                Set live = after(i);
                transfer(i, live);
                if (live == live_[i]) continue;
                live_[i] = live;
                changed = true;
            }
        }
        return live_[0];
    }

 private:
    Set after(std::size_t i) const {
        const Operation& o = f_.operations[i];
        const auto at = [&](std::int32_t k) -> const Set& { return live_[static_cast<std::size_t>(k)]; };
        Set out;
        switch (o.code) {
            case operation::return_values:
            case operation::trap_with:
                return out;
            case operation::jump:
                return at(o.b);
            case operation::jump_if:
            case operation::jump_unless:
                out = at(o.b);
                break;
            case operation::jump_table:
                for (std::size_t k = i + 2; k < i + 2 + static_cast<std::size_t>(o.b); k++)
                    if (f_.operations[k].code == operation::target) out.add(at(f_.operations[k].b));
                return out;
            default:
                break;
        }
        out.add(live_[i + 1]);
        return out;
    }

    void read(std::int32_t r, Set& live) const {
        if (r >= 0 && r < static_cast<std::int32_t>(f_.locals)) live.add(static_cast<std::uint32_t>(r));
    }
    void read_list(std::int32_t list, std::size_t n, Set& live) const {
        for (std::size_t k = 0; k < n; k++)
            read(list < 0 ? list + wasm::first_in_a_row + static_cast<std::int32_t>(k)
                          : f_.lists[static_cast<std::size_t>(list) + k],
                 live);
    }
    void written(std::int32_t r, Set& live) const {
        if (r >= 0 && r < static_cast<std::int32_t>(f_.locals)) live.remove(static_cast<std::uint32_t>(r));
    }

    /// Whether the operation has one result, in `to`.
    [[nodiscard]] bool has_result(const Operation& o) const {
        if (o.code >= 0x45 && o.code <= 0xc4) return true;
        if (o.code >= 0x28 && o.code <= 0x35) return true;
        switch (o.code) {
            case operation::copy:
            case operation::select:
            case operation::table_size:
            case wasm::op_global_get:
            case wasm::op_memory_size:
            case wasm::op_memory_grow:
            case wasm::op_ref_func:
                return true;
            case operation::call_function:
                return m_.function_type(static_cast<std::uint32_t>(o.a)).results.size() == 1;
            case operation::call_table:
                return m_.types[static_cast<std::size_t>(o.a)].results.size() == 1;
            default:
                return false;
        }
    }

    /// What is live before the operation, from what is live behind it. Fields that are no registers may be taken for
    /// reads: that only gives more zeros.
    void transfer(std::size_t i, Set& live) const {
        const Operation& o = f_.operations[i];
        if (has_result(o)) {
            written(o.to, live);
        } else if (o.code == operation::copy_many) {
            for (std::int32_t k = 0; k < o.b; k++) written(o.to + k, live);
        } else {
            read(o.to, live);
        }
        read(o.a, live);
        read(o.b, live);
        switch (o.code) {
            case operation::copy_many:
            case operation::return_values:
            case operation::return_if:
                return read_list(o.a, static_cast<std::size_t>(o.b), live);
            case operation::more:
                if (i > 0 && f_.operations[i - 1].code == operation::jump_table)
                    read_list(o.a, static_cast<std::size_t>(o.b), live);
                return;
            case operation::jump_table:  // goes past the list that follows it
                return read_list(f_.operations[i + 1].a, static_cast<std::size_t>(f_.operations[i + 1].b), live);
            case operation::call_function:
            case operation::tail_call_function:
                return read_list(o.b, m_.function_type(static_cast<std::uint32_t>(o.a)).params.size(), live);
            case operation::call_table:
            case operation::tail_call_table:
                return read_list(o.b, m_.types[static_cast<std::size_t>(o.a)].params.size(), live);
            default:
                return;
        }
    }

    const wasm::Module& m_;
    const wasm::InterpretedFunction& f_;
    std::vector<Set> live_;  ///< before each operation
};

}  // namespace

std::vector<bool> live_at_entry(const wasm::Module& module, const wasm::InterpretedFunction& f) {
    std::vector<bool> out(f.locals, true);
    if (f.locals > most_locals || f.operations.size() > most_operations || f.locals == f.params) return out;
    const Set live = Analysis(module, f).run();
    for (std::uint32_t i = 0; i < f.locals; i++) out[i] = live.has(i);
    return out;
}

}  // namespace warpshrew::gpu
