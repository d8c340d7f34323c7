// `warpshrew gpu` as users run it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/program.hpp"

namespace warpshrew::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(GpuCommand, ListsAdapters) {
    const auto text = run_program({"gpu"});
    EXPECT_EQ(text.code, 0) << text.err;
    EXPECT_THAT(text.out, HasSubstr("usable"));
    const auto machine = run_program({"gpu", "--json"});
    EXPECT_EQ(machine.code, 0) << machine.err;
    const json adapters = json::parse(machine.out).at("adapters");
    ASSERT_FALSE(adapters.empty());
    for (const json& adapter : adapters) {
        EXPECT_THAT(text.out, HasSubstr(adapter.at("name").get<std::string>()));
        EXPECT_EQ(adapter.at("usable").get<bool>(), !adapter.contains("why_not"));
        EXPECT_GT(adapter.at("limits").at("binding_bytes").get<std::uint64_t>(), 0u);
    }
}

TEST(GpuCommand, WithoutTheLibraryThereIsNoGpuAndItSaysSo) {
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{"gpu"},
                                                      {"gpu", "--json"},
                                                      {"gpu", "selftest"},
                                                      {"gpu", "selftest", "--adapter", "0"}}) {
        const auto run = run_program(arguments, {"WARPSHREW_WGPU_LIBRARY=/nowhere/libwgpu_native.so"});
        EXPECT_EQ(run.code, 1);
        EXPECT_THAT(run.err, HasSubstr("no GPU"));
    }
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"gpu", "--json"}, {"gpu", "selftest", "--json"}}) {
        const auto run = run_program(arguments, {"WARPSHREW_WGPU_LIBRARY=/nowhere/libwgpu_native.so"});
        const json out = json::parse(run.out);
        EXPECT_TRUE(out.at("adapters").empty());
        EXPECT_THAT(out.at("error").get<std::string>(), HasSubstr("no GPU"));
    }
    EXPECT_EQ(run_program({"--version"}, {"WARPSHREW_WGPU_LIBRARY=/nowhere/libwgpu_native.so"}).code, 0);
}

TEST(GpuCommand, WithoutADriverThereIsNoUsableAdapterAndItSaysSo) {
    const auto run =
        run_program({"gpu", "selftest"}, {"VK_ICD_FILENAMES=/nowhere.json", "VK_DRIVER_FILES=/nowhere.json"});
    EXPECT_EQ(run.code, 1);
    EXPECT_THAT(run.err, HasSubstr("no adapter can be used"));
}

TEST(GpuCommand, UnknownAdapterAndWrongUsage) {
    const auto unknown = run_program({"gpu", "selftest", "--adapter", "no such adapter"});
    EXPECT_EQ(unknown.code, 1);
    EXPECT_THAT(unknown.err, HasSubstr("no such adapter"));
    EXPECT_EQ(run_program({"gpu", "paint"}).code, 2);
    EXPECT_EQ(run_program({"gpu", "selftest", "--adapter"}).code, 2);
}

}  // namespace
}  // namespace warpshrew::test
