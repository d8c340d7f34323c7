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
    ordinary,          ///< it is no candidate; it is listed because candidates behind it depend on what it does
    spends_candidate,  ///< it spends an output of a transaction that has a candidate
    spends_message,    ///< it spends an output of a transaction that calls a contract at its turn
    long_chain,        ///< it spends what comes through too many transactions of the block, or through too large ones
    behind_message,    ///< a message before it in its transaction is executed at its turn
    not_reached,       ///< its transaction does not come to it, as far as can be told before the block
    unprofitable       ///< calls like it were executed ahead in vain in earlier blocks
};
[[nodiscard]] std::string_view text(Demotion demotion) noexcept;

/// A message of the block.
struct Candidate {
    std::uint32_t tx_index = 0;
    std::uint32_t stone = 0;   ///< index of the protostone in its transaction
    std::uint32_t vout = 0;    ///< shadow vout
    protorune::RuneId target;  ///< as the cellpack names it, without the prefix
    u128 opcode = 0;           ///< its first input; 0 if there is none
    BytesView calldata;
    Demotion demotion = Demotion::none;
    std::uint32_t depends_on = 0;  ///< the transaction whose output it spends, where that is why it is demoted

    bool planned = false;  ///< its incoming tokens are known
    std::vector<protorune::RuneTransfer> incoming;
    alkanes::ExecutedMessage executed;
};

/// A transaction with messages.
struct CandidateTransaction {
    std::uint32_t tx_index = 0;
    std::uint32_t first = 0, count = 0;    ///< its messages
    std::vector<std::uint32_t> ancestors;  ///< transfers of the block whose outputs reach it, ascending
    std::vector<std::uint32_t> parents;    ///< transactions with candidates whose outputs it spends
};

/// The messages of a block in block order, those that are no candidates or demoted too. A message's position in the
/// versioned state is its index.
struct Candidates {
    std::vector<Candidate> list;
    std::vector<CandidateTransaction> transactions;

    [[nodiscard]] std::span<Candidate> of(const CandidateTransaction& tx) {
        return std::span(list).subspan(tx.first, tx.count);
    }
};

/// Finds them; nothing is planned yet.
[[nodiscard]] Candidates find_candidates(const alkanes::BlockWork& block, Speculate speculate);

/// Plans the next message of a transaction: runs its protostones, on what its ancestors leave, up to the first
/// candidate that is not executed, and notes the tokens that come to it. Changes no state. Whether there is one to
/// execute now that was not there before. Safe from several threads for different transactions.
bool plan_next(const alkanes::BlockWork& block, const VersionedState& state, const CandidateTransaction& transaction,
               std::span<Candidate> candidates);
/// The same on the state that the transaction sees.
bool plan_next(const alkanes::BlockWork& block, const store::StateReader& below,
               const CandidateTransaction& transaction, std::span<Candidate> candidates);

}  // namespace warpshrew::parallel
