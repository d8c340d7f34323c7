#pragma once
// Random small blocks of everything that contract calls can do to each other.

#include "plan_world.hpp"

namespace warpshrew::test {

/// Equal seeds give equal plans: one to three blocks of up to 25 transactions over the set-up.
[[nodiscard]] Plan random_plan(std::uint64_t seed, const PlanWorld& world);

}  // namespace warpshrew::test
