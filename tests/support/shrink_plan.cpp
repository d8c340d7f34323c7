#include "shrink_plan.hpp"

#include <algorithm>

namespace warpshrew::test {

namespace {

// Changes the plan in place, one thing at a time, and takes back what does not fail.
class Shrinker {
 public:
    Shrinker(Plan plan, const std::function<bool(const Plan&)>& fails, unsigned most)
        : plan_(std::move(plan)), fails_(fails), left_(most) {}

    Plan run() {
        do {
            changed_ = false;
            reduce(plan_.blocks);
            for (auto& block : plan_.blocks) reduce(block);
            for (auto& block : plan_.blocks)
                for (PlanTransaction& tx : block) reduce(tx);
            reduce_rules();
        } while (changed_ && left_ > 0);
        // A block without transactions may be there for its height: what is behind it needs it.
        return std::move(plan_);
    }

 private:
    template <class T>
    bool attempt(T& part, T smaller) {
        if (left_ == 0) return false;
        left_--;
        std::swap(part, smaller);
        if (fails_(plan_)) return changed_ = true;
        std::swap(part, smaller);
        return false;
    }

    /// Takes elements away: halves, quarters and so on, down to single ones.
    template <class T>
    void reduce(std::vector<T>& list) {
        for (std::size_t n = list.size(); n > 0; n /= 2)
            for (std::size_t end = list.size(); end >= n; end = std::min(end - 1, list.size())) {
                std::vector<T> smaller(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(end - n));
                smaller.insert(smaller.end(), list.begin() + static_cast<std::ptrdiff_t>(end), list.end());
                attempt(list, std::move(smaller));
            }
    }

    template <class N>
    void reduce_number(N& n, N least = 0) {
        if (n == least) return;
        if (attempt(n, least) || (n > least + 1 && attempt(n, static_cast<N>(least + 1)))) return;
        while (n > least + 3 && attempt(n, static_cast<N>(n / 2))) {
        }
    }

    void reduce(PlanTransaction& tx) {
        if (!tx.contract.empty()) attempt(tx.contract, {});
        if (tx.etches) attempt(tx.etches, false);
        reduce(tx.inputs);
        for (PlanCoin& coin : tx.inputs) reduce_number(coin.vout);
        reduce(tx.stones);
        for (PlanStone& stone : tx.stones) {
            if (stone.call) attempt(stone.call, {});
            if (stone.candidate) attempt(stone.candidate, false);
            reduce(stone.edicts);
            for (PlanEdict& e : stone.edicts) {
                reduce_number(e.amount);
                reduce_number(e.output);
            }
            reduce_number(stone.pointer);
            reduce_number(stone.refund);
            if (stone.call) reduce(*stone.call);
        }
        reduce_number(tx.outputs, std::uint32_t{1});
    }

    void reduce(PlanCall& call) {
        // A simpler contract, and what an inner call does in its place.
        if (!(call.target == RuneId{4, 1}) && call.target.block != 3) attempt(call.target, {4, 1});
        reduce(call.words);
        for (u128& word : call.words) reduce_number(word);
        reduce(call.steps);
        for (std::size_t i = 0; i < call.steps.size(); i++) {
            if (call.steps[i].calls.empty()) continue;
            std::vector<PlanStep> smaller = call.steps;
            const std::vector<PlanStep> inner = smaller[i].calls[0].steps;
            const auto at = smaller.erase(smaller.begin() + static_cast<std::ptrdiff_t>(i));
            smaller.insert(at, inner.begin(), inner.end());
            attempt(call.steps, std::move(smaller));
        }
        for (PlanStep& step : call.steps) {
            // Only arguments: a step's opcode and the number of its arguments stay.
            for (std::size_t i = 1; i < step.words.size(); i++) reduce_number(step.words[i]);
            for (PlanCall& inner : step.calls) reduce(inner);
        }
    }

    void reduce_rules() {
        if (plan_.rules != PlanRules::devnet) attempt(plan_.rules, PlanRules::devnet);
    }

    Plan plan_;
    const std::function<bool(const Plan&)>& fails_;
    unsigned left_;
    bool changed_ = false;
};

}  // namespace

Plan shrink_plan(Plan plan, const std::function<bool(const Plan&)>& fails, unsigned most) {
    return Shrinker(std::move(plan), fails, most).run();
}

}  // namespace warpshrew::test
