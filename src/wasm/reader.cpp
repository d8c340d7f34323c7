#include "wasm/reader.hpp"

namespace warpshrew::wasm {

std::uint64_t Reader::unsigned_leb(unsigned bits) noexcept {
    std::uint64_t value = 0;
    const char* const start = p_;
    for (unsigned shift = 0; shift < bits; shift += 7) {
        if (left() == 0) break;
        const auto b = static_cast<std::uint8_t>(*p_++);
        const unsigned room = bits - shift;
        if (room < 7 && (b & 0x7f) >> room != 0) break;  // a bit beyond the type
        value |= std::uint64_t{b & 0x7fu} << shift;
        if (b < 0x80) return value;
    }
    p_ = start;
    fail();
    return 0;
}

std::int64_t Reader::signed_leb(unsigned bits) noexcept {
    std::uint64_t value = 0;
    const char* const start = p_;
    for (unsigned shift = 0; shift < bits; shift += 7) {
        if (left() == 0) break;
        const auto b = static_cast<std::uint8_t>(*p_++);
        const unsigned room = bits - shift;
        if (room < 7) {  // the bits beyond the type repeat its sign
            const auto rest = static_cast<std::uint8_t>((b & 0x7f) >> (room - 1));
            if (rest != 0 && rest != 0x7f >> (room - 1)) break;
        }
        value |= std::uint64_t{b & 0x7fu} << shift;
        if (b < 0x80) {
            const unsigned used = shift + 7;
            if (used < 64 && (b & 0x40) != 0) value |= ~std::uint64_t{0} << used;
            return static_cast<std::int64_t>(value);
        }
    }
    p_ = start;
    fail();
    return 0;
}

}  // namespace warpshrew::wasm
