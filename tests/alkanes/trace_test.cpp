// Bytes of traces (alkanes-vm.md 7.2).

#include "alkanes/trace.hpp"

#include <gtest/gtest.h>

#include "alkanes/alkanes.pb.h"
#include "base/hex.hpp"

using namespace warpshrew;
using namespace warpshrew::alkanes;

TEST(Trace, ZerosAreLeftOutAndMessagesAreNot) {
    Trace t;
    t.enter(CallType::call, {}, 7);
    // event(14) { enter(12) { call_type 1, context(8) { inner(8)... } } }
    EXPECT_EQ(to_hex(t.encode(7)),
              "0a14"
              "0a12"
              "0801"
              "120e"
              "0a0c"
              "0a04"
              "0a00"
              "1200"
              "1204"
              "0a00"
              "1200");
    Trace e;
    e.exit(true, {}, 0);
    EXPECT_EQ(to_hex(e.encode(0)),
              "0a04"
              "1202"
              "1200");
    Trace c;
    c.create({2, u128{1} << 64});
    EXPECT_EQ(to_hex(c.encode(0)),
              "0a0c"
              "1a0a"
              "0a08"
              "0a02"
              "0802"
              "1202"
              "1001");
}

// Every field, against the generated code's serialization, which has them in the same order.
TEST(Trace, EqualsProtobuf) {
    namespace pb = warpshrew::pb::alkanes;
    const auto number = [](u128 n, pb::Uint128* out) {
        out->set_lo(static_cast<std::uint64_t>(n));
        out->set_hi(static_cast<std::uint64_t>(n >> 64));
    };
    const auto id = [&](const protorune::RuneId& i, pb::AlkaneId* out) {
        number(i.block, out->mutable_block());
        number(i.tx, out->mutable_tx());
    };
    const auto transfer = [&](const protorune::RuneTransfer& t, pb::AlkaneTransfer* out) {
        id(t.id, out->mutable_id());
        number(t.value, out->mutable_value());
    };
    const std::vector<u128> inputs{0, 1, 127, 128, u128_max, u128{1} << 64};
    const std::vector<protorune::RuneTransfer> tokens{{{2, 0}, 0}, {{u128_max, 5}, u128_max}};
    const Response response{
        tokens, {{"", ""}, {"", "v"}, {"k", ""}, {Bytes(200, 'k'), Bytes(20'000, 'v')}}, Bytes(300, 'd')};

    Trace trace;
    pb::AlkanesTrace expected;
    trace.create({4, 9});
    id({4, 9}, expected.add_events()->mutable_create_alkane()->mutable_new_alkane());
    trace.enter(CallType::staticcall, {{4, 9}, {2, 1}, inputs, 70'000, tokens}, 1);
    auto* enter = expected.add_events()->mutable_enter_context();
    enter->set_call_type(pb::STATICCALL);
    enter->mutable_context()->set_fuel(~std::uint64_t{0});
    auto* context = enter->mutable_context()->mutable_inner();
    id({4, 9}, context->mutable_myself());
    id({2, 1}, context->mutable_caller());
    for (const u128 x : inputs) number(x, context->add_inputs());
    context->set_vout(70'000);
    for (const auto& t : tokens) transfer(t, context->add_incoming_alkanes());
    trace.exit(false, response, 12'345);
    auto* exit = expected.add_events()->mutable_exit_context();
    exit->set_status(pb::FAILURE);
    exit->set_fuel_used(12'345);
    for (const auto& t : tokens) transfer(t, exit->mutable_response()->add_alkanes());
    for (const auto& [k, v] : response.storage) {
        auto* pair = exit->mutable_response()->add_storage();
        pair->set_key(k);
        pair->set_value(v);
    }
    exit->mutable_response()->set_data(response.data);
    EXPECT_EQ(to_hex(trace.encode(0)), to_hex(expected.SerializeAsString()));
}
