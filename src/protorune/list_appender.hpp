#pragma once
// Several items for one list.

#include "store/list.hpp"

namespace warpshrew::protorune {

/// Appends to a list of store/list.hpp, reading and writing its length once.
class ListAppender {
 public:
    /// `state` must outlive it.
    ListAppender(store::KeyValue& state, BytesView list) : state_(state), key_(list) {
        key_ += "/length";
        length_ = store::get_uint<std::uint32_t>(state_, key_);
        key_.resize(list.size() + 1);
    }
    void append(BytesView value) {
        const std::size_t stem = key_.size();
        key_ += std::to_string(length_++);
        state_.set(key_, value);
        key_.resize(stem);
    }
    /// Writes the new length; nothing may be appended after it.
    void finish() {
        key_ += "length";
        store::set_uint<std::uint32_t>(state_, key_, length_);
    }

 private:
    store::KeyValue& state_;
    Bytes key_;
    std::uint32_t length_ = 0;
};

}  // namespace warpshrew::protorune
