#pragma once
// Which of two executors, CPU threads or a device, is the faster one for a batch, by what they took lately
// (docs/decisions/faster-executor.md).

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace warpshrew::parallel {

class ExecutorChoice {
 public:
    enum class Kind : std::uint8_t { cpu, device };

    /// Batches of fewer calls than `least_calls` are the CPU's.
    explicit ExecutorChoice(std::size_t least_calls) : least_calls_(least_calls) {}

    /// The executor for a batch of so many calls.
    [[nodiscard]] Kind of(std::size_t calls) const noexcept;

    /// `kind` executed a batch of so many calls, and took `pace` seconds for a unit of its work. Batches differ in the
    /// work of a call: what is compared is the pace.
    void note(std::size_t calls, Kind kind, double pace) noexcept;

 private:
    /// The last two batches of an executor. The faster one counts: the other one may have compiled contracts.
    struct Recent {
        static constexpr double unknown = std::numeric_limits<double>::infinity();
        double last = unknown, before = unknown;
        [[nodiscard]] double pace() const noexcept { return last < before ? last : before; }
        [[nodiscard]] bool full() const noexcept { return before != unknown; }
        void add(double pace) noexcept {
            before = last;
            last = pace;
        }
    };
    /// Batches of about the same size.
    struct Class {
        std::array<Recent, 2> recent;  ///< by Kind
        Kind usual = Kind::cpu;        ///< the faster one, as far as is known
        std::uint32_t wait = 2;        ///< batches that the usual one executes before the other is tried
    };
    static Recent& recent(Class& of, Kind kind) noexcept { return of.recent[static_cast<std::size_t>(kind)]; }

    std::size_t least_calls_;
    std::array<Class, std::numeric_limits<std::size_t>::digits + 1> classes_;  ///< by the bits of the number of calls
};

}  // namespace warpshrew::parallel
