#pragma once
// A function's device code before it has its place: what lowering writes, and folding makes shorter.

#include <cstdint>
#include <vector>

#include "gpu/layout.hpp"

namespace warpshrew::gpu {

inline constexpr std::uint32_t none = ~0U;

/// An operand.
struct Value {
    std::uint32_t kind = operand::zero_extended;
    std::uint32_t bits = 0;

    friend bool operator==(const Value&, const Value&) = default;
};
constexpr Value in_register(std::uint32_t r) { return {operand::in_register, r}; }
constexpr Value in_global(std::uint32_t g) { return {operand::in_global, g}; }
constexpr Value number(std::uint32_t n) { return {operand::zero_extended, n}; }

struct Instruction {
    Op op = Op::fault;
    std::uint32_t flags = 0;
    std::uint32_t to = 0;
    Value a{}, b{};
    std::uint32_t extra = 0;
    std::uint32_t target = none;  ///< jumps: the instruction that they go to
    std::uint32_t frame = 0;      ///< calls: the first register of the frame, and
    std::uint32_t args = 0;       ///< registers that they read there
    std::uint32_t addends = 0;    ///< add_two: see `add_two`

    friend bool operator==(const Instruction&, const Instruction&) = default;
};

struct DeviceFunction {
    std::vector<Instruction> code;
    std::uint32_t record = 0;     ///< calls use up registers from here on
    std::uint32_t results = 0;    ///< registers that a `give` of several reads
    std::uint32_t registers = 0;  ///< that the code names, at most
};

}  // namespace warpshrew::gpu
