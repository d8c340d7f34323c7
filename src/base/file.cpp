#include "base/file.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace warpshrew {

static tl::unexpected<Error> io_error(const char* what, const std::filesystem::path& path) {
    return fail(std::string("cannot ") + what + " " + path.string() + ": " + std::strerror(errno));
}

Result<Bytes> read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return io_error("open", path);
    if (std::filesystem::is_directory(path)) return fail("cannot read " + path.string() + ": it is a directory");
    Bytes content((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (in.bad()) return io_error("read", path);
    return content;
}

Result<void> write_file(const std::filesystem::path& path, BytesView content) {
    std::filesystem::path temporary = path;
    temporary += ".new-" + std::to_string(::getpid());
    {
        std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
        if (!out) return io_error("create", temporary);
        out.write(content.data(), static_cast<std::streamsize>(content.size()));
        out.flush();
        if (!out) return io_error("write", temporary);
    }
    std::error_code error;
    std::filesystem::rename(temporary, path, error);
    if (error) return fail("cannot rename " + temporary.string() + ": " + error.message());
    return {};
}

}  // namespace warpshrew
