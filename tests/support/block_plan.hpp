#pragma once
// Blocks as plans: what their transactions do, in a form that can be made at random, made smaller and printed. Inputs
// refer to transactions by number, so that a plan stays a plan when transactions are taken out of it.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bitcoin/block.hpp"
#include "bitcoin/encode.hpp"
#include "protorune/ids.hpp"

namespace warpshrew::test {

using protorune::RuneId;

struct PlanCall;

/// An opcode of the contract `script` and its arguments (contracts/script.cpp).
struct PlanStep {
    std::vector<u128> words;      ///< opcode and arguments; of a call: opcode, kind, whether with tokens
    std::vector<PlanCall> calls;  ///< of a call: the one that is made
};

/// A target and its inputs: words, then steps.
struct PlanCall {
    RuneId target;
    std::vector<u128> words;
    std::vector<PlanStep> steps;
};

struct PlanEdict {
    RuneId token;
    u128 amount = 0;
    std::uint32_t output = 0;
};

/// Pointers, refund pointers and edict outputs from here on name the protostones of the transaction.
inline constexpr std::uint32_t first_stone = 100;

struct PlanStone {
    bool candidate = false;        ///< 8, 8 before the cellpack
    std::optional<PlanCall> call;  ///< without: no message
    std::uint32_t pointer = 0, refund = 0;
    std::vector<PlanEdict> edicts;
};

/// An output of a transaction by its number.
struct PlanCoin {
    unsigned transaction = 0;
    std::uint32_t vout = 0;
    friend bool operator==(const PlanCoin&, const PlanCoin&) = default;
};

struct PlanTransaction {
    unsigned number = 0;
    std::vector<PlanCoin> inputs;  ///< those of transactions that are not in the plan are left out
    std::uint32_t outputs = 1;     ///< payments; an OP_RETURN with the stones is behind them
    std::string contract;          ///< in the envelope, by the name of its source; empty: none
    std::vector<PlanStone> stones;
    bool etches = false;  ///< a rune of its own, whose id is (height, index): a contract's, if the block is so low
};

/// Which rules the blocks are indexed by.
enum class PlanRules : std::uint8_t {
    devnet,       ///< every transaction has the same fuel
    shared_fuel,  ///< transactions share a block's fuel, of which there is little
    old_calls     ///< shared fuel; host calls are free and a failing extcall fails its caller
};

struct Plan {
    std::uint64_t seed = 0;
    PlanRules rules = PlanRules::devnet;
    std::vector<std::vector<PlanTransaction>> blocks;
};

/// The words of a call: target and inputs.
[[nodiscard]] std::vector<u128> cellpack_words(const PlanCall& call);

/// For people, one line a protostone.
[[nodiscard]] std::string describe(const Plan& plan);

/// A number of things in it: what a smaller plan has less of.
[[nodiscard]] std::size_t plan_size(const Plan& plan);

/// Txids by the numbers of transactions.
using PlanTxids = std::map<unsigned, Digest>;

/// A block of a plan.
struct PlanBlock {
    bitcoin::Block block;
    std::vector<const PlanTransaction*> transactions;  ///< the coinbase, null, is before them
};

/// Makes the blocks of a plan from `height` on. `txids` has the transactions before and gets the plan's.
[[nodiscard]] std::vector<PlanBlock> build_plan(const Plan& plan, std::uint64_t height, PlanTxids& txids);

/// The shadow vout of a transaction's protostone.
[[nodiscard]] std::uint32_t shadow_vout(const PlanTransaction& tx, std::size_t stone);

}  // namespace warpshrew::test
