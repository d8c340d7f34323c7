#pragma once
// The command line (design: `warpshrew COMMAND`). Exit codes: 0 fine, 1 failed, 2 wrong usage.

namespace warpshrew::app {

inline constexpr int exit_fine = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;

/// Parses the arguments, runs the command and returns the exit code. Never throws.
int run(int argc, char** argv) noexcept;

}  // namespace warpshrew::app
