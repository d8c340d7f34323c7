#pragma once
// Which pages of a range of private memory were written since it was mapped, as the kernel keeps it.

#include <cstddef>
#include <cstdint>
#include <optional>

namespace warpshrew::wasm {

class Pagemap {
 public:
    /// Tries it out: where it does not tell the truth (an emulator), it is not used. Not for a process forked later.
    Pagemap();
    ~Pagemap();
    Pagemap(const Pagemap&) = delete;
    Pagemap& operator=(const Pagemap&) = delete;

    /// Zeroes what was written of the `size` bytes from `base` on, both multiples of a page. False if the kernel cannot
    /// tell, or if it is more than `most` bytes: then part of it may be zeroed.
    [[nodiscard]] bool zero(std::uint8_t* base, std::size_t size, std::size_t most) const {
        if (file_ < 0) return false;
        const auto done = zero_scanned(base, size, most);
        return done ? *done : zero_listed(base, size, most);
    }

    /// The same with PAGEMAP_SCAN (Linux 6.7), which is quicker; nothing where there is none.
    [[nodiscard]] std::optional<bool> zero_scanned(std::uint8_t* base, std::size_t size, std::size_t most) const;

    /// The same with what any kernel says of each page. Pages that were only read count as written.
    [[nodiscard]] bool zero_listed(std::uint8_t* base, std::size_t size, std::size_t most) const;

 private:
    [[nodiscard]] bool works() const;

    int file_;
};

}  // namespace warpshrew::wasm
