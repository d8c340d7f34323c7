#include "lane_test.hpp"

#include <cstdlib>
#include <cstring>
#include <map>
#include <stdexcept>

#include "until_end.hpp"

namespace warpshrew::gpu::test {
namespace {

template <class T>
T must(Result<T> r) {
    if (!r) throw std::runtime_error(r.error().reason);
    return std::move(*r);
}

World open_world() {
    const char* name = std::getenv("WARPSHREW_TEST_ADAPTER");
    Device device = must(Device::open(must(find_adapter(name ? name : ""))));
    Kernel alone = must(device.compile(interpreter_kernel(false)));
    Kernel together = must(device.compile(interpreter_kernel(true)));
    return {std::move(device), alone, together};
}

}  // namespace

bool lanes_wait() { return std::getenv("WARPSHREW_TEST_TOGETHER") != nullptr; }

World& world() {
    static UntilEnd<World> w;
    return w.get(open_world);
}

std::vector<WasmOutcome> run_on_lanes(std::span<const WasmCall> calls, const Shape& shape) {
    World& w = world();
    CodeBuffer code;
    std::map<Bytes, std::pair<std::uint32_t, DeviceModule>> modules;
    std::vector<LaneStart> starts;
    std::vector<const DeviceModule::Entry*> entries;
    for (const WasmCall& c : calls) {
        auto at = modules.find(c.module);
        if (at == modules.end()) {
            DeviceModule m = must(lower(c.module, {.all_exports = true}));
            const std::uint32_t place = code.add(m);
            at = modules.emplace(c.module, std::pair(place, std::move(m))).first;
        }
        const auto& [place, m] = at->second;
        const DeviceModule::Entry* entry = nullptr;
        for (const auto& e : m.entries)
            if (e.name == c.name) entry = &e;
        if (entry == nullptr) throw std::runtime_error("no export " + c.name);
        entries.push_back(entry);
        starts.push_back({.module = place,
                          .pc = place + entry->at,
                          .globals = m.globals,
                          .memory = m.memory_pages,
                          .fuel = c.fuel,
                          .args = c.args});
    }
    Lanes lanes = must(Lanes::create(w.device, shape.keeps_together.value_or(lanes_wait()) ? w.together : w.alone,
                                     static_cast<std::uint32_t>(calls.size()), shape.lane));
    const auto ends = must(lanes.run(
        starts, {.budget = shape.budget, .most_steps = shape.most_steps, .code = must(code.upload(w.device))}));
    const auto rest = must(lanes.rest());
    std::vector<WasmOutcome> out;
    for (std::uint32_t l = 0; l < calls.size(); l++) {
        const LaneEnd& e = ends[l];
        WasmOutcome& o = out.emplace_back();
        o.status = e.status;
        o.detail = e.detail;
        o.fuel = rest[l].fuel;
        o.memory = rest[l].memory;
        o.steps = e.steps;
        if (rest[l].used != 0) o.written = must(lanes.pages(l, 0));
        if (e.status == LaneStatus::finished && entries[l]->results != 0)
            o.results = must(lanes.registers(l, starts[l].globals + 1, entries[l]->results));
    }
    return out;
}

WasmOutcome run_on_cpu(const WasmCall& call, const WasmOutcome& like) {
    const auto module = must(wasm::InterpretedModule::create(call.module));
    const wasm::Export* e = module->module().find_export(call.name);
    const auto budget = std::make_shared<wasm::MemoryBudget>();
    if (!budget->take(std::size_t{1} << 30)) throw std::runtime_error("no memory");
    wasm::InterpretedInstance instance(*module, 20'000'000, budget);
    instance.fuel = call.fuel;
    WasmOutcome out;
    out.results.resize(module->module().function_type(e->index).results.size());
    const wasm::Trap trap = instance.call(
        e->index, call.args, [](auto, auto) { return 0; }, out.results);
    out.status = trap == wasm::Trap::none ? LaneStatus::finished : LaneStatus::trapped;
    out.detail = static_cast<std::uint32_t>(trap);
    out.fuel = instance.fuel;
    if (trap != wasm::Trap::none) out.results.clear();
    if (module->module().find_export("memory") == nullptr) return out;
    const auto memory = instance.memory();
    out.memory = static_cast<std::uint32_t>(memory.size() >> 16);
    for (const auto& [page, content] : like.written) {
        std::vector<std::uint32_t> words(memory_page_words);
        std::memcpy(words.data(), memory.data() + std::size_t{page} * memory_page_bytes, memory_page_bytes);
        out.written.emplace_back(page, std::move(words));
    }
    return out;
}

std::size_t expect_same(std::span<const WasmCall> calls, bool may_hand_back, const Shape& shape) {
    if (!shape.keeps_together) {
        Shape other = shape;
        other.keeps_together = true;
        const std::size_t together = expect_same(calls, may_hand_back, other);
        other.keeps_together = false;
        const std::size_t alone = expect_same(calls, may_hand_back, other);
        EXPECT_EQ(together, alone);
        return alone;
    }
    // As many at a time as lavapipe's largest binding holds.
    const std::size_t most = (std::size_t{100} << 20) / (std::size_t{shape.lane.registers} * 8);
    std::size_t handed_back = 0;
    for (; calls.size() > most; calls = calls.subspan(most))
        handed_back += expect_same(calls.first(most), may_hand_back, shape);
    const auto lanes = run_on_lanes(calls, shape);
    for (std::size_t i = 0; i < calls.size(); i++) {
        const WasmOutcome& lane = lanes[i];
        if (lane.status == LaneStatus::handed_back && may_hand_back) {
            handed_back++;
            continue;
        }
        const WasmOutcome cpu = run_on_cpu(calls[i], lane);
        std::string args;
        for (const auto a : calls[i].args) args += " " + std::to_string(a);
        SCOPED_TRACE(calls[i].name + args + " with fuel " + std::to_string(calls[i].fuel));
        EXPECT_EQ(static_cast<int>(lane.status), static_cast<int>(cpu.status)) << "detail " << lane.detail;
        if (lane.status != cpu.status) continue;
        EXPECT_EQ(lane.detail, cpu.detail);
        EXPECT_EQ(lane.fuel, cpu.fuel);
        EXPECT_EQ(lane.results, cpu.results);
        if (cpu.memory == 0) continue;
        if (cpu.status == LaneStatus::finished) {
            EXPECT_EQ(lane.memory, cpu.memory);
        }
        EXPECT_EQ(lane.written, cpu.written);
    }
    return handed_back;
}

}  // namespace warpshrew::gpu::test
