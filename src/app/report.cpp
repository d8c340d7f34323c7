#include "app/report.hpp"

#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/parallel_report.hpp"

namespace warpshrew::app {

int failed(const Error& error) {
    std::cerr << "warpshrew: " << error.reason << '\n';
    return 1;
}

std::string grouped(std::uint64_t n) {
    const std::string digits = std::to_string(n);
    std::string out;
    for (std::size_t i = 0; i < digits.size(); i++) {
        if (i != 0 && (digits.size() - i) % 3 == 0) out.push_back(',');
        out.push_back(digits[i]);
    }
    return out;
}

std::string counted(std::uint64_t n, std::string_view one, std::string_view many) {
    return grouped(n).append(" ").append(n == 1 ? one : many);
}

static std::string printed(const char* format, double x) {
    char text[64];
    std::snprintf(text, sizeof text, format, x);
    return text;
}

std::string rounded(double x) {
    if (!std::isfinite(x)) return "-";
    if (x >= 100) return grouped(static_cast<std::uint64_t>(std::llround(x)));
    return printed(x >= 10 ? "%.1f" : "%.2f", x);
}

std::string duration(double seconds) {
    if (seconds < 1e-3) return rounded(seconds * 1e6) + " us";
    if (seconds < 1) return rounded(seconds * 1e3) + " ms";
    if (seconds < 60) return rounded(seconds) + " s";
    const auto whole = static_cast<std::uint64_t>(seconds);
    if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
    return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
}

struct ProgressReport::Parts {
    bool json;
    bool terminal = ::isatty(STDERR_FILENO) == 1;
    bool open_line = false;
    std::chrono::steady_clock::time_point last{};
};

ProgressReport::ProgressReport(bool json) : parts_(std::make_unique<Parts>(Parts{json})) {}
ProgressReport::~ProgressReport() { finish(); }

static std::string bar(double share) {
    constexpr int width = 24;
    const int full = static_cast<int>(share * width);
    std::string out = "[";
    for (int i = 0; i < width; i++) out += i < full ? '=' : i == full ? '>' : ' ';
    return out + "]";
}

/// How much of a block was executed ahead, if anything might have been.
static std::string ahead(const parallel::Statistics& s) {
    if (s.candidates == 0) return "";
    return rounded(100.0 * static_cast<double>(s.used) / static_cast<double>(s.candidates)) + " % ahead  ";
}

static std::string line(const sync::Progress& p) {
    const double blocks = static_cast<double>(p.blocks), left = static_cast<double>(p.end - p.height - 1);
    return "height " + grouped(p.height) + "  " + rounded(blocks / p.seconds) + " blocks/s  " +
           rounded(static_cast<double>(p.total.transactions) / p.seconds) + " transactions/s  " +
           rounded(static_cast<double>(p.total.calls) / p.seconds) + " calls/s  " + ahead(p.block_parallel) +
           duration(left * p.seconds / blocks) + " left";
}

void ProgressReport::operator()(const sync::Progress& p) {
    if (parts_->json) {
        nlohmann::ordered_json out = {{"height", p.height},           {"transactions", p.block.transactions},
                                      {"messages", p.block.messages}, {"calls", p.block.calls},
                                      {"fuel", p.block.fuel},         {"keys", p.keys},
                                      {"seconds", p.block_seconds}};
        if (p.block_parallel.candidates != 0) out["parallel"] = to_json(p.block_parallel);
        std::cout << out.dump() << '\n';
        return;
    }
    const auto now = std::chrono::steady_clock::now();
    const auto pause = std::chrono::milliseconds(parts_->terminal ? 100 : 1000);
    if (now - parts_->last < pause) return;
    parts_->last = now;
    const double share = static_cast<double>(p.blocks) / static_cast<double>(p.blocks + p.end - p.height - 1);
    if (parts_->terminal) {
        std::cerr << '\r' << bar(share) << ' ' << line(p) << "\x1b[K" << std::flush;
        parts_->open_line = true;
    } else {
        std::cerr << line(p) << '\n';
        if (p.total_parallel.candidates != 0) std::cerr << "  so far " << summary(p.total_parallel) << '\n';
    }
}

void ProgressReport::finish() {
    if (parts_->open_line) std::cerr << "\r\x1b[K" << std::flush;
    parts_->open_line = false;
}

}  // namespace warpshrew::app
