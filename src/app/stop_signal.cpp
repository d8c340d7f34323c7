#include "app/stop_signal.hpp"

#include <csignal>

namespace warpshrew::app {

static std::atomic<bool> requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "set from a signal handler");

const std::atomic<bool>& stop_requested() noexcept { return requested; }

static void on_signal(int number) {
    requested = true;
    std::signal(number, SIG_DFL);
}

void install_stop_signal() noexcept {
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);
}

}  // namespace warpshrew::app
