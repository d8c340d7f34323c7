#include "gpu/interpreter_selftest.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "alkanes/keys.hpp"
#include "contracts/embedded.hpp"
#include "gpu/code_buffer.hpp"
#include "gpu/gpu_executor.hpp"
#include "gpu/lanes.hpp"
#include "gpu/lowering.hpp"
#include "protorune/varint.hpp"
#include "store/memory_state.hpp"
#include "wasm/interpreter.hpp"
#include "wasm/wasmtime_api.hpp"

namespace warpshrew::gpu {
namespace {

/// A module in WebAssembly's text format.
Result<Bytes> assemble(std::string_view text) {
    wasm_byte_vec_t binary;
    if (wasmtime_error_t* e = wasmtime_wat2wasm(text.data(), text.size(), &binary)) {
        wasmtime_error_delete(e);
        return fail("a built-in module has an error");
    }
    Bytes out(binary.data, binary.size);
    wasm_byte_vec_delete(&binary);
    return out;
}

struct Case {
    std::string name;  ///< of the export
    std::vector<std::uint64_t> args;
    std::uint64_t fuel = 200'000;
};

struct Outcome {
    std::uint32_t trap = 0;
    std::uint64_t fuel = 0;
    std::vector<std::uint64_t> results;

    friend bool operator==(const Outcome&, const Outcome&) = default;
};

std::string text(const Outcome& o) {
    std::string out = "trap " + std::to_string(o.trap) + ", fuel " + std::to_string(o.fuel) + ", results";
    for (const auto r : o.results) out += " " + std::to_string(r);
    return out;
}

Result<Outcome> on_cpu(const wasm::InterpretedModule& module, const Case& c) {
    constexpr std::size_t budget_bytes = std::size_t{1} << 30;
    constexpr std::int64_t table_elements = 100;
    const auto budget = std::make_shared<wasm::MemoryBudget>();
    if (!budget->take(budget_bytes)) return fail("no memory");
    wasm::InterpretedInstance instance(module, table_elements, budget);
    instance.fuel = c.fuel;
    const auto index = module.module().find_export(c.name)->index;
    Outcome out;
    out.results.resize(module.module().function_type(index).results.size());
    const auto trap = instance.call(
        index, c.args, [](auto, auto) { return 0; }, out.results);
    out.trap = static_cast<std::uint32_t>(trap);
    out.fuel = instance.fuel;
    if (trap != wasm::Trap::none) out.results.clear();
    return out;
}

/// Whether it can do both ways in which lanes go together.
bool has_groups(const Device& device) {
    const auto& features = device.adapter().features;
    return std::ranges::find(features, "Subgroup") != features.end();
}

/// Each case on a lane of its own, all at once, and on the CPU.
Result<std::string> compare(Device& device, std::string_view module_text, std::span<const Case> cases,
                            std::uint32_t budget = 20'000) {
    const auto bytes = assemble(module_text);
    if (!bytes) return tl::unexpected(bytes.error());
    const auto module = wasm::InterpretedModule::create(*bytes);
    if (!module) return tl::unexpected(module.error());
    const auto lowered = lower(*bytes, {.all_exports = true});
    if (!lowered) return tl::unexpected(lowered.error());
    CodeBuffer code;
    const std::uint32_t place = code.add(*lowered);
    std::vector<LaneStart> starts;
    std::vector<std::uint32_t> results;
    for (const Case& c : cases) {
        const auto entry = std::ranges::find(lowered->entries, c.name, &DeviceModule::Entry::name);
        if (entry == lowered->entries.end()) return fail("a built-in module lacks " + c.name);
        starts.push_back({.module = place,
                          .pc = place + entry->at,
                          .globals = lowered->globals,
                          .memory = lowered->memory_pages,
                          .fuel = c.fuel,
                          .args = c.args});
        results.push_back(entry->results);
    }
    std::vector<Outcome> expected;
    expected.reserve(cases.size());
    for (const Case& c : cases) {
        auto outcome = on_cpu(**module, c);
        if (!outcome) return tl::unexpected(outcome.error());
        expected.push_back(std::move(*outcome));
    }
    const auto uploaded = code.upload(device);
    if (!uploaded) return tl::unexpected(uploaded.error());
    const LaunchOptions launch{.budget = budget, .most_steps = 1'000'000, .code = *uploaded};
    const bool groups = has_groups(device);
    std::uint64_t steps = 0;
    for (const bool keeps_together : {false, true}) {
        if (keeps_together && !groups) continue;
        const auto kernel = device.compile(interpreter_kernel(keeps_together));
        if (!kernel) return tl::unexpected(kernel.error());
        auto lanes = Lanes::create(device, *kernel, static_cast<std::uint32_t>(cases.size()),
                                   {.registers = 256, .pages = 8, .output = 1});
        if (!lanes) return tl::unexpected(lanes.error());
        const auto ends = lanes->run(starts, launch);
        if (!ends) return tl::unexpected(ends.error());
        const auto rest = lanes->rest();
        if (!rest) return tl::unexpected(rest.error());
        for (std::uint32_t l = 0; l < cases.size(); l++) {
            const LaneEnd& end = (*ends)[l];
            std::string where = cases[l].name;
            for (const auto a : cases[l].args) where += " " + std::to_string(a);
            if (end.status != LaneStatus::finished && end.status != LaneStatus::trapped)
                return fail(where + ": the lane ended with status " + std::to_string(static_cast<int>(end.status)));
            Outcome got{.trap = end.detail, .fuel = (*rest)[l].fuel, .results = {}};
            if (end.status == LaneStatus::finished && results[l] != 0) {
                auto registers = lanes->registers(l, lowered->globals + 1, results[l]);
                if (!registers) return tl::unexpected(registers.error());
                got.results = std::move(*registers);
            }
            if (got != expected[l]) return fail(where + ": " + text(got) + " instead of " + text(expected[l]));
            steps += end.steps;
        }
    }
    return std::to_string(cases.size()) + " calls, " + std::to_string(steps) + " steps" +
           (groups ? ", by both kernels" : "");
}

constexpr std::uint64_t edges[] = {0,          1,          2,          31,         63,         64,         0x80,
                                   0x7fffffff, 0x80000000, 0xffffffff, 1ULL << 32, ~0ULL >> 1, 1ULL << 63, ~0ULL};

constexpr std::string_view control = R"((module (memory (export "memory") 1)
    (type $a (func (param i32) (result i32))) (type $b (func (param i64) (result i32)))
    (table 4 funcref) (elem (i32.const 0) $double $fib $wide)
    (global $g (mut i32) (i32.const 5)) (global $h (mut i64) (i64.const 0x123456789abcdef0))
    (func $double (type $a) (i32.shl (local.get 0) (i32.const 1)))
    (func $wide (type $b) (i32.wrap_i64 (local.get 0)))
    (func $fib (export "fib") (param i32) (result i32)
        (if (i32.lt_u (local.get 0) (i32.const 2)) (then (return (local.get 0))))
        (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))
    (func (export "switch") (param i32) (result i32)
        (block (block (block (br_table 0 1 2 0 (local.get 0))) (return (i32.const 10))) (return (i32.const 20))) (i32.const 30))
    (func (export "table") (param i32) (result i32) (call_indirect (type $a) (i32.const 7) (local.get 0)))
    (func (export "globals") (param i32) (result i64)
        (global.set $g (i32.add (global.get $g) (local.get 0)))
        (global.set $h (i64.sub (global.get $h) (i64.extend_i32_s (global.get $g))))
        (select (global.get $h) (i64.const -3) (i32.and (local.get 0) (i32.const 1))))
    (func (export "divide") (param i32) (result i32) (i32.div_s (i32.const -2147483648) (local.get 0)))
    (func (export "remainder") (param i32) (result i64) (i64.rem_u (i64.const -1) (i64.extend_i32_u (local.get 0))))
    (func (export "unreachable") (param i32) (result i32) (if (local.get 0) (then (unreachable))) (i32.const 3))
    (func (export "three") (param i32) (result i32 i64 i32) (local.get 0) (i64.const -1) (i32.const 77))))";

constexpr std::string_view memory = R"((module (memory (export "memory") 1)
    (data (i32.const 1000) "what is there at first, over a page's end, which is at 1024")
    (func (export "sizes") (param i32) (result i64)
        (i64.store (local.get 0) (i64.const 0x8123456789abcdef))
        (i64.store32 offset=3 (local.get 0) (i64.const 0xfedcba98))
        (i32.store16 offset=1 (local.get 0) (i32.const 0x8765)) (i32.store8 offset=7 (local.get 0) (i32.const 0x99))
        (i64.add (i64.mul (i64.load offset=2 (local.get 0)) (i64.load32_s offset=3 (local.get 0)))
            (i64.add (i64.load16_s offset=1 (local.get 0)) (i64.add (i64.load8_s offset=7 (local.get 0)) (i64.load8_u offset=7 (local.get 0))))))
    (func (export "bulk") (param i32) (result i64)
        (memory.copy (local.get 0) (i32.const 1003) (i32.const 50)) (memory.copy (i32.const 1003) (local.get 0) (i32.const 9))
        (memory.fill (i32.add (local.get 0) (i32.const 11)) (i32.const 0x5a) (i32.const 13))
        (i64.xor (i64.load (i32.add (local.get 0) (i32.const 7))) (i64.load (i32.const 1001))))
    (func (export "grow") (param i32) (result i32 i32 i32)
        (memory.grow (local.get 0)) (memory.size) (i32.load (i32.const 33554432)))))";

}  // namespace

Result<std::string> check_instructions(Device& device) {
    std::string module = "(module (memory (export \"memory\") 1)";
    std::vector<Case> cases;
    const auto define = [&](const std::string& name, const std::string& from, const std::string& to, bool two) {
        module += "(func (export \"" + name + "\") (param " + from + (two ? " " + from : "") + ") (result " + to +
                  ")(" + name + (two ? " (local.get 0)(local.get 1)))" : " (local.get 0)))");
        const std::uint64_t mask = from == "i32" ? 0xffffffff : ~0ULL;
        for (const auto a : edges) {
            if (!two) cases.push_back({name, {a & mask}});
            for (const auto b : edges)
                if (two) cases.push_back({name, {a & mask, b & mask}});
        }
    };
    for (const std::string type : {"i32", "i64"}) {
        for (const char* name : {"eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"})
            define(type + "." + name, type, "i32", true);
        for (const char* name : {"add", "sub", "mul", "div_s", "div_u", "rem_s", "rem_u", "and", "or", "xor", "shl",
                                 "shr_s", "shr_u", "rotl", "rotr"})
            define(type + "." + name, type, type, true);
        for (const char* name : {"clz", "ctz", "popcnt", "extend8_s", "extend16_s"})
            define(type + "." + name, type, type, false);
        define(type + ".eqz", type, "i32", false);
    }
    define("i64.extend32_s", "i64", "i64", false);
    define("i32.wrap_i64", "i64", "i32", false);
    define("i64.extend_i32_s", "i32", "i64", false);
    define("i64.extend_i32_u", "i32", "i64", false);
    return compare(device, module + ")", cases);
}

Result<std::string> check_control(Device& device) {
    std::vector<Case> cases;
    for (const char* name : {"switch", "table", "globals", "divide", "remainder", "unreachable", "three"})
        for (const std::uint64_t a : {0ULL, 1ULL, 2ULL, 3ULL, 4ULL, 100ULL, 0xffffffffULL})
            cases.push_back({name, {a}});
    for (const std::uint64_t a : {0, 1, 7, 12}) cases.push_back({"fib", {a}});
    return compare(device, control, cases);
}

Result<std::string> check_memory(Device& device) {
    std::vector<Case> cases;
    for (std::uint64_t a = 990; a < 1030; a++)
        for (const char* name : {"sizes", "bulk"}) cases.push_back({name, {a}});
    for (std::uint64_t a = 33554432 - 70; a < 33554432 + 2; a++)
        for (const char* name : {"sizes", "bulk"}) cases.push_back({name, {a}});
    for (const std::uint64_t a : {0ULL, 1ULL, 152ULL, 153ULL, 0xffffffffULL}) cases.push_back({"grow", {a}});
    return compare(device, memory, cases);
}

Result<std::string> check_fuel(Device& device) {
    std::vector<Case> cases;
    for (std::uint64_t fuel = 0; fuel < 256; fuel++) cases.push_back({"fib", {7}, fuel});
    return compare(device, control, cases, 17);
}

namespace {

/// Devnet with a contract that does what its inputs say as its 2:0.
protorune::Network selftest_network() {
    protorune::Network network = protorune::find_network("devnet").value();
    for (auto& b : network.builtins) b.code = Bytes(contracts::embedded_contract("script"));
    return network;
}

struct Steps {
    const char* what;
    std::vector<u128> inputs;
    std::uint64_t fuel = 3'500'000;
};

/// See contracts/script.cpp.
std::vector<Steps> steps() {
    std::vector<Steps> out{
        {"stores and loads", {3, 12345, 2, 1, 3, 0, 1, 1, 4, 1, 2, 2, 19}},
        {"counts", {5, 3, 7, 5, 3, 8, 19}},
        {"mints", {15, 1000, 16, 2, 0, 10}},
        {"takes tokens", {22, 2, 5, 19}},
        {"keeps tokens", {17}},
        {"sends more than there is", {16, 2, 9, 1}},
        {"sees its balance", {8, 2, 0, 2, 5, 19}},
        {"sees fuel and height", {9, 2, 4, 10, 2, 5, 11, 19}},
        {"sees context and block", {21, 2, 1, 23, 19}},
        {"loops", {12, 1000, 9, 19}},
        {"reverts", {3, 1, 2, 1, 13}},
        {"traps", {3, 1, 2, 1, 14}},
        {"asks the host for nonsense", {24}},
        {"stores a long value", {3, 7, 20, 4, 3000, 27, 4, 19}},
        {"calls itself", {3, 5, 2, 1, 30, 0, 2, 0, 1, 9, 5, 1, 1, 3, 4, 2, 2, 19, 0, 1, 1, 19}},
        {"calls itself in its own place", {30, 1, 2, 0, 0, 5, 5, 1, 2, 19, 0, 1, 1, 19}},
        {"calls itself to look", {30, 2, 2, 0, 0, 5, 1, 1, 19, 0, 19}},
        {"goes on after a call that fails", {3, 9, 2, 1, 32, 0, 2, 0, 0, 3, 13, 0, 0, 1, 1, 19}},
    };
    for (const std::uint64_t fuel : {1, 1000, 20'000, 60'000}) out.push_back({"has too little fuel", {12, 5000}, fuel});
    return out;
}

std::string text_of(const alkanes::ExecutedMessage& m) {
    return "status " + std::to_string(static_cast<int>(m.status)) + ", fuel " + std::to_string(m.fuel_used) + ", " +
           std::to_string(m.frames) + " frames, " + std::to_string(m.writes.size()) + " writes, " +
           std::to_string(m.tokens.size()) + " tokens, " + std::string(m.error);
}

bool same_effect(const alkanes::ExecutedMessage& a, const alkanes::ExecutedMessage& b) {
    const auto writes = [](const alkanes::ExecutedMessage& m) {
        std::map<BytesView, BytesView> out;
        for (const auto& w : m.writes) out.emplace(w.key, w.value);
        return out;
    };
    return a.status == b.status && a.fuel_used == b.fuel_used && a.frames == b.frames && a.error == b.error &&
           a.trace == b.trace && std::ranges::equal(a.tokens, b.tokens) && writes(a) == writes(b);
}

/// A block of nothing but a transaction that the calls are of.
Bytes block_of_one() {
    Bytes out(80, '\1');
    out.push_back('\1');
    out +=
        Bytes("\1\0\0\0\1", 5) + Bytes(36, '\0') + Bytes("\0\xff\xff\xff\xff\1", 6) + Bytes(8, '\0') + Bytes(5, '\0');
    return out;
}

Result<std::string> check_calls_by(Device& device, bool keeps_together) {
    auto own = Device::open(device.adapter());
    if (!own) return tl::unexpected(own.error());
    auto executor = GpuExecutor::create(std::move(*own), {.lanes = 64, .keeps_together = keeps_together});
    if (!executor) return tl::unexpected(executor.error());
    auto engine = wasm::Engine::create();
    if (!engine) return tl::unexpected(engine.error());
    const protorune::Network network = selftest_network();
    const alkanes::Builtins builtins(network, {});
    const alkanes::Environment environment{network, builtins, *engine};
    const auto block = bitcoin::Block::decode(block_of_one());
    if (!block) return tl::unexpected(block.error());
    constexpr std::uint64_t height = 10;
    const alkanes::BlockInfo info(*block, network, height, nullptr);
    alkanes::CodeCache codes(environment);
    store::MemoryState below;
    below.map.emplace(alkanes::sequence_key, to_le(u128{6}));
    const store::BlockState base(below);
    const parallel::VersionedState state(base);
    const protorune::RuneTransfer tokens[] = {{{2, 5}, 1000}};

    const auto all = steps();
    std::vector<Bytes> calldata;
    std::vector<parallel::Call> calls;
    for (const Steps& s : all) {
        Bytes& bytes = calldata.emplace_back("\2\0", 2);
        for (const u128 n : s.inputs) protorune::append_varint(bytes, n);
    }
    for (std::uint32_t i = 0; i < all.size(); i++)
        calls.push_back({.vout = 3, .position = 1, .token_count = 1, .calldata = calldata[i], .fuel = all[i].fuel});
    const parallel::Batch batch{environment, codes, info, state, height, calls, tokens};
    parallel::ResultMemory memory;
    std::vector<alkanes::ExecutedMessage> results(calls.size());
    Result<std::string> out = fail("not run");
    engine->run_deep([&] {
        try {
            (*executor)->execute(batch, memory, results);
        } catch (const std::exception& e) {
            out = fail(e.what());
            return;
        }
        std::size_t executed = 0;
        alkanes::AheadExecution cpu(environment, codes, info);
        store::Arena arena;
        for (std::size_t i = 0; i < calls.size(); i++) {
            using enum alkanes::ExecutionStatus;
            if (results[i].status == none || results[i].status == handed_back) continue;  // left to the CPU
            executed++;
            const auto expected = cpu.execute(batch.call(i), parallel::StateAt(state, 1), arena);
            if (same_effect(results[i], expected)) continue;
            out = fail(std::string("a contract that ") + all[i].what + ": " + text_of(results[i]) + " instead of " +
                       text_of(expected));
            return;
        }
        // Those whose error text has numbers, and the like.
        if (executed * 4 < calls.size() * 3) {
            out = fail("only " + std::to_string(executed) + " of " + std::to_string(calls.size()) +
                       " contract calls were executed");
            return;
        }
        out = std::to_string(executed) + " contract calls, " + std::to_string(calls.size() - executed) +
              " left to the CPU, " + std::to_string((*executor)->counts().steps) + " steps";
    });
    return out;
}

}  // namespace

Result<std::string> check_calls(Device& device) {
    auto out = check_calls_by(device, false);
    if (!out || !has_groups(device)) return out;
    out = check_calls_by(device, true);
    if (out) *out += ", by both kernels";
    return out;
}

}  // namespace warpshrew::gpu
