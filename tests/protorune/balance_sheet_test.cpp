#include "protorune/balance_sheet.hpp"

#include "base/hex.hpp"
#include "chain.hpp"

namespace warpshrew::protorune {

static BalanceSheet sheet_of(const Balances& balances) {
    BalanceSheet sheet;
    for (const auto& [id, value] : balances) sheet.set(id, value);
    return sheet;
}

static Balances entries(const BalanceSheet& sheet) { return {sheet.entries().begin(), sheet.entries().end()}; }

class Sheet : public ::testing::Test {
 protected:
    store::MemoryState below;
    store::BlockState state{below};

    std::map<Bytes, Bytes> writes() const {
        std::map<Bytes, Bytes> out;
        state.for_each_write([&](BytesView k, BytesView v) { out.emplace(k, v); });
        return out;
    }
};

TEST_F(Sheet, IncreaseAndDecreaseAreChecked) {
    BalanceSheet sheet = sheet_of({{a, u128_max - 1}});
    EXPECT_TRUE(sheet.increase(a, 1));
    const auto overflow = sheet.increase(a, 7);
    ASSERT_FALSE(overflow);
    EXPECT_EQ(overflow.error().reason,
              "overflow error during balance sheet increase, current(" + to_decimal(u128_max) + ") + additional(7)");
    EXPECT_EQ(sheet.get(a), u128_max);
    EXPECT_FALSE(sheet.decrease(b, 1));
    EXPECT_FALSE(sheet.entries().contains(b));
    EXPECT_TRUE(sheet.decrease(a, u128_max));
    EXPECT_EQ(entries(sheet), (Balances{{a, 0}}));
}

// 7.21: by number, not by bytes.
TEST_F(Sheet, Edge21Order) {
    const BalanceSheet sheet = sheet_of({{{256, 0}, 1}, {{1, 256}, 2}, {{1, 1}, 3}, {{u128{1} << 64, 0}, 4}});
    std::vector<u128> values;
    for (const auto& entry : sheet.entries()) values.push_back(entry.second);
    EXPECT_EQ(values, (std::vector<u128>{3, 2, 1, 4}));
}

TEST_F(Sheet, ReadsLazilyAndCachesZeros) {
    store::set_uint<u128>(state, "p/id_to_balance" + id32(a), 5);
    BalanceSheet sheet(state, "p");
    EXPECT_EQ(sheet.get(a), 5);
    EXPECT_TRUE(sheet.entries().empty());
    EXPECT_EQ(sheet.get_and_update(b), 0);
    EXPECT_TRUE(sheet.increase(a, 2));
    EXPECT_EQ(entries(sheet), (Balances{{a, 7}, {b, 0}}));
}

// 2.3: an id cached on either side is no longer looked up.
TEST_F(Sheet, MergeReadsStorageForUncachedIdsOnly) {
    store::set_uint<u128>(state, "p/id_to_balance" + id32(a), 5);
    store::set_uint<u128>(state, "p/id_to_balance" + id32(b), 6);
    const auto merged = BalanceSheet::merge(sheet_of({{a, 1}}), BalanceSheet(state, "p"));
    ASSERT_TRUE(merged);
    EXPECT_EQ(merged->get(a), 1);
    EXPECT_EQ(merged->get(b), 6);
    EXPECT_FALSE(BalanceSheet::merge(sheet_of({{a, 1}}), sheet_of({{a, u128_max}})));
}

TEST_F(Sheet, PipeIsAllOrNothingAndCopiesZeros) {
    BalanceSheet to = sheet_of({{b, u128_max}});
    EXPECT_FALSE(sheet_of({{a, 1}, {b, 1}}).pipe(to));
    EXPECT_EQ(entries(to), (Balances{{b, u128_max}}));
    EXPECT_TRUE(sheet_of({{a, 0}, {b, 0}}).pipe(to));
    EXPECT_EQ(entries(to), (Balances{{a, 0}, {b, u128_max}}));
}

// 2.3, 7.26: what was not etched at layer 1 can be taken beyond what is there.
TEST_F(Sheet, Edge26DebitMintable) {
    BalanceSheet sheet = sheet_of({{a, 5}});
    EXPECT_TRUE(sheet.debit_mintable(sheet_of({{a, 9}, {b, 3}}), state));
    EXPECT_EQ(entries(sheet), (Balances{{a, 0}, {b, 0}}));
    state.set("/etching/byruneid/" + id32(b), "NAME");
    EXPECT_TRUE(sheet.debit_mintable(sheet_of({{b, 0}}), state));
    const auto underflow = sheet.debit_mintable(sheet_of({{b, 1}}), state);
    ASSERT_FALSE(underflow);
    EXPECT_EQ(underflow.error().reason, "balance underflow during debit_mintable");
}

// The bytes at the end of protorune.md 8, and 7.20, 7.23.
TEST_F(Sheet, Edge20Edge23SaveAndClear) {
    const Bytes p = "/runes/proto/1/byoutpoint/" +
                    from_hex("3ef4557de07f69e6976ab0c6c52afa0294c546be1dedf39c1bba2d5f646ce02000000000").value();
    const Bytes e803 = "\xe8\x03" + Bytes(14, '\0'), one("\x01\0\0\0", 4), zero(16, '\0');
    sheet_of({{a, 1000}, {b, 0}}).save(state, p);
    std::map<Bytes, Bytes> expected{{p + "/runes/length", one},
                                    {p + "/runes/0", "\x02" + Bytes(31, '\0')},
                                    {p + "/balances/length", one},
                                    {p + "/balances/0", e803},
                                    {p + "/id_to_balance" + id32(a), e803}};
    EXPECT_EQ(writes(), expected);
    clear_balances(state, p);
    expected[p + "/balances/0"] = zero;
    expected[p + "/id_to_balance" + zero] = zero;
    EXPECT_EQ(writes(), expected);
}

TEST_F(Sheet, NothingToSaveOrClearWritesNothing) {
    sheet_of({{a, 0}}).save(state, "p");
    clear_balances(state, "p");
    EXPECT_EQ(state.write_count(), 0U);
}

// 7.22: saving appends, and of an id that is listed twice the last entry counts.
TEST_F(Sheet, Edge22LastEntryWins) {
    sheet_of({{a, 1}, {b, 2}}).save(state, "p");
    sheet_of({{a, 7}}).save(state, "p");
    EXPECT_EQ(entries(BalanceSheet::load(state, "p")), (Balances{{a, 7}, {b, 2}}));
    EXPECT_EQ(store::list_length(state, "p/runes"), 3U);
    EXPECT_EQ(store::list_get(state, "p/runes", 2), id32(a));
}

TEST_F(Sheet, ListsOfMoreThanTenItemsCountInDecimal) {
    Balances many;
    for (u128 i = 0; i < 12; ++i) many[{2, i}] = i + 1;
    sheet_of(many).save(state, "p");
    EXPECT_FALSE(state.get("p/balances/11").empty());
    EXPECT_EQ(entries(BalanceSheet::load(state, "p")), many);
}

}  // namespace warpshrew::protorune
