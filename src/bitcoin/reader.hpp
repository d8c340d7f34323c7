#pragma once
// Reads consensus-encoded fields of untrusted bytes.

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace warpshrew::bitcoin {

/// A cursor over bytes. The first read that fails is remembered; from then on every read gives zero or nothing, so that
/// a decoder reads a whole structure and asks once, where it must not go on.
class Reader {
 public:
    explicit Reader(BytesView data, std::size_t position = 0) noexcept : data_(data), position_(position) {}

    [[nodiscard]] bool ok() const noexcept { return reason_ == nullptr; }
    [[nodiscard]] std::size_t position() const noexcept { return position_; }
    [[nodiscard]] std::size_t remaining() const noexcept { return data_.size() - position_; }
    /// The bytes from `begin` up to the position.
    [[nodiscard]] BytesView since(std::size_t begin) const noexcept { return data_.substr(begin, position_ - begin); }

    /// Remembers a failure, unless there is one already.
    void fail(const char* reason, std::size_t offset) noexcept {
        if (!ok()) return;
        reason_ = reason;
        offset_ = offset;
        data_ = data_.substr(0, position_);
    }

    /// What failed; ok() is false.
    [[nodiscard]] Error error() const { return {reason_, offset_}; }

    [[nodiscard]] BytesView take(std::size_t n) noexcept {
        if (n > remaining()) {
            fail("unexpected end", position_);
            return {};
        }
        position_ += n;
        return data_.substr(position_ - n, n);
    }

    template <class T>
    [[nodiscard]] T integer() noexcept {
        const BytesView bytes = take(sizeof(T));
        return bytes.empty() ? T{} : load_le<T>(bytes.data());
    }

    /// A compact size. A longer form than needed is an error if `minimal`.
    [[nodiscard]] std::uint64_t compact_size(bool minimal = true) noexcept {
        const std::size_t begin = position_;
        const auto first = integer<std::uint8_t>();
        if (first < 0xfd) return first;
        std::uint64_t n = 0;
        std::uint64_t least = 0;
        switch (first) {
            case 0xfd:
                n = integer<std::uint16_t>(), least = 0xfd;
                break;
            case 0xfe:
                n = integer<std::uint32_t>(), least = 0x10000;
                break;
            default:
                n = integer<std::uint64_t>(), least = 0x100000000;
        }
        if (minimal && n < least) fail("compact size is not minimal", begin);
        return ok() ? n : 0;
    }

    /// A compact size that counts things of at least `size` bytes each, which must still be there.
    [[nodiscard]] std::size_t count(std::size_t size, bool minimal = true) noexcept {
        const std::size_t begin = position_;
        const std::uint64_t n = compact_size(minimal);
        if (n > remaining() / size) fail("count exceeds the input", begin);
        return ok() ? static_cast<std::size_t>(n) : 0;
    }

    /// A compact size and that many bytes.
    [[nodiscard]] BytesView counted_bytes() noexcept { return take(count(1)); }

 private:
    BytesView data_;
    std::size_t position_;
    const char* reason_ = nullptr;
    std::size_t offset_ = 0;
};

}  // namespace warpshrew::bitcoin
