#include "wasm/constant_folding.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace warpshrew::wasm {
namespace {

constexpr std::uint64_t mask(unsigned width) { return width == 64 ? ~std::uint64_t{0} : 0xffffffff; }
constexpr std::uint64_t sign_bit(unsigned width) { return std::uint64_t{1} << (width - 1); }
constexpr std::uint64_t canonical_nan(unsigned width) { return width == 32 ? 0x7fc00000 : 0x7ff8000000000000; }

std::uint64_t from_double(double x, unsigned width) {
    if (std::isnan(x)) return canonical_nan(width);
    if (width == 64) return std::bit_cast<std::uint64_t>(x);
    return std::bit_cast<std::uint32_t>(static_cast<float>(x));
}

template <class F>
std::uint64_t arithmetic(FloatBinary op, F x, F y) {
    switch (op) {
        case FloatBinary::add:
            x += y;
            break;
        case FloatBinary::sub:
            x -= y;
            break;
        case FloatBinary::mul:
            x *= y;
            break;
        default:
            x /= y;
    }
    constexpr unsigned width = sizeof(F) * 8;
    if (std::isnan(x)) return canonical_nan(width);
    if constexpr (width == 32) {
        return std::bit_cast<std::uint32_t>(x);
    } else {
        return std::bit_cast<std::uint64_t>(x);
    }
}

}  // namespace

std::int64_t to_signed(std::uint64_t a, unsigned width) noexcept {
    return width == 32 ? static_cast<std::int32_t>(static_cast<std::uint32_t>(a)) : static_cast<std::int64_t>(a);
}

bool is_nan(std::uint64_t a, unsigned width) noexcept {
    return width == 32 ? (a & 0x7fffffff) > 0x7f800000 : (a & 0x7fffffffffffffff) > 0x7ff0000000000000;
}

double to_double(std::uint64_t a, unsigned width) noexcept {
    if (width == 32) return std::bit_cast<float>(static_cast<std::uint32_t>(a));
    return std::bit_cast<double>(a);
}

std::optional<std::uint64_t> fold(IntBinary op, unsigned width, std::uint64_t a, std::uint64_t b) noexcept {
    const std::uint64_t m = mask(width);
    const std::int64_t sa = to_signed(a, width), sb = to_signed(b, width);
    const auto shift = static_cast<unsigned>(b % width);
    switch (op) {
        case IntBinary::add:
            return (a + b) & m;
        case IntBinary::sub:
            return (a - b) & m;
        case IntBinary::mul:
            return (a * b) & m;
        case IntBinary::div_s:
            if (b == 0 || (sb == -1 && a == sign_bit(width))) return std::nullopt;
            return static_cast<std::uint64_t>(sa / sb) & m;
        case IntBinary::div_u:
            if (b == 0) return std::nullopt;
            return a / b;
        case IntBinary::rem_s:
            if (b == 0) return std::nullopt;
            return sb == -1 ? 0 : static_cast<std::uint64_t>(sa % sb) & m;
        case IntBinary::rem_u:
            if (b == 0) return std::nullopt;
            return a % b;
        case IntBinary::and_:
            return a & b;
        case IntBinary::or_:
            return a | b;
        case IntBinary::xor_:
            return a ^ b;
        case IntBinary::shl:
            return (a << shift) & m;
        case IntBinary::shr_s:
            return static_cast<std::uint64_t>(sa >> shift) & m;
        case IntBinary::shr_u:
            return a >> shift;
        case IntBinary::rotl:
            return width == 32 ? std::rotl(static_cast<std::uint32_t>(a), static_cast<int>(shift))
                               : std::rotl(a, static_cast<int>(shift));
        case IntBinary::rotr:
            return width == 32 ? std::rotr(static_cast<std::uint32_t>(a), static_cast<int>(shift))
                               : std::rotr(a, static_cast<int>(shift));
    }
    return std::nullopt;
}

bool fold(IntCompare op, unsigned width, std::uint64_t a, std::uint64_t b) noexcept {
    const std::int64_t sa = to_signed(a, width), sb = to_signed(b, width);
    switch (op) {
        case IntCompare::eq:
            return a == b;
        case IntCompare::ne:
            return a != b;
        case IntCompare::lt_s:
            return sa < sb;
        case IntCompare::lt_u:
            return a < b;
        case IntCompare::gt_s:
            return sa > sb;
        case IntCompare::gt_u:
            return a > b;
        case IntCompare::le_s:
            return sa <= sb;
        case IntCompare::le_u:
            return a <= b;
        case IntCompare::ge_s:
            return sa >= sb;
        case IntCompare::ge_u:
            return a >= b;
    }
    return false;
}

std::uint64_t fold(IntUnary op, unsigned width, std::uint64_t a) noexcept {
    switch (op) {
        case IntUnary::clz:
            return static_cast<std::uint64_t>(std::countl_zero(a)) - (64 - width);
        case IntUnary::ctz:
            return a == 0 ? width : static_cast<std::uint64_t>(std::countr_zero(a));
        case IntUnary::popcnt:
            return static_cast<std::uint64_t>(std::popcount(a));
    }
    return 0;
}

bool fold(FloatCompare op, unsigned width, std::uint64_t a, std::uint64_t b) noexcept {
    const double x = to_double(a, width), y = to_double(b, width);
    switch (op) {
        case FloatCompare::eq:
            return x == y;
        case FloatCompare::ne:
            return x != y;
        case FloatCompare::lt:
            return x < y;
        case FloatCompare::gt:
            return x > y;
        case FloatCompare::le:
            return x <= y;
        case FloatCompare::ge:
            return x >= y;
    }
    return false;
}

std::uint64_t fold(FloatBinary op, unsigned width, std::uint64_t a, std::uint64_t b) noexcept {
    const std::uint64_t sign = sign_bit(width);
    if (op == FloatBinary::copysign) return (a & (sign - 1)) | (b & sign);
    if (is_nan(a, width) || is_nan(b, width)) return canonical_nan(width);
    const double x = to_double(a, width), y = to_double(b, width);
    if (op == FloatBinary::min) return x == 0 && y == 0 ? a | b : x < y ? a : b;
    if (op == FloatBinary::max) return x == 0 && y == 0 ? a & b : x > y ? a : b;
    if (width == 32) return arithmetic(op, static_cast<float>(x), static_cast<float>(y));
    return arithmetic(op, x, y);
}

std::uint64_t fold(FloatUnary op, unsigned width, std::uint64_t a) noexcept {
    if (op == FloatUnary::abs) return a & (sign_bit(width) - 1);
    if (op == FloatUnary::neg) return a ^ sign_bit(width);
    if (is_nan(a, width)) return canonical_nan(width);
    const double x = to_double(a, width);
    switch (op) {
        case FloatUnary::ceil:
            return from_double(std::ceil(x), width);
        case FloatUnary::floor:
            return from_double(std::floor(x), width);
        case FloatUnary::trunc:
            return from_double(std::trunc(x), width);
        case FloatUnary::nearest:
            return from_double(std::nearbyint(x), width);
        default:
            // The square root of a float, rounded to double and then to float, is correctly rounded.
            return from_double(std::sqrt(x), width);
    }
}

std::optional<std::uint64_t> fold_truncate(unsigned from, unsigned to, bool is_signed, bool saturate,
                                           std::uint64_t a) noexcept {
    const std::uint64_t low = is_signed ? sign_bit(to) : 0;
    const std::uint64_t high = is_signed ? sign_bit(to) - 1 : mask(to);
    if (is_nan(a, from)) return saturate ? std::optional<std::uint64_t>(0) : std::nullopt;
    const double t = std::trunc(to_double(a, from));
    const double below = is_signed ? -std::ldexp(1.0, static_cast<int>(to) - 1) : 0.0;
    const double above = std::ldexp(1.0, static_cast<int>(is_signed ? to - 1 : to));
    if (t < below || t >= above) {
        if (!saturate) return std::nullopt;
        return t < below ? low : high;
    }
    return is_signed ? static_cast<std::uint64_t>(static_cast<std::int64_t>(t)) & mask(to)
                     : static_cast<std::uint64_t>(t);
}

std::uint64_t fold_convert(unsigned from, unsigned to, bool is_signed, std::uint64_t a) noexcept {
    if (to == 64) {
        return std::bit_cast<std::uint64_t>(is_signed ? static_cast<double>(to_signed(a, from))
                                                      : static_cast<double>(a));
    }
    return std::bit_cast<std::uint32_t>(is_signed ? static_cast<float>(to_signed(a, from)) : static_cast<float>(a));
}

std::uint64_t fold_extend(unsigned from, unsigned to, std::uint64_t a) noexcept {
    const unsigned unused = 64 - from;
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(a << unused) >> unused) & mask(to);
}

std::uint64_t fold_promote(std::uint64_t a) noexcept { return from_double(to_double(a, 32), 64); }

std::uint64_t fold_demote(std::uint64_t a) noexcept { return from_double(to_double(a, 64), 32); }

bool f64_fits_f32(std::uint64_t a, NanArithmetic nans) noexcept {
    if (nans == NanArithmetic::native && is_nan(a, 64)) {
        constexpr std::uint64_t quiet = std::uint64_t{1} << 51, lost = (std::uint64_t{1} << 29) - 1;
        return (a & quiet) != 0 && (a & lost) == 0;
    }
    return fold_promote(fold_demote(a)) == a;
}

}  // namespace warpshrew::wasm
