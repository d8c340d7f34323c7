#include "wasm/pagemap.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace warpshrew::wasm {
namespace {

// linux/fs.h of Linux 6.7
struct PageRegion {
    std::uint64_t start, end, categories;
};
struct PagemapScan {
    std::uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages, category_inverted, category_mask,
        category_anyof_mask, return_mask;
};
constexpr unsigned long pagemap_scan = _IOWR('f', 16, PagemapScan);
constexpr std::uint64_t page_present = 1 << 3, page_swapped = 1 << 4, page_zero = 1 << 5;

std::size_t page_bytes() {
    static const auto n = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return n;
}

}  // namespace

Pagemap::Pagemap() : file_(open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC)) {
    if (file_ < 0 || works()) return;
    close(file_);
    file_ = -1;
}

/// Whether a page that was written is found among others, both ways.
bool Pagemap::works() const {
    const std::size_t size = 4 * page_bytes(), at = size / 2 + 1;
    void* const p = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return false;
    auto* const memory = static_cast<std::uint8_t*>(p);
    memory[at] = 1;
    const auto scanned = zero_scanned(memory, size, size);
    const bool by_scan = !scanned || (*scanned && memory[at] == 0);
    memory[at] = 1;
    const bool by_list = zero_listed(memory, size, size) && memory[at] == 0;
    munmap(p, size);
    return by_scan && by_list;
}

Pagemap::~Pagemap() {
    if (file_ >= 0) close(file_);
}

std::optional<bool> Pagemap::zero_scanned(std::uint8_t* base, std::size_t size, std::size_t most) const {
    std::array<PageRegion, 64> regions;
    const auto first = reinterpret_cast<std::uint64_t>(base);
    PagemapScan scan{};
    scan.size = sizeof scan;
    scan.start = first;
    scan.end = first + size;
    scan.vec = reinterpret_cast<std::uint64_t>(regions.data());
    scan.vec_len = regions.size();
    scan.category_inverted = scan.category_mask = page_zero;  // read but never written
    scan.category_anyof_mask = page_present | page_swapped;
    scan.return_mask = page_present;
    std::size_t bytes = 0;
    while (scan.start < scan.end) {
        const int n = ioctl(file_, pagemap_scan, &scan);
        if (n < 0) return std::nullopt;
        for (std::size_t i = 0; i < static_cast<std::size_t>(n); i++) {
            const std::size_t length = regions[i].end - regions[i].start;
            bytes += length;
            if (bytes > most) return false;
            std::memset(base + (regions[i].start - first), 0, length);
        }
        scan.start = scan.walk_end;
    }
    return true;
}

bool Pagemap::zero_listed(std::uint8_t* base, std::size_t size, std::size_t most) const {
    constexpr std::uint64_t present = std::uint64_t{1} << 63, swapped = std::uint64_t{1} << 62;
    std::array<std::uint64_t, 512> pages;
    const std::size_t page = page_bytes();
    std::size_t bytes = 0;
    for (std::size_t at = 0; at < size;) {
        const std::size_t n = std::min(pages.size(), (size - at) / page), length = n * sizeof pages[0];
        const auto from = (reinterpret_cast<std::uint64_t>(base) + at) / page * sizeof pages[0];
        if (pread(file_, pages.data(), length, static_cast<off_t>(from)) != static_cast<ssize_t>(length)) return false;
        for (std::size_t i = 0; i < n; i++, at += page) {
            if ((pages[i] & (present | swapped)) == 0) continue;
            bytes += page;
            if (bytes > most) return false;
            std::memset(base + at, 0, page);
        }
    }
    return true;
}

}  // namespace warpshrew::wasm
