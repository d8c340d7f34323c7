#include "alkanes/indexer.hpp"

#include <exception>

#include "alkanes/genesis.hpp"
#include "alkanes/message.hpp"
#include "alkanes/prefetch.hpp"
#include "alkanes/unwrap.hpp"
#include "protorune/context.hpp"

namespace warpshrew::alkanes {

struct Indexer::Parts {
    explicit Parts(const Environment& e) : environment(e) {}
    Environment environment;
    CodeCache codes{environment};
    Prefetcher prefetcher{environment.engine};
};

Indexer::Indexer(const protorune::Network& network, const Builtins& builtins, wasm::Engine& engine)
    : parts_(std::make_unique<Parts>(Environment{network, builtins, engine})) {}

Indexer::~Indexer() = default;

void Indexer::prepare(std::uint64_t height) {
    auto& [environment, codes, prefetcher] = *parts_;
    if (!environment.network.active(height) || !environment.builtins.missing().empty()) return;
    for (const auto& contract : environment.network.builtins) {
        (void)codes.marker(contract.id);
        // An error is the set-up's to tell.
        (void)environment.engine.compile(environment.builtins.code(contract.id, height));
    }
}

void Indexer::prefetch(const bitcoin::Block& block) { parts_->prefetcher.prefetch(block, parts_->environment.network); }

void Indexer::forget() { parts_->codes.forget(); }

static protorune::BlockContext context_of(const BlockWork& block, protorune::MessageHandler& messages) {
    return {block.state, block.height, block.info.block(), block.stones, block.environment.network, messages};
}

void run_in_order(const BlockWork& block, protorune::MessageHandler& messages) {
    const auto context = context_of(block, messages);
    const auto count = static_cast<std::uint32_t>(block.stones.size());
    for (std::uint32_t i = 0; i < count; i++) protorune::index_transaction(context, i);
}

/// The steps of alkanes-vm.md 8. Nothing if `runner` gave up.
static std::optional<Result<BlockStats>> index_on_this_thread(const Environment& environment, CodeCache& codes,
                                                              store::BlockState& state, std::uint64_t height,
                                                              const bitcoin::Block& block, TransactionRunner* runner) {
    const auto& network = environment.network;
    const bool active = network.active(height);
    const auto stones = protorune::decode_stones(block, network);
    const BlockInfo info(block, network, height, &stones);
    std::uint64_t frames = 0;
    if (active)
        if (auto r = ensure_genesis(environment, codes, state, info, frames); !r)
            return Result<BlockStats>(tl::unexpected(r.error()));
    BlockMessages messages(environment, codes, info, FuelTank(network, height, block, stones), frames);
    const BlockWork work{environment, codes, info, stones, height, state};
    protorune::begin_block(context_of(work, messages));
    if (runner == nullptr) {
        run_in_order(work, messages);
    } else if (!runner->run(work, messages)) {
        return std::nullopt;
    }
    if (active) update_payments(state, network, height);
    state.set("/blockdata/" + to_le(static_cast<std::uint32_t>(height)), block.raw());
    const auto& counts = messages.counts();
    return BlockStats{block.transactions().size(), counts.messages, counts.calls, counts.fuel};
}

Result<BlockStats> Indexer::index(store::BlockState& state, std::uint64_t height, const bitcoin::Block& block,
                                  TransactionRunner* runner) {
    auto& [environment, codes, prefetcher] = *parts_;
    if (environment.network.active(height) && !environment.builtins.missing().empty())
        return fail(missing_builtins_text(environment.builtins, environment.network));
    Result<BlockStats> result = fail("not indexed");
    try {
        environment.engine.run_deep([&, &env = environment, &cache = codes] {
            auto indexed = index_on_this_thread(env, cache, state, height, block, runner);
            if (!indexed) {
                state.clear();
                indexed = index_on_this_thread(env, cache, state, height, block, nullptr);
            }
            result = std::move(*indexed);
        });
    } catch (const std::exception& e) {
        result = fail(e.what());
    }
    codes.end_block();
    return result;
}

}  // namespace warpshrew::alkanes
