#include "alkanes/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

namespace warpshrew::alkanes {

static constexpr int gzip_window = 15 + 16;  // largest window, gzip wrapper
static constexpr std::size_t gzip_header = 10;

/// What flate2 says where zlib says `text`.
static const char* wording(BytesView input, const char* text) {
    const BytesView t = text ? text : "";
    const auto has = [&](BytesView part) { return t.find(part) != BytesView::npos; };
    if (input.size() < gzip_header) return "unexpected end of file";
    if (has("header crc") || has("data check") || has("length check"))
        return "corrupt gzip stream does not have a matching checksum";
    if (has("header check") || has("compression method") || has("header flags")) return "invalid gzip header";
    return "corrupt deflate stream";
}

static Bytef* input_of(BytesView b) noexcept {
    // zlib does not write through next_in; its type only lacks the const.
    return reinterpret_cast<Bytef*>(const_cast<char*>(b.data()));
}

Result<Bytes> gunzip(BytesView bytes, std::size_t limit) {
    if (bytes.size() > std::numeric_limits<uInt>::max()) return fail("compressed code is too large");
    z_stream z{};
    if (inflateInit2(&z, gzip_window) != Z_OK) throw std::bad_alloc();
    struct End {
        z_stream& z;
        ~End() { inflateEnd(&z); }
    } end{z};
    z.next_in = input_of(bytes);
    z.avail_in = static_cast<uInt>(bytes.size());
    Bytes out;
    std::size_t room = std::clamp<std::size_t>(bytes.size() * 4, 4096, std::size_t{1} << 20);
    for (;;) {
        const std::size_t old = out.size();
        if (old > limit) return fail("code is larger than " + std::to_string(limit) + " bytes");
        out.resize(old + std::min(room, limit - old + 1));
        room = std::min(room * 2, std::size_t{1} << 24);
        z.next_out = reinterpret_cast<Bytef*>(out.data() + old);
        z.avail_out = static_cast<uInt>(out.size() - old);
        const int status = inflate(&z, Z_NO_FLUSH);
        out.resize(out.size() - z.avail_out);
        if (status == Z_STREAM_END) break;
        if (status == Z_MEM_ERROR) throw std::bad_alloc();
        if (status != Z_OK && status != Z_BUF_ERROR) return fail(wording(bytes, z.msg), bytes.size() - z.avail_in);
        if (z.avail_out != 0) return fail("unexpected end of file", bytes.size() - z.avail_in);
    }
    if (out.size() > limit) return fail("code is larger than " + std::to_string(limit) + " bytes");
    return out;
}

Bytes gzip(BytesView bytes) {
    z_stream z{};
    if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::bad_alloc();
    Bytes out(deflateBound(&z, bytes.size()), '\0');
    z.next_in = input_of(bytes);
    z.avail_in = static_cast<uInt>(bytes.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    deflate(&z, Z_FINISH);
    out.resize(z.total_out);
    deflateEnd(&z);
    return out;
}

}  // namespace warpshrew::alkanes
