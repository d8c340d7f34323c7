#pragma once
// What commands print: errors, progress, numbers that a person can read.

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "sync/index_chain.hpp"

namespace warpshrew::app {

/// Prints "warpshrew: REASON" to standard error and returns exit code 1.
int failed(const Error& error);

/// 1234567 as "1,234,567".
[[nodiscard]] std::string grouped(std::uint64_t n);
/// With a noun: "1 batch", "2,000 batches".
[[nodiscard]] std::string counted(std::uint64_t n, std::string_view one, std::string_view many);

/// A rate or ratio with three significant digits, grouped above 1,000.
[[nodiscard]] std::string rounded(double x);

/// Seconds as "340 us", "12.3 ms", "4.56 s", "2 min 5 s" or "3 h 12 min".
[[nodiscard]] std::string duration(double seconds);

/// Shows how indexing goes: one line that is rewritten on a terminal, a plain line a second otherwise, a JSON object a
/// block with `json`.
class ProgressReport {
 public:
    explicit ProgressReport(bool json);
    ~ProgressReport();
    ProgressReport(const ProgressReport&) = delete;
    ProgressReport& operator=(const ProgressReport&) = delete;
    void operator()(const sync::Progress& progress);
    /// Ends the line of a terminal.
    void finish();

 private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace warpshrew::app
