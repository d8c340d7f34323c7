#pragma once
// Code for the interpreter: wasmi's register code (wasmi-fuel.md 2) less its fusions, so that interpreting executes at
// most a small multiple of the instructions that the reference executes, whatever the code looks like.

#include <cstdint>
#include <vector>

#include "base/result.hpp"
#include "wasm/module.hpp"

namespace warpshrew::wasm {

/// What an operation does. Below 256: the WebAssembly instruction of that opcode, on registers. `to` is where the
/// result goes, a and b are operands, in their order.
namespace operation {
inline constexpr std::uint16_t truncate_saturating = 0x100;  ///< to 0x107: 0xfc 0 to 7
enum : std::uint16_t {
    charge = 0x110,      ///< b fuel
    copy,                ///< to := a
    copy_many,           ///< b registers from `to` on := the operands in the list from a on, all read first
    jump,                ///< to operation `target`
    jump_if,             ///< if a is not 0
    jump_unless,         ///< if a is 0
    jump_table,          ///< by a; b targets follow, and before them one `more`: b values of the list from a on
    more,                ///< operands of the operation before it
    target,              ///< of a jump_table: the values go to registers from `to` on
    target_return,       ///< of a jump_table: the values are returned
    return_values,       ///< b operands of the list from a on
    return_if,           ///< the same if the register `to` is not 0
    call_function,       ///< function a; arguments in the list from b on; results go to registers from `to` on
    call_table,          ///< the same for type a; table `extra`, and the index is operand a of the `more` that follows
    tail_call_function,  ///< as call_function
    tail_call_table,     ///< as call_table
    select,              ///< a or b by operand a of the `more` that follows
    trap_with,           ///< a: the Trap
    memory_init,         ///< segment `to`, memory `extra`; a, b and the `more`'s a: destination, source, length
    memory_copy,         ///< from memory `to` to memory `extra`
    memory_fill,
    table_init,  ///< as memory_init
    table_copy,
    table_fill,
    data_drop,  ///< segment a
    elem_drop,
    table_size,  ///< of table `extra`
    table_grow   ///< by b elements that are a
};
}  // namespace operation

/// An operand is a register of the frame, of which wasmi's preservation slots have negative numbers, or, from
/// first_constant on, a constant of the function. Loads: address a, offset b, memory `extra`. Stores: address a, value
/// `to`, offset b.
struct Operation {
    std::uint16_t code = 0;
    std::uint16_t extra = 0;
    std::int32_t to = 0;
    std::int32_t a = 0;
    std::int32_t b = 0;
};
inline constexpr std::int32_t first_constant = 1 << 20;
/// A list of registers in a row is not stored: its place is the number of the first less this.
inline constexpr std::int32_t first_in_a_row = 1 << 24;

/// Why a contract ended early (wasmi-fuel.md 4).
enum class Trap : std::uint8_t {
    none,
    unreachable,
    memory_out_of_bounds,
    table_out_of_bounds,
    indirect_call_to_null,
    bad_signature,
    integer_overflow,
    integer_division_by_zero,
    bad_conversion_to_integer,
    stack_overflow,
    out_of_fuel
};

struct InterpretedFunction {
    std::vector<Operation> operations;
    std::vector<std::uint64_t> constants;
    std::vector<std::int32_t> lists;  ///< of operands
    std::uint32_t params = 0;
    std::uint32_t locals = 0;  ///< params included
    std::uint32_t slots = 0;   ///< registers below 0
    std::uint32_t size = 0;    ///< registers, slots included; never more than `cells`
    std::uint32_t cells = 0;   ///< that wasmi reserves: len_registers
};

/// The code of the `i`-th defined function of a module that has passed validation; errors are those of function_cost.
[[nodiscard]] Result<InterpretedFunction> interpreted_function(const Module& module, std::uint32_t i);

}  // namespace warpshrew::wasm
