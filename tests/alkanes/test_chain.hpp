#pragma once
// A small chain in memory for tests of messages: transactions with one or more protostones, and what they left.

#include <map>
#include <memory>

#include "alkanes/alkanes.pb.h"
#include "alkanes/indexer.hpp"
#include "bitcoin/encode.hpp"
#include "protorune/encode.hpp"
#include "store/memory_state.hpp"

namespace warpshrew::test {

using protorune::RuneId;

/// One engine for all tests of the process.
wasm::Engine& test_engine();

/// A network by name, without built-in contracts.
protorune::Network bare_network(std::string_view name);

/// A protostone with a message: `words` are target and inputs. Tokens left over go to output 0.
protorune::Protostone message(std::vector<u128> words);

/// The shortest response: no tokens, no writes, no data.
extern const Bytes empty_response;

/// ExtendedCallResponse in its byte form.
Bytes response(const std::vector<protorune::RuneTransfer>& alkanes,
               const std::vector<std::pair<Bytes, Bytes>>& storage = {}, BytesView data = {});
/// Words of 16 bytes.
Bytes words(const std::vector<u128>& list);
/// A StorageMap.
Bytes storage_map(const std::vector<std::pair<Bytes, Bytes>>& storage);

/// A contract in WAT: every import as $name, a memory, the buffers by address (their length goes before them), and the
/// body of `__execute`. It is compiled.
Bytes contract(std::string_view body, const std::map<unsigned, Bytes>& buffers = {}, std::string_view extra = {},
               std::string_view memory = "3");

/// A contract that returns the response.
Bytes returning(const Bytes& response);

/// What a transaction of a test is made of.
struct TestTransaction {
    std::vector<protorune::Protostone> stones;
    Bytes envelope;                         ///< tapscript of input 0; empty: none
    std::vector<bitcoin::NewInput> inputs;  ///< none: one of an unknown output
    unsigned outputs = 1;                   ///< before the OP_RETURN one
};

class TestChain {
 public:
    /// `builtins`: code of the network's built-in contracts.
    explicit TestChain(const protorune::Network& network, std::uint64_t start, alkanes::CodeByDigest builtins = {});

    /// Indexes a block of these transactions, behind a coinbase.
    void mine(const std::vector<TestTransaction>& transactions);
    /// Deploys code with a CREATE message; its id. Its constructor gets no inputs but padding.
    RuneId deploy(const Bytes& code);
    /// Deploys code as (4, number).
    RuneId deploy_reserved(const Bytes& code, u128 number);
    /// Indexes a block with one message.
    void call(std::vector<u128> words);

    /// Trace of message `stone` of transaction `tx` (the coinbase is 0) of the last block; nothing if there is none.
    std::optional<pb::alkanes::AlkanesTrace> trace(unsigned tx = 1, unsigned stone = 0) const;
    /// The last event of that trace, which has to be an exit.
    pb::alkanes::AlkanesExitContext exit(unsigned tx = 1, unsigned stone = 0) const;
    /// Text of a revert, without selector; "success" if it succeeded, "no trace" if there is none.
    std::string outcome(unsigned tx = 1, unsigned stone = 0) const;
    /// Outpoint of output `vout` of a transaction of the last block.
    bitcoin::NewInput spend(unsigned tx, std::uint32_t vout) const;

    Bytes get(BytesView key) const;
    u128 balance(const RuneId& what, const RuneId& who) const;
    Bytes storage(const RuneId& id, BytesView key) const;
    /// Entries of who's inventory.
    std::uint32_t inventory(const RuneId& who) const;
    /// Tokens on an output of the last block.
    u128 tokens_on(unsigned tx, std::uint32_t vout, const RuneId& id) const;

    [[nodiscard]] alkanes::Indexer& indexer() noexcept { return indexer_; }

    std::uint64_t height;  ///< of the next block
    store::MemoryState state;
    alkanes::TransactionRunner* runner = nullptr;  ///< of the blocks to come; null: in order
    alkanes::BlockStats stats;                     ///< of the last block

 private:
    protorune::Network network_;
    alkanes::Builtins builtins_;
    alkanes::Indexer indexer_;
    std::vector<bitcoin::NewTransaction> last_;
    unsigned unique_ = 0;
};

}  // namespace warpshrew::test
