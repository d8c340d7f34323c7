#include "gpu/interpreter_kernel.hpp"

#include "wasm/interpreted_code.hpp"

namespace warpshrew::gpu {
namespace {

using wasm::Trap;

// clang-format off: it takes the macros for one long expression
constexpr Constant all[] = {
#define X(name) {"op_" #name, static_cast<std::uint32_t>(Op::name)},
    WARPSHREW_GPU_OPCODES(X)
#undef X
#define X(name) {"lane_" #name, static_cast<std::uint32_t>(LaneField::name)},
        WARPSHREW_GPU_LANE(X)
#undef X
#define X(name) {"parameter_" #name, static_cast<std::uint32_t>(Parameter::name)},
            WARPSHREW_GPU_PARAMETERS(X)
#undef X
#define X(name) {"instruction_" #name, instruction::name},
                X(quick) X(kind_of_a) X(kind_of_b) X(to_global) X(narrow) X(is_signed) X(jumps) X(if_set) X(extra_shift)
#undef X
#define X(name) {"operand_" #name, operand::name},
                    X(in_register) X(in_global) X(zero_extended) X(sign_extended)
#undef X
#define X(name) {"access_" #name, access::name},
                        X(size_mask) X(sign) X(contract) X(image) X(summed) X(by_constant) X(offset_shift)
#undef X
#define X(name) {"comparison_" #name, comparison::name},
                            X(opposite) X(same) X(below)
#undef X
#define X(name) {"add_two_" #name, add_two::name},
                                X(to_mask) X(first_shift) X(first_bits) X(second_shift) X(second_bits)
#undef X
#define X(name) {"xor_rotated_" #name, xor_rotated::name},
                                    X(mask) X(second_shift)
#undef X
#define X(name) {"input_access_" #name, input_access::name},
                                        X(buffer_mask) X(offset_shift)
#undef X
#define X(name) {"header_" #name, header::name},
                                            X(globals) X(table) X(table_size) X(image_pages) X(image_first)
                                                X(image_count) X(memory_pages) X(memory_limit) X(entry)
#undef X
#define X(name) {"record_" #name, record::name},
                                                    X(field) X(to_shift) X(from_contract) X(root)
#undef X
#define X(name) {"status_" #name, static_cast<std::uint32_t>(LaneStatus::name)},
                                                        X(fault) X(running) X(finished) X(trapped) X(handed_back)
#undef X
#define X(name) {"hand_back_" #name, static_cast<std::uint32_t>(HandBack::name)},
                                                            X(registers) X(memory) X(no_host) X(output)
#undef X
#define X(name) {"trap_" #name, static_cast<std::uint32_t>(Trap::name)},
                                                                X(none) X(memory_out_of_bounds) X(table_out_of_bounds)
                                                                    X(indirect_call_to_null) X(bad_signature) X(
                                                                        integer_overflow) X(integer_division_by_zero)
                                                                        X(stack_overflow) X(out_of_fuel)
#undef X
#define X(name) {"input_" #name, static_cast<std::uint32_t>(InputBuffer::name)},
                                                                            X(tx_payloads) X(input_state)
#undef X
#define X(name) {#name, name},
                                                                                X(group_lanes) X(memory_page_words)
                                                                                    X(memory_page_bytes) X(max_cells)
                                                                                        X(max_depth) X(max_lane_pages)
                                                                                            X(turns_together)
#undef X
                                                                                                {"descriptor_is_host",
                                                                                                 descriptor::is_host},
    {"descriptor_charge_shift", descriptor::charge_shift}};
// clang-format on

}  // namespace

std::vector<Constant> interpreter_constants() { return {std::begin(all), std::end(all)}; }

KernelSource interpreter_kernel(bool keeps_together) {
    const std::string_view waits = keeps_together ? "keep_together.wgsl" : "go_alone.wgsl";
    KernelSource source = make_kernel(
        keeps_together ? "interpreter, lanes together" : "interpreter", interpreter_constants(),
        {"interpreter_state.wgsl", waits, keeps_together ? "quick.wgsl" : "no_quick.wgsl", "interpreter.wgsl"});
    source.bounded_loops = true;
    return source;
}

}  // namespace warpshrew::gpu
