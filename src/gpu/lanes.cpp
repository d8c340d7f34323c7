#include "gpu/lanes.hpp"

#include <algorithm>
#include <bit>

namespace warpshrew::gpu {
namespace {

constexpr auto fields = static_cast<std::uint32_t>(LaneField::count);
constexpr auto fields_of_host = static_cast<std::uint32_t>(LaneField::own) + 1;
constexpr std::uint32_t none = ~0U;
// An access that crosses pages finds both in one launch, or it would begin again for ever.
constexpr std::uint32_t least_budget = 8;

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
        {&out.page_tables_, n * (shape.table() + shape.pages) * 4},
        {&out.status_flags_, n * fields * 4},
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
    if (auto r = start(starts); !r) return tl::unexpected(r.error());
    const auto ends = proceed(options);
    if (!ends) return tl::unexpected(ends.error());
    return std::vector<LaneEnd>(ends->begin(), ends->end());
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

Result<void> Lanes::start(std::span<const LaneStart> starts) {
    if (starts.size() > lanes_) return fail("more calls than lanes");
    flags_.assign(std::size_t{fields} * lanes_, 0);
    ends_.assign(starts.size(), {.status = LaneStatus::running});
    launches_ = 0;
    if (auto r = put_arguments(starts); !r) return r;
    // One field after the other: those of all lanes lie together.
    const auto set = [&](LaneField f, auto value) {
        for (std::size_t l = 0; l < starts.size(); l++) flag(f, l) = static_cast<std::uint32_t>(value(starts[l]));
    };
    set(LaneField::status, [](const LaneStart&) { return LaneStatus::running; });
    set(LaneField::fresh, [](const LaneStart&) { return 1; });
    set(LaneField::pc, [](const LaneStart& s) { return s.pc; });
    set(LaneField::base, [](const LaneStart& s) { return s.globals + 1; });
    set(LaneField::link, [](const LaneStart&) { return none; });
    set(LaneField::fuel_low, [](const LaneStart& s) { return s.fuel & 0xffffffff; });
    set(LaneField::fuel_high, [](const LaneStart& s) { return s.fuel >> 32; });
    // The root call's result takes a cell, and one is never used.
    set(LaneField::cells, [](const LaneStart&) { return max_cells - 2; });
    set(LaneField::module, [](const LaneStart& s) { return s.module; });
    set(LaneField::memory, [](const LaneStart& s) { return s.memory; });
    set(LaneField::supervisor, [](const LaneStart& s) { return s.supervisor ? 1 : 0; });
    set(LaneField::payload, [](const LaneStart& s) { return s.payload; });
    resumed_ = false;
    return device_->write(status_flags_, 0, std::span<const std::uint32_t>(flags_));
}

void Lanes::resume(std::uint32_t lane) {
    flag(LaneField::status, lane) = static_cast<std::uint32_t>(LaneStatus::running);
    ends_[lane].status = LaneStatus::running;
    resumed_ = true;
}

Result<void> Lanes::launch(const Bindings& bindings) {
    const std::span<std::uint32_t> flags(flags_);
    if (resumed_) {
        const std::span<const std::uint32_t> status = flags.first(lanes_);
        if (auto r = device_->write(status_flags_, 0, status); !r) return r;
        resumed_ = false;
    }
    Commands commands;
    if (launches_ == 0) commands.clear(page_tables_, 0, page_tables_.size());
    commands.dispatch(kernel_, bindings, (static_cast<std::uint32_t>(ends_.size()) + group_lanes - 1) / group_lanes);
    commands.read(status_flags_, 0, flags.first(std::size_t{lanes_} * fields_of_host));
    launches_++;
    return device_->run(commands);
}

Result<std::span<const LaneEnd>> Lanes::proceed(const LaunchOptions& options) {
    if (options.budget < least_budget) return fail("too few steps for a launch");
    std::array<std::uint32_t, static_cast<std::size_t>(Parameter::count)> parameters{};
    const auto set = [&](Parameter p, std::uint32_t v) { parameters[static_cast<std::size_t>(p)] = v; };
    set(Parameter::lanes, lanes_);
    set(Parameter::budget, options.budget);
    set(Parameter::lane_registers, shape_.registers);
    set(Parameter::lane_pages, shape_.pages);
    set(Parameter::lane_table, shape_.table());
    set(Parameter::lane_output, shape_.output);
    set(Parameter::supervisor_module, options.supervisor_module);
    set(Parameter::supervisor_entry, options.supervisor_entry);
    set(Parameter::map_slots, options.map_slots);
    if (auto r = device_->write(parameters_, 0, std::span<const std::uint32_t>(parameters)); !r)
        return tl::unexpected(r.error());

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
    const auto bound = device_->bind(kernel_, bindings);
    if (!bound) return tl::unexpected(bound.error());

    for (bool again = true; again;) {
        if (auto r = launch(*bound); !r) return tl::unexpected(r.error());
        again = false;
        for (std::size_t l = 0; l < ends_.size(); l++) {
            LaneEnd& end = ends_[l];
            if (end.status != LaneStatus::running) continue;
            const auto status = static_cast<LaneStatus>(flag(LaneField::status, l));
            const std::uint32_t steps = flag(LaneField::steps, l);
            end.steps += steps;
            end.detail = flag(LaneField::detail, l);
            end.status = status;
            if (status == LaneStatus::running && steps != options.budget) {
                end.status = LaneStatus::fault;
            } else if (status == LaneStatus::running && end.steps >= options.most_steps) {
                end.status = LaneStatus::handed_back;
                end.detail = static_cast<std::uint32_t>(HandBack::steps);
            } else if (status == LaneStatus::running) {
                again = true;
                continue;
            }
            if (status == LaneStatus::running) {
                // The lanes that go on must not take this one with them.
                flag(LaneField::status, l) = static_cast<std::uint32_t>(end.status);
                resumed_ = true;
            }
            end.fuel = flag(LaneField::fuel_low, l) | std::uint64_t{flag(LaneField::fuel_high, l)} << 32;
            end.memory = flag(LaneField::memory, l);
            end.used = flag(LaneField::used, l);
            end.own = flag(LaneField::own, l);
            end.output = flag(LaneField::out, l);
        }
    }
    return std::span<const LaneEnd>(ends_);
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

Result<void> Lanes::output(std::uint32_t words, std::vector<std::uint32_t>& out) {
    const std::size_t n = std::size_t{std::min(words, shape_.output)} * lanes_;
    if (out.size() < n) out.resize(n);
    if (n == 0) return {};
    return device_->read(output_state_, 0, std::span<std::uint32_t>(out).first(n));
}

}  // namespace warpshrew::gpu
