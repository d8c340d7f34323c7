#include "parallel/consuming_handler.hpp"

#include <algorithm>
#include <tuple>

namespace warpshrew::parallel {

using alkanes::BlockMessages;
using alkanes::ExecutedMessage;

namespace {

constexpr std::uint64_t sample_odds = 64;
constexpr std::size_t max_known = 1 << 20;  // bounds the memory: beyond it contracts are new again

/// A message's transaction, to read only.
class BelowMessage final : public store::StateReader {
 public:
    explicit BelowMessage(store::Transaction& state) : state_(state) {}
    [[nodiscard]] bool read(BytesView key, Bytes& value) const override {
        value = state_.get(key);
        return true;
    }
    [[nodiscard]] bool written(BytesView key) const override { return state_.written(key); }

 private:
    store::Transaction& state_;
};

auto pairs(std::span<const alkanes::StateWrite> writes) {
    std::vector<std::pair<BytesView, BytesView>> out;
    for (const auto& w : writes) out.emplace_back(w.key, w.value);
    std::ranges::sort(out);
    return out;
}

}  // namespace

bool Verifier::chooses(const protorune::RuneId& target) {
    if (mode == Verify::none) return false;
    if (known.size() >= max_known) known.clear();
    const bool first = known.insert(target).second;
    return mode == Verify::all || first || random() % sample_odds == 0;
}

bool same_effect(const ExecutedMessage& a, const ExecutedMessage& b) {
    const auto same_append = [](const store::Append& x, const store::Append& y) {
        return x.list == y.list && x.item == y.item;
    };
    const auto same_entry = [](const alkanes::TraceEntry& x, const alkanes::TraceEntry& y) {
        return x.offset == y.offset && x.size == y.size && x.used == y.used && x.type == y.type;
    };
    return a.status == b.status && a.fuel_used == b.fuel_used && a.frames == b.frames && a.error == b.error &&
           a.trace == b.trace && std::ranges::equal(a.trace_entries, b.trace_entries, same_entry) &&
           std::ranges::equal(a.tokens, b.tokens) && std::ranges::equal(a.appends, b.appends, same_append) &&
           pairs(a.writes) == pairs(b.writes);
}

ConsumingHandler::ConsumingHandler(const alkanes::BlockWork& block, BlockMessages& messages,
                                   const Candidates& candidates, Verifier& verifier, Statistics& statistics)
    : messages_(messages),
      candidates_(candidates),
      verifier_(verifier),
      statistics_(statistics),
      execution_(block.environment, block.codes, block.info),
      used_(candidates.list.size(), 0) {}

bool ConsumingHandler::is_right(const protorune::Message& message, const ExecutedMessage& executed) {
    statistics_.verified++;
    const BelowMessage below(message.state);
    const bool right = same_effect(execution_.execute(messages_.call_of(message), below, arena_), executed);
    arena_.release();
    if (!right) statistics_.mismatches++;
    return right;
}

Result<protorune::MessageOutcome> ConsumingHandler::handle(protorune::Message& message) {
    // Candidates come in the order of the block, but not each of them is reached.
    const auto& list = candidates_.list;
    const auto place = std::pair(message.tx_index, message.vout);
    while (next_ < list.size() && std::pair(list[next_].tx_index, list[next_].vout) < place) next_++;
    const bool listed = next_ < list.size() && std::pair(list[next_].tx_index, list[next_].vout) == place;
    if (!listed || list[next_].executed.status == alkanes::ExecutionStatus::none) {
        statistics_.in_order++;
        return messages_.handle(message);
    }
    const ExecutedMessage& executed = list[next_].executed;
    auto rejection = messages_.check(message, executed);
    if (rejection == BlockMessages::Rejection::none) {
        // After a mismatch nothing counts any more; the rest of the block goes on without looking.
        if (deceived() || (verifier_.chooses(list[next_].target) && !is_right(message, executed)))
            return fail("the block is executed again");
        if (auto outcome = messages_.replay(message, executed)) {
            used_[next_] = 1;
            statistics_.used++;
            return std::move(*outcome);
        }
        rejection = BlockMessages::Rejection::runtime;
    }
    statistics_.rejected[static_cast<std::size_t>(rejection)]++;
    return messages_.handle(message);
}

}  // namespace warpshrew::parallel
