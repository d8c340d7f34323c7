#pragma once
// Lines of a file, a pipe or standard input, a batch at a time, in bounded memory.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace warpshrew::app {

struct LineLimits {
    std::size_t line = std::size_t{32} << 20;        ///< bytes of a line
    std::size_t batch_bytes = std::size_t{1} << 20;  ///< a batch ends behind the line that reaches it
    std::size_t batch_lines = 64;
};

/// Consecutive lines.
struct LineBatch {
    std::uint64_t first = 1;           ///< number of the first line, counted from 1
    std::vector<Result<Bytes>> lines;  ///< without their ends; an error for a line that is too long. None: the end
    std::uint64_t bytes = 0;           ///< of input, with what ends the lines
};

/// Reads lines that end with a newline; the last one may lack it.
class LineSource {
 public:
    /// Opens a file; "-" is standard input. An error names the path.
    [[nodiscard]] static Result<LineSource> open(const std::filesystem::path& path, const LineLimits& limits = {});
    LineSource(LineSource&& other) noexcept;
    LineSource& operator=(LineSource&&) = delete;
    ~LineSource();

    /// Bytes in all; nothing for a pipe.
    [[nodiscard]] std::optional<std::uint64_t> size() const noexcept { return size_; }

    /// The lines that can be had without waiting, and at least one: waits for that. None when `stop` says so while it
    /// waits. An error where reading fails.
    [[nodiscard]] Result<LineBatch> next(const std::function<bool()>& stop);

 private:
    LineSource(std::filesystem::path path, int file, std::optional<std::uint64_t> size, const LineLimits& limits)
        : path_(std::move(path)), file_(file), size_(size), limits_(limits) {}
    [[nodiscard]] bool take_line(LineBatch& batch);
    [[nodiscard]] Result<bool> fill(const std::function<bool()>& stop);

    std::filesystem::path path_;
    int file_ = -1;
    std::optional<std::uint64_t> size_;
    LineLimits limits_;
    Bytes buffer_;
    std::size_t begin_ = 0;    ///< of the next line in the buffer
    std::size_t scanned_ = 0;  ///< up to here the next line is known to go on
    std::size_t dropped_ = 0;  ///< bytes of the next line that are gone, for it is too long
    std::uint64_t lines_ = 0;
    bool at_end_ = false;
};

}  // namespace warpshrew::app
