#pragma once
// Batches of a block with one transaction, over a devnet whose built-in contracts all are one module.

#include "alkanes/keys.hpp"
#include "parallel/executor.hpp"
#include "store/memory_state.hpp"

namespace warpshrew::gpu::test {

struct BatchWorld {
    explicit BatchWorld(const Bytes& module) : network(network_of(module)) {
        below.map.emplace(alkanes::sequence_key, to_le(u128{6}));
    }
    [[nodiscard]] parallel::Batch batch(std::span<const parallel::Call> calls) {
        return {environment, codes, info, state, height, calls, {}};
    }

    static constexpr std::uint64_t height = 10;
    protorune::Network network;
    wasm::Engine engine = wasm::Engine::create().value();
    alkanes::Builtins builtins{network, {}};
    alkanes::Environment environment{network, builtins, engine};
    bitcoin::Block block = bitcoin::Block::decode(block_of_one()).value();
    alkanes::BlockInfo info{block, network, height, nullptr};
    alkanes::CodeCache codes{environment};
    store::MemoryState below;
    store::BlockState base{below};
    parallel::VersionedState state{base};

 private:
    static protorune::Network network_of(const Bytes& module) {
        protorune::Network out = protorune::find_network("devnet").value();
        for (auto& b : out.builtins) b.code = module;
        return out;
    }
    /// A header and one transaction.
    static Bytes block_of_one() {
        return Bytes(80, '\1') + '\1' + Bytes("\1\0\0\0\1", 5) + Bytes(36, '\0') + Bytes("\0\xff\xff\xff\xff\1", 6) +
               Bytes(8, '\0') + Bytes(5, '\0');
    }
};

}  // namespace warpshrew::gpu::test
