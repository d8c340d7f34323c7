#pragma once
// Makes a plan that shows a failure as small as possible.

#include <functional>

#include "block_plan.hpp"

namespace warpshrew::test {

/// A plan for which `fails` still holds, and of which no block, transaction, input, protostone, edict, step or word can
/// be taken away, and no number made smaller in an obvious way, without that it no longer does. `fails` must hold for
/// `plan`; it is asked `most` times at the most, and if that is not enough the plan is less small.
[[nodiscard]] Plan shrink_plan(Plan plan, const std::function<bool(const Plan&)>& fails, unsigned most = 5000);

}  // namespace warpshrew::test
