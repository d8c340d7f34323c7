// What lanes say, as effects: nothing that they say is trusted.
#include <gtest/gtest.h>

#include <random>

#include "batch_world.hpp"
#include "gpu/call_records.hpp"
#include "support/random_cases.hpp"
#include "support/wat.hpp"

namespace warpshrew::gpu {
namespace {

using alkanes::ExecutionStatus;
using protorune::RuneId;
using Words = std::vector<std::uint32_t>;

class CallRecords : public testing::Test {
 protected:
    static constexpr RuneId contract{2, 0};

    CallRecords() {
        world_.engine.run_deep([&] {
            codes_.begin(batch_);
            call_.code = &codes_.find(contract, 1);
        });
        call_.call = batch_.call(0);
        call_.position = 1;
        call_.target = contract;
        stored_ = add(KeyKind::storage, "counter");
        balance_ = add(KeyKind::balance, Bytes(32, '\5'));
        code_ = add(KeyKind::code, "");
        decoder_.begin(table_, arena_);
    }
    std::uint32_t add(KeyKind kind, const Bytes& rest) {
        const Bytes key = device_key(kind, contract, rest);
        const BytesView keys[] = {key};
        table_.add(keys, arena_);
        table_.read(table_.size() - 1, arena_);
        table_.put_values();
        return table_.place(key);
    }
    static Words of(Record r, std::initializer_list<std::uint32_t> rest) {
        Words out{static_cast<std::uint32_t>(r)};
        out.insert(out.end(), rest);
        return out;
    }
    /// Succeeded, with a response of nothing: no transfers, no storage, no data.
    static Words end() {
        Words out(1 + ending::words + 5);
        out[0] = static_cast<std::uint32_t>(Record::end);
        out[1 + ending::succeeded] = 1;
        out[1 + ending::bytes] = 20;
        return out;
    }
    static Words together(std::initializer_list<Words> parts) {
        Words out;
        for (const Words& p : parts) out.insert(out.end(), p.begin(), p.end());
        return out;
    }
    [[nodiscard]] alkanes::ExecutedMessage decode(const Words& words) { return decoder_.decode(call_, words); }

    test::BatchWorld world_{warpshrew::test::wat(
        R"((module (memory (export "memory") 1) (func (export "__execute") (result i32) (i32.const 0))))")};
    const Bytes calldata_ = Bytes("\2\0", 2);
    const std::vector<parallel::Call> calls_{{.vout = 3, .position = 1, .calldata = calldata_, .fuel = 3'500'000}};
    const parallel::Batch batch_ = world_.batch(calls_);
    CodeBuffer buffer_;
    ContractCodes codes_{buffer_};
    const std::vector<std::uint32_t> positions_{1};
    StateTable table_{batch_, codes_, positions_, ~std::uint64_t{0}};
    store::Arena arena_;
    RecordDecoder decoder_{codes_};
    PreparedCall call_;
    std::uint32_t stored_ = 0, balance_ = 0, code_ = 0;
};

TEST_F(CallRecords, TheFirstWriteOfAKeyCounts) {
    const auto got =
        decode(together({of(Record::read, {stored_}), of(Record::overwrite, {stored_, 4, 7}),
                         of(Record::overwrite, {balance_, 0}), of(Record::overwrite, {stored_, 4, 8}), end()}));
    ASSERT_EQ(got.status, ExecutionStatus::succeeded);
    ASSERT_EQ(got.writes.size(), 2U);
    EXPECT_EQ(got.writes[0].key, alkanes::storage_key(contract, "counter"));
    EXPECT_EQ(got.writes[0].value, to_le(std::uint32_t{7}));
    EXPECT_EQ(got.writes[1].key, alkanes::balance_key(contract, protorune::parse_id32(Bytes(32, '\5'))));
    EXPECT_EQ(got.writes[1].value, "");
    EXPECT_EQ(got.checksum, alkanes::checksum_of(got));
    // The next message of the same decoder has written nothing yet.
    EXPECT_EQ(decode(together({of(Record::overwrite, {stored_, 4, 9}), end()})).writes.size(), 1U);
}

TEST_F(CallRecords, KeysThatAreNotThereAreNoRecords) {
    for (const std::uint32_t place : {0U, 1U, stored_ + 1, stored_ + 2, code_, ~0U, 0x80000000U})
        EXPECT_EQ(decode(together({of(Record::overwrite, {place, 0}), end()})).status, ExecutionStatus::none) << place;
    for (const std::uint32_t place : {0U, stored_ + 1, ~0U})
        EXPECT_EQ(decode(together({of(Record::read, {place}), end()})).status, ExecutionStatus::none) << place;
    EXPECT_EQ(decode(of(Record::overwrite, {stored_, ~0U})).status, ExecutionStatus::none);
    EXPECT_EQ(decode(together({of(Record::overwrite, {stored_, 4, 7})})).status, ExecutionStatus::none);
    EXPECT_EQ(decode({}).status, ExecutionStatus::none);
    EXPECT_EQ(decode(together({end()})).status, ExecutionStatus::succeeded);
}

// Under the sanitizers: whatever the words are, nothing is read out of bounds, and what is an effect is sealed.
TEST_F(CallRecords, AnyWords) {
    std::mt19937_64 random(1);
    const Words sound = together({of(Record::read, {stored_}), of(Record::overwrite, {stored_, 4, 7}),
                                  of(Record::write, {44, 4, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0x64636261, 9}),
                                  of(Record::append, {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8}), end()});
    std::uint64_t effects = 0;
    for (std::uint64_t i = 0; i < warpshrew::test::scaled(20'000); i++) {
        Words words = sound;
        if (i != 0)
            for (auto n = random() % 4; n > 0; n--) {
                auto& w = words[random() % words.size()];
                w = random() % 2 == 0 ? static_cast<std::uint32_t>(random()) : w ^ 1U << random() % 32;
            }
        if (random() % 4 == 0 && i != 0) words.resize(random() % words.size());
        const auto got = decode(words);
        if (got.status == ExecutionStatus::none) continue;
        effects++;
        ASSERT_EQ(got.checksum, alkanes::checksum_of(got)) << i;
    }
    EXPECT_GT(effects, 0U);
}

}  // namespace
}  // namespace warpshrew::gpu
