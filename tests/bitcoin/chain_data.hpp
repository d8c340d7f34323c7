#pragma once
// What the tests of this folder share.

#include <gtest/gtest.h>

#include <random>

#include "base/file.hpp"
#include "base/hex.hpp"

namespace warpshrew::bitcoin {

/// Bytes of hex text; the test's own text, so it is well-formed.
inline Bytes bytes_of(std::string_view hex) { return from_hex(hex).value(); }

/// Block 892614 of mainnet, 1,450,423 bytes.
inline const Bytes& mainnet_block() {
    static const Bytes block =
        read_file(std::filesystem::path(WARPSHREW_SOURCE_DIR) / "tests/data/blocks/mainnet-892614.blk").value();
    return block;
}

/// A generator of numbers whose seed a failing test shows.
class Random {
 public:
    explicit Random(unsigned seed)
        : trace_(__FILE__, __LINE__, ::testing::Message() << "seed " << seed), engine_(seed) {}
    /// A number below `n`.
    std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(engine_); }
    std::uint64_t word() { return engine_(); }
    Bytes bytes(std::size_t n) {
        Bytes out(n, '\0');
        for (char& c : out) c = static_cast<char>(word());
        return out;
    }

 private:
    ::testing::ScopedTrace trace_;
    std::mt19937_64 engine_;
};

}  // namespace warpshrew::bitcoin
