#include "parallel/block_analysis.hpp"

#include <algorithm>

#include "parallel/executor.hpp"
#include "protorune/input_sheets.hpp"

namespace warpshrew::parallel {

using alkanes::ExecutionStatus;

namespace {

/// The state before the block with what earlier messages of the transaction wrote.
class BelowNext final : public store::StateReader {
 public:
    explicit BelowNext(const VersionedState& before) : before_(before) {}
    [[nodiscard]] bool read(BytesView key, Bytes& value) const override {
        const auto i = writes_.find(key);
        if (i == writes_.end()) return before_.read(0, key, value);
        value = i->second;
        return true;
    }
    [[nodiscard]] bool written(BytesView key) const override {
        return writes_.contains(key) || before_.written(0, key);
    }
    void add(const alkanes::ExecutedMessage& executed) {
        for (const auto& w : executed.writes) writes_.insert_or_assign(Bytes(w.key), w.value);
    }

 private:
    const VersionedState& before_;
    store::ByteMap<BytesView> writes_;
};

/// What the dry run of a transaction read beside its messages' own reads.
struct Planning {
    std::vector<std::vector<Bytes>> read;  ///< by message
    std::vector<Bytes> emptied;
};

class DryRun {
 public:
    DryRun(const alkanes::BlockWork& block, const alkanes::FuelTank& tank, Candidates& candidates)
        : block_(block), tank_(tank), candidates_(candidates), before_(block.state) {}

    /// Plans and executes a transaction's messages, one after the other. Safe for different ones from several threads.
    [[nodiscard]] Planning run(const CandidateTransaction& tx) {
        const auto messages = candidates_.of(tx);
        Planning out{std::vector<std::vector<Bytes>>(messages.size()), {}};
        BelowNext below(before_);
        std::uint64_t fuel = tank_.fuel_of(tx.tx_index);
        store::Arena& arena = memory_.take();
        alkanes::AheadExecution execution(block_.environment, block_.codes, block_.info);
        for (;;) {
            NotingReader noting(below);
            if (!plan_next(block_, noting, tx, messages)) {
                // What it says about those that it does not come to depends on what it read.
                const std::vector<Bytes> read = noting.take();
                for (std::size_t i = 0; i < messages.size(); i++)
                    if (!messages[i].planned) out.read[i] = read;
                break;
            }
            const auto next = std::ranges::find_if(
                messages, [](const Candidate& c) { return c.planned && c.executed.status == ExecutionStatus::none; });
            out.read[static_cast<std::size_t>(next - messages.begin())] = noting.take();
            next->executed = execution.execute(
                {block_.height, next->tx_index, next->vout, next->calldata, next->incoming, fuel}, below, arena);
            below.add(next->executed);
            const bool succeeded = next->executed.status == ExecutionStatus::succeeded;
            fuel = succeeded ? fuel - next->executed.fuel_used : 0;
        }
        memory_.give_back(arena);
        if (!std::ranges::all_of(out.read, &std::vector<Bytes>::empty)) out.emptied = emptied(tx);
        return out;
    }

 private:
    std::vector<Bytes> emptied(const CandidateTransaction& tx) const {
        const StateAt below(before_, 0);
        store::BlockState changes(below);
        protorune::clear_inputs(changes, protorune::protorunes_by_outpoint,
                                block_.info.block().transactions()[tx.tx_index]);
        std::vector<Bytes> out;
        changes.for_each_write([&](BytesView key, BytesView) { out.emplace_back(key); });
        return out;
    }

    const alkanes::BlockWork& block_;
    const alkanes::FuelTank& tank_;
    Candidates& candidates_;
    VersionedState before_;
    ResultMemory memory_;
};

std::string reason(const Candidate& c) {
    if (c.demotion == Demotion::none) {
        const bool has_effect =
            c.executed.status == ExecutionStatus::succeeded || c.executed.status == ExecutionStatus::failed;
        return has_effect ? "" : "refused, or not to be told before its turn";
    }
    std::string out(text(c.demotion));
    if (c.demotion == Demotion::spends_candidate || c.demotion == Demotion::spends_message ||
        c.demotion == Demotion::long_chain)
        out += " (transaction " + std::to_string(c.depends_on) + ")";
    return out;
}

std::uint64_t count_messages(const std::vector<protorune::TransactionStones>& stones) {
    std::uint64_t n = 0;
    for (const auto& of_transaction : stones) {
        if (!of_transaction.protostones) continue;
        for (const auto& stone : *of_transaction.protostones)
            n += !stone.message.empty() && stone.protocol_tag == protorune::alkanes_protocol_tag ? 1 : 0;
    }
    return n;
}

/// Numbers of the candidates in the analysis, by those of the messages.
class Numbers {
 public:
    explicit Numbers(const Candidates& candidates) : transactions_(candidates.transactions) {
        std::uint32_t next = 0;
        for (const Candidate& c : candidates.list) of_.push_back(c.demotion == Demotion::ordinary ? ordinary : next++);
    }

    /// The candidates of messages [first, end).
    void add(std::uint32_t first, std::uint32_t end, std::vector<std::uint32_t>& out) const {
        for (std::uint32_t i = first; i < end; i++)
            if (of_[i] != ordinary) out.push_back(of_[i]);
    }
    void add_transaction(std::uint32_t tx_index, std::vector<std::uint32_t>& out) const {
        const auto tx = std::ranges::lower_bound(transactions_, tx_index, {}, &CandidateTransaction::tx_index);
        if (tx != transactions_.end() && tx->tx_index == tx_index) add(tx->first, tx->first + tx->count, out);
    }

 private:
    static constexpr std::uint32_t ordinary = 0xffffffff;
    const std::vector<CandidateTransaction>& transactions_;
    std::vector<std::uint32_t> of_;
};

}  // namespace

std::vector<Vertex> BlockAnalysis::vertices() const {
    std::vector<Vertex> out;
    out.reserve(candidates.size());
    for (const AnalysedCandidate& c : candidates)
        out.push_back({c.set.reads, c.set.writes, c.spends, !c.demoted.empty()});
    return out;
}

BlockAnalysis analyse_block(const alkanes::BlockWork& block, const alkanes::FuelTank& tank, Speculate speculate,
                            Workers& workers) {
    Candidates found = find_candidates(block, speculate);
    DryRun dry_run(block, tank, found);
    std::vector<Planning> planning(found.transactions.size());
    workers.for_each(planning.size(), [&](std::size_t i) { planning[i] = dry_run.run(found.transactions[i]); });

    BlockAnalysis out;
    out.height = block.height;
    out.transactions = block.stones.size();
    out.messages = count_messages(block.stones);
    const Numbers numbers(found);
    for (std::size_t t = 0; t < planning.size(); t++) {
        const CandidateTransaction& tx = found.transactions[t];
        for (std::uint32_t i = tx.first; i < tx.first + tx.count; i++) {
            const Candidate& c = found.list[i];
            if (c.demotion == Demotion::ordinary) continue;
            AnalysedCandidate& a = out.candidates.emplace_back();
            a.tx_index = c.tx_index;
            a.stone = c.stone;
            a.target = c.target;
            a.opcode = c.opcode;
            a.demoted = reason(c);
            a.status = c.executed.status;
            if (const auto& read = planning[t].read[i - tx.first]; !read.empty())
                a.set = access_set_of(out.keys, block, tx, c, read, planning[t].emptied);
            for (const std::uint32_t parent : tx.parents) numbers.add_transaction(parent, a.spends);
            numbers.add(tx.first, i, a.spends);
        }
    }
    const auto vertices = out.vertices();
    const auto of = levels(vertices, out.keys.size());
    for (std::size_t i = 0; i < of.size(); i++) out.candidates[i].level = of[i];
    out.batches = batches(of);
    return out;
}

}  // namespace warpshrew::parallel
