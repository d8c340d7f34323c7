#include "gpu/contract_codes.hpp"

#include <algorithm>

#include "alkanes/gzip.hpp"
#include "alkanes/keys.hpp"

namespace warpshrew::gpu {

static constexpr std::size_t alias_size = 32;
static constexpr int most_hops = 16;  // more is left to the CPU

void ContractCodes::begin(const parallel::Batch& batch) {
    batch_ = &batch;
    found_.clear();
    // What is called now makes room for itself: who deploys much code must not keep others from the device. Now and
    // then only, or whose contracts have no room in a block has them all lowered again for each of its batches.
    batches_since_++;
    if (buffer_.is_full() && batches_since_ >= batches_between) {
        batches_since_ = 0;
        buffer_.forget();
        payloads_.clear();
        builtins_.clear();
    }
    last_position_ = 0;
    for (const parallel::Call& c : batch.calls) last_position_ = std::max(last_position_, c.position);
}

/// 0 if it cannot be had: an error there, nothing for a device, or no room.
std::uint32_t ContractCodes::place(BytesView module) {
    if (!batch_->environment.engine.compile(module)) return 0;
    const auto code = lower(module);
    if (!code || code->words[header::entry] == 0) return 0;
    return buffer_.add(*code);
}

ContractCodes::Code ContractCodes::look_up(const protorune::RuneId& id, std::uint32_t position) {
    Code out;
    protorune::RuneId at = id;
    const auto& builtins = batch_->environment.builtins;
    for (int i = 0; i < most_hops; i++) {
        if (builtins.contains(at)) {
            const Bytes& module = builtins.code(at, batch_->height);
            const auto [known, is_new] = builtins_.try_emplace(&module);
            if (is_new) known->second = place(module);
            out.header = known->second;
            return out;
        }
        const Bytes key = alkanes::code_key(at);
        out.hops.push_back(at);
        out.keys.push_back(key);
        Bytes value;
        if (batch_->state.written(position, key) || !batch_->state.read(position, key, value) || value.empty())
            return out;
        if (value.size() == alias_size) {
            at = protorune::parse_id32(value);
            continue;
        }
        const auto [known, is_new] = payloads_.try_emplace(sha256(value));
        if (is_new) {
            const auto module = alkanes::gunzip(value);
            known->second = module ? place(*module) : 0;
        }
        out.header = known->second;
        return out;
    }
    return out;
}

const ContractCodes::Code& ContractCodes::find(const protorune::RuneId& id, std::uint32_t position) {
    auto [at, is_new] = found_.try_emplace(id);
    if (is_new) {
        at->second = std::make_unique<Code>(look_up(id, position));
        at->second->stays = std::ranges::none_of(
            at->second->keys, [&](const Bytes& key) { return batch_->state.written(last_position_, key); });
    }
    return at->second->stays ? *at->second : known(id, position);
}

const ContractCodes::Code& ContractCodes::known(const protorune::RuneId& id, std::uint32_t position) const {
    const auto at = found_.find(id);
    if (at == found_.end()) return none_;
    if (at->second->stays) return *at->second;
    // A block that writes code writes it once: who comes before that may run what was there.
    for (const Bytes& key : at->second->keys)
        if (batch_->state.written(position, key)) return none_;
    return *at->second;
}

}  // namespace warpshrew::gpu
