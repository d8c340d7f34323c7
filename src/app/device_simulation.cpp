#include "app/device_simulation.hpp"

#include <algorithm>
#include <limits>

#include "alkanes/alkanes.pb.h"
#include "alkanes/message.hpp"

namespace warpshrew::app {

using alkanes::ExecutedMessage;
using alkanes::ExecutionStatus;

namespace {

/// The data that a message's contract gave back: of the last event in its trace.
std::optional<Bytes> data_of(const ExecutedMessage& effect) {
    if (effect.trace_entries.empty()) return std::nullopt;
    const alkanes::TraceEntry& last = effect.trace_entries.back();
    if (last.offset > effect.trace.size() || last.size > effect.trace.size() - last.offset) return std::nullopt;
    // Without enter events a body is an encoded trace.
    const BytesView rest = effect.trace.substr(last.offset + last.size);
    pb::alkanes::AlkanesTrace trace;
    if (rest.size() > std::numeric_limits<int>::max() ||
        !trace.ParseFromArray(rest.data(), static_cast<int>(rest.size())) || trace.events().empty())
        return std::nullopt;
    const auto& event = *trace.events().rbegin();
    if (!event.has_exit_context()) return std::nullopt;
    return event.exit_context().response().data();
}

bool is_of(const ExecutedMessage& effect, const alkanes::MessageCall& call) {
    const alkanes::MessageCall& of = effect.call;
    return effect.checksum == alkanes::checksum_of(effect) && of.height == call.height && of.vout == call.vout &&
           of.calldata == call.calldata && of.fuel == call.fuel && std::ranges::equal(of.incoming, call.incoming);
}

/// What the effect of a message gives as the result of a simulated call; nothing if the CPU has to say.
std::optional<Result<SimulationResult>> result_of(const ExecutedMessage& effect, const alkanes::MessageCall& call,
                                                  store::BlockState& state) {
    if (!is_of(effect, call)) return std::nullopt;
    if (effect.status == ExecutionStatus::failed) return tl::unexpected(Error{std::string(effect.error), 0});
    if (effect.fuel_used > call.fuel) return std::nullopt;
    // A simulated call settles with a runtime that has nothing (alkanes-vm.md 7.1).
    protorune::BalanceSheet runtime_balances;
    if (!alkanes::settle_runtime(state, call.incoming, effect.tokens, runtime_balances)) return std::nullopt;
    auto data = data_of(effect);
    if (!data) return std::nullopt;
    SimulationResult out;
    out.simulation.gas_used = effect.fuel_used;
    out.simulation.response.alkanes.assign(effect.tokens.begin(), effect.tokens.end());
    out.simulation.response.data = *std::move(data);
    out.writes.reserve(effect.writes.size());
    for (const auto& w : effect.writes) out.writes.emplace_back(w.key, w.value);
    std::ranges::sort(out.writes);
    return out;
}

/// As a line shows it.
Bytes shown(const Result<SimulationResult>& result) {
    Bytes out;
    append_simulation_result(out, 0, result);
    return out;
}

/// Calls as messages of a block without transactions.
struct Messages {
    std::vector<std::size_t> lines;  // the calls that they are
    std::vector<Bytes> calldata;
    std::vector<protorune::RuneTransfer> tokens;
    std::vector<parallel::Call> calls;

    Messages(const CpuSimulationExecutor& cpu, std::span<const SimulationCall> from) {
        for (std::size_t i = 0; i < from.size(); i++)
            if (!from[i].transaction && !from[i].block) lines.push_back(i);
        calldata.reserve(lines.size());
        calls.reserve(lines.size());
        for (const std::size_t i : lines) {
            parallel::Call call;
            call.vout = from[i].vout;
            call.first_token = static_cast<std::uint32_t>(tokens.size());
            call.token_count = static_cast<std::uint32_t>(from[i].tokens.size());
            call.calldata = calldata.emplace_back(calldata_of(from[i]));
            call.fuel = cpu.fuel_of(from[i]);
            calls.push_back(call);
            tokens.insert(tokens.end(), from[i].tokens.begin(), from[i].tokens.end());
        }
    }
};

}  // namespace

DeviceSimulationExecutor::DeviceSimulationExecutor(CpuSimulationExecutor& cpu, parallel::Executor& device,
                                                   parallel::Verify verify,
                                                   std::function<void(const std::string&)> warn, std::uint64_t seed)
    : cpu_(cpu), device_(device), warn_(std::move(warn)) {
    verifier_.mode = verify;
    verifier_.random.seed(seed);
}

void DeviceSimulationExecutor::retire(const std::string& why) {
    if (retired_.exchange(true)) return;
    if (warn_)
        warn_("executor " + std::string(device_.name()) +
              " is given up for the rest of this run, which goes on on the CPU: " + why);
}

DeviceSimulationExecutor::Results DeviceSimulationExecutor::on_device(std::span<const SimulationCall> calls,
                                                                      DeviceSimulationCounts& counts) {
    Results out(calls.size());
    const Messages messages(cpu_, calls);
    counts.own_surroundings += calls.size() - messages.lines.size();
    if (messages.lines.empty()) return out;
    const auto& environment = cpu_.environment();
    const alkanes::BlockInfo block(alkanes::default_block(), environment.network, cpu_.height(), nullptr);
    store::BlockState below(cpu_.below());
    const parallel::VersionedState state(below);
    const parallel::Batch batch{.environment = environment,
                                .codes = cpu_.codes(),
                                .block = block,
                                .state = state,
                                .height = cpu_.height(),
                                .calls = messages.calls,
                                .tokens = messages.tokens,
                                .outside = &alkanes::default_transaction()};
    parallel::ResultMemory memory;
    std::vector<ExecutedMessage> effects(messages.calls.size());
    {
        const std::lock_guard lock(device_mutex_);
        if (retired_) {
            counts.retired += messages.lines.size();
            return out;
        }
        try {
            device_.execute(batch, memory, effects);
        } catch (const std::exception& e) {
            retire(std::string("it failed: ") + e.what());
        } catch (...) {
            retire("it failed");
        }
        if (retired_) {
            counts.retired += messages.lines.size();
            return out;
        }
    }
    for (std::size_t i = 0; i < effects.size(); i++) {
        if (effects[i].status != ExecutionStatus::succeeded && effects[i].status != ExecutionStatus::failed) {
            counts.handed_back++;
            continue;
        }
        auto& result = out[messages.lines[i]];
        result = result_of(effects[i], batch.call(i), below);
        if (!result) counts.not_usable++;
    }
    return out;
}

bool DeviceSimulationExecutor::are_right(std::span<const SimulationCall> calls, const Results& results,
                                         store::BlockState& state, DeviceSimulationCounts& counts) {
    std::vector<std::size_t> chosen;
    {
        const std::lock_guard lock(mutex_);
        for (std::size_t i = 0; i < calls.size(); i++)
            if (results[i] && verifier_.chooses(calls[i].target)) chosen.push_back(i);
    }
    for (const std::size_t i : chosen) {
        counts.verified++;
        if (shown(*results[i]) == shown(cpu_.execute(calls[i], state))) continue;
        retire("the result of a call to " + to_decimal(calls[i].target.block) + ":" + to_decimal(calls[i].target.tx) +
               " was not what the CPU gives");
        return false;
    }
    return true;
}

Result<void> DeviceSimulationExecutor::run(std::span<const SimulationCall> calls,
                                           const std::function<bool(const Result<SimulationResult>&)>& done) {
    if (retired_) {
        const std::lock_guard lock(mutex_);
        counts_.retired += calls.size();
    }
    if (retired_) return cpu_.run(calls, done);
    Result<void> sound;
    cpu_.environment().engine.run_deep([&] {
        store::BlockState state(cpu_.below());
        DeviceSimulationCounts counts;
        const Results results = on_device(calls, counts);
        sound = cpu_.health();
        if (!sound) return;
        bool trusted = !retired_ && are_right(calls, results, state, counts);
        bool go_on = true;
        for (std::size_t i = 0; i < calls.size() && go_on; i++) {
            trusted = trusted && !retired_;  // another thread may find out
            if (trusted && results[i]) {
                counts.on_device++;
                go_on = done(*results[i]);
                continue;
            }
            if (results[i]) counts.retired++;
            const Result<SimulationResult> result = cpu_.execute(calls[i], state);
            // As on the CPU: a value that could not be read counts as absent.
            sound = cpu_.health();
            if (!sound) return;
            go_on = done(result);
        }
        const std::lock_guard lock(mutex_);
        counts_.on_device += counts.on_device;
        counts_.own_surroundings += counts.own_surroundings;
        counts_.handed_back += counts.handed_back;
        counts_.not_usable += counts.not_usable;
        counts_.retired += counts.retired;
        counts_.verified += counts.verified;
    });
    return sound;
}

DeviceSimulationCounts DeviceSimulationExecutor::counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
}

}  // namespace warpshrew::app
