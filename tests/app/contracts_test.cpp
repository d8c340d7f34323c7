// The contracts that are built and embedded, and their checked-in copies.
#include "contracts/embedded.hpp"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <set>

#include <gtest/gtest.h>

#include "base/file.hpp"

namespace warpshrew::contracts {
namespace {

const std::filesystem::path source_dir = WARPSHREW_SOURCE_DIR;

std::set<std::string> stems(const std::filesystem::path& folder, const std::string& extension) {
    std::set<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == extension) out.insert(entry.path().stem());
    }
    return out;
}

TEST(Contracts, EverySourceIsEmbedded) {
    std::set<std::string> embedded;
    for (const auto& contract : embedded_contracts()) embedded.emplace(contract.name);
    EXPECT_EQ(embedded, stems(source_dir / "contracts", ".cpp"));
    EXPECT_GE(embedded.size(), 12U);
}

TEST(Contracts, AreSortedByName) {
    EXPECT_TRUE(std::ranges::is_sorted(embedded_contracts(), {}, &EmbeddedContract::name));
}

TEST(Contracts, AreFoundByName) {
    for (const auto& contract : embedded_contracts()) EXPECT_EQ(embedded_contract(contract.name), contract.wasm);
    EXPECT_TRUE(embedded_contract("no_such_contract").empty());
    EXPECT_TRUE(embedded_contract("").empty());
}

// alkanes-vm.md 3.1, 3.3: what the indexer and the view `meta` call.
TEST(Contracts, AreSmallModulesThatExportExecuteAndMeta) {
    for (const auto& contract : embedded_contracts()) {
        SCOPED_TRACE(contract.name);
        EXPECT_TRUE(contract.wasm.starts_with(BytesView("\0asm\1\0\0\0", 8)));
        EXPECT_LT(contract.wasm.size(), 16U << 10);
        EXPECT_NE(contract.wasm.find("__execute"), BytesView::npos);
        EXPECT_NE(contract.wasm.find("__meta"), BytesView::npos);
        EXPECT_NE(contract.wasm.find(R"({"contract":")" + std::string(contract.name)), BytesView::npos);
    }
}

// The digests in tests/data/chains were made with the checked-in modules. Another clang makes other ones: that is
// allowed, and said.
TEST(Contracts, CheckedInModulesAreComplete) {
    const auto folder = source_dir / "tests/data/contracts";
    EXPECT_EQ(stems(folder, ".wasm"), stems(source_dir / "contracts", ".cpp"));
    for (const auto& contract : embedded_contracts()) {
        const auto kept = read_file(folder / (std::string(contract.name) + ".wasm"));
        ASSERT_TRUE(kept) << contract.name;
        if (*kept != contract.wasm) {
            std::cout << "note: this build of contract " << contract.name
                      << " is not the checked-in one (another compiler, or the source is newer)\n";
        }
    }
}

}  // namespace
}  // namespace warpshrew::contracts
