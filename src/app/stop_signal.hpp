#pragma once
// Ctrl-C and SIGTERM: finish the block and stop.

#include <atomic>

namespace warpshrew::app {

/// Becomes true at the first SIGINT or SIGTERM after install_stop_signal(); a second signal ends the process at once.
[[nodiscard]] const std::atomic<bool>& stop_requested() noexcept;
void install_stop_signal() noexcept;

}  // namespace warpshrew::app
