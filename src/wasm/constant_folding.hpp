#pragma once
// Constant folding of the fuel cost model (wasmi-fuel.md 2.4, 2.7, 2.9). Values are raw bits, 32-bit ones
// zero-extended. `width` is 32 or 64 everywhere. A value that must not exist because the folded operation traps is
// nullopt.

#include <cstdint>
#include <optional>

namespace warpshrew::wasm {

/// The integer binary operators, in opcode order from i32.add and i64.add.
enum class IntBinary : std::uint8_t {
    add,
    sub,
    mul,
    div_s,
    div_u,
    rem_s,
    rem_u,
    and_,
    or_,
    xor_,
    shl,
    shr_s,
    shr_u,
    rotl,
    rotr
};
/// The integer comparisons, in opcode order from i32.eq and i64.eq.
enum class IntCompare : std::uint8_t { eq, ne, lt_s, lt_u, gt_s, gt_u, le_s, le_u, ge_s, ge_u };
/// The integer unary operators, in opcode order from i32.clz and i64.clz.
enum class IntUnary : std::uint8_t { clz, ctz, popcnt };
/// The float operators, in opcode order from f32.eq, f32.abs and f32.add and their f64 forms.
enum class FloatCompare : std::uint8_t { eq, ne, lt, gt, le, ge };
enum class FloatUnary : std::uint8_t { abs, neg, ceil, floor, trunc, nearest, sqrt };
enum class FloatBinary : std::uint8_t { add, sub, mul, div, min, max, copysign };

[[nodiscard]] std::optional<std::uint64_t> fold(IntBinary op, unsigned width, std::uint64_t a,
                                                std::uint64_t b) noexcept;
[[nodiscard]] bool fold(IntCompare op, unsigned width, std::uint64_t a, std::uint64_t b) noexcept;
[[nodiscard]] std::uint64_t fold(IntUnary op, unsigned width, std::uint64_t a) noexcept;
[[nodiscard]] std::uint64_t fold(FloatBinary op, unsigned width, std::uint64_t a, std::uint64_t b) noexcept;
[[nodiscard]] bool fold(FloatCompare op, unsigned width, std::uint64_t a, std::uint64_t b) noexcept;
[[nodiscard]] std::uint64_t fold(FloatUnary op, unsigned width, std::uint64_t a) noexcept;

/// Float to integer. With `saturate` it never traps.
[[nodiscard]] std::optional<std::uint64_t> fold_truncate(unsigned from, unsigned to, bool is_signed, bool saturate,
                                                         std::uint64_t a) noexcept;
/// Integer to float, rounded once.
[[nodiscard]] std::uint64_t fold_convert(unsigned from, unsigned to, bool is_signed, std::uint64_t a) noexcept;
/// The low `from` bits, sign-extended to `to` bits.
[[nodiscard]] std::uint64_t fold_extend(unsigned from, unsigned to, std::uint64_t a) noexcept;
[[nodiscard]] std::uint64_t fold_promote(std::uint64_t a) noexcept;
[[nodiscard]] std::uint64_t fold_demote(std::uint64_t a) noexcept;

/// `a` as a signed number.
[[nodiscard]] std::int64_t to_signed(std::uint64_t a, unsigned width) noexcept;
[[nodiscard]] bool is_nan(std::uint64_t a, unsigned width) noexcept;
/// A float of either width as a double.
[[nodiscard]] double to_double(std::uint64_t a, unsigned width) noexcept;

/// What NaNs come out of arithmetic on the host of wasmi: canonical ones only, as under metashrew, or what x86 and ARM
/// make of their operands (2.9).
enum class NanArithmetic : std::uint8_t { canonical, native };

/// Whether an f64 is an f32 exactly, by bits. Of the NaNs that is the canonical one, or natively those that lose
/// nothing.
[[nodiscard]] bool f64_fits_f32(std::uint64_t a, NanArithmetic nans) noexcept;

}  // namespace warpshrew::wasm
