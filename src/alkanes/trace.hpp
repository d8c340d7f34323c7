#pragma once
// Traces, encoded as prost does (alkanes-vm.md 7.2): fields in the order of their numbers, zero scalars and empty bytes
// left out, messages always there. Events are written straight into bytes: this is on the path of every call.

#include <span>

#include "alkanes/response.hpp"

namespace warpshrew::alkanes {

enum class CallType : std::uint8_t { call = 1, delegatecall = 2, staticcall = 3 };

/// What a trace shows of a frame.
struct TracedContext {
    protorune::RuneId myself, caller;
    std::span<const u128> inputs;
    std::uint32_t vout = 0;
    std::span<const protorune::RuneTransfer> incoming;
};

/// The events of a message, as an AlkanesTrace.
class Trace {
 public:
    void enter(CallType type, const TracedContext& context, std::uint64_t fuel);
    void exit(bool success, const Response& response, std::uint64_t fuel_used);
    void create(const protorune::RuneId& id);

    [[nodiscard]] const Bytes& bytes() const noexcept { return bytes_; }

 private:
    Bytes bytes_;
};

}  // namespace warpshrew::alkanes
