#pragma once
// A base for runners of tests that take a block's messages in order, and do with each of them what they like.

#include "alkanes/indexer.hpp"
#include "alkanes/message.hpp"

namespace warpshrew::test {

class MessageRunner : public alkanes::TransactionRunner, public protorune::MessageHandler {
 public:
    [[nodiscard]] bool run(const alkanes::BlockWork& block, alkanes::BlockMessages& messages) final {
        block_ = &block;
        messages_ = &messages;
        alkanes::run_in_order(block, *this);
        return true;
    }

 protected:
    const alkanes::BlockWork* block_ = nullptr;
    alkanes::BlockMessages* messages_ = nullptr;
};

}  // namespace warpshrew::test
