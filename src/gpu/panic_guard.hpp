#pragma once
// wgpu-native ends the process (a Rust panic that may not leave the library, hence abort()) where a device is lost in
// the middle of a submission or a poll, and where its compiler meets what it does not know. A guarded call returns
// instead.
//
// The panic first unwinds the library's own frames, which lets go of its locks, but only if it finds a handler for
// exceptions further up; then abort() raises SIGABRT on the thread that calls it, and a handler may leave by a jump,
// says the C standard. What the call worked on must not be touched again.

#include <csetjmp>

namespace warpshrew::gpu {

/// Installs the handler, once. Where no guarded call is running on the thread, abort() still ends the process.
void install_panic_guard() noexcept;

namespace detail {
sigjmp_buf*& panic_target() noexcept;
}

/// Calls `f`, which must not leave C++ objects with destructors on the stack where the library panics. False if it
/// panicked; the library has printed why.
template <class F>
[[nodiscard]] bool survives(F&& f) noexcept {
    sigjmp_buf target;
    if (sigsetjmp(target, 1) != 0) {
        detail::panic_target() = nullptr;
        return false;
    }
    detail::panic_target() = &target;
    bool survived = true;
    try {
        f();
    } catch (...) {
        survived = false;
    }
    detail::panic_target() = nullptr;
    return survived;
}

}  // namespace warpshrew::gpu
