// Lines of a bulk simulation: what is a call reads the same from its canonical line; what is none gives an answer that
// is one line of JSON.

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "app/simulation_lines.hpp"
#include "base/hex.hpp"

using namespace warpshrew;
using nlohmann::json;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

std::string id_text(const protorune::RuneId& id) { return to_decimal(id.block) + ":" + to_decimal(id.tx); }

std::string canonical(const app::SimulationCall& call) {
    json line = {{"target", id_text(call.target)}, {"inputs", json::array()}, {"tokens", json::array()}};
    for (const u128 n : call.inputs) line["inputs"].push_back(to_decimal(n));
    for (const auto& t : call.tokens) line["tokens"].push_back({{"id", id_text(t.id)}, {"value", to_decimal(t.value)}});
    line["vout"] = call.vout;
    if (call.transaction) line["transaction"] = to_hex(call.transaction->get().raw);
    if (call.block) line["block"] = to_hex(call.block->raw());
    if (call.fuel) line["fuel"] = std::to_string(*call.fuel);
    return line.dump();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto call = app::read_simulation_call(as_bytes(data, size));
    if (call) {
        const std::string line = canonical(*call);
        const auto again = app::read_simulation_call(line);
        require(again.has_value() && canonical(*again) == line);
        return 0;
    }
    require(!call.error().reason.empty());
    Bytes answer;
    app::append_invalid_line(answer, 1, call.error());
    require(answer.find('\n') == answer.size() - 1 && json::accept(answer));
    return 0;
}
