#pragma once
// Decoding of requests as the reference decodes them, with Rust's prost 0.12, which refuses what the C++ library lets
// pass: a known field of another wire type, varints beyond 64 bits, strings that are not UTF-8 (alkanes-vm.md 7).

#include <google/protobuf/message.h>

#include "base/bytes.hpp"

namespace warpshrew::alkanes {

/// Merges the encoded fields of `bytes` into `message`, whose fields must be uint32, uint64, bytes, string or messages
/// of such. False where prost gives an error; `message` is then half filled.
[[nodiscard]] bool decode_prost(BytesView bytes, google::protobuf::Message& message);

}  // namespace warpshrew::alkanes
