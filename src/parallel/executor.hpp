#pragma once
// What executes messages ahead of their turn: CPU threads, a GPU. Nothing here is trusted: every result is checked
// at its turn before it is used (consuming_handler.hpp), so an executor can only be slow, never wrong.

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>

#include "alkanes/executed_message.hpp"
#include "parallel/statistics.hpp"
#include "parallel/versioned_state.hpp"

namespace warpshrew::parallel {

/// One message to execute: alkanes::MessageCall without its height, in a flat array of any length.
struct Call {
    std::uint32_t tx_index = 0;
    std::uint32_t vout = 0;                          ///< shadow vout
    std::uint32_t position = 0;                      ///< of its reads in the versioned state
    std::uint32_t first_token = 0, token_count = 0;  ///< incoming tokens, in Batch::tokens
    BytesView calldata;
    std::uint64_t fuel = 0;
    std::uint64_t likely_fuel = 0;  ///< that it uses, as calls like it did; 0: not known
};

/// Calls of one block. All lies in memory that outlives execute().
struct Batch {
    const alkanes::Environment& environment;
    alkanes::CodeCache& codes;
    const alkanes::BlockInfo& block;
    const VersionedState& state;
    std::uint64_t height = 0;
    std::span<const Call> calls;
    std::span<const protorune::RuneTransfer> tokens;
    const bitcoin::Transaction* outside = nullptr;  ///< that all calls see instead of the block's; null: none

    /// The transaction that a call sees.
    [[nodiscard]] const bitcoin::Transaction& transaction(std::uint32_t tx_index) const noexcept {
        return outside != nullptr ? *outside : block.block().transactions()[tx_index];
    }
    [[nodiscard]] alkanes::MessageCall call(std::size_t i) const noexcept {
        const Call& c = calls[i];
        return {height, c.tx_index, c.vout, c.calldata, tokens.subspan(c.first_token, c.token_count), c.fuel};
    }
};

/// Memory for the results of a block: executors take an arena for each of their threads and put there what results
/// refer to. What a call reads is copied, so that a block whose calls read much may ask for any amount: once it is full
/// executors begin no other call, and what is not executed is left to its turn.
class ResultMemory {
 public:
    static constexpr std::size_t default_limit = std::size_t{1} << 30;
    explicit ResultMemory(std::size_t limit = default_limit) : limit_(limit) {}

    [[nodiscard]] bool full() const noexcept { return counted_.used() >= limit_; }

    /// An arena that no other thread uses until it is given back, which keeps what is in it.
    [[nodiscard]] store::Arena& take();
    void give_back(store::Arena& arena);

    /// Ends all that is in it, for the next block. The memory is kept, up to half of the limit: pages that a process
    /// touches for the first time are dear. No arena may be in use; those that were not given back are now.
    void clear();

    [[nodiscard]] std::size_t kept_bytes() const noexcept { return counted_.kept(); }  ///< that nothing uses now

 private:
    /// The heap, with what was taken from it. Keeps what is given back, by size: arenas ask for the same sizes again.
    class Counted final : public std::pmr::memory_resource {
     public:
        Counted() = default;
        Counted(const Counted&) = delete;
        Counted& operator=(const Counted&) = delete;
        ~Counted() override { keep_at_most(0); }
        [[nodiscard]] std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }
        [[nodiscard]] std::size_t kept() const noexcept { return kept_; }
        void keep_at_most(std::size_t bytes);

     private:
        void* do_allocate(std::size_t n, std::size_t alignment) override;
        void do_deallocate(void* p, std::size_t n, std::size_t alignment) override;
        [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

        std::atomic<std::size_t> used_ = 0;
        std::mutex mutex_;
        std::map<std::size_t, std::vector<void*>> free_;  ///< aligned for anything
        std::size_t kept_ = 0;                            ///< bytes of these
    };

    const std::size_t limit_;
    Counted counted_;
    std::mutex mutex_;
    std::deque<store::Arena> arenas_;
    std::vector<store::Arena*> idle_;
};

/// Executes batches.
class Executor {
 public:
    virtual ~Executor() = default;
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;
    /// Calls that it executes at the same time: what is executed in vain costs the share of one of them.
    [[nodiscard]] virtual std::size_t lanes() const noexcept = 0;
    /// Executes the batch's calls, in any order, and puts the effect of call i into results[i], which has as many
    /// elements as the batch has calls, all of status `none`. Calls that it cannot execute it leaves so, or hands back.
    /// May throw: then what is in `results` so far counts. Called on one thread at a time, one of Engine::run_deep.
    virtual void execute(const Batch& batch, ResultMemory& memory, std::span<alkanes::ExecutedMessage> results) = 0;
    /// Adds what the executor itself counted since it was last asked.
    virtual void add_to(Statistics& /*statistics*/) {}
    /// A result was not what the CPU gives: the executor stops using what may have computed it. Whether it can go on
    /// without that; otherwise it is given up as a whole.
    [[nodiscard]] virtual bool drop_suspect() { return false; }
};

}  // namespace warpshrew::parallel
