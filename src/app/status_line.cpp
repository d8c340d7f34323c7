#include "app/status_line.hpp"

#include <unistd.h>

#include <iostream>

namespace warpshrew::app {

StatusLine::StatusLine(bool enabled) : enabled_(enabled), terminal_(::isatty(STDERR_FILENO) == 1) {}

bool StatusLine::due() {
    if (!enabled_) return false;
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::milliseconds(terminal_ ? 100 : 1000)) return false;
    last_ = now;
    return true;
}

static std::string progress_bar(double share) {
    constexpr int width = 24;
    const int full = static_cast<int>(share * width);
    std::string out = "[";
    for (int i = 0; i < width; i++) out += i < full ? '=' : i == full ? '>' : ' ';
    return out + "] ";
}

void StatusLine::show(std::optional<double> share, const std::string& text) {
    if (terminal_) {
        std::cerr << '\r' << (share ? progress_bar(*share) : "") << text << "\x1b[K" << std::flush;
        open_ = true;
    } else {
        std::cerr << text << '\n';
    }
}

void StatusLine::finish() {
    if (open_) std::cerr << "\r\x1b[K" << std::flush;
    open_ = false;
}

}  // namespace warpshrew::app
