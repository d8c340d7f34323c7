#include "store/state_key.hpp"

namespace warpshrew::store {

void append_height(Bytes& out, std::uint64_t height) { append_le(out, __builtin_bswap64(~height)); }

BytesView user_key(BytesView state_key) noexcept { return state_key.substr(0, state_key.size() - height_size); }

std::uint64_t key_height(BytesView state_key) noexcept {
    return ~__builtin_bswap64(load_le<std::uint64_t>(state_key.data() + state_key.size() - height_size));
}

namespace {

class StateComparator final : public rocksdb::Comparator {
 public:
    const char* Name() const override { return "warpshrew.state.1"; }
    int Compare(const rocksdb::Slice& a, const rocksdb::Slice& b) const override {
        const BytesView x = a.ToStringView(), y = b.ToStringView();
        if (const int order = user_key(x).compare(user_key(y)); order != 0) return order;
        return x.substr(x.size() - height_size).compare(y.substr(y.size() - height_size));
    }
    // Keys of the index are whole keys: a shortened one could lack its height.
    void FindShortestSeparator(std::string*, const rocksdb::Slice&) const override {}
    void FindShortSuccessor(std::string*) const override {}
};

class UserKeyPrefix final : public rocksdb::SliceTransform {
 public:
    const char* Name() const override { return "warpshrew.user_key.1"; }
    rocksdb::Slice Transform(const rocksdb::Slice& key) const override {
        return {key.data(), key.size() - height_size};
    }
    bool InDomain(const rocksdb::Slice& key) const override { return key.size() >= height_size; }
};

}  // namespace

const rocksdb::Comparator* state_comparator() {
    static const StateComparator comparator;
    return &comparator;
}

std::shared_ptr<const rocksdb::SliceTransform> state_prefix() { return std::make_shared<UserKeyPrefix>(); }

}  // namespace warpshrew::store
