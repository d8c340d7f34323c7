#include "gpu/gpu_executor.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <tuple>

#include "alkanes/keys.hpp"
#include "alkanes/serialization.hpp"

namespace warpshrew::gpu {

using protorune::RuneId;

namespace {

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

/// Puts bytes there, and zeros behind them.
void put(BytesView bytes, std::uint32_t* words) {
    const std::size_t size = even_words(bytes.size()) * 4;
    auto* to = reinterpret_cast<char*>(words);
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
    std::memset(to + bytes.size(), 0, size - bytes.size());
}

std::uint32_t context_words(const PreparedCall& call) {
    return static_cast<std::uint32_t>(4 * (6 + 3 * call.call.incoming.size() + call.inputs.size()));
}

bool same_context(const PreparedCall& a, const PreparedCall& b) {
    return a.target == b.target && a.call.vout == b.call.vout && std::ranges::equal(a.inputs, b.inputs) &&
           std::ranges::equal(a.call.incoming, b.call.incoming);
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
    const auto supervisor = supervisor_module();
    if (!supervisor) return tl::unexpected(supervisor.error());
    if (supervisor->code.globals + 1 >= options.shape.registers) return fail("too few registers for a lane");
    auto lanes = Lanes::create(*owned, *kernel, options.lanes, options.shape);
    for (std::uint32_t n = options.lanes / 2; !lanes && !owned->failed() && n >= group_lanes; n /= 2)
        lanes = Lanes::create(*owned, *kernel, n, options.shape);
    if (!lanes) return tl::unexpected(lanes.error());
    GpuExecutorOptions chosen = options;
    // lavapipe ends the loops of an invocation after 65,535 iterations, of which a step is up to three where lanes
    // wait; elsewhere a launch may take longer.
    if (chosen.budget == 0 && is_cpu) chosen.budget = keeps_together ? 20'000 : 50'000;
    if (chosen.budget == 0) chosen.budget = 500'000;
    std::unique_ptr<GpuExecutor> out(new GpuExecutor(std::move(owned), *kernel, std::move(*lanes), chosen));
    out->supervisor_ = out->code_.add(supervisor->code);
    if (out->supervisor_ == 0) return fail("no room for the supervisor's code");
    out->supervisor_run_ = out->supervisor_ + supervisor->run;
    out->supervisor_host_ = out->supervisor_ + supervisor->host;
    out->supervisor_globals_ = supervisor->code.globals;
    out->code_.keep();
    return out;
}

/// Into a buffer that grows with what is written to it.
void GpuExecutor::write(Buffer& to, std::span<const std::uint32_t> words) {
    if (!to || to.size() < words.size_bytes()) {
        to = {};  // makes room
        to = must(device_->create_growing_buffer(words.size_bytes()));
    }
    must(device_->write(to, 0, words));
}

/// The sequence number that each call sees. What is below the block is read once.
class GpuExecutor::SequenceNumbers {
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

/// All but its code. False if the call is none for a device: the CPU says what it comes to.
bool decode(const parallel::Batch& batch, BytesView sequence, std::size_t i, PreparedCall& p) {
    const parallel::Call& c = batch.calls[i];
    const auto& network = batch.environment.network;
    auto cellpack = alkanes::decode_calldata(c.calldata, network.parallel_active(batch.height));
    if (!cellpack) return false;
    const RuneId target = cellpack->target;
    if (target.block != 2 && target.block != 4 && target.block != 32) return false;
    p.call = batch.call(i);
    p.position = c.position;
    p.target = target;
    p.inputs.assign(cellpack->inputs.begin(), cellpack->inputs.end());
    p.reads_sequence = true;
    p.sequence = sequence;
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

/// The key that a lane waits for: its words from `at` to `end` say so. Empty if they do not.
Bytes key_wanted(std::span<const std::uint32_t> output, std::size_t lanes, std::size_t lane, std::size_t at,
                 std::size_t end) {
    std::vector<std::uint32_t> words;
    for (std::size_t i = at; i < end; i++) words.push_back(output[i * lanes + lane]);
    return wanted_key(words);
}

/// Puts the first `n` words of the lanes from `begin` to `end` there, each lane's one behind the other, `stride` words
/// from those of the lane before.
void gather(std::span<const std::uint32_t> output, std::size_t lanes, std::size_t begin, std::size_t end, std::size_t n,
            std::size_t stride, std::uint32_t* to) {
    // Rows lie so far apart that no processor sees by itself which come next.
    constexpr std::size_t ahead = 8, line_words = 16;
    for (std::size_t i = 0; i < n; i += 2) {
        const bool is_last = i + 1 == n;
        const std::uint32_t* const first = output.data() + i * lanes;
        const std::uint32_t* const second = is_last ? first : first + lanes;
        for (std::size_t l = begin; i + ahead + 1 < n && l < end; l += line_words) {
            __builtin_prefetch(first + ahead * lanes + l);
            __builtin_prefetch(second + ahead * lanes + l);
        }
        for (std::size_t l = begin; l < end; l++) {
            const std::uint64_t both = first[l] | std::uint64_t{second[l]} << 32;
            std::memcpy(to + (l - begin) * stride + i, &both, sizeof both);
        }
    }
}

/// Lanes that do the same stay together.
auto kind_of(const PreparedCall& c) { return std::tuple(c.code->header, c.inputs.empty() ? u128{0} : c.inputs[0]); }

}  // namespace

unsigned GpuExecutor::threads() const noexcept { return options_.workers == nullptr ? 1 : options_.workers->count(); }

/// On all threads.
void GpuExecutor::for_parts(std::size_t n, const Part& job, std::size_t at_a_time) const {
    if (options_.workers != nullptr) return options_.workers->for_parts(n, at_a_time, job);
    for (std::size_t i = 0; i < n; i += at_a_time) job(0, i, std::min(n, i + at_a_time));
}

// ---- preparing a batch ----

void GpuExecutor::keep_possible() {
    counts_.not_started += std::erase_if(calls_, [](const Prepared& p) { return !p.possible; });
}

/// Decodes the calls and finds their code. What no lane can do is left out, what does the same is put together.
void GpuExecutor::prepare(const parallel::Batch& batch, const SequenceNumbers& sequence) {
    const Stopwatch watch(counts_.prepare_seconds);
    const std::size_t n = batch.calls.size();
    calls_.resize(n);
    // Contracts, each where it is called first: they are looked up in that order.
    std::vector<std::vector<std::size_t>> first((n + part_calls - 1) / part_calls);
    for_parts(n, [&](unsigned, std::size_t begin, std::size_t end) {
        std::vector<std::size_t>& mine = first[begin / part_calls];
        for (std::size_t i = begin; i < end; i++) {
            Prepared& p = calls_[i];
            p.index = i;
            p.call.code = nullptr;
            p.possible = decode(batch, sequence.at(batch.calls[i].position), i, p.call);
            if (p.possible && (mine.empty() || calls_[mine.back()].call.target != p.call.target)) mine.push_back(i);
        }
    });
    for (const auto& part : first)
        for (const std::size_t i : part) (void)codes_.find(calls_[i].call.target, calls_[i].call.position);
    std::atomic<bool> all_possible = true, is_sorted = true;
    std::vector<std::uint32_t> most_context(first.size());
    for_parts(n, [&](unsigned, std::size_t begin, std::size_t end) {
        std::uint32_t& most = most_context[begin / part_calls];
        for (std::size_t i = begin; i < end; i++) {
            Prepared& p = calls_[i];
            most = std::max(most, context_words(p.call));
            if (p.possible) p.call.code = &codes_.known(p.call.target, p.call.position);
            p.possible = p.possible && p.call.code->header != 0;
            if (!p.possible)
                all_possible.store(false, std::memory_order_relaxed);
            else if (i != begin && calls_[i - 1].possible && kind_of(p.call) < kind_of(calls_[i - 1].call))
                is_sorted.store(false, std::memory_order_relaxed);
        }
    });
    most_context_ = most_context.empty() ? 0 : std::ranges::max(most_context);
    if (!all_possible) keep_possible();
    // Within parts they are.
    for (std::size_t i = part_calls; all_possible && is_sorted && i < n; i += part_calls)
        is_sorted = kind_of(calls_[i - 1].call) <= kind_of(calls_[i].call);
    if (!all_possible || !is_sorted)
        std::ranges::stable_sort(calls_, {}, [](const Prepared& p) { return kind_of(p.call); });
}

/// Executes the calls on the CPU for what they touch there. Those that it does not execute are taken out.
void GpuExecutor::run_dry(const parallel::Batch& batch) {
    const Stopwatch watch(counts_.dry_run_seconds);
    permissions_.assign(batch.calls.size(), {});
    const auto run = [&](unsigned, std::size_t begin, std::size_t end) {
        store::Arena arena;
        alkanes::AheadExecution execution(batch.environment, batch.codes, batch.block);
        for (std::size_t l = begin; l < end; l++) {
            Prepared& p = calls_[l];
            const auto message = execution.execute(p.call.call, parallel::StateAt(batch.state, p.call.position), arena);
            p.possible = message.status != alkanes::ExecutionStatus::handed_back;
            if (!p.possible) continue;
            Permissions& permissions = permissions_[p.index];
            for (const auto& r : message.reads)
                if (auto key = device_key_of(r.key)) permissions.reads.push_back(std::move(*key));
            for (const auto& w : message.writes)
                if (auto key = device_key_of(w.key)) permissions.writes.push_back(std::move(*key));
            if (options_.change_permissions) options_.change_permissions(batch.calls[p.index], permissions);
        }
    };
    for_parts(calls_.size(), run, 16);
    counts_.dry_runs += calls_.size();
    keep_possible();
}

// ---- a group of calls ----

/// Adds those keys that the table has not. What is no key is left out.
void GpuExecutor::add_keys(Group& group, std::span<const BytesView> keys, bool are_waiting) {
    StateTable& table = *group.table;
    const std::size_t first = table.size();
    store::Arena& arena = group.memory->take();
    table.add(keys, arena, are_waiting);
    group.memory->give_back(arena);
    for (std::size_t i = first; i < table.size(); i++)
        if (table[i].kind == KeyKind::code) (void)codes_.find(table[i].id, group.positions.back());
    for_parts(table.size() - first, [&](unsigned, std::size_t begin, std::size_t end) {
        store::Arena& mine = group.memory->take();
        for (std::size_t i = begin; i < end; i++) table.read(first + i, mine);
        group.memory->give_back(mine);
    });
    table.put_values();
}

/// The state that the group's lanes read, as far as is known by now.
void GpuExecutor::begin_table(Group& group, const parallel::Batch& batch) {
    const auto calls = group.calls;
    std::vector<std::uint32_t>& positions = group.positions;
    positions.resize(calls.size());
    for_parts(calls.size(), [&](unsigned, std::size_t begin, std::size_t end) {
        for (std::size_t l = begin; l < end; l++) positions[l] = calls[l].call.position;
    });
    if (!std::ranges::is_sorted(positions)) std::ranges::sort(positions);
    positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
    group.table.emplace(batch, codes_, positions, most_words());
    const Bytes sequence = device_key(KeyKind::sequence, {});
    std::vector<BytesView> keys{sequence};
    const bool dry_run = options_.dry_run == DryRun::cpu;
    const std::vector<BytesView> expected = dry_run ? std::vector<BytesView>() : known_keys_.expected();
    keys.insert(keys.end(), expected.begin(), expected.end());
    for (std::size_t l = 0; dry_run && l < calls.size(); l++) {
        const auto& [reads, writes] = permissions_[calls[l].index];
        keys.insert(keys.end(), reads.begin(), reads.end());
        keys.insert(keys.end(), writes.begin(), writes.end());
    }
    add_keys(group, keys);
}

/// Where the raw transactions of the group's calls lie, from word `at` on; the word behind them.
std::size_t GpuExecutor::place_transactions(Group& group, const parallel::Batch& batch, std::size_t at) {
    constexpr std::uint32_t wanted = ~0U;
    const bool one = batch.outside != nullptr;
    group.transactions.assign(one ? 1 : batch.block.block().transactions().size(), 0);
    for_parts(group.calls.size(), [&](unsigned, std::size_t begin, std::size_t end) {
        for (std::size_t l = begin; l < end; l++) {
            const std::size_t i = one ? 0 : group.calls[l].call.call.tx_index;
            std::atomic_ref(group.transactions[i]).store(wanted, std::memory_order_relaxed);
        }
    });
    for (std::uint32_t i = 0; i < group.transactions.size(); i++) {
        if (group.transactions[i] != wanted) continue;
        group.transactions[i] = static_cast<std::uint32_t>(at);
        at += even_words(batch.transaction(i).raw.size());
    }
    return at;
}

void GpuExecutor::put_payloads(Group& group, const parallel::Batch& batch) {
    const auto& network = batch.environment.network;
    const BytesView block = batch.block.block().raw();
    const auto calls = group.calls;
    const bool has_permissions = options_.dry_run == DryRun::cpu;
    constexpr std::size_t raw_block = 2;  // no place is 0
    const std::size_t behind = place_transactions(group, batch, raw_block + even_words(block.size()));

    if (has_permissions) group.permissions.resize(calls.size());
    group.part_words.assign((calls.size() + part_calls - 1) / part_calls, 0);
    group.shares_context.resize(calls.size());
    const auto words_of_call = [&](std::size_t l) {
        return payload::words + (group.shares_context[l] != 0 ? 0 : context_words(calls[l].call)) +
               (has_permissions ? group.permissions[l].size() : 0);
    };
    for_parts(calls.size(), [&](unsigned, std::size_t begin, std::size_t end) {
        for (std::size_t l = begin; l < end; l++) {
            // Calls that do the same stand together, and what is sent to the device has to be read by it again.
            group.shares_context[l] = l != begin && same_context(calls[l - 1].call, calls[l].call) ? 1 : 0;
            if (has_permissions) group.permissions[l] = permission_words(permissions_[calls[l].index], *group.table);
            group.part_words[begin / part_calls] += words_of_call(l);
        }
    });
    std::size_t all = behind;
    for (std::size_t& part : group.part_words) all += std::exchange(part, all);
    constexpr std::size_t rest = 4;  // lanes read two words at a time
    std::vector<std::uint32_t>& words = group.payload_words;
    if (words.size() < all + rest) words.resize(all + rest);
    std::fill_n(words.begin(), raw_block, 0);
    std::fill_n(words.begin() + static_cast<std::ptrdiff_t>(all), rest, 0);
    put(block, words.data() + raw_block);
    for (std::uint32_t i = 0; i < group.transactions.size(); i++)
        if (group.transactions[i] != 0) put(batch.transaction(i).raw, words.data() + group.transactions[i]);

    std::uint32_t flags = 0;
    if (batch.height >= network.v217_fix_height) flags |= payload::deducts;
    if (batch.height >= network.v220_fork_height) flags |= payload::contains;
    group.lanes.begin(static_cast<std::uint32_t>(calls.size()));
    for_parts(calls.size(), [&](unsigned, std::size_t begin, std::size_t end) {
        std::size_t next = group.part_words[begin / part_calls];
        std::uint32_t context_at = 0;
        for (std::size_t l = begin; l < end; l++) {
            const PreparedCall& call = calls[l].call;
            const auto at = static_cast<std::uint32_t>(next);
            next += words_of_call(l);
            const std::uint32_t tx_index = call.call.tx_index;
            std::uint32_t behind_call = at + payload::words;
            if (group.shares_context[l] == 0) {
                context_at = behind_call;
                put_context(call, words.data() + context_at);
                behind_call += context_words(call);
            }
            std::uint32_t* w = words.data() + at;
            w[payload::position] = call.position;
            w[payload::flags] = flags;
            w[payload::height_low] = static_cast<std::uint32_t>(batch.height);
            w[payload::height_high] = static_cast<std::uint32_t>(batch.height >> 32);
            w[payload::store_byte] = static_cast<std::uint32_t>(network.per_store_byte(batch.height));
            w[payload::module] = call.code->header;
            w[payload::context] = context_at;
            w[payload::context_bytes] = context_words(call) * 4;
            w[payload::transaction] = group.transactions[batch.outside != nullptr ? 0 : tx_index];
            w[payload::transaction_bytes] = static_cast<std::uint32_t>(batch.transaction(tx_index).raw.size());
            w[payload::block] = raw_block;
            w[payload::block_bytes] = static_cast<std::uint32_t>(block.size());
            w[payload::permissions] = has_permissions ? behind_call : 0;
            w[payload::permission_count] = 0;
            if (has_permissions) {
                w[payload::permission_count] = static_cast<std::uint32_t>(group.permissions[l].size());
                std::ranges::copy(group.permissions[l], words.data() + behind_call);
            }
            group.lanes.set(static_cast<std::uint32_t>(l), {.module = supervisor_,
                                                            .pc = supervisor_run_,
                                                            .globals = supervisor_globals_,
                                                            .fuel = call.call.fuel,
                                                            .payload = at,
                                                            .supervisor = true});
        }
    });
    write(group.payloads, std::span(words).first(all + rest));
}

void GpuExecutor::begin(Group& group, const parallel::Batch& batch, std::span<const Prepared> calls,
                        parallel::ResultMemory& memory) {
    const Stopwatch watch(counts_.upload_seconds);
    group.calls = calls;
    group.memory = &memory;
    begin_table(group, batch);
    put_payloads(group, batch);
    group.launch = {.budget = options_.budget,
                    .most_steps = options_.most_steps,
                    .tx_payloads = group.payloads,
                    .supervisor_module = supervisor_,
                    .supervisor_entry = supervisor_host_};
}

/// With all keys that are known.
void GpuExecutor::launch(Group& group) {
    {
        const Stopwatch watch(counts_.upload_seconds);
        write(group.state, group.table->input_state());
        write(group.map, group.table->state_map());
        group.launch.input_state = group.state;
        group.launch.state_map = group.map;
        group.launch.map_slots = group.table->slots();
        group.launch.code = must(code_.upload(*device_));
    }
    const Stopwatch watch(counts_.execute_seconds);
    if (options_.before_round) options_.before_round(*device_);
    must(group.lanes.launch(group.launch));
}

/// Lanes that wait for keys get them, if they may have them. Whether any goes on.
bool GpuExecutor::supply_wanted(Group& group, std::span<const std::uint32_t> output) {
    const auto ends = group.lanes.ends();
    const auto waits = [](const LaneEnd& e) { return e.status == LaneStatus::wants_key; };
    if (std::ranges::none_of(ends, waits)) return false;
    group.wanted.resize(ends.size());
    for_parts(ends.size(), [&](unsigned, std::size_t begin, std::size_t end) {
        for (std::size_t l = begin; l < end; l++)
            if (waits(ends[l])) group.wanted[l] = key_wanted(output, ends.size(), l, ends[l].detail, ends[l].output);
    });
    std::vector<BytesView> keys;
    std::vector<std::uint32_t> lanes;  // that may have them
    for (std::uint32_t l = 0; l < ends.size(); l++) {
        if (!waits(ends[l])) continue;
        const BytesView bytes = group.wanted[l];
        const auto key = parse_device_key(bytes);
        if (!key) throw std::runtime_error("GPU: a lane wants what is no key");
        const bool for_all = key->kind == KeyKind::code || key->kind == KeyKind::sequence;
        if (options_.dry_run == DryRun::cpu && !for_all) {
            // What was allowed for the call or another one, and had no room.
            if (group.table->contains(bytes) && group.table->place(bytes) == 0)
                group.lanes.hand_back(l, HandBack::memory);
            continue;
        }
        keys.push_back(bytes);
        lanes.push_back(l);
    }
    add_keys(group, keys, true);
    bool again = false;
    for (std::size_t i = 0; i < lanes.size(); i++) {
        if (group.table->place(keys[i]) == 0) {  // there is no room for its value
            group.lanes.hand_back(lanes[i], HandBack::memory);
            continue;
        }
        group.lanes.resume(lanes[i]);
        again = true;
    }
    return again;
}

/// For a launch. Whether there was another to do, which then is on its way.
bool GpuExecutor::wait(Group& group) {
    {
        const Stopwatch watch(counts_.execute_seconds);
        if (must(group.lanes.wait(group.launch))) {
            must(group.lanes.launch(group.launch));
            return true;
        }
    }
    {
        const Stopwatch watch(counts_.download_seconds);
        counts_.rounds++;
        if (!supply_wanted(group, must(group.lanes.output()))) return false;
    }
    launch(group);
    return true;
}

/// Makes effects of what the lanes wrote.
void GpuExecutor::end(Group& group, std::span<alkanes::ExecutedMessage> results) {
    const auto output = must(group.lanes.output());
    const Stopwatch watch(counts_.decode_seconds);
    counts_.launches += group.lanes.launches();
    counts_.keys += group.table->size();
    while (decoding_.size() < threads())
        decoding_.push_back(std::make_unique<Decoding>(Decoding{RecordDecoder(codes_), {}, {}}));
    const auto ends = group.lanes.ends();
    for_parts(ends.size(), [&](unsigned thread, std::size_t begin, std::size_t end) {
        store::Arena& arena = group.memory->take();
        auto& [decoder, words, counts] = *decoding_[thread];
        std::size_t most = 0;
        for (std::size_t l = begin; l < end; l++)
            if (ends[l].status == LaneStatus::finished) most = std::max<std::size_t>(most, ends[l].output);
        const std::size_t stride = most + most % 2;
        if (words.size() < part_calls * stride) words.resize(part_calls * stride);
        gather(output, ends.size(), begin, end, most, stride, words.data());
        decoder.begin(*group.table, arena);
        for (std::size_t l = begin; l < end; l++) {
            const LaneEnd& e = ends[l];
            counts.steps += e.steps;
            if (e.status == LaneStatus::handed_back) {
                counts.handed_back++;
                counts.reasons[std::min<std::size_t>(e.detail, counts.reasons.size() - 1)]++;
                if (e.detail == violation) counts.out_of_set_writes++;
            } else if (e.status == LaneStatus::wants_key) {
                counts.handed_back++;
                counts.out_of_set_reads++;
            } else if (e.status == LaneStatus::finished) {
                const std::span<const std::uint32_t> mine(words.data() + (l - begin) * stride, e.output);
                alkanes::ExecutedMessage& result = results[group.calls[l].index];
                result = decoder.decode(group.calls[l].call, mine);
                (result.status != alkanes::ExecutionStatus::none ? counts.executed : counts.faults)++;
            } else {
                counts.faults++;
            }
        }
        group.memory->give_back(arena);
    });
    const std::uint64_t faults = counts_.faults;
    for (const auto& d : decoding_) {
        counts_.add(d->counts);
        counts_.steps += d->counts.steps;
        d->counts = {};
    }
    if (faults == 0 && counts_.faults != 0 && options_.warn)
        options_.warn("a lane of " + device_->adapter().name +
                      " ended as none should; the CPU executes its call. `warpshrew gpu selftest` says more");
    learn_keys(*group.table);
}

/// Which keys of its table a group that has ended did read. Of lanes that were handed back it is known what they waited
/// for.
void GpuExecutor::learn_keys(const StateTable& table) {
    std::vector<std::uint32_t> readers(table.size());
    for (const auto& d : decoding_) d->decoder.take_readers(readers);
    if (options_.dry_run == DryRun::cpu) return;  // it finds the keys
    std::vector<KnownKeys::Read> reads;
    for (std::size_t i = 0; i < readers.size(); i++) {
        const std::uint32_t lanes = std::max(readers[i], table[i].waiting);
        if (lanes != 0 && table[i].place != 0) reads.push_back({table[i].key, lanes});
    }
    known_keys_.learn(reads);
}

/// Groups that may be on their way together: several where there are more calls than lanes, and room for that.
std::size_t GpuExecutor::most_groups(std::size_t calls) {
    const std::uint32_t lanes = groups_.front().lanes.capacity();
    const std::size_t wanted = std::min<std::size_t>(options_.most_groups, (calls + lanes - 1) / lanes);
    while (groups_.size() < wanted && !is_full_) {
        auto more = Lanes::create(*device_, kernel_, lanes, groups_.front().lanes.shape());
        if (!more && device_->failed()) throw std::runtime_error("GPU: " + more.error().reason);
        if (more) {
            groups_.emplace_back(std::move(*more));
            continue;
        }
        is_full_ = true;
        if (options_.warn)
            options_.warn(device_->adapter().name + " has no room for more than " +
                          std::to_string(groups_.size() * lanes) +
                          " lanes at a time, so that it waits for the CPU between the parts of larger batches");
    }
    return std::max<std::size_t>(1, std::min(groups_.size(), wanted));
}

void GpuExecutor::add_to(parallel::Statistics& statistics) {
    statistics.lanes.add(counts_.since(told_));
    told_ = counts_;
}

/// Of a group's payloads, or of its state.
std::uint64_t GpuExecutor::most_words() const noexcept {
    return std::min(options_.buffer_bytes, device_->most_bytes()) / sizeof(std::uint32_t);
}

/// Calls of these, from the first one on, for which there are lanes, and room in a buffer for their payloads.
std::size_t GpuExecutor::fitting(const parallel::Batch& batch, std::span<const Prepared> calls) const {
    const std::size_t n = std::min<std::size_t>(calls.size(), groups_.front().lanes.capacity());
    // What calls have in common, at most: the block, and the same once more in transactions.
    std::uint64_t words = 2 * even_words(batch.block.block().raw().size()) + 16;
    if (batch.outside != nullptr)
        words += even_words(batch.outside->raw.size());
    else
        words += 2 * batch.block.block().transactions().size();  // each begins at a multiple of eight bytes
    const std::uint64_t most = most_words();
    const bool has_permissions = options_.dry_run == DryRun::cpu;
    if (!has_permissions && words + n * (payload::words + most_context_) <= most) return n;
    for (std::size_t i = 0; i < n; i++) {
        words += payload::words + context_words(calls[i].call);
        if (has_permissions) {
            const auto& [reads, writes] = permissions_[calls[i].index];
            words += reads.size() + writes.size();
        }
        if (words > most) return i;
    }
    return n;
}

void GpuExecutor::execute(const parallel::Batch& batch, parallel::ResultMemory& memory,
                          std::span<alkanes::ExecutedMessage> results) {
    codes_.begin(batch);
    counts_.calls += batch.calls.size();
    const SequenceNumbers sequence(batch);
    prepare(batch, sequence);
    if (options_.dry_run == DryRun::cpu) run_dry(batch);
    const std::size_t most = most_groups(calls_.size());
    std::vector<Group*> idle;
    for (std::size_t i = 0; i < most; i++) idle.push_back(&groups_[i]);
    std::deque<Group*> running;  // in the order of their launches
    for (std::span<const Prepared> rest(calls_);;) {
        if (!idle.empty() && !rest.empty() && !memory.full()) {
            Group& group = *idle.back();
            const std::size_t n = fitting(batch, rest);
            if (n == 0) {
                counts_.not_started++;
                rest = rest.subspan(1);
                continue;
            }
            begin(group, batch, rest.first(n), memory);
            launch(group);
            idle.pop_back();
            running.push_back(&group);
            rest = rest.subspan(n);
            counts_.groups++;
            counts_.groups_together = std::max<std::uint64_t>(counts_.groups_together, running.size());
            continue;
        }
        if (running.empty()) {
            counts_.not_started += rest.size();  // the memory for results is full
            return;
        }
        Group& group = *running.front();
        running.pop_front();
        if (wait(group)) {
            running.push_back(&group);
        } else {
            end(group, results);
            idle.push_back(&group);
        }
    }
}

}  // namespace warpshrew::gpu
