#include "random_calls.hpp"

#include "alkanes/gzip.hpp"
#include "base/hex.hpp"
#include "bitcoin/encode.hpp"
#include "contracts/embedded.hpp"
#include "protorune/encode.hpp"

namespace warpshrew::test {

using nlohmann::json;
using protorune::RuneId;

std::string id_text(u128 block, u128 tx) { return to_decimal(block) + ":" + to_decimal(tx); }

json call_line(const RuneId& target, const std::vector<u128>& inputs) {
    json line = {{"target", id_text(target.block, target.tx)}, {"inputs", json::array()}};
    for (const u128 n : inputs) line["inputs"].push_back(to_decimal(n));
    return line;
}

static json deployment(const RuneId& target, std::string_view contract, const std::vector<u128>& inputs) {
    bitcoin::NewTransaction tx;
    tx.inputs = {{Bytes(32, 'x'),
                  0,
                  {},
                  0,
                  protorune::script_path_witness(
                      protorune::contract_envelope(alkanes::gzip(contracts::embedded_contract(contract))))}};
    tx.outputs = {{546, "\x51"}};
    json line = call_line(target, inputs);
    line["transaction"] = to_hex(bitcoin::serialize(tx));
    return line;
}

json RandomCalls::next() {
    const RuneId token{2, 1 + below(8)}, exerciser{4, 2000}, burner{4, 1004};
    json line = kind(token, exerciser, burner);
    if (below(3) == 0) {
        line["tokens"] = json::array();
        for (std::size_t n = below(3); n > 0; n--)
            line["tokens"].push_back({{"id", id_text(2, 1 + below(8))}, {"value", to_decimal(below(1000))}});
    }
    if (below(4) == 0) line["vout"] = below(5);
    if (below(8) == 0) line["block"] = to_hex(bitcoin::serialize_block({}, {bitcoin::coinbase(9, {{1, "\x51"}})}));
    if (below(3) != 0) line["fuel"] = std::to_string(all_fuel);
    return line;
}

json RandomCalls::kind(const RuneId& token, const RuneId& exerciser, const RuneId& burner) {
    switch (below(14)) {
        case 0:
            return call_line(token, {77});
        case 1:
            return call_line(token, {99 + below(6)});
        case 2:
            return call_line(token, {12345});
        case 3:
            return call_line({2, 999 + below(5)}, {1});
        case 4:
            return call_line({below(40), below(4)}, {77, u128_max});
        case 5:
            return call_line({6, 1000}, {0, 1 + below(9), 2, 3, 4, 5, 6});
        case 6:
            return deployment({1, 0}, "free_mint", {0, 5, 5, 5, 5, 5, 5});
        case 7:
            return deployment({3, 5000 + below(3)}, below(2) == 0 ? "fuel_burner" : "auth_token", {0, 0});
        case 8:  // to the limit of nested calls, and beyond
            return call_line(exerciser, {25, below(30)});
        case 9:
            return call_line(exerciser, {20 + below(3), token.block, token.tx, 1, 77});
        case 10:  // the transaction, the block, the context, and what else there is
            return call_line(exerciser, {below(14), 5, 6, 2, 1});
        case 11: {
            const u128 failures[] = {50, 51, 52, 53, 56, 63, 64, 65, 66};
            return call_line(exerciser, {failures[below(std::size(failures))], 1, 2, 3});
        }
        case 12: {
            json line = call_line(burner, {1, 1000 + below(1000)});
            line["fuel"] = below(20'000);
            return line;
        }
        default:
            return call_line({2, 9 + below(6)}, {3, 0, 5});
    }
}

}  // namespace warpshrew::test
