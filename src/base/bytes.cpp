#include "base/bytes.hpp"

#include <algorithm>

namespace warpshrew {

std::string to_decimal(u128 n) {
    std::string out;
    do {
        out.push_back(static_cast<char>('0' + static_cast<int>(n % 10)));
        n /= 10;
    } while (n != 0);
    std::reverse(out.begin(), out.end());
    return out;
}

bool parse_decimal(std::string_view text, u128& n) noexcept {
    if (text.empty()) return false;
    u128 x = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return false;
        const auto digit = static_cast<u128>(c - '0');
        if (x > (u128_max - digit) / 10) return false;
        x = x * 10 + digit;
    }
    n = x;
    return true;
}

}  // namespace warpshrew
