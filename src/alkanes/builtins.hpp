#pragma once
// Code of the built-in contracts (alkanes-vm.md 6.3, 6.4). Public networks' are found by SHA-256 in upstream files;
// they are not ours to ship.

#include <map>

#include "base/result.hpp"
#include "protorune/network.hpp"

namespace warpshrew::alkanes {

/// The code of a network's built-in contracts, by id and height.
class Builtins {
 public:
    /// `found`: code by lower-case hex SHA-256. Digests that the network needs and that are neither there nor given by
    /// the profile are in missing().
    Builtins(const protorune::Network& network, std::map<std::string, Bytes> found);

    /// Whether the id is a built-in of the network (its code is then never read from the store).
    [[nodiscard]] bool contains(const protorune::RuneId& id) const noexcept;
    /// The code that runs at a height. Only for ids that contains() knows, and when nothing is missing.
    [[nodiscard]] const Bytes& code(const protorune::RuneId& id, std::uint64_t height) const;
    /// The code stored, compressed, under the id.
    [[nodiscard]] const Bytes& marker(const protorune::RuneId& id) const;
    /// Hex digests that were not found.
    [[nodiscard]] const std::vector<std::string>& missing() const noexcept { return missing_; }

 private:
    struct Entry {
        Bytes marker;
        std::map<std::uint64_t, Bytes> versions;
    };
    std::map<protorune::RuneId, Entry> entries_;
    std::vector<std::string> missing_;
};

}  // namespace warpshrew::alkanes
