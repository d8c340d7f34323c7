#include "app/line_source.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace warpshrew::app {

static constexpr std::size_t read_bytes = std::size_t{256} << 10;
static constexpr int poll_milliseconds = 100;

Result<LineSource> LineSource::open(const std::filesystem::path& path, const LineLimits& limits) {
    const int file = path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return fail("cannot open " + path.string() + ": " + std::strerror(errno));
    struct stat status {};
    std::optional<std::uint64_t> size;
    if (::fstat(file, &status) == 0 && S_ISREG(status.st_mode)) {
        const off_t at = ::lseek(file, 0, SEEK_CUR);
        if (at >= 0 && at <= status.st_size) size = static_cast<std::uint64_t>(status.st_size - at);
    }
    return LineSource(path, file, size, limits);
}

LineSource::LineSource(LineSource&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      size_(other.size_),
      limits_(other.limits_),
      buffer_(std::move(other.buffer_)),
      begin_(other.begin_),
      scanned_(other.scanned_),
      dropped_(other.dropped_),
      lines_(other.lines_),
      at_end_(other.at_end_) {}

LineSource::~LineSource() {
    if (file_ >= 0) ::close(file_);
}

/// Moves the next line into the batch, if all of it is in the buffer.
bool LineSource::take_line(LineBatch& batch) {
    std::size_t end = buffer_.find('\n', scanned_);
    const bool ends = end != Bytes::npos;
    if (!ends) end = buffer_.size();
    const std::size_t length = end - begin_;
    const std::size_t whole = dropped_ + length;
    if (!ends && !(at_end_ && whole != 0)) {
        scanned_ = end;
        if (whole > limits_.line) {
            dropped_ = whole;
            begin_ = scanned_;
        }
        return false;
    }
    if (whole > limits_.line) {
        batch.lines.push_back(
            fail("the line has " + std::to_string(whole) + " bytes, more than " + std::to_string(limits_.line)));
    } else {
        batch.lines.emplace_back(buffer_.substr(begin_, length));
    }
    batch.bytes += whole + (ends ? 1 : 0);
    begin_ = scanned_ = end + (ends ? 1 : 0);
    dropped_ = 0;
    lines_++;
    return true;
}

/// Reads more. False at the end, or when it is to stop.
Result<bool> LineSource::fill(const std::function<bool()>& stop) {
    buffer_.erase(0, std::exchange(begin_, 0));
    scanned_ = buffer_.size();
    for (;;) {
        if (stop()) return false;
        pollfd input{file_, POLLIN, 0};
        const int ready = ::poll(&input, 1, poll_milliseconds);
        if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
        const std::size_t before = buffer_.size();
        buffer_.resize(before + read_bytes);
        const ssize_t n = ::read(file_, buffer_.data() + before, read_bytes);
        const int error = errno;
        buffer_.resize(before + (n > 0 ? static_cast<std::size_t>(n) : 0));
        if (n > 0) return true;
        if (n == 0) {
            at_end_ = true;
            return false;
        }
        if (error != EINTR && error != EAGAIN)
            return fail("cannot read " + path_.string() + ": " + std::strerror(error));
    }
}

/// Whether reading does not wait.
static bool is_ready(int file) {
    pollfd input{file, POLLIN, 0};
    return ::poll(&input, 1, 0) > 0;
}

Result<LineBatch> LineSource::next(const std::function<bool()>& stop) {
    LineBatch batch;
    batch.first = lines_ + 1;
    for (;;) {
        while (batch.lines.size() < limits_.batch_lines && batch.bytes < limits_.batch_bytes && take_line(batch)) {
        }
        const bool is_full = batch.lines.size() >= limits_.batch_lines || batch.bytes >= limits_.batch_bytes;
        if (at_end_ || is_full || (!batch.lines.empty() && !is_ready(file_))) return batch;
        const Result<bool> filled = fill(stop);
        if (!filled && batch.lines.empty()) return tl::unexpected(filled.error());
        if (!filled) return batch;  // the next read fails as well
        if (!*filled && !at_end_) return batch;
    }
}

}  // namespace warpshrew::app
