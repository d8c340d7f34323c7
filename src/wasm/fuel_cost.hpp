#pragma once
// The fuel that wasmi 0.37.2 charges for a function: its translation to register code without the code
// (wasmi-fuel.md 2). Section numbers in the implementation refer to that text.

#include <cstdint>
#include <vector>

#include "base/result.hpp"
#include "wasm/constant_folding.hpp"
#include "wasm/module.hpp"

namespace warpshrew::wasm {

/// Charged whenever execution passes a position: the start of a function's body, of a loop's, or of an arm of an `if`.
struct Charge {
    std::size_t position = 0;  ///< offset in the module, of the first instruction that is paid for
    std::uint32_t fuel = 0;
    std::uint32_t depth = 0;  ///< the label that leaves the function from there
};

/// An instruction in live code whose effect on fuel or stack is dynamic, or that leaves the function.
struct FuelSite {
    enum class Kind : std::uint8_t {
        return_,
        call,  ///< `index` is the function
        call_indirect,
        return_call,  ///< `index` is the function
        return_call_indirect,
        function_reference,  ///< ref.func; `index` is the function
        memory_grow,
        memory_bulk,  ///< memory.init, memory.copy, memory.fill
        table_grow,   ///< `index` is the table
        table_bulk,   ///< table.init, table.copy
        table_fill,   ///< `index` is the table
        keep_first,   ///< a float instruction of two operands that wasmi replaces by one of them, bits unchanged (2.7)
        keep_second
    } kind = Kind::return_;
    Range at;
    std::uint32_t depth = 0;  ///< the label that leaves the function
    std::uint32_t index = 0;
};

struct FunctionCost {
    std::uint32_t len_registers = 0;  ///< size of the frame in cells (2.2)
    std::vector<Charge> charges;      ///< in the order of their positions, the function's first
    std::vector<FuelSite> sites;      ///< in the order of their positions
    /// It has a br_table with four or more values, not in a row, that may leave the function: wasmi loses them (6.3).
    bool loses_values = false;
    std::uint32_t locals = 0;  ///< params included
    std::uint32_t labels = 0;  ///< most that are open at a time
};

/// The cost of the `i`-th defined function of a module that has passed validation. An error, with the offset, if wasmi
/// rejects the function (2.11), or for a conditional branch over more than 32767 words, which it miscompiles (2.8).
/// Malformed code is an error, or has a meaningless cost.
[[nodiscard]] Result<FunctionCost> function_cost(const Module& module, std::uint32_t i,
                                                 NanArithmetic nans = NanArithmetic::canonical);

/// What `wasm fuel` prints for a function: `func` counts imports, `charges` are in the order of emission.
struct FunctionFuel {
    std::uint32_t func = 0;
    std::uint32_t len_registers = 0;
    std::vector<std::uint32_t> charges;
};

/// The fuel charges of every defined function of a module, as wasmi dumps them on a native host.
[[nodiscard]] Result<std::vector<FunctionFuel>> module_fuel(BytesView module,
                                                            NanArithmetic nans = NanArithmetic::native);

}  // namespace warpshrew::wasm
