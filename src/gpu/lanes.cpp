#include "gpu/lanes.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <utility>

namespace warpshrew::gpu {
namespace {

constexpr auto fields = static_cast<std::uint32_t>(LaneField::count);
constexpr auto fields_read = static_cast<std::uint32_t>(LaneField::out) + 1;
constexpr auto first_start = static_cast<std::uint32_t>(LaneField::fuel_low);
constexpr auto start_fields = static_cast<std::uint32_t>(LaneField::payload) + 1 - first_start;
constexpr std::uint32_t none = ~0U;
// An access that crosses pages finds both in one launch, or it would begin again for ever.
constexpr std::uint32_t least_budget = 8;

std::uint64_t table_bytes(const LaneShape& shape) { return std::uint64_t{shape.table() + shape.pages} * 4; }

}  // namespace

std::uint32_t LaneShape::table() const noexcept { return std::bit_ceil(std::max(pages * 2, 16U)); }

Result<Lanes> Lanes::create(Device& device, const Kernel& kernel, std::uint32_t lanes, const LaneShape& shape) {
    lanes = (std::max(lanes, 1U) + group_lanes - 1) / group_lanes * group_lanes;
    if (shape.pages == 0 || shape.pages > max_lane_pages) return fail("a lane cannot have so many pages");
    Lanes out(device, kernel, lanes, shape);
    const std::uint64_t n = lanes;
    const std::pair<Buffer*, std::uint64_t> sizes[] = {
        {&out.parameters_, static_cast<std::uint64_t>(Parameter::count) * 4},
        {&out.registers_, n * shape.registers * 8},
        {&out.memories_, n * shape.pages * memory_page_bytes},
        {&out.page_tables_, n * table_bytes(shape)},
        {&out.status_flags_, n * fields * 4},
        {&out.device_starts_, n * start_fields * 4},
        {&out.output_state_, n * std::max(shape.output, 1U) * 4},
        {&out.nothing_, 16}};
    for (const auto& [buffer, size] : sizes) {
        if (size > device.limits().binding_bytes) return fail("more lanes than the device's buffers hold");
        auto made = device.create_buffer(size);
        if (!made) return tl::unexpected(made.error());
        *buffer = *made;
    }
    return out;
}

Result<std::vector<LaneEnd>> Lanes::run(std::span<const LaneStart> starts, const LaunchOptions& options) {
    if (starts.size() > lanes_) return fail("more calls than lanes");
    if (starts.empty()) return std::vector<LaneEnd>();
    if (auto r = put_arguments(starts); !r) return tl::unexpected(r.error());
    begin(static_cast<std::uint32_t>(starts.size()));
    for (std::uint32_t l = 0; l < starts.size(); l++) set(l, starts[l]);
    for (bool again = true; again;) {
        if (auto r = launch(options); !r) return tl::unexpected(r.error());
        const auto runs = wait(options);
        if (!runs) return tl::unexpected(runs.error());
        again = *runs;
    }
    return ends_;
}

/// The first registers of lanes that are called with any, behind the globals and the root's record.
Result<void> Lanes::put_arguments(std::span<const LaneStart> starts) {
    std::size_t most = 0;
    for (const LaneStart& s : starts) {
        if (s.globals + 1 + s.args.size() > shape_.registers) return fail("more registers than a lane has");
        if (!s.args.empty()) most = std::max(most, s.globals + 1 + s.args.size());
    }
    for (std::size_t g = 0; most != 0 && g * group_lanes < starts.size(); g++) {
        std::vector<std::uint64_t> registers(most * group_lanes);
        for (std::size_t k = 0; k < group_lanes && g * group_lanes + k < starts.size(); k++) {
            const LaneStart& s = starts[g * group_lanes + k];
            for (std::size_t i = 0; i < s.args.size(); i++)
                registers[(s.globals + 1 + i) * group_lanes + k] = s.args[i];
        }
        const std::uint64_t at = std::uint64_t{g} * shape_.registers * group_lanes * 8;
        if (auto r = device_->write(registers_, at, std::span<const std::uint64_t>(registers)); !r) return r;
    }
    return {};
}

void Lanes::begin(std::uint32_t calls) {
    if (calls != ends_.size()) {
        starts_.resize(std::size_t{start_fields} * calls);
        changed_.assign(start_fields, 1);
    }
    ends_.assign(calls, {.status = LaneStatus::running});
    launches_ = 0;
    resumed_ = false;
}

void Lanes::set(std::uint32_t lane, const LaneStart& start) {
    const auto put = [&](LaneField f, std::uint32_t value) {
        const std::size_t field = static_cast<std::size_t>(f) - first_start;
        std::uint32_t& known = starts_[field * ends_.size() + lane];
        if (std::exchange(known, value) != value) std::atomic_ref(changed_[field]).store(1, std::memory_order_relaxed);
    };
    put(LaneField::fuel_low, static_cast<std::uint32_t>(start.fuel));
    put(LaneField::fuel_high, static_cast<std::uint32_t>(start.fuel >> 32));
    put(LaneField::memory, start.memory);
    put(LaneField::fresh, 1);
    put(LaneField::pc, start.pc);
    put(LaneField::base, start.globals + 1);
    put(LaneField::module, start.module);
    put(LaneField::supervisor, start.supervisor ? 1 : 0);
    put(LaneField::payload, start.payload);
}

void Lanes::resume(std::uint32_t lane) {
    ends_[lane].status = LaneStatus::running;
    resumed_ = true;
}

void Lanes::hand_back(std::uint32_t lane, HandBack why) {
    ends_[lane].status = LaneStatus::handed_back;
    ends_[lane].detail = static_cast<std::uint32_t>(why);
    resumed_ = true;
}

/// How lanes begin, as far as the device does not know it.
Result<void> Lanes::put_starts() {
    const std::size_t n = ends_.size();
    for (std::size_t field = 0; field < start_fields; field++) {
        if (changed_[field] == 0) continue;
        const auto row = std::span<const std::uint32_t>(starts_).subspan(field * n, n);
        if (auto r = device_->write(device_starts_, field * n * 4, row); !r) return r;
        changed_[field] = 0;
    }
    return {};
}

/// Which lanes go on, where the device does not know it.
Result<void> Lanes::put_states() {
    const std::size_t n = ends_.size();
    if (!resumed_) return {};
    resumed_ = false;
    std::vector<std::uint32_t> status(n);
    for (std::size_t l = 0; l < n; l++) status[l] = static_cast<std::uint32_t>(ends_[l].status);
    return device_->write(status_flags_, 0, std::span<const std::uint32_t>(status));
}

Result<Bindings> Lanes::bind(const LaunchOptions& options) {
    const auto or_nothing = [&](const Buffer& b) { return b ? b : nothing_; };
    const std::pair<Place, Buffer> places[] = {{Place::parameters, parameters_},
                                               {Place::code, options.code},
                                               {Place::code_words, options.code},
                                               {Place::registers, registers_},
                                               {Place::memories, memories_},
                                               {Place::page_tables, page_tables_},
                                               {Place::status_flags, status_flags_},
                                               {Place::tx_payloads, or_nothing(options.tx_payloads)},
                                               {Place::input_state, or_nothing(options.input_state)},
                                               {Place::state_map, or_nothing(options.state_map)},
                                               {Place::output_state, output_state_}};
    std::vector<Binding> bindings;
    for (const auto& [place, buffer] : places)
        bindings.push_back({.binding = static_cast<std::uint32_t>(place), .buffer = buffer});
    return device_->bind(kernel_, bindings);
}

Result<void> Lanes::launch(const LaunchOptions& options) {
    if (options.budget < least_budget) return fail("too few steps for a launch");
    const auto calls = static_cast<std::uint32_t>(ends_.size());
    std::array<std::uint32_t, static_cast<std::size_t>(Parameter::count)> parameters{};
    const auto set = [&](Parameter p, std::uint32_t v) { parameters[static_cast<std::size_t>(p)] = v; };
    set(Parameter::lanes, calls);
    set(Parameter::budget, options.budget);
    set(Parameter::lane_registers, shape_.registers);
    set(Parameter::lane_pages, shape_.pages);
    set(Parameter::lane_table, shape_.table());
    set(Parameter::lane_output, shape_.output);
    set(Parameter::supervisor_module, options.supervisor_module);
    set(Parameter::supervisor_entry, options.supervisor_entry);
    set(Parameter::map_slots, options.map_slots);
    if (auto r = device_->write(parameters_, 0, std::span<const std::uint32_t>(parameters)); !r) return r;
    if (auto r = launches_ == 0 ? put_starts() : put_states(); !r) return r;
    const auto bound = bind(options);
    if (!bound) return tl::unexpected(bound.error());

    const std::uint32_t groups = (calls + group_lanes - 1) / group_lanes;
    flags_ = {};
    output_ = {};
    Commands commands;
    if (launches_ == 0) {
        commands.clear(page_tables_, 0, groups * group_lanes * table_bytes(shape_));
        commands.copy(device_starts_, 0, status_flags_, std::uint64_t{first_start} * calls * 4,
                      std::uint64_t{start_fields} * calls * 4);
    }
    commands.dispatch(kernel_, *bound, groups);
    commands.read(status_flags_, 0, std::uint64_t{fields_read} * calls * 4, flags_);
    if (output_words_ != 0) commands.read(output_state_, 0, std::uint64_t{output_words_} * calls * 4, output_);
    launches_++;
    return device_->submit(commands);
}

Result<bool> Lanes::wait(const LaunchOptions& options) {
    if (auto r = device_->wait(flags_); !r) return tl::unexpected(r.error());
    const std::size_t n = ends_.size();
    const std::span<const std::uint32_t> flags = flags_.words();
    if (flags.size() != n * fields_read) return fail("a device that reads less than it was asked for");
    const auto row = [&](LaneField f) { return flags.data() + static_cast<std::size_t>(f) * n; };
    const auto *statuses = row(LaneField::status), *details = row(LaneField::detail), *steps = row(LaneField::steps),
               *out = row(LaneField::out);
    bool again = false;
    for (std::size_t l = 0; l < n; l++) {
        LaneEnd& end = ends_[l];
        if (end.status != LaneStatus::running) continue;
        end.steps += steps[l];
        end.detail = details[l];
        end.output = std::min(out[l], shape_.output);
        end.status = static_cast<LaneStatus>(statuses[l]);
        if (end.status != LaneStatus::running) continue;
        if (steps[l] != options.budget) {
            end.status = LaneStatus::fault;
            resumed_ = true;  // the lanes that go on must not take this one with them
        } else if (end.steps >= options.most_steps) {
            hand_back(static_cast<std::uint32_t>(l), HandBack::steps);
        } else {
            again = true;
        }
    }
    flags_ = {};
    return again;
}

Result<std::span<const std::uint32_t>> Lanes::output() {
    std::uint32_t most = 0;
    for (const LaneEnd& end : ends_) most = std::max(most, end.output);
    const std::uint64_t words = std::uint64_t{most} * ends_.size();
    if (output_.words().size() < words) {
        Commands commands;
        commands.read(output_state_, 0, words * 4, output_);
        if (auto r = device_->submit(commands); !r) return tl::unexpected(r.error());
        if (auto r = device_->wait(output_); !r) return tl::unexpected(r.error());
        if (output_.words().size() < words) return fail("a device that reads less than it was asked for");
    }
    output_words_ = most;
    return output_.words();
}

Result<std::vector<LaneRest>> Lanes::rest() {
    const std::size_t n = ends_.size();
    const auto first = static_cast<std::size_t>(LaneField::used), end = static_cast<std::size_t>(LaneField::memory) + 1;
    std::vector<std::uint32_t> words((end - first) * n);
    if (auto r = device_->read(status_flags_, first * n * 4, std::span<std::uint32_t>(words)); !r)
        return tl::unexpected(r.error());
    const auto at = [&](LaneField f, std::size_t l) { return words[(static_cast<std::size_t>(f) - first) * n + l]; };
    std::vector<LaneRest> out;
    for (std::size_t l = 0; l < n; l++)
        out.push_back({.fuel = at(LaneField::fuel_low, l) | std::uint64_t{at(LaneField::fuel_high, l)} << 32,
                       .memory = at(LaneField::memory, l),
                       .used = at(LaneField::used, l),
                       .own = at(LaneField::own, l)});
    return out;
}

Result<std::vector<std::uint32_t>> Lanes::interleaved(const Buffer& buffer, std::uint32_t lane, std::uint64_t items,
                                                      std::uint64_t begin, std::uint64_t n, std::uint32_t words) {
    std::vector<std::uint32_t> all(n * group_lanes * words);
    const std::uint64_t at = ((lane / group_lanes) * items + begin) * group_lanes * words * 4;
    if (auto r = device_->read(buffer, at, std::span<std::uint32_t>(all)); !r) return tl::unexpected(r.error());
    std::vector<std::uint32_t> out;
    for (std::uint64_t i = 0; i < n; i++)
        for (std::uint32_t w = 0; w < words; w++)
            out.push_back(all[(i * group_lanes + lane % group_lanes) * words + w]);
    return out;
}

Result<std::vector<std::uint64_t>> Lanes::registers(std::uint32_t lane, std::uint32_t begin, std::uint32_t n) {
    const auto words = interleaved(registers_, lane, shape_.registers, begin, n, 2);
    if (!words) return tl::unexpected(words.error());
    std::vector<std::uint64_t> out;
    for (std::size_t i = 0; i < n; i++) out.push_back((*words)[i * 2] | std::uint64_t{(*words)[i * 2 + 1]} << 32);
    return out;
}

Result<std::vector<std::pair<std::uint32_t, std::vector<std::uint32_t>>>> Lanes::pages(std::uint32_t lane,
                                                                                       std::uint32_t level) {
    const std::uint32_t table = shape_.table();
    const auto entries = interleaved(page_tables_, lane, table + shape_.pages, 0, table, 1);
    if (!entries) return tl::unexpected(entries.error());
    std::vector<std::pair<std::uint32_t, std::vector<std::uint32_t>>> out;
    for (const std::uint32_t e : *entries) {
        if (e == 0 || e >> 26 != level) continue;
        const std::uint64_t place = std::uint64_t{(e & 1023) - 1} * memory_page_words;
        auto content =
            interleaved(memories_, lane, std::uint64_t{shape_.pages} * memory_page_words, place, memory_page_words, 1);
        if (!content) return tl::unexpected(content.error());
        out.emplace_back(e >> 10 & 0xffff, std::move(*content));
    }
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace warpshrew::gpu
