#pragma once
// Runestones and cenotaphs (protorune.md 1.1, 1.3 to 1.5).

#include <optional>
#include <variant>
#include <vector>

#include "bitcoin/transaction.hpp"
#include "protorune/ids.hpp"
#include "protorune/network.hpp"

namespace warpshrew::protorune {

struct Edict {
    RuneId id;
    u128 amount = 0;
    u128 output = 0;
    friend bool operator==(const Edict&, const Edict&) = default;
};

struct Terms {
    std::optional<u128> amount, cap;
    std::optional<std::uint64_t> height_start, height_end, offset_start, offset_end;
};

struct Etching {
    std::optional<std::uint8_t> divisibility;
    std::optional<u128> premine, rune;
    std::optional<std::uint32_t> spacers;
    std::optional<char32_t> symbol;
    std::optional<Terms> terms;
    bool turbo = false;
};

struct Runestone {
    std::vector<Edict> edicts;
    std::optional<Etching> etching;
    std::optional<RuneId> mint;
    std::optional<std::uint32_t> pointer;
    std::optional<std::vector<u128>> protocol;  ///< all values of tag 16383, in order
};

enum class Flaw : std::uint8_t {
    opcode,
    invalid_script,
    varint,
    trailing_integers,
    edict_rune_id,
    edict_output,
    truncated_field,
    supply_overflow,
    unrecognized_flag,
    unrecognized_even_tag
};

struct Cenotaph {
    Flaw flaw{};
    std::optional<u128> etching;  ///< the rune's number
    std::optional<RuneId> mint;
};

/// What a transaction carries: nothing, a runestone or a cenotaph.
using Artifact = std::variant<std::monostate, Runestone, Cenotaph>;

/// Never fails: malformed stones are cenotaphs.
[[nodiscard]] Artifact decipher(const bitcoin::Transaction& tx, bool dogecoin_runestones = false);

}  // namespace warpshrew::protorune
