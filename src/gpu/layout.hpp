#pragma once
// What host and kernel share: the device code and the layout of the buffers. The kernel's constants are made from here
// (`interpreter_constants`), so that the two sides cannot drift.
//
// Lanes are in groups of 32, and everything that a lane has of its own is interleaved over its group: item i of lane l
// of a group of G items a lane is at (group * G + i) * 32 + l % 32.

#include <cstdint>

#include "wasm/stack_limits.hpp"

namespace warpshrew::gpu {

inline constexpr std::uint32_t group_lanes = 32;

/// Words that bytes take where they begin at a multiple of eight bytes.
[[nodiscard]] constexpr std::uint64_t even_words(std::uint64_t bytes) noexcept { return (bytes + 7) / 8 * 2; }

/// An instruction is four words. First: opcode and the fields of `instruction`; then `to`, a and b.
/// Places in code are relative to the instruction that names them, so that code can lie anywhere.
#define WARPSHREW_GPU_OPCODES(X)                                                                    \
    X(fault)      /* 0, what lies between code */                                                   \
    X(charge)     /* takes b fuel, or traps */                                                      \
    X(jump)       /* to `to`, for `extra` fuel */                                                   \
    X(jump_table) /* to the min(a, b - 1)-th of the jumps that follow */                            \
    X(call)       /* function at a; `to`: see `record`; register `extra`, if that is not 0, := b */ \
    X(call_table) /* function that element a of the table is, of type `extra` */                    \
    X(give)       /* returns to the caller, with b unless `extra` is 1; the frame had `to` cells */ \
    X(trap)       /* a: why */                                                                      \
    X(hand_back)  /* a: why */                                                                      \
    X(load)       /* from a + b; `extra`: see `access` */                                           \
    X(store)      /* b to a + `to` */                                                               \
    X(memory_size)                                                                                  \
    X(memory_grow)                                                                                  \
    X(check_range) /* traps unless the a + b is at most `to`, or the memory's size if that is ~0 */ \
    /* of the supervisor */                                                                         \
    X(input)       /* two words of a buffer, from a on: see `input_access` */                       \
    X(output)      /* word a + `extra` of the lane's output := b */                                 \
    X(get_state)   /* `to` := what `extra` says of the lane */                                      \
    X(set_state)   /* := a */                                                                       \
    X(stop)        /* ends with status a and detail b */                                            \
    X(copy_two)    /* register `to` := a, register `extra` := b; from here on: see `jumps` */       \
    X(add_two)     /* the same with numbers added to a and b: see `add_two` */                      \
    X(choose)      /* `to` := b if a is 0, or if it is not (`if_set`); else see `choose` */         \
    X(xor_rotated) /* of a and b rotated to the left: see `xor_rotated` */                          \
    X(copy)        /* `to` := b; from here on `extra` says how far the lane goes on */              \
    X(constant)    /* `to` := the words a, b */                                                     \
    X(multiply)                                                                                     \
    X(divide)                                                                                       \
    X(remainder)                                                                                    \
    X(shift_left)                                                                                   \
    X(shift_right)                                                                                  \
    X(rotate_left)                                                                                  \
    X(rotate_right)                                                                                 \
    X(leading_zeros)                                                                                \
    X(trailing_zeros)                                                                               \
    X(count_ones)                                                                                   \
    X(extend) /* the sign of the 64 - b low bits */                                                 \
    X(add)                                                                                          \
    X(subtract)                                                                                     \
    X(subtract_from) /* b - a */                                                                    \
    X(bit_and)                                                                                      \
    X(bit_or)                                                                                       \
    X(bit_xor)                                                                                      \
    X(equal) /* comparisons, see `comparison` */                                                    \
    X(unequal)                                                                                      \
    X(less)                                                                                         \
    X(greater_or_equal)                                                                             \
    X(less_or_equal)                                                                                \
    X(greater)                                                                                      \
    X(enter)      /* calls the contract whose header is at a, in a frame b registers further */     \
    X(free_pages) /* until a are left */                                                            \
    /* What a lane does instead of its instruction until it is done with it. */                     \
    X(find_page)                                                                                    \
    X(copy_page)

enum class Op : std::uint8_t {
#define X(name) name,
    WARPSHREW_GPU_OPCODES(X)
#undef X
};

/// Whether it computes a value that a jump may depend on, and nothing else.
constexpr bool computes(Op op) { return op >= Op::copy_two && op <= Op::greater; }
/// Whether its `extra` says how far the lane goes on afterwards.
constexpr bool may_go_on(Op op) { return op >= Op::copy && op <= Op::greater; }

/// What the low bits of a comparison's opcode say: whether it holds for a below b, for equal ones, and the opposite of
/// that.
namespace comparison {
inline constexpr std::uint32_t opposite = 1, same = 2, below = 4;
}
static_assert(static_cast<std::uint32_t>(Op::equal) % 8 == comparison::same);

/// Fields of an instruction's first word.
namespace instruction {
inline constexpr std::uint32_t quick = 1 << 7;                 ///< see `is_quick`
inline constexpr std::uint32_t kind_of_a = 8, kind_of_b = 10;  ///< shifts of two bits: see `operand`
inline constexpr std::uint32_t to_global = 1 << 12;            ///< `to` is a global
inline constexpr std::uint32_t narrow = 1 << 13;               ///< on 32 bits
inline constexpr std::uint32_t is_signed = 1 << 14;
inline constexpr std::uint32_t jumps = 1 << 15;   ///< goes to `to`, for `extra` fuel, if the result is 0 or is not 0
inline constexpr std::uint32_t if_set = 1 << 16;  ///< not 0
inline constexpr std::uint32_t extra_shift = 17;  ///< of `extra`, 15 bits
inline constexpr std::uint32_t extra_mask = 0x7fff;
}  // namespace instruction

/// Kinds of operands.
namespace operand {
enum : std::uint32_t { in_register, in_global, zero_extended, sign_extended };
}

/// `extra` of loads and stores.
namespace access {
inline constexpr std::uint32_t size_mask = 3;  ///< log2 of the bytes
inline constexpr std::uint32_t sign = 4;       ///< load: extend the sign
inline constexpr std::uint32_t contract = 8;   ///< the supervisor's: in the contract's memory
inline constexpr std::uint32_t image = 16;     ///< load: from the module, offset b bytes
// The address is the low 32 bits of a sum, and from offset_shift on there is what is added to it. Load: a + b; store: a
// + register `to`, or `to` itself if by_constant. Without `summed` what is there is added to register a afterwards, on
// 32 bits and with its sign.
inline constexpr std::uint32_t summed = 32, by_constant = 64, offset_shift = 7, most_offset = 255;
inline constexpr std::int32_t most_step = 127;
}  // namespace access

/// Otherwise it is register `extra`, or `extra` itself.
namespace choose {
inline constexpr std::uint32_t by_number = instruction::is_signed;
}

/// `extra` of xor_rotated: by how much a is rotated, and b.
namespace xor_rotated {
inline constexpr std::uint32_t mask = 63, second_shift = 6;
}

/// add_two, on 32 bits: `to` has 15 bits, and behind it the addends of a and b, which have signs. If `to_global`,
/// `extra` is a global, and the rest is one addend for both.
namespace add_two {
inline constexpr std::uint32_t to_mask = 0x7fff, first_shift = 15, first_bits = 8, second_shift = 23, second_bits = 9;
}

/// `extra` of `input`: the buffer, and from offset_shift on a number that is added to a.
namespace input_access {
inline constexpr std::uint32_t buffer_mask = 3, offset_shift = 2, most_offset = 8191;
}

/// A module in device code begins with its header; offsets count from there, in units of 16 bytes but for those in
/// words.
namespace header {
enum : std::uint32_t {
    globals,  ///< how many
    table,    ///< words: of each element its function's descriptor, 0 for null
    table_size,
    image_pages,  ///< words: of each page of the memory's first part its content, 0 for zeros
    image_first,  ///< first page of that part
    image_count,
    memory_pages,  ///< pages of 64 KiB at first
    memory_limit,  ///< and at most
    entry,         ///< the code that starts `__execute`, 0 if there is none that can be started
    words = 12
};
}

/// A function: four words.
namespace descriptor {
enum : std::uint32_t {
    entry,  ///< relative to the descriptor; of a host function its number
    cells,  ///< that wasmi reserves
    size,   ///< registers of the frame and what calls from it need further, and from `charge_shift` on its first charge
    type    ///< a number that equal types share, and
};
inline constexpr std::uint32_t is_host = 1U << 31;
inline constexpr std::uint32_t charge_shift = 15, most_charge = (1U << (32 - charge_shift)) - 1;
}  // namespace descriptor

/// The register before a frame: low word: the place after the call; high word: distance to the caller's frame, register
/// for the result, whether the caller is a contract and this is the supervisor. A call has the first two of these as
/// its `to`.
namespace record {
inline constexpr std::uint32_t field = 0x7fff, to_shift = 15, from_contract = 1 << 30, root = 0xffffffff;
}

inline constexpr std::uint32_t memory_page_bytes = 1024, memory_page_words = memory_page_bytes / 4;
inline constexpr std::uint32_t turns_together = 16;    ///< that lanes go before they see whether they came apart
inline constexpr std::uint32_t max_lane_pages = 1023;  ///< a table entry has ten bits for it
using wasm::max_cells;
using wasm::max_depth;

/// What a lane's state says, a word each, at field * calls + lane of `status_flags`. The host reads the first ones
/// after each launch, and how a lane begins is what it writes: all from `fuel_low` to `payload`. The rest begins as
/// nothing.
#define WARPSHREW_GPU_LANE(X)                                                    \
    X(status)     /* see LaneStatus */                                           \
    X(detail)     /* the Trap, or why it was handed back */                      \
    X(steps)      /* of the last launch */                                       \
    X(out)        /* words in output_state; the host reads up to here */         \
    X(used)       /* pages of 1 KiB of contracts */                              \
    X(own)        /* pages of 1 KiB of the supervisor */                         \
    X(fuel_low)   /* */                                                          \
    X(fuel_high)  /* */                                                          \
    X(memory)     /* pages of 64 KiB that the contract has */                    \
    X(fresh)      /* 1: it has not begun */                                      \
    X(pc)         /* */                                                          \
    X(base)       /* first register of the frame */                              \
    X(module)     /* header */                                                   \
    X(supervisor) /* 1: it runs */                                               \
    X(payload)    /* first word of the call in tx_payloads */                    \
    X(link)       /* where the running contract's caller is kept, ~0: nowhere */ \
    X(globals)    /* first register of the contract's globals */                 \
    X(cells)      /* that are left */                                            \
    X(depth)      /* frames */                                                   \
    X(level)      /* of the running contract: which pages are its */             \
    X(mode)       /* 0, or the operation before the instruction */               \
    X(page)       /* that find_page seeks */                                     \
    X(probe)      /* its steps so far; words that copy_page has copied */        \
    X(from)       /* where copy_page copies from */                              \
    X(map_mask)   /* slots of state_map less one: from the parameters */

enum class LaneField : std::uint32_t {
#define X(name) name,
    WARPSHREW_GPU_LANE(X)
#undef X
        count
};

enum class LaneStatus : std::uint32_t { fault, running, finished, trapped, handed_back, wants_key };

/// Why a lane was handed back.
enum class HandBack : std::uint32_t {
    none,
    unsupported,  ///< an instruction
    registers,    ///< too few for the frames
    memory,       ///< too few pages
    no_host,      ///< a host function where there is no supervisor
    output,       ///< more than there is room for
    steps,        ///< it ran for too long
    supervisor    ///< and above: it says why
};

/// Words of `parameters`.
#define WARPSHREW_GPU_PARAMETERS(X)                                       \
    X(lanes)          /* that have a call */                              \
    X(budget)         /* steps of this launch */                          \
    X(lane_registers) /* */                                               \
    X(lane_pages)     /* */                                               \
    X(lane_table)     /* entries of the page table, a power of 2 */       \
    X(lane_output)    /* words */                                         \
    X(supervisor_module)                                                  \
    X(supervisor_entry) /* where host functions are called, 0: nowhere */ \
    X(map_slots)        /* of state_map, a power of 2 */

enum class Parameter : std::uint32_t {
#define X(name) name,
    WARPSHREW_GPU_PARAMETERS(X)
#undef X
        count
};

/// Buffers of `input`.
enum class InputBuffer : std::uint32_t { tx_payloads, input_state, state_map };

/// Why the supervisor hands a lane back: HandBack::supervisor and this.
enum class GiveUp : std::uint32_t {
    deployment,   ///< a call that creates a contract
    precompile,   ///< a call to a precompiled contract
    no_contract,  ///< a call to what is no contract, or has no device code
    error_text,   ///< an error whose words have numbers in them, or are not ASCII
    odd_balance,  ///< a stored balance that is not 16 bytes
    settlement,   ///< an error after the contract ran
    violation     ///< a write that the lane is not permitted
};

/// A call in tx_payloads: words from LaneField::payload on.
namespace payload {
enum : std::uint32_t {
    position,  ///< of its reads
    flags,
    height_low,
    height_high,
    store_byte,  ///< fuel a byte of storage
    module,      ///< header of the contract's code
    context,     ///< word at which the serialized context begins (alkanes-vm.md 3.3)
    context_bytes,
    transaction,  ///< the same for the raw transaction and the raw block
    transaction_bytes,
    block,
    block_bytes,
    permissions,  ///< word at which they begin, 0: everything is permitted
    permission_count,
    words
};
inline constexpr std::uint32_t deducts = 1;   ///< flag: host functions take their fuel (3.4)
inline constexpr std::uint32_t contains = 2;  ///< flag: a failed call is contained (2.4.9)
}  // namespace payload

/// What a lane may touch of storage and balances: words in tx_payloads, ascending, of the key's place in input_state
/// and how it may be touched. Codes and the sequence number every lane may read.
namespace permission {
inline constexpr std::uint32_t reads = 1, writes = 2, place_shift = 2;
}

/// Keys on the device: a word of eight bytes that says what kind, an id of 32 bytes, and the rest. A storage key is
/// followed by the contract's key, a balance of the token `id` by its owner.
enum class KeyKind : std::uint32_t { storage, balance, code, sequence };
inline constexpr std::uint32_t key_front = 40;  ///< bytes before the rest

/// input_state: of a key its size in bytes and how many versions it has, the word at which they begin, a word of
/// nothing, and the key, zeros up to eight bytes. A version: from which position on it counts, the word at which the
/// value begins, its bytes, a word of nothing. The value of a code key is the header of the code, or empty: none that a
/// device can run. state_map: slots of two words, the upper half of the key's hash and the place of the key, 0 for
/// none. A key lies in the first free slot from the lower half of its hash on.
inline constexpr std::uint32_t key_words = 4, version_words = 4;

/// The hash of a key: over its words of eight bytes, the last filled up with zeros.
constexpr std::uint64_t key_hash(std::uint64_t hash, std::uint64_t word) {
    hash = (hash ^ word) * 0x9e3779b97f4a7c15;
    return hash ^ (hash >> 32);
}

/// output_state: records, one after the other. Bytes are filled up to words; ids and amounts are 4 or 8 words.
enum class Record : std::uint32_t {
    none,
    read,       ///< place of the key in input_state
    append,     ///< owner, token: to the owner's inventory
    enter,      ///< CallType, fuel used (2 words), size of the context, context
    leave,      ///< 1 success, fuel used (2 words), size of the response, response as contracts give it
    want,       ///< size of a key, key: what the lane waits for. The next record takes its place
    write,      ///< size of key, size of value, key, value; the last one of a key comes first
    overwrite,  ///< place of the key in input_state, size of value, value: the same for a key that is there
    end         ///< see `ending`
};

/// What follows Record::end.
namespace ending {
enum : std::uint32_t {
    succeeded,
    fuel_used,                          ///< 2 words
    fuel_required = fuel_used + 2,      ///< 2 words
    fuel_observed = fuel_required + 2,  ///< 1 or 0
    sequence_observed,
    sequence_required,  ///< 4 words
    frames = sequence_required + 4,
    bytes,  ///< of what follows: the response, or the error's text
    words
};
}

}  // namespace warpshrew::gpu
