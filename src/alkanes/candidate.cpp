#include "alkanes/candidate.hpp"

#include <span>

#include "protorune/varint.hpp"

namespace warpshrew::alkanes {

static bool begins_with_prefix(std::span<const u128> integers) noexcept {
    return integers.size() >= 2 && integers[0] == prefix_integer && integers[1] == prefix_integer;
}

bool has_prefix(BytesView calldata) {
    const auto integers = protorune::decode_varints(calldata);
    return integers && begins_with_prefix(*integers);
}

Result<std::vector<u128>> message_integers(BytesView calldata, bool prefix_counts) {
    auto integers = protorune::decode_varints(calldata);
    if (integers && prefix_counts && begins_with_prefix(*integers))
        integers->erase(integers->begin(), integers->begin() + 2);
    return integers;
}

}  // namespace warpshrew::alkanes
