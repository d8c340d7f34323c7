#pragma once
// A value or an error: how every decoder and every operation that can fail on outside input reports.

#include <cstddef>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace warpshrew {

/// Why an operation failed. `offset` is the position in the input at which decoding stopped, 0 where there is no input.
struct Error {
    std::string reason;
    std::size_t offset = 0;

    friend bool operator==(const Error&, const Error&) = default;
};

template <class T, class E = Error>
using Result = tl::expected<T, E>;

/// The failing side of a Result.
[[nodiscard]] inline tl::unexpected<Error> fail(std::string reason, std::size_t offset = 0) {
    return tl::unexpected<Error>(Error{std::move(reason), offset});
}

}  // namespace warpshrew
