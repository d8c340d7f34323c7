#pragma once
// The read-only calls of an indexer: protobuf in, protobuf out (alkanes-vm.md 7, protorune.md 4).

#include <span>

#include "alkanes/builtins.hpp"
#include "store/key_value.hpp"
#include "wasm/engine.hpp"

namespace warpshrew::alkanes {

/// Names of all views, for help texts and for refusing others.
[[nodiscard]] std::span<const std::string_view> view_names();

/// Whether the reference has a view of that name, also one that is not supported here.
[[nodiscard]] bool view_exists(std::string_view name);

/// Views over a state at a height. Safe to call from several threads, each call on its own.
class Views {
 public:
    /// All must outlive it.
    Views(const protorune::Network& network, const Builtins& builtins, wasm::Engine& engine);

    /// Calls view `name` with the protobuf `request` (without the height in front) over `state`, the state after
    /// `height`. Gives the protobuf response (without a length in front). Where the reference answers with an empty
    /// message, so does this; where it traps, or the name is unknown, an error. So is a view that runs contracts when
    /// the code of built-in contracts is missing at an active height.
    [[nodiscard]] Result<Bytes> call(std::string_view name, std::uint64_t height, BytesView request,
                                     const store::StateReader& state) const;

 private:
    const protorune::Network& network_;
    const Builtins& builtins_;
    wasm::Engine& engine_;
};

}  // namespace warpshrew::alkanes
