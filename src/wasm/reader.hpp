#pragma once
// Reading the WebAssembly binary format: bounds-checked, with a sticky failure instead of an error for each read.

#include <cstdint>

#include "base/bytes.hpp"

namespace warpshrew::wasm {

/// Reads from a range of a module. A read past the end, or of a malformed number, returns 0 and makes the reader fail
/// for good: `failed()` is asked once after a group of reads. Positions are offsets in the module.
class Reader {
 public:
    explicit Reader(BytesView module) noexcept : Reader(module, 0, module.size()) {}
    /// Reads module[begin, end); the range must lie within the module.
    Reader(BytesView module, std::size_t begin, std::size_t end) noexcept
        : begin_(module.data()), p_(begin_ + begin), end_(begin_ + end) {}

    [[nodiscard]] bool failed() const noexcept { return failed_; }
    /// The position of the next byte; after a failure, of the read that failed.
    [[nodiscard]] std::size_t position() const noexcept { return static_cast<std::size_t>(p_ - begin_); }
    [[nodiscard]] std::size_t left() const noexcept { return failed_ ? 0 : static_cast<std::size_t>(end_ - p_); }
    [[nodiscard]] bool at_end() const noexcept { return failed_ || p_ == end_; }

    /// Fails at the current position.
    void fail() noexcept { failed_ = true; }

    std::uint8_t u8() noexcept {
        if (left() == 0) return fail(), std::uint8_t{0};
        return static_cast<std::uint8_t>(*p_++);
    }
    /// The next byte without consuming it; 0 at the end.
    [[nodiscard]] std::uint8_t peek() const noexcept {
        return left() == 0 ? std::uint8_t{0} : static_cast<std::uint8_t>(*p_);
    }
    /// An unsigned LEB128 of at most 32 bits.
    std::uint32_t u32() noexcept {
        if (left() != 0 && static_cast<std::uint8_t>(*p_) < 0x80) return static_cast<std::uint8_t>(*p_++);
        return static_cast<std::uint32_t>(unsigned_leb(32));
    }
    /// An unsigned LEB128 of at most 64 bits.
    std::uint64_t u64() noexcept { return unsigned_leb(64); }
    /// Signed LEB128 of at most 32, 33 (block types) and 64 bits.
    std::int32_t s32() noexcept { return static_cast<std::int32_t>(signed_leb(32)); }
    std::int64_t s33() noexcept { return signed_leb(33); }
    std::int64_t s64() noexcept { return signed_leb(64); }
    /// Little-endian numbers of fixed size.
    std::uint32_t fixed32() noexcept { return fixed<std::uint32_t>(); }
    std::uint64_t fixed64() noexcept { return fixed<std::uint64_t>(); }

    /// The next `n` bytes.
    BytesView bytes(std::size_t n) noexcept {
        if (n > left()) return fail(), BytesView{};
        const BytesView b{p_, n};
        p_ += n;
        return b;
    }
    /// A byte string with its length before it.
    BytesView name() noexcept { return bytes(u32()); }

 private:
    std::uint64_t unsigned_leb(unsigned bits) noexcept;
    std::int64_t signed_leb(unsigned bits) noexcept;

    template <class T>
    T fixed() noexcept {
        const BytesView b = bytes(sizeof(T));
        return b.empty() ? T{0} : load_le<T>(b.data());
    }

    const char* begin_;
    const char* p_;
    const char* end_;
    bool failed_ = false;
};

}  // namespace warpshrew::wasm
