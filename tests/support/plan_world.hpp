#pragma once
// What plans are indexed on: contracts and outputs with tokens, made once, and copies of that state that cost nothing.

#include "block_plan.hpp"
#include "protorune/network.hpp"
#include "store/memory_state.hpp"
#include "wasm/engine.hpp"

namespace warpshrew::test {

/// Devnet with the genesis token and the rules of a plan.
[[nodiscard]] protorune::Network plan_network(PlanRules rules);

/// Contracts of the set-up.
namespace plan_ids {
inline constexpr RuneId scripts[] = {{4, 1}, {4, 2}, {4, 3}};
inline constexpr RuneId free_mint{4, 10}, capped_mint{4, 11}, owned_token{4, 12}, pool_template{4, 20}, factory{4, 21},
    proxy{4, 22}, upgradeable{4, 23}, burner{4, 24}, exerciser{4, 25}, nft{4, 26}, absent{4, 99}, genesis_token{2, 0},
    owner_token{2, 1}, upgrade_token{2, 2}, pool{2, 3};
inline constexpr std::uint32_t first_clone = 4;  ///< (2, this) is the next one
/// Ids of clones that are those of runes too: such a token cannot be minted.
inline constexpr RuneId etched_clones[] = {{2, 5}, {2, 7}};
}  // namespace plan_ids

/// An output of the set-up and the tokens on it.
struct PlanFunds {
    PlanCoin coin;
    std::vector<RuneId> tokens;
};

/// The set-up.
struct PlanWorld {
    store::MemoryState state;
    std::uint64_t height = 0;  ///< of the first block of a plan
    PlanTxids txids;
    std::vector<PlanFunds> funds;
};

/// Indexes the set-up. Throws if one of its messages fails, which the plans would hardly tell.
[[nodiscard]] PlanWorld make_plan_world(wasm::Engine& engine);

/// One engine and one set-up for all tests of the process.
[[nodiscard]] wasm::Engine& plan_engine();
[[nodiscard]] const PlanWorld& plan_world();

/// The set-up with blocks on top.
class PlanState final : public store::StateReader {
 public:
    explicit PlanState(const PlanWorld& world) : world_(world) {}
    [[nodiscard]] bool read(BytesView key, Bytes& value) const override {
        return above_.read(key, value) || world_.state.read(key, value);
    }
    void apply(const store::BlockState& block) { above_.apply(block); }

 private:
    const PlanWorld& world_;
    store::MemoryState above_;
};

}  // namespace warpshrew::test
