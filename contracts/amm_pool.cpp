// A constant-product pool of two tokens; its own token is a share of it.
//
//   0    initialize(token a, token b), with both tokens: the first liquidity
//   1    add liquidity, with both tokens: shares by the smaller side, and what is too much back
//   2    burn, with shares: both tokens
//   3    swap(least amount out), with one of the tokens: the other one, less 0.3 %
//   97   reserves    99 name    101 supply of shares    999 details: tokens, reserves, supply
#include <alkanes/contract.hpp>

namespace alkanes {

constexpr u128 minimum_liquidity = 1000;  // never given out, so that a share cannot be made dear
constexpr u128 fee_per_1000 = 3;

struct Pool {
    AlkaneId a;
    AlkaneId b;
    u128 reserve_a;  // before this call
    u128 reserve_b;
    u128 supply;
};

Pool load_pool() {
    Pool p{load_id("/a"), load_id("/b"), 0, 0, load_u128("/totalsupply")};
    p.reserve_a = balance(context.myself, p.a) - context.received(p.a);
    p.reserve_b = balance(context.myself, p.b) - context.received(p.b);
    return p;
}

/// Rounded down; Newton's steps from a power of two that is not below it.
u128 square_root(u128 n) {
    u128 x = 1;
    while (x < ~u64{0} && x * x < n) x *= 2;
    if (n < 2) return n;
    for (u128 y = (x + n / x) / 2; y < x; y = (x + n / x) / 2) x = y;
    return x;
}

Failure initialize() {
    if (const Failure f = only_once()) return f;
    const AlkaneId a = context.id_input(1);
    const AlkaneId b = context.id_input(3);
    if (a == b) return "a pool is of two tokens";
    store_id("/a", a);
    store_id("/b", b);
    u128 product = 0;
    if (!multiply(context.received(a), context.received(b), product)) return "amounts overflow";
    const u128 shares = square_root(product);
    if (shares <= minimum_liquidity) return "too little liquidity";
    store_u128("/totalsupply", shares);
    send(context.myself, shares - minimum_liquidity);
    return nullptr;
}

Failure add_liquidity() {
    const Pool p = load_pool();
    const u128 x = context.received(p.a);
    const u128 y = context.received(p.b);
    if (x == 0 || y == 0) return "both tokens are needed";
    u128 by_a = 0;
    u128 by_b = 0;
    if (!multiply(x, p.supply, by_a) || !multiply(y, p.supply, by_b)) return "amounts overflow";
    by_a /= p.reserve_a;
    by_b /= p.reserve_b;
    const u128 shares = by_a < by_b ? by_a : by_b;
    if (shares == 0) return "too little liquidity";
    const u128 used_a = (shares * p.reserve_a + p.supply - 1) / p.supply;
    const u128 used_b = (shares * p.reserve_b + p.supply - 1) / p.supply;
    if (used_a < x) send(p.a, x - used_a);
    if (used_b < y) send(p.b, y - used_b);
    return mint(shares);
}

Failure burn() {
    const Pool p = load_pool();
    const u128 shares = context.received(context.myself);
    if (shares == 0) return "no shares to burn";
    u128 x = 0;
    u128 y = 0;
    if (!multiply(shares, p.reserve_a, x) || !multiply(shares, p.reserve_b, y)) return "amounts overflow";
    store_u128("/totalsupply", p.supply - shares);
    send(p.a, x / p.supply);
    send(p.b, y / p.supply);
    return nullptr;
}

Failure swap() {
    const Pool p = load_pool();
    if (context.incoming_count != 1) return "swap takes one token";
    const AlkaneId in = context.incoming[0].id;
    if (!(in == p.a) && !(in == p.b)) return "the token is not of this pool";
    const bool from_a = in == p.a;
    u128 paid = 0;
    u128 numerator = 0;
    u128 denominator = 0;
    if (!multiply(context.incoming[0].value, 1000 - fee_per_1000, paid) ||
        !multiply(paid, from_a ? p.reserve_b : p.reserve_a, numerator) ||
        !multiply(from_a ? p.reserve_a : p.reserve_b, 1000, denominator) || !add(denominator, paid, denominator))
        return "amounts overflow";
    const u128 out = numerator / denominator;
    if (out == 0 || out < context.input(1)) return "too little comes out";
    send(from_a ? p.b : p.a, out);
    return nullptr;
}

void details() {
    const Pool p = load_pool();
    response->data.put(p.a).put(p.b).put(p.reserve_a).put(p.reserve_b).put(p.supply);
    return_incoming();
}

Failure execute() {
    switch (static_cast<u64>(context.input(0))) {
        case 0:
            return initialize();
        case 1:
            return add_liquidity();
        case 2:
            return burn();
        case 3:
            return swap();
        case 97: {
            const Pool p = load_pool();
            return_data(p.reserve_a);
            return_data(p.reserve_b);
            return nullptr;
        }
        case 99:
            return_data("Pool ");
            put_decimal(response->data, context.myself.tx);
            return nullptr;
        case 101:
            return_data(load_u128("/totalsupply"));
            return nullptr;
        case 999:
            details();
            return nullptr;
        default:
            return "unrecognized opcode";
    }
}

}  // namespace alkanes

ALKANES_META(
    R"({"contract":"amm_pool","methods":[)"
    R"({"name":"initialize","opcode":0,"params":[{"name":"a","type":"AlkaneId"},{"name":"b","type":"AlkaneId"}],"returns":"void"},)"
    R"({"name":"add_liquidity","opcode":1,"params":[],"returns":"void"},)"
    R"({"name":"burn","opcode":2,"params":[],"returns":"void"},)"
    R"({"name":"swap","opcode":3,"params":[{"name":"least_out","type":"u128"}],"returns":"void"},)"
    R"({"name":"get_reserves","opcode":97,"params":[],"returns":"Vec<u8>"},)"
    R"({"name":"get_name","opcode":99,"params":[],"returns":"String"},)"
    R"({"name":"get_total_supply","opcode":101,"params":[],"returns":"u128"},)"
    R"({"name":"get_details","opcode":999,"params":[],"returns":"Vec<u8>"}]})")
