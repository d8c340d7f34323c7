// Runes of layer 1: names, etching, minting, edicts of runestones (protorune.md 2.5 to 2.8).

#include "protorune/etching.hpp"

#include "chain.hpp"

namespace warpshrew::protorune {

static u128 number_of(std::string_view name) {
    u128 n = 0;
    for (const char c : name) n = n * 26 + static_cast<u128>(c - 'A' + 1);
    return n - 1;
}

/// A transaction that spends an outpoint from before the first block, with a witness that commits to the rune.
static bitcoin::NewTransaction committed(std::optional<u128> rune, const std::vector<Bytes>& scripts,
                                         std::uint32_t salt = 0) {
    auto tx = transaction({foreign_outpoint(salt)}, scripts);
    if (!rune) return tx;
    Bytes commitment = to_le(*rune);
    commitment.resize(commitment.find_last_not_of('\0') + 1);
    Bytes script;
    bitcoin::append_push(script, commitment);
    tx.inputs[0].witness = {script, Bytes(33, '\xc0')};
    return tx;
}

static Runestone etching_of(std::optional<u128> rune, std::optional<u128> premine = {}) {
    Runestone stone;
    Etching& e = stone.etching.emplace();
    e.rune = rune;
    e.premine = premine;
    return stone;
}

/// Whether a rune of that name is etched by a block at `height`.
static bool may_be_etched(std::string_view name, std::uint64_t height) {
    Chain chain("regtest", height);
    const u128 rune = number_of(name);
    chain.add_block({committed(rune, {encode_runestone(etching_of(rune)), pay_to(1)})});
    return chain.get("/runeid/byetching/" + Bytes(name)) == id32({height, 1});
}

// Vectors V8 to V8d of protorune.md 8.

TEST(RuneNames, V8) {
    EXPECT_EQ(rune_name(reserved_name + (u128{840001} << 32)), "AAAAAAAAAAAAAAAAZOMKALPTKDC");
    EXPECT_EQ(to_decimal(reserved_name), "6402364363415443603228541259936211926");
    Chain chain("mainnet", 840001);
    chain.add_block({transaction({foreign_outpoint(0)}, {encode_runestone(etching_of({})), pay_to(1)})});
    const Bytes name = chain.get("/etching/byruneid/" + id32({840001, 1}));
    EXPECT_EQ(name, rune_name(reserved_name + (u128{840001} << 32 | 1)));
    EXPECT_EQ(chain.get("/runes/symbol/" + name), to_le(std::uint32_t{0xa4}));
    EXPECT_EQ(chain.list("/runes/names" + name), std::vector<Bytes>{name});
    EXPECT_EQ(chain.list("/runes/byheight/" + to_le(std::uint64_t{840001})), std::vector<Bytes>{name});
}

TEST(RuneNames, V8b) {
    EXPECT_TRUE(may_be_etched("AAAAAAAAAAAAA", 840000));
    EXPECT_FALSE(may_be_etched("AAZZZZZZZZZZ", 840000));
    EXPECT_TRUE(may_be_etched("AAAAAAAAAAAA", 857500));
    EXPECT_FALSE(may_be_etched(std::string(27, 'A'), 840001));
}

TEST(RuneNames, V8bOnlyTheFirstEtchingOfANameCounts) {
    Chain chain("regtest", 840000);
    const u128 rune = number_of("AAAAAAAAAAAAA");
    const Bytes stone = encode_runestone(etching_of(rune, 1000));
    const auto first = committed(rune, {stone, pay_to(1)}, 1), second = committed(rune, {stone, pay_to(2)}, 2);
    chain.add_block({first, second});
    EXPECT_EQ(chain.balances(outpoint(first, 1), rune_table), (Balances{{{840000, 1}, 1000}}));
    EXPECT_EQ(chain.balances(outpoint(second, 1), rune_table), Balances{});
}

TEST(RuneNames, V8c) {
    const auto minimum = [](std::uint64_t height) { return rune_name(minimum_name_at_height(height)); };
    for (const std::uint64_t h : {0, 420000, 839999}) EXPECT_EQ(minimum(h), "AAAAAAAAAAAAA") << h;
    EXPECT_EQ(minimum(840000), "ZZYZXBRKWXVA");
    EXPECT_EQ(minimum(840001), "ZZXZUDIVTVQA");
    EXPECT_EQ(minimum(857499), "AAAAAAAAAAAA");
    EXPECT_EQ(minimum(857500), "ZZYZXBRKWXV");
    EXPECT_EQ(minimum(857501), "ZZXZUDIVTVQ");
    for (const std::uint64_t h : {1049999, 1050000, 5000000}) EXPECT_EQ(minimum(h), "A") << h;
}

TEST(RuneNames, V8dNames) {
    EXPECT_EQ(rune_name(0), "A");
    EXPECT_EQ(rune_name(25), "Z");
    EXPECT_EQ(rune_name(26), "AA");
    EXPECT_EQ(rune_name(51), "AZ");
    EXPECT_EQ(rune_name(52), "BA");
    EXPECT_EQ(rune_name(u128_max), "BCGDENLQRQWDSLRUGSNLBTMFIJAV");
}

// V8d, 2.6.2: the commitment is the number without trailing zero bytes; it must be a push of a tapscript.
TEST(Commitments, V8dForms) {
    const auto etched_with = [](u128 rune, const std::vector<Bytes>& witness) {
        Chain chain("regtest", 1100000);  // every name is allowed
        auto tx = transaction({foreign_outpoint(0)}, {encode_runestone(etching_of(rune)), pay_to(1)});
        tx.inputs[0].witness = witness;
        chain.add_block({tx});
        return chain.has("/etching/byruneid/" + id32({1100000, 1}));
    };
    const Bytes control(33, '\xc0');
    EXPECT_TRUE(etched_with(0, {Bytes(1, '\0'), control})) << "0: an empty push";
    EXPECT_TRUE(etched_with(256, {Bytes("\x02\x00\x01", 3), control}));
    EXPECT_TRUE(etched_with(65536, {Bytes("\x03\x00\x00\x01", 4), control}));
    EXPECT_FALSE(etched_with(256, {Bytes("\x03\x00\x01\x00", 4), control}));
    EXPECT_TRUE(etched_with(256, {Bytes("\x51\x02\x00\x01", 4), control, "\x50"})) << "with an annex";
    EXPECT_FALSE(etched_with(256, {Bytes("\x02\x00\x01", 3)})) << "one element: no tapscript";
    EXPECT_FALSE(etched_with(256, {}));
    EXPECT_FALSE(etched_with(256, {Bytes("\x05\x02\x00\x01", 4), control})) << "behind an error";
    EXPECT_TRUE(etched_with(256, {Bytes("\x02\x00\x01\x05", 4), control})) << "before an error";
}

TEST(Commitments, MustBeSixBlocksOld) {
    for (const int age : {4, 5}) {
        Chain chain("regtest", 100);
        const auto parent = transaction({foreign_outpoint(9)}, {pay_to(1)});
        chain.add_block({parent});
        for (int i = 1; i < age; ++i) chain.add_block({});
        const u128 rune = number_of("AAAAAAAAAAAAAB");
        auto tx = committed(rune, {encode_runestone(etching_of(rune)), pay_to(1)});
        tx.inputs[0].txid = Bytes(view(bitcoin::txid(parent)));
        tx.inputs[0].vout = 0;
        chain.add_block({tx});
        EXPECT_EQ(chain.has("/runeid/byetching/AAAAAAAAAAAAAB"), age == 5);
    }
}

// 7.42: the tables of runes are always written.
TEST(Etching, AllTables) {
    Chain chain("regtest", 100);
    Runestone stone = etching_of({}, 7);
    Etching& e = *stone.etching;
    e.divisibility = 3;
    e.spacers = 5;
    e.symbol = U'x';
    e.turbo = true;
    e.terms = Terms{10, 20, 30, 40, 50, 60};
    chain.add_block({transaction({foreign_outpoint(0)}, {encode_runestone(stone), pay_to(1)})});
    const RuneId id{100, 1};
    const Bytes name = chain.get("/etching/byruneid/" + id32(id));
    EXPECT_EQ(chain.get("/runeid/byetching/" + name), id32(id));
    EXPECT_EQ(chain.get("/height/byruneid/" + id32(id)), to_le(std::uint64_t{100}));
    EXPECT_EQ(chain.get("/runes/divisibility/" + name), "\x03");
    EXPECT_EQ(chain.get("/runes/premine/" + name), to_le(u128{7}));
    EXPECT_EQ(chain.get("/runes/amount/" + name), to_le(u128{10}));
    EXPECT_EQ(chain.get("/runes/cap/" + name), to_le(u128{20}));
    EXPECT_EQ(chain.get("/runes/mints-remaining/" + name), to_le(u128{20}));
    EXPECT_EQ(chain.get("/runes/height/start/" + name), to_le(std::uint64_t{30}));
    EXPECT_EQ(chain.get("/runes/height/end/" + name), to_le(std::uint64_t{40}));
    EXPECT_EQ(chain.get("/runes/offset/start/" + name), to_le(std::uint64_t{50}));
    EXPECT_EQ(chain.get("/runes/offset/end/" + name), to_le(std::uint64_t{60}));
    EXPECT_EQ(chain.get("/runes/symbol/" + name), to_le(std::uint32_t{'x'}));
    EXPECT_EQ(chain.get("/runes/spaces/" + name), to_le(std::uint32_t{5}));
}

/// Etches a rune with 1000 units at height 0 to outpoint `at`.
struct Etched {
    Chain chain;
    Bytes at;
    RuneId id;

    explicit Etched(u128 premine = 1000) {
        const auto tx = transaction({foreign_outpoint(0)}, {encode_runestone(etching_of({}, premine)), pay_to(9)});
        chain.add_block({tx});
        at = outpoint(tx, 1);
        id = {0, 1};
    }
};

// 7.16, V11. Ids of block 0 cannot be named by edicts, so the rune is etched in block 1. Outputs: addr2, addr1,
// OP_RETURN.
TEST(RuneEdicts, V11) {
    struct Case {
        std::optional<Edict> edict;
        std::optional<std::uint32_t> pointer;
        u128 addr1, addr2;
    };
    const RuneId id{1, 1};
    const std::vector<Case> cases{
        {Edict{id, 200, 0}, 1, 800, 200}, {Edict{id, 1200, 0}, 1, 0, 1000}, {Edict{id, 200, 4}, 1, 0, 0},
        {Edict{id, 200, 2}, 1, 800, 0},   {Edict{id, 0, 0}, 1, 0, 1000},    {Edict{id, 300, 3}, 1, 700, 300},
        {Edict{id, 0, 3}, 1, 500, 500},   {std::nullopt, 1, 1000, 0},       {std::nullopt, std::nullopt, 0, 1000},
        {std::nullopt, 2, 0, 0},          {std::nullopt, 3, 0, 0}};
    for (std::size_t i = 0; i < cases.size(); ++i) {
        Chain chain("regtest", 1);
        const auto etch = transaction({foreign_outpoint(0)}, {encode_runestone(etching_of({}, 1000)), pay_to(9)});
        chain.add_block({etch});
        Runestone stone;
        stone.pointer = cases[i].pointer;
        if (cases[i].edict) stone.edicts = {*cases[i].edict};
        const auto tx = transaction({outpoint(etch, 1)}, {pay_to(2), pay_to(1), encode_runestone(stone)});
        chain.add_block({tx});
        EXPECT_EQ(chain.balance(outpoint(tx, 1), id, rune_table), cases[i].addr1) << i;
        EXPECT_EQ(chain.balance(outpoint(tx, 0), id, rune_table), cases[i].addr2) << i;
        EXPECT_EQ(chain.balances(outpoint(tx, 2), rune_table), Balances{}) << "7.16, case " << i;
        EXPECT_EQ(chain.balances(outpoint(etch, 1), rune_table), Balances{}) << "2.4.4, case " << i;
    }
}

TEST(RuneEdicts, V15) {
    Chain chain("regtest", 840001);
    Runestone stone = etching_of({}, 1000);
    stone.edicts = {{{0, 0}, 500, 0}};
    stone.pointer = 0;
    const auto tx = transaction({foreign_outpoint(0)}, {pay_to(1), encode_runestone(stone)});
    chain.add_block({tx});
    EXPECT_EQ(chain.balances(outpoint(tx, 0), rune_table), (Balances{{{840001, 1}, 1000}}));
}

// 2.8.1: the etched id is 0:1 there, of which an edict voids.
TEST(RuneEdicts, IdZeroInBlock0Voids) {
    Chain chain;
    Runestone stone = etching_of({}, 1000);
    stone.edicts = {{{0, 0}, 500, 0}};
    chain.add_block({transaction({foreign_outpoint(0)}, {pay_to(1), encode_runestone(stone)})});
    EXPECT_FALSE(chain.has("/etching/byruneid/" + id32({0, 1})));
}

TEST(RuneEdicts, IdZeroWithoutAnEtchingIsDropped) {
    Etched e;
    Runestone stone;
    stone.edicts = {{{0, 0}, 500, 1}};
    const auto tx = transaction({e.at}, {pay_to(1), pay_to(2), encode_runestone(stone)});
    e.chain.add_block({tx});
    EXPECT_EQ(e.chain.balances(outpoint(tx, 0), rune_table), (Balances{{e.id, 1000}}));
}

TEST(RuneEdicts, NoRunestoneClearsTheInputs) {
    Etched e;
    e.chain.add_block({transaction({e.at}, {pay_to(1)})});
    EXPECT_EQ(e.chain.balances(e.at, rune_table), Balances{});
}

/// Blocks from 840000 on: an etching with these terms, then one block for each mint; what each mint gave.
static std::vector<u128> mints(const Terms& terms, const std::vector<std::uint64_t>& heights) {
    Chain chain("regtest", 840000);
    Runestone etch = etching_of({});
    etch.etching->terms = terms;
    chain.add_block({transaction({foreign_outpoint(0)}, {encode_runestone(etch), pay_to(1)})});
    std::vector<u128> out;
    for (const std::uint64_t height : heights) {
        chain.height = height;
        Runestone mint;
        mint.mint = RuneId{840000, 1};
        const auto input = foreign_outpoint(static_cast<std::uint32_t>(1 + out.size()));
        const auto tx = transaction({input}, {encode_runestone(mint), pay_to(1)});
        chain.add_block({tx});
        out.push_back(chain.balance(outpoint(tx, 1), {840000, 1}, rune_table));
    }
    return out;
}

TEST(RuneMints, V16) {
    using Given = std::vector<u128>;
    EXPECT_EQ(mints({100, 9, 840002, {}, 5, {}}, {840003, 840004, 840005}), (Given{0, 0, 100})) << "later start";
    EXPECT_EQ(mints({100, 9, {}, 840010, {}, 3}, {840002, 840003}), (Given{100, 0})) << "earlier end";
    EXPECT_EQ(mints({100, {}, {}, {}, {}, {}}, {840001}), Given{0}) << "no cap";
    EXPECT_EQ(mints({100, 2, {}, {}, {}, {}}, {840001, 840001, 840002}), (Given{100, 100, 0}));
    EXPECT_EQ(mints({100, 9, 840002, 840003, {}, {}}, {840001, 840002, 840003}), (Given{0, 100, 0}));
    EXPECT_EQ(mints({100, 9, 0, 0, 0, 0}, {840001}), Given{100}) << "a stored 0 is no bound";
    EXPECT_EQ(mints({{}, 9, {}, {}, {}, {}}, {840001}), Given{0}) << "no amount";
}

TEST(RuneMints, BoundsWrap) {
    using Given = std::vector<u128>;
    EXPECT_EQ(mints({100, 9, {}, {}, UINT64_MAX, {}}, {840001}), Given{100});
    EXPECT_EQ(mints({100, 9, {}, {}, {}, UINT64_MAX - 840000 + 1}, {840001}), Given{0}) << "an end of 0";
}

TEST(RuneMints, UnknownRune) {
    Chain chain;
    Runestone mint;
    mint.mint = RuneId{5, 5};
    const auto tx = transaction({foreign_outpoint(1)}, {encode_runestone(mint), pay_to(1)});
    chain.add_block({tx});
    EXPECT_FALSE(chain.has("/runes/mints-remaining/"));
    EXPECT_EQ(chain.balances(outpoint(tx, 1), rune_table), Balances{});
}

// 7.37: minting and the clearing of rune inputs survive a void transaction; an etching and rune moves do not.
TEST(RuneMints, Edge37SurvivesVoid) {
    Chain chain("regtest", 840000);
    Runestone etch = etching_of({}, 1000);
    etch.etching->terms = Terms{100, 5, {}, {}, {}, {}};
    const auto parent = transaction({foreign_outpoint(0)}, {encode_runestone(etch), pay_to(1)});
    chain.add_block({parent});
    const Bytes name = chain.get("/etching/byruneid/" + id32({840000, 1}));

    Runestone stone = etching_of({}, 1);
    stone.mint = RuneId{840000, 1};
    stone.protocol = std::vector<u128>{(u128{1} << 120) - 1};  // never ends: void
    const auto tx = transaction({outpoint(parent, 1)}, {encode_runestone(stone), pay_to(1)});
    chain.add_block({tx});
    EXPECT_EQ(chain.get("/runes/mints-remaining/" + name), to_le(u128{4}));
    EXPECT_EQ(chain.balances(outpoint(parent, 1), rune_table), Balances{});
    EXPECT_EQ(chain.balances(outpoint(tx, 1), rune_table), Balances{});
    EXPECT_FALSE(chain.has("/etching/byruneid/" + id32({840001, 1})));
}

// 2.16.2
TEST(RuneMints, OverflowVoids) {
    Chain chain("regtest", 840000);
    Runestone etch = etching_of({}, u128_max - 99);
    etch.etching->terms = Terms{50, 1, {}, {}, {}, {}};
    const auto parent = transaction({foreign_outpoint(0)}, {encode_runestone(etch), pay_to(1)});
    chain.add_block({parent});
    chain.give(foreign_outpoint(5), {{{840000, 1}, 60}}, rune_table);
    Runestone stone;
    stone.mint = RuneId{840000, 1};
    const auto tx = transaction({outpoint(parent, 1), foreign_outpoint(5)}, {encode_runestone(stone), pay_to(1)});
    chain.add_block({tx});
    EXPECT_EQ(chain.balances(outpoint(tx, 1), rune_table), Balances{});
    const Bytes name = chain.get("/etching/byruneid/" + id32({840000, 1}));
    EXPECT_EQ(chain.get("/runes/mints-remaining/" + name), to_le(u128{0}));
}

TEST(Cenotaphs, V17) {
    const u128 rune = number_of("AAAAAAAAAAAAAC");
    Chain chain("regtest", 840000);
    Runestone etch = etching_of({}, 1000);
    etch.etching->terms = Terms{100, 5, {}, {}, {}, {}};
    const auto parent = transaction({foreign_outpoint(0)}, {encode_runestone(etch), pay_to(1)});
    chain.add_block({parent});

    Runestone stone = etching_of(rune, 77);
    stone.mint = RuneId{840000, 1};
    stone.edicts = {{{840000, 1}, 1, 5}};
    auto tx = committed(rune, {encode_runestone(stone), pay_to(1)});
    tx.inputs.push_back(transaction({outpoint(parent, 1)}, {}).inputs[0]);
    chain.add_block({tx});
    EXPECT_EQ(chain.get("/runeid/byetching/AAAAAAAAAAAAAC"), id32({840001, 1}));
    EXPECT_FALSE(chain.has("/runes/premine/AAAAAAAAAAAAAC"));
    EXPECT_EQ(chain.balances(outpoint(tx, 1), rune_table), Balances{});
    EXPECT_EQ(chain.balances(outpoint(parent, 1), rune_table), Balances{});
    const Bytes name = chain.get("/etching/byruneid/" + id32({840000, 1}));
    EXPECT_EQ(chain.get("/runes/mints-remaining/" + name), to_le(u128{5}));
}

TEST(Cenotaphs, AnEtchingWithoutANameEtchesNothing) {
    Chain chain;
    Runestone stone = etching_of({});
    stone.edicts = {{{1, 1}, 1, 5}};
    chain.add_block({transaction({foreign_outpoint(0)}, {encode_runestone(stone), pay_to(1)})});
    EXPECT_FALSE(chain.has("/etching/byruneid/" + id32({0, 1})));
}

}  // namespace warpshrew::protorune
