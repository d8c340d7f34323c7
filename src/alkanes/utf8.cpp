#include "alkanes/utf8.hpp"

namespace warpshrew::alkanes {

bool is_utf8(BytesView text) noexcept {
    std::size_t i = 0;
    while (i < text.size()) {
        const unsigned lead = byte_at(text, i++);
        if (lead < 0x80) continue;
        if (lead < 0xc2 || lead > 0xf4) return false;
        const std::size_t following = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        if (text.size() - i < following) return false;
        // The first byte behind the lead rules out longer forms, surrogates and numbers that are too large.
        const unsigned least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        const unsigned most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
        if (byte_at(text, i) < least || byte_at(text, i) > most) return false;
        for (std::size_t k = 1; k < following; k++)
            if ((byte_at(text, i + k) & 0xc0) != 0x80) return false;
        i += following;
    }
    return true;
}

}  // namespace warpshrew::alkanes
