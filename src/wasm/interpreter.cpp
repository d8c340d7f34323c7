#include "wasm/interpreter.hpp"

#include <absl/container/flat_hash_map.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

#include "wasm/instantiation.hpp"

namespace warpshrew::wasm {

Result<std::unique_ptr<const InterpretedModule>> InterpretedModule::create(BytesView bytes) {
    std::unique_ptr<InterpretedModule> out(new InterpretedModule(bytes));
    auto parsed = parse_module(out->bytes_);
    if (!parsed) return tl::unexpected(std::move(parsed.error()));
    out->module_ = std::move(*parsed);
    const Module& m = out->module_;
    for (const Import& i : m.imports) {
        const auto* const at = std::find_if(wasm::host_functions.begin(), wasm::host_functions.end(),
                                            [&](const HostSignature& h) { return h.name == i.name; });
        if (i.kind != ExternalKind::function || at == wasm::host_functions.end()) return fail("unknown import");
        out->host_functions_.push_back(static_cast<HostFunction>(at - wasm::host_functions.begin()));
    }
    absl::flat_hash_map<Bytes, std::uint32_t> known;
    for (const FunctionType& t : m.types) {
        Bytes key;
        for (const ValueType v : t.params) key.push_back(static_cast<char>(v));
        key.push_back('\0');
        for (const ValueType v : t.results) key.push_back(static_cast<char>(v));
        out->canonical_types_.push_back(
            known.try_emplace(std::move(key), static_cast<std::uint32_t>(known.size())).first->second);
    }
    out->functions_ = std::vector<std::atomic<const InterpretedFunction*>>(m.bodies.size());
    return std::unique_ptr<const InterpretedModule>(std::move(out));
}

InterpretedModule::~InterpretedModule() {
    for (const auto& f : functions_) delete f.load(std::memory_order_relaxed);
}

const InterpretedFunction& InterpretedModule::function(std::uint32_t i) const {
    auto& place = functions_[i];
    if (const auto* f = place.load(std::memory_order_acquire)) return *f;
    const std::lock_guard lock(mutex_);
    if (const auto* f = place.load(std::memory_order_relaxed)) return *f;
    // Cannot fail: every function has been counted before.
    const auto* f = new InterpretedFunction(interpreted_function(module_, i).value());
    place.store(f, std::memory_order_release);
    return *f;
}

Reservation::Reservation(std::size_t bytes) : bytes_(bytes) {
    if (bytes == 0) return;
    void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) throw std::bad_alloc();
    data_ = static_cast<std::uint8_t*>(p);
}
Reservation::Reservation(Reservation&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
Reservation::~Reservation() {
    if (data_ != nullptr) munmap(data_, bytes_);
}

std::uint64_t* InterpretedInstance::Table::data() const noexcept {
    return reinterpret_cast<std::uint64_t*>(reservation.data());
}

InterpretedInstance::InterpretedInstance(const InterpretedModule& module, std::int64_t table_elements,
                                         std::shared_ptr<MemoryBudget> budget)
    : code_(module), budget_(std::move(budget)) {
    const Module& m = module.module();
    if (const Export* e = m.find_export("memory")) exported_memory_ = e->index;
    constexpr std::uint64_t page = 65536;
    for (std::size_t i = 0; i < m.memories.size(); i++) {
        const Limits& l = m.memories[i];
        const std::uint64_t pages = i == exported_memory_ ? std::max(l.min, memory_pages) : l.min;
        const std::uint64_t limit = std::min<std::uint64_t>(l.max.value_or(65536), memory_limit / page);
        memories_.push_back({Reservation(limit * page), pages * page, limit * page});
    }
    for (const TableType& t : m.tables) {
        const std::uint64_t limit =
            std::min<std::uint64_t>(t.limits.max.value_or(0xffffffff), static_cast<std::uint64_t>(table_elements));
        tables_.push_back({Reservation(limit * sizeof(std::uint64_t)), t.limits.min, limit});
    }
    for (const Global& g : m.globals)
        globals_.push_back(g.function ? *g.function + std::uint64_t{1} : g.constant.value_or(Constant{}).bits);
    for (const Segment& s : m.elements) {
        if (s.mode == Segment::Mode::active)
            std::copy(s.functions.begin(), s.functions.end(), tables_[s.target].data() + s.offset.value_or(0));
        dropped_elements_.push_back(s.mode != Segment::Mode::passive);
    }
    for (const Segment& s : m.data) {
        if (s.mode == Segment::Mode::active && s.size != 0)
            std::memcpy(memories_[s.target].reservation.data() + s.offset.value_or(0), m.bytes.data() + s.begin,
                        s.size);
        dropped_data_.push_back(s.mode != Segment::Mode::passive);
    }
}

InterpretedInstance::~InterpretedInstance() {
    for (const Memory& m : memories_) budget_->give_back(m.size);
}

std::span<std::uint8_t> InterpretedInstance::memory() noexcept {
    const Memory& m = memories_[exported_memory_];
    return {m.reservation.data(), m.size};
}

}  // namespace warpshrew::wasm
