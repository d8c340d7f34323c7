#pragma once
// A line that tells how far something is.

#include <chrono>
#include <optional>
#include <string>

namespace warpshrew::app {

/// On standard error: on a terminal one line that is rewritten, ten times a second at most; otherwise a plain line a
/// second.
class StatusLine {
 public:
    explicit StatusLine(bool enabled = true);
    ~StatusLine() { finish(); }
    StatusLine(const StatusLine&) = delete;
    StatusLine& operator=(const StatusLine&) = delete;

    /// Whether it is time for the next line; if it says so, it is not for a while.
    [[nodiscard]] bool due();
    /// Shows `text`, on a terminal behind a bar if `share`, from 0 to 1, is known.
    void show(std::optional<double> share, const std::string& text);
    /// Takes the line off the terminal.
    void finish();

 private:
    bool enabled_, terminal_, open_ = false;
    std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace warpshrew::app
