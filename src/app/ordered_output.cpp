#include "app/ordered_output.hpp"

#include <utility>

namespace warpshrew::app {

void OrderedOutput::write(Piece& piece) {
    if (const Result<void> written = write_(piece.text); !written) {
        ended_ = true;
        failure_ = written.error();
        return;
    }
    if (piece.written) piece.written();
    if (piece.last) next_++;
    if (piece.ends) {
        ended_ = true;
        failure_ = std::move(piece.failure);
    }
}

void OrderedOutput::add(std::uint64_t number, Piece piece) {
    std::unique_lock lock(mutex_);
    if (!ended_ && number != next_ && piece.last && waiting_bytes_ + piece.text.size() <= most_waiting_) {
        waiting_bytes_ += piece.text.size();
        waiting_.emplace(number, std::move(piece));
        return;
    }
    changed_.wait(lock, [&] { return ended_ || number == next_; });
    if (ended_) return;
    write(piece);
    for (auto i = waiting_.find(next_); !ended_ && i != waiting_.end(); i = waiting_.find(next_)) {
        waiting_bytes_ -= i->second.text.size();
        write(i->second);
        waiting_.erase(i);
    }
    lock.unlock();
    changed_.notify_all();
}

bool OrderedOutput::is_turn(std::uint64_t number) const {
    const std::lock_guard lock(mutex_);
    return number == next_;
}

void OrderedOutput::end(std::optional<Error> failure) {
    {
        const std::lock_guard lock(mutex_);
        if (ended_) return;
        ended_ = true;
        failure_ = std::move(failure);
    }
    changed_.notify_all();
}

bool OrderedOutput::ended() const {
    const std::lock_guard lock(mutex_);
    return ended_;
}

std::optional<Error> OrderedOutput::failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
}

std::uint64_t OrderedOutput::finished() const {
    const std::lock_guard lock(mutex_);
    return next_;
}

}  // namespace warpshrew::app
