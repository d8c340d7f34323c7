#pragma once
// Shortens device code: fewer steps to the same results, traps and fuel.

#include "gpu/device_code.hpp"

namespace warpshrew::gpu {

/// Folds copies and constants into what reads them, results into what they are copied to, sums into the addresses that
/// they make, charges and jumps into what goes there, and removes what nobody reads. Code that is too large for that
/// only gets what one look at each instruction and its neighbours can do.
void fold(DeviceFunction& f);

}  // namespace warpshrew::gpu
