#pragma once
// Puts what several threads produce into order.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace warpshrew::app {

/// Takes the text of numbered batches, in pieces, and writes it batch by batch. Batches that are finished early wait
/// here, a bounded number of bytes of them; beyond that their threads wait. Safe from several threads.
class OrderedOutput {
 public:
    /// A piece of a batch.
    struct Piece {
        Bytes text;
        std::function<void()> written;  ///< called once it is, in order, by one thread at a time; may be empty
        bool last = false;              ///< of its batch
        bool ends = false;              ///< nothing is written behind it
        std::optional<Error> failure;   ///< why it ends
    };

    explicit OrderedOutput(std::function<Result<void>(BytesView)> write, std::size_t waiting_bytes)
        : write_(std::move(write)), most_waiting_(waiting_bytes) {}

    /// Adds the next piece of batch `number`; batches count from 0, and every one must be given to some thread before
    /// the next. Waits if it is not the batch's turn and the piece is not its last, or too much waits already.
    void add(std::uint64_t number, Piece piece);

    /// Whether a piece of that batch would be written at once.
    [[nodiscard]] bool is_turn(std::uint64_t number) const;

    /// Ends the output at once.
    void end(std::optional<Error> failure);

    /// Whether nothing more is written.
    [[nodiscard]] bool ended() const;
    /// Why, if it is an error; the first one.
    [[nodiscard]] std::optional<Error> failure() const;
    /// Batches that are written to their end.
    [[nodiscard]] std::uint64_t finished() const;

 private:
    void write(Piece& piece);

    const std::function<Result<void>(BytesView)> write_;
    const std::size_t most_waiting_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::uint64_t, Piece> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::uint64_t next_ = 0;
    bool ended_ = false;
    std::optional<Error> failure_;
};

}  // namespace warpshrew::app
