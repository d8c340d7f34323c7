#include "random_plan.hpp"

#include <algorithm>
#include <random>

namespace warpshrew::test {

namespace {

using namespace plan_ids;

// Contracts in envelopes; the last two cannot run, and what they say of it hangs on the frames before.
constexpr const char* deployable[] = {"script",      "script",         "script",    "free_mint",
                                      "fuel_burner", "host_exerciser", "no module", "bad element"};

class Generator {
 public:
    Generator(std::uint64_t seed, const PlanWorld& world) : random_(seed) {
        plan_.seed = seed;
        for (const PlanFunds& f : world.funds) coins_.push_back({f.coin, f.tokens, 0});
    }

    Plan make() {
        const std::uint64_t rules = below(10);
        plan_.rules = rules < 3 ? PlanRules::devnet : rules < 8 ? PlanRules::shared_fuel : PlanRules::old_calls;
        // Some plans are all about few contracts and keys.
        hot_ = one_in(3);
        candidates_ = one_in(4) ? 100 : one_in(5) ? 0 : 70;
        const std::size_t blocks = 1 + below(3);
        for (std::size_t i = 0; i < blocks; i++) {
            plan_.blocks.emplace_back();
            const std::size_t n = one_in(8) ? 2 + below(24) : 2 + below(9);
            while (plan_.blocks.back().size() < n) add_transaction();
        }
        return std::move(plan_);
    }

 private:
    struct Coin {
        PlanCoin coin;
        std::vector<RuneId> tokens;
        std::size_t block;  // that makes it, from 1 on
    };

    std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
    bool one_in(std::size_t n) { return below(n) == 0; }
    bool percent(std::size_t n) { return below(100) < n; }
    template <class List>
    auto pick(const List& list) {
        return *(std::begin(list) + static_cast<std::ptrdiff_t>(below(std::size(list))));
    }

    u128 key() { return hot_ || one_in(2) ? below(2) : below(16); }
    RuneId script() {
        if (hot_ && !one_in(4)) return scripts[0];
        if (one_in(4)) return clone();
        return pick(scripts);
    }
    // One that is there if all went well, mostly; else the next one, or one that will not be.
    RuneId clone() {
        if (one_in(12)) return {2, first_clone + clones_ + below(2)};
        if (clones_ == 0) return pick(scripts);
        return {2, first_clone + (one_in(2) ? clones_ - 1 : below(clones_))};
    }
    RuneId token() {
        static constexpr RuneId all[] = {scripts[0],  scripts[0],  scripts[1],    scripts[2], free_mint,
                                         capped_mint, owned_token, upgrade_token, pool,       genesis_token};
        return one_in(6) ? clone() : pick(all);
    }
    RuneId anyone() {
        return one_in(3)   ? pool
               : one_in(3) ? pick(std::initializer_list<RuneId>{free_mint, factory, owned_token, exerciser})
                           : script();
    }

    // Messages that run other contracts' code or out of depth are few: they take long.
    PlanCall inner_call(unsigned depth) {
        switch (below(12)) {
            case 0:
                return {free_mint, {77}, {}};
            case 1:
                return {pool, {pick(std::initializer_list<u128>{97, 999, 101})}, {}};
            case 2:
                return {exerciser, {pick(std::initializer_list<u128>{1, 4, 5, 6, 50, 51, 56, 64})}, {}};
            case 3:
                return {{6, scripts[0].tx}, {}, steps(depth + 1)};
            case 4:
                return {{800'000'000, below(4)}, {}, {}};
            case 5:
                return {absent, {1}, {}};
            default:
                return {script(), {}, steps(depth + 1)};
        }
    }

    PlanStep call_step(unsigned depth) {
        static constexpr u128 kinds[] = {0, 0, 0, 1, 2};
        const u128 tokens = one_in(2) ? 1 : 0;
        if (one_in(6)) return {{31, pick(kinds), tokens}, {PlanCall{{}, {}, steps(depth + 1)}}};
        return {{one_in(4) ? u128{32} : u128{30}, pick(kinds), tokens}, {inner_call(depth)}};
    }

    PlanStep step(unsigned depth) {
        switch (below(40)) {
            case 0:
            case 1:
            case 2:
                return {{1, key()}, {}};
            case 3:
            case 4:
            case 5:
                return {{2, key()}, {}};
            case 6:
                return {{3, below(5)}, {}};
            case 7:
                return {{4, below(100)}, {}};
            case 8:
            case 9:
            case 10:
            case 11:
                return {{5, key(), 1 + below(3)}, {}};
            case 12:
            case 13:
                return {{6}, {}};
            case 14:
                return {{7, below(1000)}, {}};
            case 15:
            case 16: {
                const RuneId who = anyone(), what = token();
                return {{8, who.block, who.tx, what.block, what.tx}, {}};
            }
            case 17:
                return {{9}, {}};
            case 18:
                return {{10}, {}};
            case 19:
                return {{11}, {}};
            case 20:
                return {{12, pick(std::initializer_list<u128>{10, 100, 1000, 3000, 30'000})}, {}};
            case 21:
                if (one_in(2)) return {{one_in(4) ? u128{14} : u128{13}}, {}};
                return {{19}, {}};
            case 22:
            case 23:
                return {{15, 1 + below(1000)}, {}};
            case 24: {
                const RuneId what = token();
                return {{16, what.block, what.tx, one_in(4) ? 0 : 1 + below(50)}, {}};
            }
            case 25:
            case 26:
                return {{17}, {}};
            case 27:
                return {{18}, {}};
            case 28:
                return {{25}, {}};
            case 29:
                return {{20, key(), below(300)}, {}};
            case 30:
                return {{21}, {}};
            case 31: {
                const RuneId what = token();
                return {{22, what.block, what.tx}, {}};
            }
            case 32:
                return {{one_in(2) ? u128{23} : u128{29}}, {}};
            case 33:
                return one_in(3) ? PlanStep{{24}, {}} : PlanStep{{26, 1 + below(3)}, {}};
            case 34:
                return {{one_in(2) ? u128{27} : u128{28}, key()}, {}};
            default:
                if (depth < 3) return call_step(depth);
                return {{5, key(), 1}, {}};
        }
    }

    std::vector<PlanStep> steps(unsigned depth) {
        std::vector<PlanStep> out;
        const std::size_t n = 1 + below(depth == 0 ? 5 : 3);
        for (std::size_t i = 0; i < n; i++) {
            PlanStep s = step(depth);
            // What was read shows best when it is kept.
            const bool reads = s.words[0] == 1 || s.words[0] == 6 || (s.words[0] >= 8 && s.words[0] <= 11) ||
                               (s.words[0] >= 21 && s.words[0] <= 23) || s.words[0] >= 27;
            out.push_back(std::move(s));
            if (reads && !one_in(3)) out.push_back({{2, key()}, {}});
        }
        return out;
    }

    // A script that calls itself.
    PlanCall nested() {
        if (one_in(2)) return {exerciser, {25, pick(std::initializer_list<u128>{3, 8, 23, 24})}, {}};
        PlanCall call{script(), {}, {{{5, key(), 1}, {}}, {{9}, {}}, {{2, key()}, {}}}};
        for (std::size_t depth = 2 + below(8); depth > 0; depth--)
            call = {
                script(),
                {},
                {{{5, key(), 1}, {}}, {{30, one_in(4) ? u128{1} : u128{0}, 1}, {std::move(call)}}, {{2, key()}, {}}}};
        return call;
    }

    // What a message does, and with which tokens at best.
    struct Wish {
        PlanCall call;
        std::vector<RuneId> tokens;
        std::vector<RuneId> gives;  // beside what came in
        std::string contract;
    };

    Wish wish() {
        switch (below(36)) {
            case 0:
            case 1:
                return {{scripts[0], {}, {{{5, key(), 1}, {}}}}, {}, {}, {}};
            case 2:
            case 3:
            case 4:
                return {{free_mint, {77}, {}}, {}, {free_mint}, {}};
            case 5:
                return {{capped_mint, {77}, {}}, {}, {capped_mint}, {}};
            case 6:
            case 7: {
                const bool forth = one_in(2);
                const RuneId in = forth ? free_mint : scripts[0], out = forth ? scripts[0] : free_mint;
                if (one_in(3)) return {{factory, {13, in.block, in.tx, out.block, out.tx, 0}, {}}, {in}, {out}, {}};
                return {{pool, {3, 0}, {}}, {in}, {out}, {}};
            }
            case 8:
                return {{pool, {1}, {}}, {free_mint, scripts[0]}, {pool}, {}};
            case 9:
                return {{owned_token, {77, 1 + below(100)}, {}}, {owner_token}, {owned_token}, {}};
            case 10: {  // another implementation
                static constexpr RuneId implementations[] = {scripts[0], scripts[1], free_mint, burner};
                const RuneId id = pick(implementations);
                return {{upgradeable, {0x7ffe, id.block, id.tx}, {}}, {upgrade_token}, {}, {}};
            }
            case 11:
            case 12:
            case 13:
                if (one_in(4)) return {{upgradeable, {77}, {}}, {}, {upgradeable}, {}};
                return {{upgradeable, {}, steps(1)}, {}, {}, {}};
            case 14:
            case 15: {
                clones_++;
                const char* contract = pick(deployable);
                if (std::string(contract) == "script") return {{{1, 0}, {}, steps(1)}, {}, {}, contract};
                return {{{1, 0}, {0, 100, 10}, {}}, {}, {}, contract};
            }
            case 16:
                return {{{3, 30 + below(3)}, {}, steps(1)}, {}, {}, "script"};
            case 17:
                return {{{4, 30 + below(2)}, {}, steps(1)}, {}, {}, {}};
            case 18:
            case 19: {
                clones_++;
                if (one_in(4)) return {{{6, free_mint.tx}, {0, 500, 5}, {}}, {}, {{2, first_clone + clones_ - 1}}, {}};
                if (one_in(3)) return {{{5, clone().tx}, {}, steps(1)}, {}, {}, {}};
                return {{{6, one_in(2) ? script().tx : nft.tx}, {}, steps(1)}, {}, {}, {}};
            }
            case 20:
                return {{clone(), {77}, {}}, {}, {}, {}};
            case 21:
                return {{burner, {1, pick(std::initializer_list<u128>{100, 5000, 20'000, 100'000})}, {}}, {}, {}, {}};
            case 22:
                return {{burner, {pick(std::initializer_list<u128>{2, 3, 4, 5, 6}), 1 + below(6), below(100)}, {}},
                        {},
                        {},
                        {}};
            case 23:
            case 24:
                return {{exerciser,
                         {pick(std::initializer_list<u128>{0,  1,  2,  3,  4,  5,  6,  7,  9,  10, 12, 13, 15,
                                                           50, 51, 52, 53, 54, 56, 60, 61, 62, 63, 64, 65, 66}),
                          1 + below(3), below(3), 1 + below(3)},
                         {}},
                        {},
                        {},
                        {}};
            case 25: {
                // Calls of all kinds, of a contract that may be there.
                const RuneId target = one_in(5) ? absent : script();
                return {{exerciser,
                         {pick(std::initializer_list<u128>{20, 21, 22}), target.block, target.tx, 3, 5, below(3), 1},
                         {}},
                        {},
                        {},
                        {}};
            }
            case 26:
                if (one_in(2)) return {{genesis_token, {77}, {}}, {}, {genesis_token}, {}};
                return {
                    {pick(std::initializer_list<RuneId>{absent, {2, 50}, {7, 7}, {8, 8}, {0, 5}, {32, 9}}), {1}, {}},
                    {},
                    {},
                    {}};
            case 27:
                return {nested(), {}, {}, {}};
            case 28: {
                const RuneId target = script();
                return {{proxy,
                         {pick(std::initializer_list<u128>{3, 4, 5}), target.block, target.tx, 3, 5, below(3), 1},
                         {}},
                        {proxy},
                        {},
                        {}};
            }
            default:
                return {{script(), {}, steps(0)}, {}, {}, {}};
        }
    }

    // An output to spend: with the token if there is one, of this block for chains.
    std::optional<Coin> take(const std::vector<RuneId>& wanted) {
        const std::size_t now = plan_.blocks.size();
        // They are in the order of their blocks.
        const auto fresh = std::ranges::find(coins_, now, &Coin::block);
        const auto first = static_cast<std::size_t>(fresh == coins_.end() || one_in(2) ? 0 : fresh - coins_.begin());
        if (coins_.empty()) return std::nullopt;
        std::size_t best = 0, best_score = 0;
        for (std::size_t k = 0; k < 8; k++) {
            const std::size_t i = first + below(coins_.size() - first);
            const Coin& c = coins_[i];
            std::size_t score = 1;
            for (const RuneId& id : wanted)
                if (std::ranges::find(c.tokens, id) != c.tokens.end()) score += 8;
            if (score > best_score) best = i, best_score = score;
        }
        Coin out = coins_[best];
        coins_.erase(coins_.begin() + static_cast<std::ptrdiff_t>(best));
        return out;
    }

    std::uint32_t output(std::uint32_t outputs) {
        if (one_in(30)) return outputs;  // the OP_RETURN: what goes there is burnt
        return static_cast<std::uint32_t>(below(outputs));
    }

    PlanEdict edict(const std::vector<RuneId>& tokens, std::uint32_t outputs, std::size_t stones) {
        const RuneId id = tokens.empty() || one_in(6) ? token() : pick(tokens);
        const u128 amount = one_in(5) ? 0 : 1 + below(200);
        if (stones > 1 && one_in(3))
            return {id, amount, first_stone + 1 + static_cast<std::uint32_t>(below(stones - 1))};
        return {id, amount, output(outputs)};
    }

    void add_transaction() {
        PlanTransaction tx;
        tx.number = 1000 + ++transactions_;
        tx.outputs = one_in(3) ? 2 + static_cast<std::uint32_t>(below(2)) : 1;
        std::vector<RuneId> tokens;
        const auto spend = [&](const std::vector<RuneId>& wanted) {
            const auto coin = take(wanted);
            if (!coin) return;
            tx.inputs.push_back(coin->coin);
            tokens.insert(tokens.end(), coin->tokens.begin(), coin->tokens.end());
        };

        const std::size_t n = one_in(4) ? 2 + below(3) : 1;
        const bool transfer = one_in(7);  // a transaction without messages
        if (transfer || one_in(4)) spend({});
        for (std::size_t i = 0; i < n; i++) {
            PlanStone stone;
            const bool last = i + 1 == n;
            stone.pointer = !last && one_in(2) ? first_stone + static_cast<std::uint32_t>(i) + 1 : output(tx.outputs);
            stone.refund = one_in(3) ? output(tx.outputs) : stone.pointer;
            if (!transfer && (last || !one_in(5))) {
                // Often the same as before: calls of one kind are what there is most of.
                Wish w = last_ && one_in(4) ? *last_ : wish();
                last_ = w;
                for (const RuneId& id : w.tokens)
                    if (std::ranges::find(tokens, id) == tokens.end() && tx.inputs.size() < 4) spend({id});
                if (!w.contract.empty()) tx.contract = w.contract;
                tokens.insert(tokens.end(), w.gives.begin(), w.gives.end());
                if (w.call.target.block == 4) tokens.push_back(w.call.target);
                stone.candidate = percent(candidates_);
                stone.call = std::move(w.call);
            }
            if (!stone.call || one_in(6)) {
                for (std::size_t k = 1 + below(2); k > 0; k--) stone.edicts.push_back(edict(tokens, tx.outputs, n - i));
            }
            tx.stones.push_back(std::move(stone));
        }
        if (one_in(60)) tx.stones.clear();
        tx.etches = one_in(30) || (plan_.blocks.back().size() < std::size(scripts) && one_in(8));
        std::sort(tokens.begin(), tokens.end());
        tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
        for (std::uint32_t vout = 0; vout < tx.outputs; vout++)
            coins_.push_back({{tx.number, vout}, tokens, plan_.blocks.size()});
        plan_.blocks.back().push_back(std::move(tx));
    }

    std::mt19937_64 random_;
    Plan plan_;
    std::optional<Wish> last_;
    std::vector<Coin> coins_;
    unsigned transactions_ = 0;
    std::size_t clones_ = 0;
    bool hot_ = false;
    std::size_t candidates_ = 0;
};

}  // namespace

Plan random_plan(std::uint64_t seed, const PlanWorld& world) { return Generator(seed, world).make(); }

}  // namespace warpshrew::test
