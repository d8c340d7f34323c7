#pragma once
// Executes batches on a device, one call a lane. What a lane cannot do, and everything if the device fails, is left to
// the CPU.

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>

#include "gpu/call_records.hpp"
#include "gpu/known_keys.hpp"
#include "gpu/lanes.hpp"
#include "gpu/supervisor_module.hpp"
#include "parallel/workers.hpp"

namespace warpshrew::gpu {

/// How it becomes known which keys a call touches.
enum class DryRun : std::uint8_t {
    gpu,  ///< lanes stop where they miss a key, get it and go on
    cpu   ///< calls are executed on CPU threads first; lanes may touch what they touched there and nothing else
};

/// Keys of storage and balances that a lane may touch (layout.hpp, KeyKind).
struct Permissions {
    std::vector<Bytes> reads, writes;
};

struct GpuExecutorOptions {
    std::uint32_t lanes = 4096;
    LaneShape shape{.registers = 4096, .pages = 48, .output = 1024};
    std::uint32_t budget = 0;  ///< steps of a launch; 0: what suits the device
    std::uint64_t most_steps = 20'000'000;
    /// Whether lanes wait for each other where they came apart; nothing: as suits the device.
    std::optional<bool> keeps_together = {};
    std::uint64_t code_bytes = CodeBuffer::default_limit;  ///< of contracts' code; at most what a kernel can use
    std::uint64_t buffer_bytes = ~std::uint64_t{0};        ///< of a group's payloads, and of its state; the same
    std::size_t most_groups = 2;                           ///< of lanes that are on their way together, at least 1
    parallel::Workers* workers = nullptr;  ///< prepare calls and decode what lanes say; none: the calling thread
    DryRun dry_run = DryRun::gpu;
    /// Told in words, once each, that the device has no room for so many groups, and that a lane was at fault.
    std::function<void(const std::string&)> warn = {};
    /// For tests. Changes what the lane of a call may touch.
    std::function<void(const parallel::Call&, Permissions&)> change_permissions = {};
    /// For tests. Before lanes are launched, the first time and after each round of keys.
    std::function<void(Device&)> before_round = {};
};

/// Of all batches so far.
struct GpuCounts : parallel::LaneCounts {
    std::uint64_t launches = 0, rounds = 0, steps = 0;
    std::uint64_t groups = 0, groups_together = 0;  ///< and how many of them were on their way together at most
    std::uint64_t keys = 0;                         ///< supplied
    std::uint64_t dry_runs = 0;                     ///< on the CPU
    /// Seconds: on the CPU ahead of lanes, decoding calls and their code, what lanes read, waiting for launches, for
    /// the output where that is not there with them, making effects of it.
    double dry_run_seconds = 0, prepare_seconds = 0, upload_seconds = 0, execute_seconds = 0, download_seconds = 0,
           decode_seconds = 0;
};

class GpuExecutor final : public parallel::Executor {
 public:
    /// Compiles the kernel and takes the buffers: of half as many lanes, and so on down to 32, if the device has no
    /// room for more. An error if it has none for these.
    [[nodiscard]] static Result<std::unique_ptr<GpuExecutor>> create(Device device,
                                                                     const GpuExecutorOptions& options = {});

    [[nodiscard]] std::string_view name() const noexcept override { return "gpu"; }
    [[nodiscard]] std::size_t lanes() const noexcept override { return groups_.front().lanes.capacity(); }
    /// Of more calls than there are lanes, one group after the other is on the device while the host does what is to do
    /// for the group behind and the one before it. Throws std::runtime_error where the device fails.
    void execute(const parallel::Batch& batch, parallel::ResultMemory& memory,
                 std::span<alkanes::ExecutedMessage> results) override;

    void add_to(parallel::Statistics& statistics) override;

    [[nodiscard]] const GpuCounts& counts() const noexcept { return counts_; }
    [[nodiscard]] const Device& device() const noexcept { return *device_; }
    /// May change from batch to batch, all but the lanes, their shape, and keeps_together.
    [[nodiscard]] GpuExecutorOptions& options() noexcept { return options_; }

 private:
    /// Calls that a thread takes at a time. Words of neighbouring lanes lie in the same lines of the caches.
    static constexpr std::size_t part_calls = 64;
    struct Prepared {
        PreparedCall call;
        std::size_t index = 0;  ///< in the batch
        bool possible = false;  ///< for the device, as far as is known
    };
    /// Lanes, and the calls that they execute. All memory is used again.
    struct Group {
        explicit Group(Lanes of) : lanes(std::move(of)) {}
        Lanes lanes;
        Buffer payloads, state, map;
        std::vector<std::uint32_t> payload_words, positions, transactions;
        std::vector<std::size_t> part_words;
        std::vector<std::uint8_t> shares_context;  ///< of each call, whether its context is that of the one before it
        std::vector<std::vector<std::uint32_t>> permissions;
        std::span<const Prepared> calls;
        parallel::ResultMemory* memory = nullptr;
        std::optional<StateTable> table;
        std::vector<Bytes> wanted;  ///< by lane, the key that it waits for
        LaunchOptions launch;
    };
    class SequenceNumbers;
    /// What a thread needs for decoding.
    struct Decoding {
        RecordDecoder decoder;
        std::vector<std::uint32_t> words;
        GpuCounts counts;
    };
    /// Of calls, one after the other: the number of the thread, the first and the end.
    using Part = std::function<void(unsigned, std::size_t, std::size_t)>;

    GpuExecutor(std::unique_ptr<Device> device, Kernel kernel, Lanes lanes, const GpuExecutorOptions& options)
        : device_(std::move(device)), kernel_(std::move(kernel)), options_(options) {
        groups_.emplace_back(std::move(lanes));
    }
    void write(Buffer& to, std::span<const std::uint32_t> words);
    void for_parts(std::size_t n, const Part& job, std::size_t at_a_time = part_calls) const;
    [[nodiscard]] unsigned threads() const noexcept;

    void prepare(const parallel::Batch& batch, const SequenceNumbers& sequence);
    void keep_possible();
    void run_dry(const parallel::Batch& batch);
    [[nodiscard]] std::size_t most_groups(std::size_t calls);
    [[nodiscard]] std::uint64_t most_words() const noexcept;
    [[nodiscard]] std::size_t fitting(const parallel::Batch& batch, std::span<const Prepared> calls) const;

    void begin(Group& group, const parallel::Batch& batch, std::span<const Prepared> calls,
               parallel::ResultMemory& memory);
    void begin_table(Group& group, const parallel::Batch& batch);
    void add_keys(Group& group, std::span<const BytesView> keys, bool are_waiting = false);
    std::size_t place_transactions(Group& group, const parallel::Batch& batch, std::size_t at);
    void put_payloads(Group& group, const parallel::Batch& batch);
    void launch(Group& group);
    [[nodiscard]] bool wait(Group& group);
    [[nodiscard]] bool supply_wanted(Group& group, std::span<const std::uint32_t> output);
    void end(Group& group, std::span<alkanes::ExecutedMessage> results);
    void learn_keys(const StateTable& table);

    std::unique_ptr<Device> device_;
    Kernel kernel_;
    GpuExecutorOptions options_;
    CodeBuffer code_{std::min(options_.code_bytes, device_->most_bytes())};
    ContractCodes codes_{code_};
    std::uint32_t supervisor_ = 0, supervisor_run_ = 0, supervisor_host_ = 0, supervisor_globals_ = 0;
    std::deque<Group> groups_;  ///< one, and another from the first batch on that needs it
    bool is_full_ = false;      ///< the device has no room for another
    std::vector<Prepared> calls_;
    std::uint32_t most_context_ = 0;        ///< words of one of the contexts of these
    std::vector<Permissions> permissions_;  ///< of the batch's calls, if there was a dry run
    std::vector<std::unique_ptr<Decoding>> decoding_;
    KnownKeys known_keys_;
    GpuCounts counts_;
    parallel::LaneCounts told_;  ///< of them, what add_to() has told
};

}  // namespace warpshrew::gpu
