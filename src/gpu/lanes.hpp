#pragma once
// A batch of lanes on a device: their buffers, and launches until all have come to an end.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "gpu/device.hpp"
#include "gpu/interpreter_kernel.hpp"

namespace warpshrew::gpu {

/// What each lane has.
struct LaneShape {
    std::uint32_t registers = 4096;
    std::uint32_t pages = 32;    ///< of 1 KiB, at most max_lane_pages
    std::uint32_t output = 256;  ///< words

    [[nodiscard]] std::uint32_t table() const noexcept;  ///< entries of its page table
};

/// How a lane begins: all of its state but what is nothing at first.
struct LaneStart {
    std::uint32_t module = 0;  ///< header
    std::uint32_t pc = 0;
    std::uint32_t globals = 0;  ///< how many
    std::uint32_t memory = 0;   ///< pages of 64 KiB
    std::uint64_t fuel = 0;
    std::uint32_t payload = 0;
    bool supervisor = false;
    std::span<const std::uint64_t> args = {};
};

/// How it ended.
struct LaneEnd {
    LaneStatus status = LaneStatus::fault;
    std::uint32_t detail = 0;
    std::uint32_t output = 0;  ///< words, at most LaneShape::output
    std::uint64_t steps = 0;
};

/// What else is known of it.
struct LaneRest {
    std::uint64_t fuel = 0;
    std::uint32_t memory = 0;         ///< pages of 64 KiB
    std::uint32_t used = 0, own = 0;  ///< pages of 1 KiB
};

struct LaunchOptions {
    std::uint32_t budget = 20'000;                 ///< steps of a launch
    std::uint64_t most_steps = ~std::uint64_t{0};  ///< then lanes that still run are handed back
    Buffer code = {};
    Buffer tx_payloads = {}, input_state = {}, state_map = {};  ///< none: not there
    std::uint32_t map_slots = 0;
    std::uint32_t supervisor_module = 0;
    std::uint32_t supervisor_entry = 0;
};

class Lanes {
 public:
    /// Buffers for `lanes` lanes, which is made a multiple of 32. An error if the device has no room for them.
    [[nodiscard]] static Result<Lanes> create(Device& device, const Kernel& kernel, std::uint32_t lanes,
                                              const LaneShape& shape);

    /// Runs the calls, at most as many as there are lanes, and waits for all.
    [[nodiscard]] Result<std::vector<LaneEnd>> run(std::span<const LaneStart> starts, const LaunchOptions& options);

    /// `calls` lanes are to be started, at most capacity(): set() has to be called for each before the first launch.
    void begin(std::uint32_t calls);
    /// How a lane begins; its arguments are left out. Safe from several threads for different lanes.
    void set(std::uint32_t lane, const LaneStart& start);
    /// Launches the lanes and returns at once.
    [[nodiscard]] Result<void> launch(const LaunchOptions& options);
    /// Waits for the launch. Whether lanes still run, and there has to be another. `options` as the launch had them.
    [[nodiscard]] Result<bool> wait(const LaunchOptions& options);
    /// How each is, when none runs. A lane that neither ended nor used its steps has the status `fault`.
    [[nodiscard]] std::span<const LaneEnd> ends() const noexcept { return ends_; }
    /// Lets a lane that wants a key go on with the next launch.
    void resume(std::uint32_t lane);
    /// Ends a lane that wants a key.
    void hand_back(std::uint32_t lane, HandBack why);
    /// The output of all lanes when none runs, as far as any has one: word i of lane l is at i * ends().size() + l.
    /// Valid until the next launch.
    [[nodiscard]] Result<std::span<const std::uint32_t>> output();

    /// Since begin().
    [[nodiscard]] std::uint32_t launches() const noexcept { return launches_; }

    /// Of each lane, from the last run.
    [[nodiscard]] Result<std::vector<LaneRest>> rest();
    /// Registers of one lane, from the last run.
    [[nodiscard]] Result<std::vector<std::uint64_t>> registers(std::uint32_t lane, std::uint32_t begin,
                                                               std::uint32_t n);
    /// The pages of 1 KiB that a lane's contract of level `level` wrote: number and content.
    [[nodiscard]] Result<std::vector<std::pair<std::uint32_t, std::vector<std::uint32_t>>>> pages(std::uint32_t lane,
                                                                                                  std::uint32_t level);

    [[nodiscard]] std::uint32_t capacity() const noexcept { return lanes_; }
    [[nodiscard]] const LaneShape& shape() const noexcept { return shape_; }

 private:
    Lanes(Device& device, const Kernel& kernel, std::uint32_t lanes, const LaneShape& shape)
        : device_(&device), kernel_(kernel), lanes_(lanes), shape_(shape) {}
    [[nodiscard]] Result<void> put_arguments(std::span<const LaneStart> starts);
    [[nodiscard]] Result<void> put_starts();
    [[nodiscard]] Result<void> put_states();
    [[nodiscard]] Result<Bindings> bind(const LaunchOptions& options);
    [[nodiscard]] Result<std::vector<std::uint32_t>> interleaved(const Buffer& buffer, std::uint32_t lane,
                                                                 std::uint64_t items, std::uint64_t begin,
                                                                 std::uint64_t n, std::uint32_t words);

    Device* device_;
    Kernel kernel_;
    std::uint32_t lanes_;
    LaneShape shape_;
    Buffer parameters_, registers_, memories_, page_tables_, status_flags_, output_state_, nothing_;
    std::vector<std::uint32_t> starts_;  ///< what begins lanes, one field after the other
    std::vector<std::uint8_t> changed_;  ///< of each of these fields, whether the device has other ones
    Buffer device_starts_;               ///< the same there: most fields are as they were with the calls before
    std::vector<LaneEnd> ends_;
    Mapped flags_, output_;
    std::uint32_t output_words_ = 0;  ///< that are read with each launch: as many as last were there
    bool resumed_ = false;
    std::uint32_t launches_ = 0;
};

}  // namespace warpshrew::gpu
