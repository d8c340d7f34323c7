#include "alkanes/target.hpp"

#include "alkanes/envelope.hpp"
#include "alkanes/keys.hpp"
#include "store/list.hpp"

namespace warpshrew::alkanes {

using protorune::RuneId;

namespace {

/// Writes what every creation writes.
void record_creation(Execution& x, const RuneId& id, BytesView code) {
    x.state.set(code_key(id), code);
    x.state.set(creation_key(id), protorune::op36(view(x.transaction.txid), x.vout));
}

Result<Target> created(Execution& x, const RuneId& id, Result<Result<CompiledCode>> code) {
    if (!code) return tl::unexpected(code.error());
    x.trace.create(id);
    return Target{id, std::move(*code)};
}

Result<Target> existing(Execution& x, const RuneId& id) {
    auto code = x.codes.find(x.state, id, x.height);
    if (!code) return tl::unexpected(code.error());
    return Target{id, std::move(*code)};
}

Result<Target> create(Execution& x, u128 sequence) {
    const auto payload = witness_payload(x.transaction);
    if (!payload) return fail("used CREATE cellpack but no binary found in witness");
    const RuneId id{2, sequence};
    x.seen.sequence = true;
    record_creation(x, id, *payload);
    store::set_uint(x.state, sequence_key, sequence + 1);
    return created(x, id, x.codes.load(*payload));
}

Result<Target> create_reserved(Execution& x, u128 number) {
    const auto payload = witness_payload(x.transaction);
    if (!payload) return fail("used CREATERESERVED cellpack but no binary found in witness");
    const RuneId id{4, number};
    if (!x.state.get(code_key(id)).empty())
        return fail("used CREATERESERVED cellpack but " + to_decimal(number) + " already holds a binary");
    record_creation(x, id, *payload);
    return created(x, id, x.codes.load(*payload));
}

Result<Target> clone(Execution& x, const RuneId& factory, u128 sequence) {
    const RuneId id{2, sequence};
    x.seen.sequence = true;
    // The reference follows such an alias until its stack is full; here it is a contract without code
    // (docs/consensus.md).
    if (factory == id) return fail("unexpected end of file");
    store::set_uint(x.state, sequence_key, sequence + 1);
    record_creation(x, id, id32(factory));
    return created(x, id, x.codes.find(x.state, factory, x.height));
}

}  // namespace

Result<Target> resolve_target(Execution& x, const RuneId& target) {
    const auto sequence = store::get_uint<u128>(x.state, sequence_key);
    if (target.block == 2) {
        if (target.tx < sequence) {
            x.seen.sequence_required = std::max(x.seen.sequence_required, target.tx + 1);
            return existing(x, target);
        }
        x.seen.sequence = true;
    }
    if (target.block == 4 || target.block == 32) return existing(x, target);
    if (target == RuneId{1, 0}) return create(x, sequence);
    if (target.block == 3) return create_reserved(x, target.tx);
    if (target.block == 5) return clone(x, {2, target.tx}, sequence);
    if (target.block == 6) return clone(x, {4, target.tx}, sequence);
    return Target{target, x.codes.none()};
}

}  // namespace warpshrew::alkanes
