#pragma once
// Phase 1, scan and plan: which messages of a block may be executed ahead of their turn, and with what they are called
// (design.md 2).

#include <string>
#include <vector>

#include "alkanes/executed_message.hpp"
#include "alkanes/indexer.hpp"
#include "parallel/versioned_state.hpp"

namespace warpshrew::parallel {

enum class Speculate : std::uint8_t {
    none,
    candidates,  ///< messages that begin with 8, 8, where the prefix counts
    all          ///< all messages
};

/// Why a candidate is executed at its turn and not ahead.
enum class Demotion : std::uint8_t {
    none,
    spends_candidate,  ///< it spends an output of a transaction whose message is a candidate too
    spends_message,    ///< it spends an output of a transaction that calls a contract in block order
    behind_message,    ///< a message before it in its transaction is none of the candidates, or was demoted
    not_reached,       ///< its transaction does not come to it, as far as can be told before the block
    unprofitable       ///< calls like it were executed ahead in vain before
};
[[nodiscard]] std::string_view text(Demotion demotion) noexcept;

/// A message that may be executed ahead.
struct Candidate {
    std::uint32_t tx_index = 0;
    std::uint32_t stone = 0;     ///< index of the protostone in its transaction
    std::uint32_t vout = 0;      ///< shadow vout
    std::uint32_t position = 0;  ///< in block order, among all candidates
    protorune::RuneId target;    ///< as the cellpack names it, without the prefix
    u128 opcode = 0;             ///< its first input; 0 if there is none
    Demotion demotion = Demotion::none;
    std::uint32_t depends_on = 0;  ///< the transaction, for the first three demotions

    bool planned = false;  ///< its incoming tokens are known
    std::vector<protorune::RuneTransfer> incoming;
    alkanes::ExecutedMessage executed;
};

/// The candidates in block order, demoted ones too, with nothing planned.
[[nodiscard]] std::vector<Candidate> find_candidates(const alkanes::BlockWork& block, Speculate speculate);

/// Plans the next messages of one transaction: runs its protostones on the versioned state up to the first candidate
/// that is not executed, and notes its incoming tokens. `candidates` are the transaction's. Changes no state. Whether
/// there is one now to execute that was not there before. A candidate that is passed over gets not_reached.
bool plan_transaction(const alkanes::BlockWork& block, const VersionedState& state, std::span<Candidate> candidates);

}  // namespace warpshrew::parallel
