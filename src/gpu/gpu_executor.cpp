#include "gpu/gpu_executor.hpp"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <stdexcept>

#include "alkanes/keys.hpp"
#include "alkanes/serialization.hpp"

namespace warpshrew::gpu {

using protorune::RuneId;

namespace {

constexpr std::size_t most_known_keys = 4096;

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

Bytes serialized_context(const PreparedCall& call) {
    Bytes out;
    for (const u128 x :
         {call.target.block, call.target.tx, u128{0}, u128{0}, u128{call.call.vout}, u128{call.call.incoming.size()}})
        append_le(out, x);
    for (const auto& t : call.call.incoming)
        for (const u128 x : {t.id.block, t.id.tx, t.value}) append_le(out, x);
    for (const u128 x : call.inputs) append_le(out, x);
    return out;
}

}  // namespace

Result<std::unique_ptr<GpuExecutor>> GpuExecutor::create(Device device, const GpuExecutorOptions& options) {
    auto owned = std::make_unique<Device>(std::move(device));
    const auto kernel = owned->compile(interpreter_kernel());
    if (!kernel) return tl::unexpected(kernel.error());
    auto lanes = Lanes::create(*owned, *kernel, options.lanes, options.shape);
    if (!lanes) return tl::unexpected(lanes.error());
    const auto supervisor = supervisor_module();
    if (!supervisor) return tl::unexpected(supervisor.error());
    std::unique_ptr<GpuExecutor> out(new GpuExecutor(std::move(owned), std::move(*lanes), options));
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

/// False if the call is none for a device: the CPU says what it comes to.
bool GpuExecutor::prepare(const parallel::Batch& batch, std::size_t i, Prepared& out) {
    const parallel::Call& c = batch.calls[i];
    const auto& network = batch.environment.network;
    auto cellpack = alkanes::decode_calldata(c.calldata, network.parallel_active(batch.height));
    if (!cellpack) return false;
    const RuneId target = cellpack->target;
    if (target.block != 2 && target.block != 4 && target.block != 32) return false;
    out.index = i;
    PreparedCall& p = out.call;
    p.call = batch.call(i);
    p.position = c.position;
    p.target = target;
    p.inputs = std::move(cellpack->inputs);
    p.reads_sequence = true;
    if (!batch.state.read(c.position, alkanes::sequence_key, p.sequence)) p.sequence.clear();
    if (target.block == 2) {
        if (p.sequence.size() != sizeof(u128) || target.tx >= load_le<u128>(p.sequence.data())) return false;
        p.sequence_required = target.tx + 1;
    }
    p.code = &codes_.find(target, c.position);
    return p.code->header != 0;
}

std::vector<LaneStart> GpuExecutor::put_payloads(const parallel::Batch& batch, std::span<const Prepared> calls,
                                                 std::vector<std::uint32_t>& words) const {
    const auto& network = batch.environment.network;
    const auto& block = batch.block.block();
    words.assign(2, 0);
    const std::uint32_t raw_block = put(words, block.raw());
    absl::flat_hash_map<std::uint32_t, std::uint32_t> transactions;
    std::vector<LaneStart> starts;
    for (const Prepared& p : calls) {
        const PreparedCall& call = p.call;
        const BytesView raw = block.transactions()[call.call.tx_index].raw;
        const auto [transaction, is_new] = transactions.try_emplace(call.call.tx_index);
        if (is_new) transaction->second = put(words, raw);
        const Bytes context = serialized_context(call);
        const std::uint32_t context_at = put(words, context);
        const auto at = static_cast<std::uint32_t>(words.size());
        words.resize(at + payload::words);
        std::uint32_t* w = words.data() + at;
        w[payload::position] = call.position;
        if (batch.height >= network.v217_fix_height) w[payload::flags] |= payload::deducts;
        if (batch.height >= network.v220_fork_height) w[payload::flags] |= payload::contains;
        w[payload::height_low] = static_cast<std::uint32_t>(batch.height);
        w[payload::height_high] = static_cast<std::uint32_t>(batch.height >> 32);
        w[payload::store_byte] = static_cast<std::uint32_t>(network.per_store_byte(batch.height));
        w[payload::module] = call.code->header;
        w[payload::context] = context_at;
        w[payload::context_bytes] = static_cast<std::uint32_t>(context.size());
        w[payload::transaction] = transaction->second;
        w[payload::transaction_bytes] = static_cast<std::uint32_t>(raw.size());
        w[payload::block] = raw_block;
        w[payload::block_bytes] = static_cast<std::uint32_t>(block.raw().size());
        starts.push_back({.module = supervisor_,
                          .pc = supervisor_run_,
                          .globals = supervisor_globals_,
                          .fuel = call.call.fuel,
                          .payload = at,
                          .supervisor = true});
    }
    words.resize(words.size() + 4);  // lanes read two words at a time
    return starts;
}

void GpuExecutor::run(const parallel::Batch& batch, std::span<const Prepared> calls, store::Arena& arena,
                      std::span<alkanes::ExecutedMessage> results) {
    std::vector<std::uint32_t> positions;
    for (const Prepared& p : calls) positions.push_back(p.call.position);
    std::sort(positions.begin(), positions.end());
    positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
    StateTable state(batch, codes_, std::move(positions));
    state.add(device_key(KeyKind::sequence, {}));
    for (const Bytes& key : known_keys_) state.add(key);
    const auto starts = put_payloads(batch, calls, payloads_.words);
    upload(payloads_, payloads_.words);
    must(lanes_.start(starts));
    LaunchOptions launch{.budget = options_.budget,
                         .most_steps = options_.most_steps,
                         .supervisor_module = supervisor_,
                         .supervisor_entry = supervisor_host_};
    launch.tx_payloads = payloads_.buffer;
    std::span<const LaneEnd> ends;
    std::vector<std::uint32_t> output;
    const auto words_of = [&](std::size_t lane) {
        std::vector<std::uint32_t> out(ends[lane].output);
        for (std::size_t i = 0; i < out.size(); i++) out[i] = output[i * lanes_.capacity() + lane];
        return out;
    };
    known_keys_.clear();
    for (bool again = true; again;) {
        upload(state_, state.input_state());
        upload(map_, state.state_map());
        launch.input_state = state_.buffer;
        launch.state_map = map_.buffer;
        launch.map_slots = state.slots();
        launch.code = must(code_.upload(*device_));
        ends = must(lanes_.proceed(launch));
        counts_.rounds++;
        std::uint32_t most = 0;
        for (const LaneEnd& e : ends) most = std::max(most, e.output);
        output = must(lanes_.output(most));
        again = false;
        for (std::uint32_t l = 0; l < ends.size(); l++) {
            if (ends[l].status != LaneStatus::wants_key) continue;
            const Bytes key = wanted_key(words_of(l), ends[l].detail);
            if (!parse_device_key(key)) throw std::runtime_error("GPU: a lane wants what is no key");
            state.add(key);
            lanes_.resume(l);
            again = true;
        }
    }
    counts_.launches += lanes_.launches();
    counts_.keys += state.size();
    for (std::size_t l = 0; l < ends.size(); l++) {
        const LaneEnd& e = ends[l];
        counts_.steps += e.steps;
        if (e.status == LaneStatus::handed_back) {
            counts_.handed_back++;
            counts_.reasons[std::min<std::size_t>(e.detail, counts_.reasons.size() - 1)]++;
            continue;
        }
        if (e.status == LaneStatus::finished)
            results[calls[l].index] = decode_records(calls[l].call, words_of(l), state, codes_, arena);
        const bool executed = results[calls[l].index].status != alkanes::ExecutionStatus::none;
        (executed ? counts_.executed : counts_.faults)++;
    }
    state.for_each_key([&](const Bytes& key) {
        if (known_keys_.size() < most_known_keys) known_keys_.push_back(key);
    });
}

void GpuExecutor::execute(const parallel::Batch& batch, parallel::ResultMemory& memory,
                          std::span<alkanes::ExecutedMessage> results) {
    codes_.begin(batch);
    store::Arena& arena = memory.take();
    std::vector<Prepared> calls;
    counts_.calls += batch.calls.size();
    for (std::size_t i = 0; i < batch.calls.size();) {
        calls.clear();
        for (; i < batch.calls.size() && calls.size() < lanes_.capacity(); i++) {
            Prepared p;
            if (prepare(batch, i, p))
                calls.push_back(std::move(p));
            else
                counts_.not_started++;
        }
        if (!calls.empty()) run(batch, calls, arena, results);
    }
    memory.give_back(arena);
}

}  // namespace warpshrew::gpu
