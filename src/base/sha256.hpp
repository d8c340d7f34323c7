#pragma once
// SHA-256, by OpenSSL.

#include <array>
#include <initializer_list>
#include <memory>

#include "base/bytes.hpp"

namespace warpshrew {

using Digest = std::array<char, 32>;

/// SHA-256 of `data`.
[[nodiscard]] Digest sha256(BytesView data) noexcept;

/// SHA-256 of SHA-256: Bitcoin's hash of transactions and headers.
[[nodiscard]] Digest sha256d(BytesView data) noexcept;

/// The same of the pieces' concatenation, which is never made.
[[nodiscard]] Digest sha256d(std::initializer_list<BytesView> pieces) noexcept;

/// SHA-256 of a stream.
class Sha256 {
 public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;
    void update(BytesView data) noexcept;
    [[nodiscard]] Digest finish() noexcept;

 private:
    struct State;
    std::unique_ptr<State> state_;
};

[[nodiscard]] inline BytesView view(const Digest& d) noexcept { return {d.data(), d.size()}; }

}  // namespace warpshrew
