#pragma once
// Remembers what was read from a state that does not change.

#include <array>
#include <mutex>

#include "store/byte_map.hpp"
#include "store/key_value.hpp"

namespace warpshrew::app {

/// A state as `below` gives it, absent keys too, with fewer reads of that. Safe to call from several threads.
class StateCache final : public store::StateReader {
 public:
    /// Remembers about `bytes` at most. `below` must outlive it.
    explicit StateCache(const store::StateReader& below, std::size_t bytes = std::size_t{128} << 20)
        : below_(below), part_bytes_(bytes / parts) {}

    [[nodiscard]] bool read(BytesView key, Bytes& value) const override;

 private:
    static constexpr std::size_t parts = 64;  // each with a lock of its own, so that threads seldom meet

    struct Known {
        bool present = false;
        Bytes value;
    };
    struct Part {
        std::mutex mutex;
        store::ByteMap<Known> known;
        std::size_t bytes = 0;
    };

    const store::StateReader& below_;
    const std::size_t part_bytes_;
    mutable std::array<Part, parts> parts_;
};

}  // namespace warpshrew::app
