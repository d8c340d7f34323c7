#include "protorune/input_sheets.hpp"

#include <utility>

#include "protorune/key.hpp"

namespace warpshrew::protorune {

Result<BalanceSheet> load_inputs(store::KeyValue& state, BytesView table, const bitcoin::Transaction& tx) {
    BalanceSheet sum;
    KeyBuffer key;
    for (const auto& input : tx.inputs) {
        const BalanceSheet sheet = BalanceSheet::load(state, key(table, input.previous_output));
        if (auto done = sheet.pipe(sum); !done) return tl::unexpected(std::move(done.error()));
    }
    return sum;
}

void clear_inputs(store::KeyValue& state, BytesView table, const bitcoin::Transaction& tx) {
    KeyBuffer key;
    for (const auto& input : tx.inputs) clear_balances(state, key(table, input.previous_output));
}

}  // namespace warpshrew::protorune
