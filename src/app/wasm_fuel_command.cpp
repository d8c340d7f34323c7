#include <iostream>
#include <nlohmann/json.hpp>

#include "alkanes/gzip.hpp"
#include "app/commands.hpp"
#include "app/report.hpp"
#include "base/file.hpp"
#include "wasm/fuel_cost.hpp"

namespace warpshrew::app {

int wasm_fuel_command(const SharedOptions& shared, const WasmFuelCommand& command) {
    Result<Bytes> module = read_file(command.file);
    if (!module) return failed(module.error());
    if (module->starts_with("\x1f\x8b")) {
        module = alkanes::gunzip(*module);
        if (!module) return failed({command.file.string() + ": " + module.error().reason});
    }
    const Result<std::vector<wasm::FunctionFuel>> functions = wasm::module_fuel(*module);
    if (!functions) {
        return failed({command.file.string() + ": " + functions.error().reason + " at offset " +
                       std::to_string(functions.error().offset)});
    }
    if (shared.json) {
        nlohmann::ordered_json out = nlohmann::ordered_json::array();
        for (const wasm::FunctionFuel& f : *functions) {
            out.push_back({{"func", f.func}, {"len_registers", f.len_registers}, {"charges", f.charges}});
        }
        std::cout << nlohmann::ordered_json{{"functions", out}}.dump() << '\n';
        return 0;
    }
    std::cout << "function  registers  charges: at entry, then at each loop, if and else in order\n";
    for (const wasm::FunctionFuel& f : *functions) {
        std::cout << f.func << "  " << f.len_registers << " ";
        for (const auto charge : f.charges) std::cout << ' ' << charge;
        std::cout << '\n';
    }
    return 0;
}

}  // namespace warpshrew::app
