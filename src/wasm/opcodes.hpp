#pragma once
// Opcodes that the code names one by one; the numeric instructions from 0x45 to 0xc4 go by ranges.

#include <cstdint>

namespace warpshrew::wasm {

enum Opcode : std::uint8_t {
    op_unreachable = 0x00,
    op_nop = 0x01,
    op_block = 0x02,
    op_loop = 0x03,
    op_if = 0x04,
    op_else = 0x05,
    op_end = 0x0b,
    op_br = 0x0c,
    op_br_if = 0x0d,
    op_br_table = 0x0e,
    op_return = 0x0f,
    op_call = 0x10,
    op_call_indirect = 0x11,
    op_return_call = 0x12,
    op_return_call_indirect = 0x13,
    op_drop = 0x1a,
    op_select = 0x1b,
    op_typed_select = 0x1c,
    op_local_get = 0x20,
    op_local_set = 0x21,
    op_local_tee = 0x22,
    op_global_get = 0x23,
    op_global_set = 0x24,
    op_table_get = 0x25,
    op_table_set = 0x26,
    op_i32_load = 0x28,
    op_i32_store = 0x36,
    op_i64_store = 0x37,
    op_f32_store = 0x38,
    op_f64_store = 0x39,
    op_i64_store32 = 0x3e,
    op_memory_size = 0x3f,
    op_memory_grow = 0x40,
    op_i32_const = 0x41,
    op_i64_const = 0x42,
    op_f32_const = 0x43,
    op_f64_const = 0x44,
    op_i32_lt_s = 0x48,
    op_i32_ne = 0x47,
    op_i32_sub = 0x6b,
    op_i32_add = 0x6a,
    op_i32_and = 0x71,
    op_i64_lt_u = 0x54,
    op_i64_sub = 0x7d,
    op_i64_mul = 0x7e,
    op_i64_shr_u = 0x88,
    op_i64_extend_i32_u = 0xad,
    op_ref_null = 0xd0,
    op_ref_is_null = 0xd1,
    op_ref_func = 0xd2,
    op_prefix_fc = 0xfc
};

/// The second part of opcodes that begin with 0xfc.
enum OpcodeFc : std::uint32_t {
    fc_memory_init = 8,
    fc_data_drop = 9,
    fc_memory_copy = 10,
    fc_memory_fill = 11,
    fc_table_init = 12,
    fc_elem_drop = 13,
    fc_table_copy = 14,
    fc_table_grow = 15,
    fc_table_size = 16,
    fc_table_fill = 17
};

}  // namespace warpshrew::wasm
