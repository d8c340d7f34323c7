#include "vectors.hpp"

#include <absl/strings/escaping.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

namespace warpshrew::wasm::test {

const std::vector<Vector>& vectors() {
    static const std::vector<Vector> all = [] {
        std::vector<Vector> out;
        for (const char* file : {"wasmi-fuel.jsonl", "wasmi-fuel-coverage.jsonl"}) {
            std::ifstream in(std::string(WARPSHREW_SOURCE_DIR "/tests/data/vectors/") + file);
            for (std::string line; std::getline(in, line);) {
                const auto j = nlohmann::json::parse(line);
                Vector& v = out.emplace_back();
                v.name = j.at("name");
                if (!absl::Base64Unescape(j.at("wasm").get<std::string>(), &v.wasm)) std::abort();
                for (const auto& f : j.at("functions"))
                    v.functions.push_back({f.at("func"), f.at("len_registers"), f.at("charges")});
            }
        }
        return out;
    }();
    return all;
}

const Vector& vector(std::string_view name) {
    for (const Vector& v : vectors()) {
        if (v.name == name) return v;
    }
    std::abort();
}

}  // namespace warpshrew::wasm::test
