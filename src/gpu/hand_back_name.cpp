#include "gpu/hand_back_name.hpp"

#include <array>
#include <string_view>

#include "gpu/layout.hpp"

namespace warpshrew::gpu {

std::string hand_back_name(std::size_t reason) {
    static constexpr std::array<std::string_view, hand_back_reasons> names = {
        "none",       "instruction", "registers",   "memory",     "host_function", "output",     "steps",
        "deployment", "precompile",  "no_contract", "error_text", "odd_balance",   "settlement", "violation"};
    static_assert(static_cast<std::size_t>(HandBack::supervisor) == 7 &&
                  static_cast<std::size_t>(GiveUp::violation) + 8 == hand_back_reasons);
    return reason < names.size() ? std::string(names[reason]) : "reason_" + std::to_string(reason);
}

}  // namespace warpshrew::gpu
