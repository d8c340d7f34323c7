#pragma once
// What the indexer reads and writes: a flat map from byte strings to byte strings in which an absent key reads as empty
// (alkanes-vm.md 0, protorune.md 3.1).

#include "base/bytes.hpp"

namespace warpshrew::store {

/// Reads and writes of one layer: the block's cache, or a transaction on top of it.
class KeyValue {
 public:
    virtual ~KeyValue() = default;
    /// The value, empty if there is none. Valid until this key is written or a rollback.
    [[nodiscard]] virtual BytesView get(BytesView key) = 0;
    virtual void set(BytesView key, BytesView value) = 0;
};

/// The state below a block: a store at a height, or a map in memory. Safe to call from several threads.
class StateReader {
 public:
    virtual ~StateReader() = default;
    /// Puts the value into `value` and returns true, or returns false if the key was never written.
    [[nodiscard]] virtual bool read(BytesView key, Bytes& value) const = 0;
    /// Whether what read() gives was written by the block that is being indexed. What is committed may be remembered
    /// across blocks.
    [[nodiscard]] virtual bool written(BytesView) const { return false; }
};

/// An item for the end of a list of store/list.hpp.
struct Append {
    BytesView list, item;
};

}  // namespace warpshrew::store
