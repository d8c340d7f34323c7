#include "app/devnet.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <random>

#include "alkanes/candidate.hpp"
#include "alkanes/gzip.hpp"
#include "contracts/embedded.hpp"

namespace warpshrew::app {

using protorune::RuneId;

namespace {

// Templates live at reserved ids (4,n); everything else is a clone of one of them, at (2,1) and up.
constexpr u128 auth_token_number = 0xffed, free_mint_number = 1000, pool_number = 1001, factory_number = 1002,
               upgradeable_number = 1003, burner_number = 1004;
constexpr RuneId burner{4, burner_number}, factory{4, factory_number};
constexpr std::uint32_t tokens = 8, wallets = 32, pools = tokens / 2;
constexpr u128 initial_units = 3'200'000'000, pool_units = 3'000'000'000, value_per_mint = 1000;
constexpr u128 genesis_premine = 50'000'000;

// Shares of the kinds of calls in a mix, in percent.
struct Mix {
    std::string_view name;
    unsigned mint, hot_mint, delegated_mint, genesis_mint, transfer, swap, routed_swap, compute, revert, out_of_fuel;
};
constexpr std::array<Mix, 6> mixes = {{
    {"everything", 35, 10, 8, 2, 15, 12, 6, 5, 5, 2},
    {"tokens", 100, 0, 0, 0, 0, 0, 0, 0, 0, 0},
    {"hot", 0, 100, 0, 0, 0, 0, 0, 0, 0, 0},
    {"pools", 0, 0, 0, 0, 0, 70, 30, 0, 0, 0},
    {"transfers", 0, 0, 0, 0, 100, 0, 0, 0, 0, 0},
    {"heavy", 0, 0, 0, 0, 0, 0, 0, 100, 0, 0},
}};
constexpr std::array<std::string_view, mixes.size()> mix_names = {"everything", "tokens",    "hot",
                                                                  "pools",      "transfers", "heavy"};

// Chooses, keeps the books, and writes the transactions.
class Generator {
 public:
    explicit Generator(const DevnetOptions& options)
        : options_(options),
          mix_(*std::find_if(mixes.begin(), mixes.end(), [&](const Mix& m) { return m.name == options.mix; })),
          random_(options.seed),
          random_candidates_(~options.seed),
          builder_(0, options.seed) {}

    DevnetChain make() {
        deploy_templates();
        deploy_clones();
        split_supplies();
        make_pools();
        chain_.set_up_blocks = chain_.blocks.size();
        for (std::uint64_t i = 0; i < options_.blocks; i++) {
            genesis_minted_ = false;
            for (std::uint64_t k = 0; k < options_.calls_per_block; k++) call();
            close();
        }
        finish_books();
        return std::move(chain_);
    }

 private:
    void close() { chain_.blocks.push_back(builder_.close_block()); }

    std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }

    // A message in a transaction of one payment; its outpoint 0 may hold tokens afterwards.
    Outpoint message(std::string_view kind, std::span<const Outpoint> inputs, std::vector<u128> cellpack,
                     bool succeeds = true, BytesView envelope = {}) {
        if (random_candidates_() % 100 < options_.candidates)
            cellpack.insert(cellpack.begin(), 2, alkanes::prefix_integer);
        const std::array stones = {call_stone(cellpack)};
        const BuiltTransaction built = builder_.add(inputs, 1, stones, envelope);
        chain_.calls.push_back({kind, {built.txid, built.first_stone_vout}, true, succeeds});
        const Outpoint out{built.txid, 0};
        chain_.unspent.push_back(out);
        return out;
    }

    void deploy_template(u128 number, std::string_view contract, std::vector<u128> inputs) {
        std::vector<u128> cellpack = {3, number};
        cellpack.insert(cellpack.end(), inputs.begin(), inputs.end());
        message("deploy", {}, cellpack, true, alkanes::gzip(contracts::embedded_contract(contract)));
        chain_.contracts.push_back({4, number});
    }

    void deploy_templates() {
        deploy_template(auth_token_number, "auth_token", {0, 0});
        deploy_template(free_mint_number, "free_mint", {0, 0, 1});
        deploy_template(pool_number, "amm_pool", {99});
        deploy_template(factory_number, "amm_factory", {0, 6, pool_number});
        deploy_template(upgradeable_number, "upgradeable", {0x8fff});
        deploy_template(burner_number, "fuel_burner", {0});
        close();
    }

    RuneId next_clone() {
        const RuneId id{2, ++clones_};
        chain_.contracts.push_back(id);
        return id;
    }

    void deploy_clones() {
        for (std::uint32_t i = 0; i < tokens; i++) {
            const RuneId id = next_clone();
            const u128 name = 0x204e454b4f54 | static_cast<u128>('A' + i) << 48;  // "TOKEN A", little-endian
            supplies_.push_back(message(
                "deploy", {}, {6, free_mint_number, 0, initial_units, value_per_mint, 0, name, 0, u128{'A'} + i}));
            token_ids_.push_back(id);
            minted_.push_back(0);
        }
        // The delegated token: free_mint's code over the upgradeable's storage. The upgradeable makes its auth token,
        // another clone.
        delegated_ = next_clone();
        message("deploy", {}, {6, upgradeable_number, 0x7fff, 4, free_mint_number, 1});
        next_clone();
        close();
        message("initialize", {}, {delegated_.block, delegated_.tx, 0, 0, value_per_mint, 0, 0x44, 0, 0x44});
        close();
    }

    // Splits each token's supply: output 0 gets what a pool is made from, and all of them an even share of the rest,
    // which is small beside it, so that swaps hardly move the price.
    void split_supplies() {
        wallets_.resize(tokens);
        for (std::uint32_t i = 0; i < tokens; i++) {
            protorune::Protostone stone = edict_stone(token_ids_[i], pool_units, 0);
            // An edict to the number of outputs, the OP_RETURN counted, is split over the payments.
            stone.edicts.push_back({token_ids_[i], 0, wallets + 1});
            const BuiltTransaction built = builder_.add({&supplies_[i], 1}, wallets, {&stone, 1});
            spent_.push_back(supplies_[i]);
            supplies_[i] = {built.txid, 0};
            for (std::uint32_t w = 0; w < wallets; w++) {
                if (w != 0) wallets_[i].push_back({built.txid, w});
                chain_.unspent.push_back({built.txid, w});
            }
        }
        close();
    }

    Outpoint take(std::uint32_t token) {
        std::vector<Outpoint>& from = wallets_[token];
        const std::size_t i = below(from.size());
        const Outpoint out = from[i];
        from[i] = from.back();
        from.pop_back();
        spent_.push_back(out);
        return out;
    }

    void make_pools() {
        for (std::uint32_t i = 0; i < pools; i++) {
            const RuneId a = token_ids_[2 * i], b = token_ids_[2 * i + 1];
            const std::array inputs = {supplies_[2 * i], supplies_[2 * i + 1]};
            spent_.insert(spent_.end(), inputs.begin(), inputs.end());
            message("create pool", inputs, {factory.block, factory.tx, 1, a.block, a.tx, b.block, b.tx});
            pool_ids_.push_back(next_clone());
        }
        close();
    }

    void mint(std::uint32_t token) {
        const Outpoint out = message("mint", {}, {token_ids_[token].block, token_ids_[token].tx, 77});
        minted_[token]++;
        if (wallets_[token].size() < 4 * wallets) wallets_[token].push_back(out);
    }

    void transfer() {
        const auto token = static_cast<std::uint32_t>(below(tokens));
        if (wallets_[token].empty()) return mint(token);
        const std::array inputs = {take(token)};
        const std::array stones = {edict_stone(token_ids_[token], 1 + below(5), 1)};
        const BuiltTransaction built = builder_.add(inputs, 2, stones);
        chain_.calls.push_back({"transfer", {built.txid, 0}, false, true});
        for (std::uint32_t vout = 0; vout < 2; vout++) chain_.unspent.push_back({built.txid, vout});
        wallets_[token].push_back({built.txid, 0});
    }

    void swap(bool routed) {
        const auto token = static_cast<std::uint32_t>(below(tokens));
        if (wallets_[token].empty()) return mint(token);
        const std::uint32_t other = token ^ 1;
        const std::array inputs = {take(token)};
        const RuneId in = token_ids_[token], out = token_ids_[other], pool = pool_ids_[token / 2];
        wallets_[other].push_back(
            routed
                ? message("routed swap", inputs, {factory.block, factory.tx, 13, in.block, in.tx, out.block, out.tx, 0})
                : message("swap", inputs, {pool.block, pool.tx, 3, 0}));
    }

    void genesis_mint() {
        message(genesis_minted_ ? "late genesis mint" : "genesis mint", {}, {2, 0, 77}, !genesis_minted_);
        if (!genesis_minted_) genesis_mints_++;
        genesis_minted_ = true;
    }

    void call() {
        auto k = static_cast<unsigned>(below(100));
        const auto within = [&k](unsigned share) {
            if (k < share) return true;
            k -= share;
            return false;
        };
        if (within(mix_.mint)) return mint(static_cast<std::uint32_t>(below(tokens)));
        if (within(mix_.hot_mint)) return mint(0);
        if (within(mix_.delegated_mint)) {
            message("delegated mint", {}, {delegated_.block, delegated_.tx, 77});
            delegated_mints_++;
            return;
        }
        if (within(mix_.genesis_mint)) return genesis_mint();
        if (within(mix_.transfer)) return transfer();
        if (within(mix_.swap)) return swap(false);
        if (within(mix_.routed_swap)) return swap(true);
        if (within(mix_.compute)) {
            message("compute", {}, {burner.block, burner.tx, 1, 250'000 + below(150'000)});
            return;
        }
        if (within(mix_.revert)) {
            message("revert", {}, {2, 1 + below(tokens), 12345}, false);
            return;
        }
        message("out of fuel", {}, {burner.block, burner.tx, 1, 1'000'000'000}, false);
    }

    void finish_books() {
        for (std::uint32_t i = 0; i < tokens; i++) {
            chain_.tokens.push_back({std::string("token ") + static_cast<char>('A' + i), token_ids_[i],
                                     initial_units + minted_[i] * value_per_mint});
        }
        chain_.tokens.push_back({"delegated token", delegated_, delegated_mints_ * value_per_mint});
        chain_.tokens.push_back({"genesis token", {2, 0}, genesis_premine + genesis_mints_ * u128{5'000'000'000}});
        for (std::uint32_t i = 0; i < pools; i++)
            chain_.tokens.push_back({"shares of pool " + std::to_string(i + 1), pool_ids_[i], {}});
        const auto order = [](const Outpoint& a, const Outpoint& b) {
            return std::tie(a.txid, a.vout) < std::tie(b.txid, b.vout);
        };
        std::sort(spent_.begin(), spent_.end(), order);
        std::erase_if(chain_.unspent,
                      [&](const Outpoint& o) { return std::binary_search(spent_.begin(), spent_.end(), o, order); });
    }

    DevnetOptions options_;
    Mix mix_;
    std::mt19937_64 random_;
    std::mt19937_64 random_candidates_;  // by itself, so that the calls are the same whatever the share
    ChainBuilder builder_;
    DevnetChain chain_;
    std::uint64_t clones_ = 0;
    std::vector<RuneId> token_ids_, pool_ids_;
    std::vector<Outpoint>
        supplies_;  // by token: the output that holds what was minted first, later what a pool is made from
    std::vector<Outpoint> spent_;
    std::vector<std::vector<Outpoint>> wallets_;  // by token: outputs that hold that token alone
    std::vector<u128> minted_;
    RuneId delegated_;
    u128 delegated_mints_ = 0, genesis_mints_ = 0;
    bool genesis_minted_ = false;
};

}  // namespace

std::span<const std::string_view> devnet_mixes() { return mix_names; }

DevnetChain make_devnet_chain(const DevnetOptions& options) { return Generator(options).make(); }

}  // namespace warpshrew::app
