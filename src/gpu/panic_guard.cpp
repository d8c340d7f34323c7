#include "gpu/panic_guard.hpp"

#include <csignal>
#include <mutex>

namespace warpshrew::gpu {

sigjmp_buf*& detail::panic_target() noexcept {
    static thread_local sigjmp_buf* target = nullptr;
    return target;
}

static void on_abort(int) noexcept {
    if (sigjmp_buf* target = detail::panic_target()) siglongjmp(*target, 1);
    // abort() goes on and ends the process when this returns
}

void install_panic_guard() noexcept {
    static std::once_flag once;
    std::call_once(once, [] {
        struct sigaction action {};
        action.sa_handler = on_abort;
        sigemptyset(&action.sa_mask);
        sigaction(SIGABRT, &action, nullptr);
    });
}

}  // namespace warpshrew::gpu
