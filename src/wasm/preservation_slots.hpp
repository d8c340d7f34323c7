#pragma once
// The registers to which wasmi copies locals that are overwritten while they are on the stack (wasmi-fuel.md 2.10).

#include <cstdint>
#include <vector>

namespace warpshrew::wasm {

/// Slots with reference counts and a free list that is last in, first out. Slot k is register 32766 - k.
class PreservationSlots {
 public:
    static constexpr std::int32_t first = 32766;  ///< the register of slot 0

    /// Takes a slot with one reference on the stack; its register.
    std::int32_t put();
    /// Adds a reference; false if there is no such slot.
    bool bump(std::int32_t reg);
    /// Drops a reference that was on the stack; false if there is no such slot.
    bool take(std::int32_t reg);
    /// Frees the slots that have left the stack.
    void collect();

    /// The highest register below all slots that were ever taken.
    [[nodiscard]] std::int32_t lowest() const noexcept { return lowest_; }
    /// How many slots were ever taken at a time.
    [[nodiscard]] std::uint32_t count() const noexcept { return static_cast<std::uint32_t>(first - lowest_); }

 private:
    struct Slot {
        std::uint32_t references = 0;  ///< 0: vacant
        std::uint32_t next_free = 0;
    };
    std::vector<Slot> slots_;
    std::uint32_t free_ = 0;
    std::uint32_t occupied_ = 0;
    std::vector<std::uint32_t> taken_;  ///< slots that lost a reference since the last put or collect
    std::int32_t lowest_ = first;

    [[nodiscard]] Slot* find(std::int32_t reg);
    void vacate(std::uint32_t k);
};

}  // namespace warpshrew::wasm
