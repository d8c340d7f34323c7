#include "parallel/candidates.hpp"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <map>
#include <set>

#include "alkanes/candidate.hpp"
#include "alkanes/message.hpp"
#include "protorune/context.hpp"
#include "protorune/protorunes.hpp"

namespace warpshrew::parallel {

using protorune::Protostone;

std::string_view text(Demotion demotion) noexcept {
    switch (demotion) {
        case Demotion::none:
            return "";
        case Demotion::ordinary:
            return "no candidate";
        case Demotion::spends_candidate:
            return "spends an output of a candidate";
        case Demotion::spends_message:
            return "spends an output of a transaction that calls a contract";
        case Demotion::long_chain:
            return "spends what comes through many transactions of the block";
        case Demotion::behind_message:
            return "behind a message of its transaction that is executed at its turn";
        case Demotion::not_reached:
            return "not reached by its transaction";
        case Demotion::unprofitable:
            return "executed ahead in vain in earlier blocks";
    }
    return "";
}

namespace {

/// Transfers that are run again for each candidate that spends what they move.
constexpr std::size_t max_ancestors = 16;
/// Outputs and moves of transfers that are run again in a block: one large transfer may feed thousands of candidates.
constexpr std::uint64_t max_moves = 1 << 20;

bool is_message(const Protostone& stone) {
    return !stone.message.empty() && stone.protocol_tag == protorune::alkanes_protocol_tag;
}

/// The inputs, outputs and moves of a transfer, to which the time that it takes is proportional.
std::uint64_t moves_of(const bitcoin::Transaction& transaction, const protorune::TransactionStones& stones) {
    const std::uint64_t outputs = transaction.outputs.size();
    std::uint64_t n = transaction.inputs.size() + outputs;
    const auto add = [&](const std::vector<protorune::Edict>& edicts) {
        for (const auto& e : edicts) n += static_cast<std::uint32_t>(e.output) == outputs ? outputs + 1 : 1;
    };
    if (const auto* runestone = std::get_if<protorune::Runestone>(&stones.artifact)) add(runestone->edicts);
    for (const Protostone& stone : *stones.protostones) add(stone.edicts);
    return n;
}

/// What is known of a transaction that can carry balances to its outputs.
struct Carrier {
    Demotion demotion = Demotion::none;  ///< of what spends its outputs
    std::uint32_t depends_on = 0;        ///< why
    std::set<std::uint32_t> ancestors;   ///< itself and those before it, where all are transfers
};

class Finder {
 public:
    Finder(const alkanes::BlockWork& block, Speculate speculate)
        : block_(block),
          speculate_(speculate),
          prefix_counts_(block.environment.network.parallel_active(block.height)) {}

    Candidates find() {
        const auto count = static_cast<std::uint32_t>(block_.stones.size());
        for (std::uint32_t i = 0; i < count; i++) {
            const auto& stones = block_.stones[i].protostones;
            if (stones && !stones->empty()) add_transaction(i, *stones);
        }
        return std::move(found_);
    }

 private:
    bool is_candidate(const Protostone& stone) const {
        if (!is_message(stone) || !stone.pointer || !stone.refund) return false;
        return speculate_ == Speculate::all || (prefix_counts_ && alkanes::has_prefix(stone.message));
    }

    void add_transaction(std::uint32_t index, const std::vector<Protostone>& stones) {
        const auto& transaction = block_.info.block().transactions()[index];
        CandidateTransaction added{index, static_cast<std::uint32_t>(found_.list.size()), 0, {}, {}};
        Carrier carrier = inherited(transaction, added.parents);
        if (std::ranges::any_of(stones, is_message)) bound_reruns(carrier);
        bool candidates = false, behind = false;
        for (std::uint32_t i = 0; i < stones.size(); i++) {
            if (!is_message(stones[i])) continue;
            Candidate c = candidate(index, i, stones[i], transaction.outputs.size(), carrier);
            if (!is_candidate(stones[i])) {
                c.demotion = Demotion::ordinary;
                behind = true;
            } else {
                if (c.demotion == Demotion::none && behind) c.demotion = Demotion::behind_message;
                candidates = true;
            }
            found_.list.push_back(std::move(c));
            added.count++;
        }
        added.ancestors.assign(carrier.ancestors.begin(), carrier.ancestors.end());
        if (added.count != 0) {
            found_.transactions.push_back(std::move(added));
            carrier = {candidates ? Demotion::spends_candidate : Demotion::spends_message, index, {}};
        } else {
            carrier.ancestors.insert(index);
            moves_.emplace(index, moves_of(transaction, block_.stones[index]));
        }
        carriers_.insert_or_assign(view(transaction.txid), std::move(carrier));
    }

    /// What a transaction's inputs bring.
    Carrier inherited(const bitcoin::Transaction& transaction, std::vector<std::uint32_t>& parents) const {
        Carrier all;
        for (const auto& input : transaction.inputs) {
            const auto i = carriers_.find(input.previous_output.substr(0, 32));
            if (i == carriers_.end()) continue;
            const Carrier& one = i->second;
            if (one.demotion == Demotion::spends_candidate) parents.push_back(one.depends_on);
            if (all.demotion == Demotion::none && one.demotion != Demotion::none) {
                all.demotion = one.demotion;
                all.depends_on = one.depends_on;
            }
            all.ancestors.insert(one.ancestors.begin(), one.ancestors.end());
        }
        if (all.demotion == Demotion::none && all.ancestors.size() > max_ancestors) {
            all.demotion = Demotion::long_chain;
            all.depends_on = *all.ancestors.begin();
        }
        if (all.demotion != Demotion::none) all.ancestors.clear();
        std::ranges::sort(parents);
        parents.erase(std::unique(parents.begin(), parents.end()), parents.end());
        return all;
    }

    /// Demotes what would have more be run again than a block may.
    void bound_reruns(Carrier& carrier) {
        std::uint64_t moves = 0;
        for (const std::uint32_t i : carrier.ancestors) moves += moves_.at(i);
        if (moves <= max_moves - reruns_) {
            reruns_ += moves;
            return;
        }
        carrier = {Demotion::long_chain, *carrier.ancestors.begin(), {}};
    }

    Candidate candidate(std::uint32_t tx_index, std::uint32_t stone, const Protostone& protostone, std::size_t outputs,
                        const Carrier& carrier) const {
        Candidate c;
        c.tx_index = tx_index;
        c.stone = stone;
        c.vout = static_cast<std::uint32_t>(outputs + 1 + stone);
        c.calldata = protostone.message;
        c.demotion = carrier.demotion;
        c.depends_on = carrier.depends_on;
        if (const auto integers = alkanes::message_integers(protostone.message, prefix_counts_)) {
            if (integers->size() >= 2) c.target = {(*integers)[0], (*integers)[1]};
            if (integers->size() >= 3) c.opcode = (*integers)[2];
        }
        return c;
    }

    const alkanes::BlockWork& block_;
    const Speculate speculate_;
    const bool prefix_counts_;
    Candidates found_;
    absl::flat_hash_map<std::string_view, Carrier> carriers_;  // by txid
    absl::flat_hash_map<std::uint32_t, std::uint64_t> moves_;  // of ancestors
    std::uint64_t reruns_ = 0;                                 // moves of all transfers to be run again
};

/// Stands in for the contracts: what is executed gives its effect, and the next message is noted.
class Planner final : public protorune::MessageHandler {
 public:
    explicit Planner(std::span<Candidate> candidates) : candidates_(candidates) {}

    [[nodiscard]] Result<protorune::MessageOutcome> handle(protorune::Message& message) override {
        if (stopped_) return fail("behind what is planned");
        const auto c = std::ranges::find(candidates_, message.vout, &Candidate::vout);
        if (c != candidates_.end() && c->executed.status == alkanes::ExecutionStatus::failed)
            return fail(std::string(c->executed.error));
        if (c != candidates_.end() && c->executed.status == alkanes::ExecutionStatus::succeeded) {
            const auto& tokens = c->executed.tokens;
            if (auto r = alkanes::settle_runtime(message.state, message.runes, tokens, message.runtime_balances); !r)
                return tl::unexpected(r.error());
            return protorune::MessageOutcome{{tokens.begin(), tokens.end()}, std::move(message.runtime_balances)};
        }
        stopped_ = true;
        if (c != candidates_.end() && c->demotion == Demotion::none && !c->planned) {
            c->planned = found_ = true;
            c->incoming = std::move(message.runes);
        }
        return fail("planned");
    }

    [[nodiscard]] bool stopped() const noexcept { return stopped_; }
    [[nodiscard]] bool found() const noexcept { return found_; }

 private:
    std::span<Candidate> candidates_;
    bool stopped_ = false, found_ = false;
};

}  // namespace

Candidates find_candidates(const alkanes::BlockWork& block, Speculate speculate) {
    if (speculate == Speculate::none || !block.environment.network.active(block.height)) return {};
    return Finder(block, speculate).find();
}

bool plan_next(const alkanes::BlockWork& block, const VersionedState& state, const CandidateTransaction& transaction,
               std::span<Candidate> candidates) {
    return plan_next(block, StateAt(state, transaction.first), transaction, candidates);
}

bool plan_next(const alkanes::BlockWork& block, const store::StateReader& below,
               const CandidateTransaction& transaction, std::span<Candidate> candidates) {
    const auto waits = [](const Candidate& c) { return c.demotion == Demotion::none && !c.planned; };
    if (std::ranges::none_of(candidates, waits)) return false;
    store::BlockState changes(below);
    Planner planner(candidates);
    const protorune::BlockContext context{
        changes, block.height, block.info.block(), block.stones, block.environment.network, planner};
    for (const std::uint32_t i : transaction.ancestors) protorune::index_transaction(context, i);
    store::Transaction own(changes);
    const bool runs =
        protorune::index_protorunes({context, own, block.info.block().transactions()[transaction.tx_index],
                                     block.stones[transaction.tx_index], transaction.tx_index})
            .has_value();
    if (planner.found()) return true;
    // What waits now is behind a message that was not executed, or is never reached.
    for (Candidate& c : candidates)
        if (waits(c)) c.demotion = planner.stopped() && runs ? Demotion::behind_message : Demotion::not_reached;
    return false;
}

}  // namespace warpshrew::parallel
