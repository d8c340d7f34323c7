#pragma once
// Traces, encoded as prost does (alkanes-vm.md 7.2): fields in the order of their numbers, zero scalars and empty bytes
// left out, messages always there. Events are written straight into bytes: this is on the path of every call.

#include <span>
#include <vector>

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

/// An enter event, whose fuel depends on what the message started with: its context lies in the trace's body, the rest
/// of it is put there when the trace is encoded.
struct TraceEntry {
    std::size_t offset = 0, size = 0;  ///< of the context in the body
    std::uint64_t used = 0;            ///< fuel used by the message before
    CallType type = CallType::call;
};

/// The AlkanesTrace of a body and its enter events, for a message that started with `fuel`.
[[nodiscard]] Bytes encode_trace(BytesView body, std::span<const TraceEntry> entries, std::uint64_t fuel);

/// The events of a message.
class Trace {
 public:
    /// `used`: fuel that the message has used before.
    void enter(CallType type, const TracedContext& context, std::uint64_t used);
    /// Of a Response or a ResponseView.
    template <class AnyResponse = Response>
    void exit(bool success, const AnyResponse& response, std::uint64_t fuel_used);
    void create(const protorune::RuneId& id);
    void clear() noexcept {
        body_.clear();
        entries_.clear();
    }

    [[nodiscard]] Bytes encode(std::uint64_t fuel) const { return encode_trace(body_, entries_, fuel); }
    [[nodiscard]] BytesView body() const noexcept { return body_; }
    [[nodiscard]] std::span<const TraceEntry> entries() const noexcept { return entries_; }

 private:
    Bytes body_;
    std::vector<TraceEntry> entries_;
};

}  // namespace warpshrew::alkanes
