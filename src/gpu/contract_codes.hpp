#pragma once
// Device code of contracts: found by id, lowered once per module, kept in one buffer.

#include <absl/container/flat_hash_map.h>

#include <memory>
#include <vector>

#include "base/sha256.hpp"
#include "gpu/code_buffer.hpp"
#include "parallel/executor.hpp"

namespace warpshrew::gpu {

class ContractCodes {
 public:
    explicit ContractCodes(CodeBuffer& buffer) : buffer_(buffer) {}

    struct Code {
        std::uint32_t header = 0;             ///< in the buffer; 0: none that a device can run
        std::vector<protorune::RuneId> hops;  ///< ids whose code was looked at, to get there
        std::vector<Bytes> keys;              ///< of these
        bool stays = false;                   ///< no message of the batch comes after one that writes any of it
    };

    static constexpr unsigned batches_between = 8;
    /// From now on codes are those of this batch. If there was no room for one, all others are forgotten, but not again
    /// within so many batches.
    void begin(const parallel::Batch& batch);
    /// The code of a contract, if no message of the block before `position` writes it. Valid until the next begin().
    [[nodiscard]] const Code& find(const protorune::RuneId& id, std::uint32_t position);
    /// The same of an id that was found before. Safe from several threads.
    [[nodiscard]] const Code& known(const protorune::RuneId& id, std::uint32_t position) const;

 private:
    [[nodiscard]] Code look_up(const protorune::RuneId& id, std::uint32_t position);
    [[nodiscard]] std::uint32_t place(BytesView module);

    CodeBuffer& buffer_;
    unsigned batches_since_ = batches_between;
    const parallel::Batch* batch_ = nullptr;
    std::uint32_t last_position_ = 0;
    absl::flat_hash_map<protorune::RuneId, std::unique_ptr<Code>> found_;
    Code none_;
    absl::flat_hash_map<Digest, std::uint32_t> payloads_;  ///< headers, by what is stored
    absl::flat_hash_map<const Bytes*, std::uint32_t> builtins_;
};

}  // namespace warpshrew::gpu
