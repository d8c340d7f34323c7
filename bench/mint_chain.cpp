#include "mint_chain.hpp"

#include <cstdio>
#include <cstdlib>

#include "alkanes/gzip.hpp"
#include "app/chain_builder.hpp"
#include "base/file.hpp"
#include "contracts/embedded.hpp"

namespace warpshrew::bench {

const std::vector<FreeMint>& free_mints() {
    static const std::vector<FreeMint> all = [] {
        std::vector<FreeMint> out = {{"own", WARPSHREW_BINARY_DIR "/contracts/free_mint.wasm",
                                      Bytes(contracts::embedded_contract("free_mint"))}};
        if (const char* path = std::getenv("WARPSHREW_BENCH_FREE_MINT")) {
            auto code = read_file(path);
            if (!code) {
                std::fprintf(stderr, "%s\n", code.error().reason.c_str());
                std::exit(1);
            }
            out.push_back({"upstream", path, *std::move(code)});
        }
        return out;
    }();
    return all;
}

std::optional<double> instructions_per_mint(const FreeMint& contract) {
    const auto numbers = numbers_from(python_script("count_instructions.py") + " '" + contract.path + "'");
    return numbers && numbers->size() == 1 ? std::optional(numbers->front()) : std::nullopt;
}

const protorune::Network& bare_regtest() {
    static const protorune::Network network = [] {
        auto n = protorune::find_network("regtest").value();
        n.builtins.clear();
        return n;
    }();
    return network;
}

std::vector<Bytes> mint_chain(const FreeMint& contract, std::size_t blocks) {
    app::ChainBuilder builder(0, 1);
    const auto call = [&](std::vector<u128> cellpack, BytesView envelope = {}) {
        const std::array stones = {app::call_stone(cellpack)};
        builder.add({}, 1, stones, envelope);
    };
    // The code is deployed by a call that changes nothing (101) and cloned: a constructor would keep the envelope.
    call({1, 0, 101}, alkanes::gzip(contract.code));
    // opcode 0: token units, value per mint, cap, name in two words, symbol
    call({5, 1, 0, 0, 5000, 100'000'000, 1, 2, 3});
    std::vector<Bytes> out = {builder.close_block()};
    for (std::size_t i = 0; i < blocks; i++) {
        for (unsigned k = 0; k < mints_per_block; k++) call({mint_contract.block, mint_contract.tx, 77});
        out.push_back(builder.close_block());
    }
    return out;
}

std::optional<std::vector<double>> numbers_from(const std::string& command) {
    std::FILE* const pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) return std::nullopt;
    std::vector<double> out;
    for (double x = 0; std::fscanf(pipe, "%lf", &x) == 1;) out.push_back(x);
    return pclose(pipe) == 0 ? std::optional(std::move(out)) : std::nullopt;
}

std::string python_script(const char* name) {
    return "'" WARPSHREW_SOURCE_DIR "/.deps/venv/bin/python' -B '" WARPSHREW_SOURCE_DIR "/bench/" + std::string(name) +
           "'";
}

}  // namespace warpshrew::bench
