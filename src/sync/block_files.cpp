#include "sync/block_files.hpp"

#include "base/file.hpp"
#include "base/hex.hpp"

namespace warpshrew::sync {

// A raw block starts with a version, which is not text; 80 bytes of hex digits are a header in hex.
static bool is_hex_text(BytesView content) {
    if (content.size() < 160) return false;
    return content.substr(0, 160).find_first_not_of("0123456789abcdefABCDEF") == BytesView::npos;
}

Result<bitcoin::Block> BlockFiles::read(std::uint64_t height) const {
    const std::filesystem::path& path = files_[height - start_];
    Result<Bytes> content = read_file(path);
    if (!content) return tl::unexpected(content.error());
    std::size_t bytes_per_byte = 1;
    if (is_hex_text(*content)) {
        while (!content->empty() && (content->back() == '\n' || content->back() == '\r' || content->back() == ' '))
            content->pop_back();
        Result<Bytes> raw = from_hex(*content);
        if (!raw) return fail(path.string() + ": " + raw.error().reason, raw.error().offset);
        *content = *std::move(raw);
        bytes_per_byte = 2;
    }
    Result<bitcoin::Block> block = bitcoin::Block::decode(*std::move(content), format_);
    if (!block) {
        const std::size_t offset = block.error().offset * bytes_per_byte;
        return fail(path.string() + " is not a block: " + block.error().reason + " at offset " + std::to_string(offset),
                    offset);
    }
    return block;
}

}  // namespace warpshrew::sync
