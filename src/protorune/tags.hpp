#pragma once
// Tags of the fields of runestones and protostones.

#include <cstdint>

namespace warpshrew::protorune {

/// protorune.md 1.4; from tag_message on but for tag_protocol those of protostones, 1.6.
enum Tag : std::uint32_t {
    tag_body = 0,
    tag_divisibility = 1,
    tag_flags = 2,
    tag_spacers = 3,
    tag_rune = 4,
    tag_symbol = 5,
    tag_premine = 6,
    tag_cap = 8,
    tag_amount = 10,
    tag_height_start = 12,
    tag_height_end = 14,
    tag_offset_start = 16,
    tag_offset_end = 18,
    tag_mint = 20,
    tag_pointer = 22,
    tag_message = 81,
    tag_burn = 83,
    tag_proto_pointer = 91,
    tag_refund = 93,
    tag_from = 95,
    tag_protocol = 16383,
};

/// Bits of the value of tag_flags (protorune.md 1.4).
enum Flag : std::uint8_t { flag_etching = 1, flag_terms = 2, flag_turbo = 4 };

}  // namespace warpshrew::protorune
