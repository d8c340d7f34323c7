#pragma once
// Runs the program that users run.

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace warpshrew::test {

struct ProgramResult {
    int code = -1;  ///< exit code, or 128 + the signal that ended it
    std::string out, err;
};

/// Runs `warpshrew` with `arguments` and waits for it. Variables in `environment` ("NAME=value") are added to the
/// test's own.
[[nodiscard]] ProgramResult run_program(const std::vector<std::string>& arguments,
                                        const std::vector<std::string>& environment = {});

/// Starts it without waiting, its output thrown away; the process id.
[[nodiscard]] pid_t start_program(const std::vector<std::string>& arguments);

/// Waits for it: exit code, or 128 + signal.
int wait_for(pid_t process);

}  // namespace warpshrew::test
