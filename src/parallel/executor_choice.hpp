#pragma once
// Which of two executors, CPU threads or a device, is the faster one for a batch, by what they took lately
// (docs/decisions/faster-executor.md).

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <utility>

namespace warpshrew::parallel {

class ExecutorChoice {
 public:
    enum class Kind : std::uint8_t { cpu, device };

    /// A batch, as far as is known before it is executed.
    struct Load {
        std::size_t calls = 0;
        double work = 0;  ///< that it probably is: 1 for a call that does nothing
    };

    /// Batches of fewer calls than `least_calls` are the CPU's.
    explicit ExecutorChoice(std::size_t least_calls) : least_calls_(least_calls) {}

    /// The executor for a batch.
    [[nodiscard]] Kind of(const Load& load) const noexcept;

    /// `kind` executed this batch, in so many seconds; so much work it was.
    void note(const Load& load, Kind kind, double seconds, double work);

    /// The device failed in this batch after so many seconds. Batches like it are the CPU's for a while, each time for
    /// four times as long.
    void note_failure(const Load& load, double seconds);

 private:
    /// Seconds for a unit of work in the last two batches of an executor. The faster one counts: the other one may have
    /// compiled contracts.
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
    /// Batches of about as many calls, that are about as heavy.
    struct Class {
        std::array<Recent, 2> recent;  ///< by Kind
        Kind usual = Kind::cpu;        ///< the faster one, as far as is known
        std::uint32_t wait = 2;        ///< batches that the usual one executes before the other is tried
        std::uint32_t failures = 0;    ///< of the device
    };
    using Key = std::pair<int, int>;  ///< bits of the number of calls, and of the work of a call
    [[nodiscard]] static Key key(const Load& load) noexcept;
    static Recent& recent(Class& of, Kind kind) noexcept { return of.recent[static_cast<std::size_t>(kind)]; }

    std::size_t least_calls_;
    std::map<Key, Class> classes_;
    double seconds_ = 0;  ///< that batches took
    double lost_ = 0;     ///< of them, by trials of the executor that is slower
};

}  // namespace warpshrew::parallel
