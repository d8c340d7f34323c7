// The public test suite of WebAssembly on lanes. It is not part of the project: WARPSHREW_WASM_TESTSUITE names a folder
// with what wabt's wast2json makes of its files (NAME.json and the modules beside it); without it the test is skipped.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/file.hpp"
#include "lane_test.hpp"
#include "wasm/reader.hpp"
#include "wasm/writer.hpp"

namespace warpshrew::gpu {
namespace {

using nlohmann::json;
using test::WasmCall;
using test::WasmOutcome;
using wasm::ValueType;

struct Invocation {
    std::string name;
    std::vector<ValueType> types;
    std::vector<std::uint64_t> args;
};

/// What the suite says of one call.
struct Assertion {
    std::string where;
    WasmCall call;
    std::optional<std::vector<std::uint64_t>> results;
    std::string trap;  ///< the suite's text, if there are no results
};

struct Figures {
    std::size_t passed = 0, failed = 0;
    std::map<std::string, std::size_t> not_run;  ///< by reason
    std::vector<std::string> limited;            ///< other outcomes, by a limit of ALKANES
};

bool is_integer(const json& v) { return v.at("type") == "i32" || v.at("type") == "i64"; }

std::optional<ValueType> type_of(const json& v) {
    const std::map<std::string, ValueType> types{
        {"i32", ValueType::i32}, {"i64", ValueType::i64}, {"f32", ValueType::f32}, {"f64", ValueType::f64}};
    const auto at = types.find(v.at("type").get<std::string>());
    return at == types.end() ? std::nullopt : std::optional(at->second);
}

std::optional<Invocation> invocation(const json& action) {
    Invocation out{.name = action.at("field"), .types = {}, .args = {}};
    for (const json& a : action.at("args")) {
        const auto type = type_of(a);
        if (!type || !a.at("value").is_string()) return std::nullopt;
        out.types.push_back(*type);
        out.args.push_back(std::stoull(a.at("value").get<std::string>()));
    }
    return out;
}

void append_call(Bytes& body, const Invocation& call, std::uint32_t function) {
    for (std::size_t i = 0; i < call.args.size(); i++) {
        const auto bits = call.args[i];
        const auto fixed = [&](int bytes) {
            for (int k = 0; k < bytes; k++) body.push_back(static_cast<char>(bits >> (8 * k)));
        };
        switch (call.types[i]) {
            case ValueType::i32:
                body.push_back(0x41);
                wasm::append_signed(body, static_cast<std::int32_t>(bits));
                break;
            case ValueType::i64:
                body.push_back(0x42);
                wasm::append_signed(body, static_cast<std::int64_t>(bits));
                break;
            case ValueType::f32:
                body.push_back(0x43);
                fixed(4);
                break;
            default:
                body.push_back(0x44);
                fixed(8);
        }
    }
    body.push_back(0x10);
    wasm::append_unsigned(body, function);
}

/// A module and the calls of it so far. A lane makes one call, so what comes after others is a function that makes them
/// all: the suite's modules keep their state from one to the next.
class Instance {
 public:
    explicit Instance(Bytes bytes) : bytes_(std::make_unique<Bytes>(std::move(bytes))) {
        auto parsed = wasm::parse_module(*bytes_);
        if (!parsed) throw std::runtime_error(parsed.error().reason);
        module_ = std::move(*parsed);
        keeps_state_ = !module_.memories.empty() || !module_.tables.empty();
        for (const auto& g : module_.globals) keeps_state_ = keeps_state_ || g.is_mutable;
    }
    [[nodiscard]] const Bytes& bytes() const { return *bytes_; }
    [[nodiscard]] bool has(const std::string& name) const {
        const auto* e = module_.find_export(name);
        return e != nullptr && e->kind == wasm::ExternalKind::function;
    }

    /// The call's export: of with_sequences() if it begins with '#'.
    std::string add(const Invocation& call, bool returns) {
        std::string name = call.name;
        const auto* last = module_.find_export(name);
        if (!before_.empty()) {
            Bytes body("\0", 1);
            for (const auto& b : before_) {
                const auto f = module_.find_export(b.name)->index;
                append_call(body, b, f);
                body.append(module_.function_type(f).results.size(), 0x1a);
            }
            append_call(body, call, last->index);
            body.push_back(0x0b);
            name = "#" + std::to_string(sequences_.size());
            sequences_.push_back({std::move(body), module_.function_type(last->index).results});
        }
        // A trap ends the call in whose midst it is; the suite's calls that trap leave nothing behind.
        if (returns && keeps_state_) before_.push_back(call);
        return name;
    }

    [[nodiscard]] Bytes with_sequences() const {
        if (sequences_.empty()) return *bytes_;
        Bytes types, functions, exports, codes;
        for (std::size_t i = 0; i < sequences_.size(); i++) {
            types += Bytes("\x60\0", 2);
            wasm::append_unsigned(types, sequences_[i].results.size());
            for (const auto t : sequences_[i].results) types.push_back(static_cast<char>(t));
            wasm::append_unsigned(functions, module_.types.size() + i);
            wasm::append_sized(exports, "#" + std::to_string(i));
            exports.push_back('\0');
            wasm::append_unsigned(exports, module_.functions.size() + i);
            wasm::append_sized(codes, sequences_[i].body);
        }
        Bytes out = bytes_->substr(0, 8);
        const std::map<std::uint8_t, const Bytes*> more{{1, &types}, {3, &functions}, {7, &exports}, {10, &codes}};
        for (const auto& s : module_.sections) {
            Bytes payload = bytes_->substr(s.payload.begin, s.payload.end - s.payload.begin);
            if (const auto add = more.find(s.id); add != more.end()) {
                wasm::Reader r(payload);
                const std::uint32_t n = r.u32();
                Bytes longer;
                wasm::append_unsigned(longer, n + sequences_.size());
                longer += payload.substr(r.position());
                longer += *add->second;
                payload = std::move(longer);
            }
            out.push_back(static_cast<char>(s.id));
            wasm::append_sized(out, payload);
        }
        return out;
    }

 private:
    struct Sequence {
        Bytes body;
        std::vector<ValueType> results;
    };
    std::unique_ptr<Bytes> bytes_;
    wasm::Module module_;
    bool keeps_state_ = false;
    std::vector<Invocation> before_;
    std::vector<Sequence> sequences_;
};

bool is_trap(const std::string& text, std::uint32_t detail) {
    const std::pair<std::string_view, wasm::Trap> traps[] = {
        {"out of bounds memory access", wasm::Trap::memory_out_of_bounds},
        {"unreachable", wasm::Trap::unreachable},
        {"integer overflow", wasm::Trap::integer_overflow},
        {"integer divide by zero", wasm::Trap::integer_division_by_zero},
        {"invalid conversion to integer", wasm::Trap::bad_conversion_to_integer},
        {"undefined element", wasm::Trap::table_out_of_bounds},
        {"out of bounds table access", wasm::Trap::table_out_of_bounds},
        {"uninitialized element", wasm::Trap::indirect_call_to_null},
        {"indirect call type mismatch", wasm::Trap::bad_signature},
        {"call stack exhausted", wasm::Trap::stack_overflow}};
    for (const auto& [name, trap] : traps)
        if (text.starts_with(name)) return static_cast<std::uint32_t>(trap) == detail;
    return false;
}

bool holds(const Assertion& a, const WasmOutcome& got) {
    if (a.results) return got.status == LaneStatus::finished && got.results == *a.results;
    return got.status == LaneStatus::trapped && is_trap(a.trap, got.detail);
}

std::string text(const WasmOutcome& o) {
    std::string out = "status " + std::to_string(static_cast<int>(o.status)) + ", " + std::to_string(o.detail) + ", [";
    for (const auto r : o.results) out += " " + std::to_string(r);
    return out + " ]";
}

void check(const std::vector<Assertion>& all, Figures& figures) {
    constexpr std::uint32_t many_registers = 150'000;
    std::vector<WasmCall> calls;
    calls.reserve(all.size());
    for (const auto& a : all) calls.push_back(a.call);
    auto got = test::run_on_lanes(calls, {.lane = {.registers = 2048, .pages = 64, .output = 1}});
    for (std::size_t i = 0; i < all.size(); i++) {
        const auto lacks = [&](HandBack h) {
            return got[i].status == LaneStatus::handed_back && got[i].detail == static_cast<std::uint32_t>(h);
        };
        if (lacks(HandBack::registers) || lacks(HandBack::memory))
            got[i] = test::run_on_lanes({&calls[i], 1},
                                        {.lane = {.registers = many_registers, .pages = 1023, .output = 1}})[0];
        if (holds(all[i], got[i])) {
            figures.passed++;
        } else if (got[i].status == LaneStatus::handed_back) {
            figures.not_run["handed back by the device, reason " + std::to_string(got[i].detail)]++;
        } else if (const auto cpu = test::run_on_cpu(calls[i], got[i]);
                   cpu.status == got[i].status && cpu.detail == got[i].detail && cpu.results == got[i].results) {
            figures.limited.push_back(all[i].where);
        } else {
            figures.failed++;
            ADD_FAILURE() << all[i].where << " " << calls[i].name << ": " << text(got[i]) << ", the CPU " << text(cpu);
        }
    }
}

/// A file's assertions.
class File {
 public:
    File(std::filesystem::path path, Figures& figures) : path_(std::move(path)), figures_(figures) {}

    std::vector<Assertion> read() {
        std::ifstream in(path_);
        const json file = json::parse(in);
        for (const json& c : file.at("commands")) {
            const std::string type = c.at("type");
            if (type == "module") {
                add_module(c);
            } else if (type == "register") {
                if (current_) registered_.insert(*current_);
            } else if (type.starts_with("assert_return") || type == "assert_trap" || type == "assert_exhaustion" ||
                       type == "action") {
                add_call(c, type);
            }
        }
        for (auto& [a, instance] : pending_) {
            if (a.call.name[0] == '#') {
                auto& m = made_[instance];
                if (m.empty()) m = instances_[instance].with_sequences();
                a.call.module = m;
            } else {
                a.call.module = instances_[instance].bytes();
            }
            out_.push_back(std::move(a));
        }
        return std::move(out_);
    }

 private:
    void add_module(const json& c) {
        current_.reset();
        const auto bytes = read_file(path_.parent_path() / c.at("filename").get<std::string>());
        if (!bytes) throw std::runtime_error(bytes.error().reason);
        const auto parsed = wasm::parse_module(*bytes);
        const auto lowered = lower(*bytes, {.all_exports = true});
        if (parsed && parsed->start) {
            refused_ = "start function";  // as Engine::compile refuses it
        } else if (lowered) {
            Instance instance(*bytes);
            current_ = instances_.size();
            instances_.push_back(std::move(instance));
        } else {
            refused_ = lowered.error().reason;
        }
        // What it imports is no longer what its own module made of it.
        if (!current_) lost_ = registered_;
        if (c.contains("name")) named_[c.at("name")] = current_;
    }
    void add_call(const json& c, const std::string& type) {
        const json& action = c.at("action");
        auto at = current_;
        if (action.contains("module")) at = named_[action.at("module")];
        const auto skip = [&](const std::string& why) {
            if (type != "action") figures_.not_run[why]++;
        };
        if (!at) return skip("module refused: " + refused_);
        if (lost_.contains(*at)) return skip("shared with a module that was refused");
        if (action.at("type") != "invoke") return skip("not a call");
        const auto call = invocation(action);
        if (!call) return skip("references");
        Instance& instance = instances_[*at];
        if (!instance.has(call->name)) throw std::runtime_error("no export " + call->name);
        const std::string name = instance.add(*call, type == "assert_return" || type == "action");
        if (type == "action") return;
        Assertion a{.where = path_.stem().string() + ":" + std::to_string(c.at("line").get<int>()),
                    .call = {.module = {}, .name = name, .args = {}, .fuel = std::uint64_t{1} << 40},
                    .results = {},
                    .trap = {}};
        if (name[0] != '#') a.call.args = call->args;
        if (type == "assert_return") {
            a.results.emplace();
            for (const json& e : c.at("expected")) {
                if (!is_integer(e)) return skip("results that are not integers");
                a.results->push_back(std::stoull(e.at("value").get<std::string>()));
            }
        } else {
            a.trap = c.at("text");
        }
        pending_.emplace_back(std::move(a), *at);
    }

    std::filesystem::path path_;
    Figures& figures_;
    std::vector<Instance> instances_;
    std::map<std::size_t, Bytes> made_;
    std::optional<std::size_t> current_;
    std::set<std::size_t> registered_, lost_;
    std::map<std::string, std::optional<std::size_t>> named_;
    std::string refused_;
    std::vector<std::pair<Assertion, std::size_t>> pending_;
    std::vector<Assertion> out_;
};

TEST(Testsuite, IntegersControlMemoryTraps) {
    const char* folder = std::getenv("WARPSHREW_WASM_TESTSUITE");
    if (folder == nullptr) GTEST_SKIP() << "WARPSHREW_WASM_TESTSUITE is not set";
    std::set<std::filesystem::path> files;
    for (const auto& f : std::filesystem::directory_iterator(folder))
        if (f.path().extension() == ".json") files.insert(f.path());
    ASSERT_FALSE(files.empty());
    Figures all;
    for (const auto& path : files) {
        Figures figures;
        std::vector<Assertion> some = File(path, figures).read();
        constexpr std::size_t lanes = 1024;
        for (std::size_t i = 0; i < some.size(); i += lanes)
            check({some.begin() + static_cast<std::ptrdiff_t>(i),
                   some.begin() + static_cast<std::ptrdiff_t>(std::min(some.size(), i + lanes))},
                  figures);
        std::size_t not_run = 0;
        for (const auto& [why, n] : figures.not_run) {
            not_run += n;
            all.not_run[why] += n;
        }
        std::cout << path.stem().string() << ": " << figures.passed << " passed, " << not_run << " not run, "
                  << figures.failed << " failed\n";
        all.passed += figures.passed;
        all.failed += figures.failed;
        all.limited.insert(all.limited.end(), figures.limited.begin(), figures.limited.end());
    }
    std::cout << "\n" << all.passed << " passed, " << all.failed << " failed\n";
    for (const auto& [why, n] : all.not_run) std::cout << "not run: " << why << ": " << n << "\n";
    for (const auto& where : all.limited) std::cout << "as the CPU, not as the suite: " << where << "\n";
    EXPECT_EQ(all.failed, 0U);
    EXPECT_GT(all.passed, 0U);
}

}  // namespace
}  // namespace warpshrew::gpu
