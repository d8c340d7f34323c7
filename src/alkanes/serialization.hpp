#pragma once
// The byte forms that contracts and the host exchange (alkanes-vm.md 3.3).

#include "alkanes/response.hpp"
#include "base/result.hpp"

namespace warpshrew::alkanes {

/// Why a buffer that is too short cannot be read, in the reference's words.
inline constexpr const char* short_buffer = "failed to fill whole buffer";

/// Target and inputs of a call.
struct Cellpack {
    protorune::RuneId target;
    std::vector<u128> inputs;
};

/// A message's calldata: LEB128 integers, at least two (alkanes-vm.md 1.2), behind the (8,8) prefix where it counts
/// (docs/consensus.md).
[[nodiscard]] Result<Cellpack> decode_calldata(BytesView calldata, bool prefix_counts);

/// A cellpack as contracts pass it: u128 LE words, at least two; what follows the last whole word is ignored.
[[nodiscard]] Result<Cellpack> decode_cellpack(BytesView bytes);

/// An AlkaneTransferParcel at the front of `bytes`, which is moved behind it.
[[nodiscard]] Result<std::vector<protorune::RuneTransfer>> read_parcel(BytesView& bytes);

/// A StorageMap at the front of `bytes`, which is moved behind it; sorted, of a repeated key the last value.
[[nodiscard]] Result<StorageMap> read_storage_map(BytesView& bytes);

/// An ExtendedCallResponse: parcel, storage map, and the rest as data.
[[nodiscard]] Result<Response> decode_response(BytesView bytes);
/// The same without copies of what is in `bytes`, and in memory that `out` has already.
[[nodiscard]] Result<void> read_response(BytesView bytes, ResponseView& out);

/// A CallResponse: parcel and data, as `__returndatacopy` gives it.
[[nodiscard]] Bytes encode_call_response(const std::vector<protorune::RuneTransfer>& alkanes, BytesView data);

/// Bytes of the storage map's serialization.
[[nodiscard]] std::uint64_t storage_map_size(const StorageMap& map) noexcept;

/// A response that says why a call failed: selector 08c379a0 and the text.
[[nodiscard]] Response revert_response(BytesView text);
inline constexpr BytesView revert_selector = "\x08\xc3\x79\xa0";

}  // namespace warpshrew::alkanes
