#pragma once
// Why lanes give calls back, in words for reports and metrics.

#include <cstddef>
#include <string>

namespace warpshrew::gpu {

/// Reasons that have a name: HandBack, then GiveUp (layout.hpp), the first of which is none.
inline constexpr std::size_t hand_back_reasons = 14;

/// The name of a reason, e.g. "memory"; "reason_N" for one that has none.
[[nodiscard]] std::string hand_back_name(std::size_t reason);

}  // namespace warpshrew::gpu
