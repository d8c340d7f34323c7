#include "gpu/gpu_executor.hpp"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <tuple>

#include "alkanes/keys.hpp"
#include "alkanes/serialization.hpp"

namespace warpshrew::gpu {

using protorune::RuneId;

namespace {

constexpr std::size_t most_known_keys = 4096;
constexpr std::uint32_t violation =
    static_cast<std::uint32_t>(HandBack::supervisor) + static_cast<std::uint32_t>(GiveUp::violation);

template <class T>
T must(Result<T> r) {
    if (!r) throw std::runtime_error("GPU: " + r.error().reason);
    return std::move(*r);
}
void must(Result<void> r) {
    if (!r) throw std::runtime_error("GPU: " + r.error().reason);
}

/// Appends bytes at a multiple of eight; where they begin, in words.
std::uint32_t put(std::vector<std::uint32_t>& words, BytesView bytes) {
    words.resize((words.size() + 1) / 2 * 2);
    const auto at = words.size();
    words.resize(at + (bytes.size() + 7) / 8 * 2);
    if (!bytes.empty()) std::memcpy(words.data() + at, bytes.data(), bytes.size());
    return static_cast<std::uint32_t>(at);
}

std::uint32_t context_words(const PreparedCall& call) {
    return static_cast<std::uint32_t>(4 * (6 + 3 * call.call.incoming.size() + call.inputs.size()));
}

/// The serialized context (alkanes-vm.md 3.3).
void put_context(const PreparedCall& call, std::uint32_t* words) {
    const auto add = [&](u128 x) {
        std::memcpy(words, &x, sizeof x);
        words += 4;
    };
    for (const u128 x :
         {call.target.block, call.target.tx, u128{0}, u128{0}, u128{call.call.vout}, u128{call.call.incoming.size()}})
        add(x);
    for (const auto& t : call.call.incoming)
        for (const u128 x : {t.id.block, t.id.tx, t.value}) add(x);
    for (const u128 x : call.inputs) add(x);
}

}  // namespace

Result<std::unique_ptr<GpuExecutor>> GpuExecutor::create(Device device, const GpuExecutorOptions& options) {
    auto owned = std::make_unique<Device>(std::move(device));
    const Adapter& adapter = owned->adapter();
    const bool groups = std::ranges::find(adapter.features, "Subgroup") != adapter.features.end();
    const bool is_cpu = adapter.type == "CPU";
    const bool keeps_together = options.keeps_together.value_or(groups && !is_cpu);
    const auto kernel = owned->compile(interpreter_kernel(keeps_together));
    if (!kernel) return tl::unexpected(kernel.error());
    auto lanes = Lanes::create(*owned, *kernel, options.lanes, options.shape);
    for (std::uint32_t n = options.lanes / 2; !lanes && !owned->failed() && n >= group_lanes; n /= 2)
        lanes = Lanes::create(*owned, *kernel, n, options.shape);
    if (!lanes) return tl::unexpected(lanes.error());
    const auto supervisor = supervisor_module();
    if (!supervisor) return tl::unexpected(supervisor.error());
    GpuExecutorOptions chosen = options;
    // lavapipe ends the loops of an invocation after 65,535 iterations, of which a step is up to three where lanes
    // wait; elsewhere a launch may take longer.
    if (chosen.budget == 0 && is_cpu) chosen.budget = keeps_together ? 20'000 : 50'000;
    if (chosen.budget == 0) chosen.budget = 500'000;
    std::unique_ptr<GpuExecutor> out(new GpuExecutor(std::move(owned), std::move(*lanes), chosen));
    out->supervisor_ = out->code_.add(supervisor->code);
    out->supervisor_run_ = out->supervisor_ + supervisor->run;
    out->supervisor_host_ = out->supervisor_ + supervisor->host;
    out->supervisor_globals_ = supervisor->code.globals;
    return out;
}

void GpuExecutor::upload(Upload& to, std::span<const std::uint32_t> words) {
    const std::uint64_t bytes = words.size_bytes();
    if (!to.buffer || to.buffer.size() < bytes)
        to.buffer = must(device_->create_buffer(std::max<std::uint64_t>(bytes * 2, 1 << 16)));
    must(device_->write(to.buffer, 0, words));
}

namespace {

/// Adds the seconds until its end.
class Stopwatch {
 public:
    explicit Stopwatch(double& seconds) : seconds_(seconds) {}
    ~Stopwatch() { seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }
    Stopwatch(const Stopwatch&) = delete;
    Stopwatch& operator=(const Stopwatch&) = delete;

 private:
    double& seconds_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// The sequence number that each call sees. What is below the block is read once.
class SequenceNumbers {
 public:
    explicit SequenceNumbers(const parallel::Batch& batch) : state_(batch.state) {
        if (!batch.calls.empty() && !state_.read(0, alkanes::sequence_key, below_)) below_.clear();
    }
    [[nodiscard]] BytesView at(std::uint32_t position) const {
        const auto* v = state_.version(position, alkanes::sequence_key);
        return v == nullptr ? BytesView(below_) : v->value;
    }

 private:
    const parallel::VersionedState& state_;
    Bytes below_;
};

/// All but its code. False if the call is none for a device: the CPU says what it comes to.
bool prepare(const parallel::Batch& batch, const SequenceNumbers& sequence, std::size_t i, PreparedCall& p) {
    const parallel::Call& c = batch.calls[i];
    const auto& network = batch.environment.network;
    auto cellpack = alkanes::decode_calldata(c.calldata, network.parallel_active(batch.height));
    if (!cellpack) return false;
    const RuneId target = cellpack->target;
    if (target.block != 2 && target.block != 4 && target.block != 32) return false;
    p.call = batch.call(i);
    p.position = c.position;
    p.target = target;
    p.inputs = std::move(cellpack->inputs);
    p.reads_sequence = true;
    p.sequence = sequence.at(c.position);
    p.sequence_required = 0;
    if (target.block == 2) {
        if (p.sequence.size() != sizeof(u128) || target.tx >= load_le<u128>(p.sequence.data())) return false;
        p.sequence_required = target.tx + 1;
    }
    return true;
}

/// As lanes have them (layout.hpp, permission).
std::vector<std::uint32_t> permission_words(const Permissions& permissions, const StateTable& state) {
    std::vector<std::uint32_t> out;
    for (const Bytes& key : permissions.reads)
        out.push_back(state.place(key) << permission::place_shift | permission::reads);
    for (const Bytes& key : permissions.writes)
        out.push_back(state.place(key) << permission::place_shift | permission::writes);
    std::ranges::sort(out);
    std::size_t n = 0;
    for (const std::uint32_t w : out) {
        if (w >> permission::place_shift == 0) continue;  // no key of a lane
        if (n != 0 && out[n - 1] >> permission::place_shift == w >> permission::place_shift)
            out[n - 1] |= w;
        else
            out[n++] = w;
    }
    out.resize(n);
    return out;
}

/// The words of one lane.
std::vector<std::uint32_t> words_of(std::span<const std::uint32_t> output, std::size_t lanes, std::size_t lane,
                                    std::size_t n) {
    std::vector<std::uint32_t> out(n);
    for (std::size_t i = 0; i < n; i++) out[i] = output[i * lanes + lane];
    return out;
}

}  // namespace

void GpuExecutor::for_each(std::size_t n, const std::function<void(std::size_t)>& job) const {
    if (options_.workers != nullptr) return options_.workers->for_each(n, job);
    for (std::size_t i = 0; i < n; i++) job(i);
}

std::vector<LaneStart> GpuExecutor::put_payloads(const parallel::Batch& batch, std::span<const Prepared> calls,
                                                 const StateTable& state, std::vector<std::uint32_t>& words) const {
    const auto& network = batch.environment.network;
    const auto& block = batch.block.block();
    words.assign(2, 0);
    const std::uint32_t raw_block = put(words, block.raw());
    absl::flat_hash_map<std::uint32_t, std::uint32_t> transactions;
    for (const Prepared& p : calls) {
        const std::uint32_t index = p.call.call.tx_index;
        const auto [transaction, is_new] = transactions.try_emplace(index);
        if (is_new) transaction->second = put(words, batch.transaction(index).raw);
    }
    words.resize((words.size() + 1) / 2 * 2);
    std::vector<LaneStart> starts(calls.size());
    std::vector<std::vector<std::uint32_t>> permissions(calls.size());
    if (options_.dry_run == DryRun::cpu)
        for_each(calls.size(), [&](std::size_t l) { permissions[l] = permission_words(calls[l].permissions, state); });
    std::size_t end = words.size();
    for (std::size_t l = 0; l < calls.size(); l++) {
        starts[l] = {.module = supervisor_,
                     .pc = supervisor_run_,
                     .globals = supervisor_globals_,
                     .fuel = calls[l].call.call.fuel,
                     .payload = static_cast<std::uint32_t>(end),
                     .supervisor = true};
        end += payload::words + context_words(calls[l].call) + permissions[l].size();
    }
    words.resize(end + 4);  // lanes read two words at a time
    std::uint32_t flags = 0;
    if (batch.height >= network.v217_fix_height) flags |= payload::deducts;
    if (batch.height >= network.v220_fork_height) flags |= payload::contains;
    for_each(calls.size(), [&](std::size_t l) {
        const PreparedCall& call = calls[l].call;
        const std::uint32_t at = starts[l].payload;
        std::uint32_t* w = words.data() + at;
        w[payload::position] = call.position;
        w[payload::flags] = flags;
        w[payload::height_low] = static_cast<std::uint32_t>(batch.height);
        w[payload::height_high] = static_cast<std::uint32_t>(batch.height >> 32);
        w[payload::store_byte] = static_cast<std::uint32_t>(network.per_store_byte(batch.height));
        w[payload::module] = call.code->header;
        w[payload::context] = at + payload::words;
        w[payload::context_bytes] = context_words(call) * 4;
        w[payload::transaction] = transactions.find(call.call.tx_index)->second;
        w[payload::transaction_bytes] = static_cast<std::uint32_t>(batch.transaction(call.call.tx_index).raw.size());
        w[payload::block] = raw_block;
        w[payload::block_bytes] = static_cast<std::uint32_t>(block.raw().size());
        put_context(call, w + payload::words);
        if (options_.dry_run == DryRun::gpu) return;
        w[payload::permissions] = at + payload::words + context_words(call);
        w[payload::permission_count] = static_cast<std::uint32_t>(permissions[l].size());
        std::ranges::copy(permissions[l], w + payload::words + context_words(call));
    });
    return starts;
}

/// Lanes that wait for keys get them, if they may have them. Whether any goes on.
bool GpuExecutor::supply_wanted(std::span<const LaneEnd> ends, StateTable& state) {
    bool again = false;
    for (std::uint32_t l = 0; l < ends.size(); l++) {
        if (ends[l].status != LaneStatus::wants_key) continue;
        const Bytes bytes = wanted_key(words_of(output_, lanes_.capacity(), l, ends[l].output), ends[l].detail);
        const auto key = parse_device_key(bytes);
        if (!key) throw std::runtime_error("GPU: a lane wants what is no key");
        const bool for_all = key->kind == KeyKind::code || key->kind == KeyKind::sequence;
        if (options_.dry_run == DryRun::cpu && !for_all) continue;
        state.add(bytes);
        lanes_.resume(l);
        again = true;
    }
    return again;
}

void GpuExecutor::run(const parallel::Batch& batch, std::span<const Prepared> calls, parallel::ResultMemory& memory,
                      std::span<alkanes::ExecutedMessage> results) {
    std::vector<std::uint32_t> positions;
    for (const Prepared& p : calls) positions.push_back(p.call.position);
    std::sort(positions.begin(), positions.end());
    positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
    StateTable state(batch, codes_, std::move(positions));
    LaunchOptions launch{.budget = options_.budget,
                         .most_steps = options_.most_steps,
                         .supervisor_module = supervisor_,
                         .supervisor_entry = supervisor_host_};
    {
        const Stopwatch watch(counts_.upload_seconds);
        state.add(device_key(KeyKind::sequence, {}));
        for (const Bytes& key : known_keys_) state.add(key);
        for (const Prepared& p : calls) {
            for (const Bytes& key : p.permissions.reads) state.add(key);
            for (const Bytes& key : p.permissions.writes) state.add(key);
        }
        const auto starts = put_payloads(batch, calls, state, payloads_.words);
        upload(payloads_, payloads_.words);
        must(lanes_.start(starts));
    }
    launch.tx_payloads = payloads_.buffer;
    std::span<const LaneEnd> ends;
    for (bool again = true; again;) {
        {
            const Stopwatch watch(counts_.upload_seconds);
            upload(state_, state.input_state());
            upload(map_, state.state_map());
            launch.input_state = state_.buffer;
            launch.state_map = map_.buffer;
            launch.map_slots = state.slots();
            launch.code = must(code_.upload(*device_));
        }
        {
            const Stopwatch watch(counts_.execute_seconds);
            if (options_.before_round) options_.before_round(*device_);
            ends = must(lanes_.proceed(launch));
        }
        const Stopwatch watch(counts_.download_seconds);
        counts_.rounds++;
        std::uint32_t most = 0;
        for (const LaneEnd& e : ends) most = std::max(most, e.output);
        must(lanes_.output(most, output_));
        again = supply_wanted(ends, state);
    }
    counts_.launches += lanes_.launches();
    counts_.keys += state.size();
    const Stopwatch watch(counts_.decode_seconds);
    decode(calls, ends, state, memory, results);
    known_keys_.clear();
    if (options_.dry_run == DryRun::cpu) return;
    state.for_each_key([&](const Bytes& key) {
        if (known_keys_.size() < most_known_keys) known_keys_.push_back(key);
    });
}

void GpuExecutor::decode(std::span<const Prepared> calls, std::span<const LaneEnd> ends, const StateTable& state,
                         parallel::ResultMemory& memory, std::span<alkanes::ExecutedMessage> results) {
    // Words of neighbouring lanes lie in the same lines of the caches.
    constexpr std::size_t at_a_time = 64;
    const std::size_t lanes = lanes_.capacity();
    for_each((calls.size() + at_a_time - 1) / at_a_time, [&](std::size_t part) {
        store::Arena& arena = memory.take();
        const std::size_t begin = part * at_a_time, end = std::min(calls.size(), begin + at_a_time);
        std::size_t most = 0;
        for (std::size_t l = begin; l < end; l++)
            if (ends[l].status == LaneStatus::finished) most = std::max<std::size_t>(most, ends[l].output);
        std::vector<std::uint32_t> words(at_a_time * most);
        for (std::size_t i = 0; i < most; i++)
            for (std::size_t l = begin; l < end; l++)
                if (i < ends[l].output) words[(l - begin) * most + i] = output_[i * lanes + l];
        RecordDecoder decoder(state, codes_, arena);
        for (std::size_t l = begin; l < end; l++) {
            if (ends[l].status != LaneStatus::finished) continue;
            const std::span<const std::uint32_t> mine(words.data() + (l - begin) * most, ends[l].output);
            results[calls[l].index] = decoder.decode(calls[l].call, mine);
        }
        memory.give_back(arena);
    });
    for (std::size_t l = 0; l < ends.size(); l++) {
        const LaneEnd& e = ends[l];
        counts_.steps += e.steps;
        if (e.status == LaneStatus::handed_back) {
            counts_.handed_back++;
            counts_.reasons[std::min<std::size_t>(e.detail, counts_.reasons.size() - 1)]++;
            if (e.detail == violation) counts_.out_of_set_writes++;
        } else if (e.status == LaneStatus::wants_key) {
            counts_.handed_back++;
            counts_.out_of_set_reads++;
        } else if (results[calls[l].index].status != alkanes::ExecutionStatus::none) {
            counts_.executed++;
        } else {
            counts_.faults++;
        }
    }
}

void GpuExecutor::keep_possible(std::vector<Prepared>& calls) {
    counts_.not_started += std::erase_if(calls, [](const Prepared& p) { return !p.possible; });
}

/// Executes the calls on the CPU for what they touch there. Those that it does not execute are taken out.
void GpuExecutor::run_dry(const parallel::Batch& batch, std::vector<Prepared>& calls) {
    const Stopwatch watch(counts_.dry_run_seconds);
    constexpr std::size_t at_a_time = 16;
    for_each((calls.size() + at_a_time - 1) / at_a_time, [&](std::size_t part) {
        store::Arena arena;
        alkanes::AheadExecution execution(batch.environment, batch.codes, batch.block);
        for (std::size_t l = part * at_a_time; l < std::min(calls.size(), (part + 1) * at_a_time); l++) {
            Prepared& p = calls[l];
            const auto message = execution.execute(p.call.call, parallel::StateAt(batch.state, p.call.position), arena);
            p.possible = message.status != alkanes::ExecutionStatus::handed_back;
            if (!p.possible) continue;
            for (const auto& r : message.reads)
                if (auto key = device_key_of(r.key)) p.permissions.reads.push_back(std::move(*key));
            for (const auto& w : message.writes)
                if (auto key = device_key_of(w.key)) p.permissions.writes.push_back(std::move(*key));
            if (options_.change_permissions) options_.change_permissions(batch.calls[p.index], p.permissions);
        }
    });
    counts_.dry_runs += calls.size();
    keep_possible(calls);
}

void GpuExecutor::execute(const parallel::Batch& batch, parallel::ResultMemory& memory,
                          std::span<alkanes::ExecutedMessage> results) {
    codes_.begin(batch);
    counts_.calls += batch.calls.size();
    std::vector<Prepared>& calls = calls_;
    const SequenceNumbers sequence(batch);
    {
        const Stopwatch watch(counts_.prepare_seconds);
        calls.resize(batch.calls.size());
        for_each(calls.size(), [&](std::size_t i) {
            calls[i].index = i;
            calls[i].call.code = nullptr;
            calls[i].permissions = {};
            calls[i].possible = prepare(batch, sequence, i, calls[i].call);
        });
        for (Prepared& p : calls) {
            if (p.possible) p.call.code = &codes_.find(p.call.target, p.call.position);
            p.possible = p.possible && p.call.code->header != 0;
        }
        keep_possible(calls);
    }
    // Lanes that do the same stay together.
    const auto kind = [](const Prepared& p) {
        return std::tuple(p.call.code->header, p.call.inputs.empty() ? u128{0} : p.call.inputs[0]);
    };
    if (!std::ranges::is_sorted(calls, {}, kind)) std::ranges::stable_sort(calls, {}, kind);
    if (options_.dry_run == DryRun::cpu) run_dry(batch, calls);
    for (std::span<const Prepared> rest(calls); !rest.empty() && !memory.full();) {
        const std::size_t n = std::min<std::size_t>(rest.size(), lanes_.capacity());
        run(batch, rest.first(n), memory, results);
        rest = rest.subspan(n);
    }
}

}  // namespace warpshrew::gpu
