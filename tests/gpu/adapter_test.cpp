// Finding adapters, and the library that finds them.

#include "gpu/adapter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "gpu/wgpu_library.hpp"

namespace warpshrew::gpu {
namespace {

using testing::HasSubstr;

TEST(Adapter, ListSaysWhichAreUsableAndWhyOthersAreNot) {
    const auto adapters = list_adapters();
    ASSERT_TRUE(adapters) << adapters.error().reason;
    std::size_t usable = 0;
    for (std::size_t i = 0; i < adapters->size(); i++) {
        const Adapter& a = (*adapters)[i];
        EXPECT_EQ(a.index, i);
        EXPECT_FALSE(a.name.empty());
        const bool int64 = std::ranges::find(a.features, "ShaderInt64") != a.features.end();
        EXPECT_EQ(a.unusable.empty(), int64 && a.backend != "OpenGL") << a.name << ": " << a.unusable;
        if (!a.unusable.empty()) continue;
        usable++;
        // what WebGPU guarantees at least
        EXPECT_GE(a.limits.binding_bytes, 128u << 20);
        EXPECT_GE(a.limits.buffer_bytes, a.limits.binding_bytes);
        EXPECT_GE(a.limits.storage_buffers, 8u);
        EXPECT_GE(a.limits.workgroups, 65535u);
        EXPECT_GE(a.limits.workgroup_invocations, 256u);
    }
    EXPECT_GE(usable, 1u) << "scripts/setup installs lavapipe";
}

TEST(Adapter, IsFoundByIndexByNameAndByPartOfIt) {
    const auto best = find_adapter("");
    ASSERT_TRUE(best) << best.error().reason;
    EXPECT_EQ(find_adapter(std::to_string(best->index))->name, best->name);
    EXPECT_EQ(find_adapter(best->name)->name, best->name);
    std::string part = best->name.substr(0, best->name.find(' '));
    std::ranges::transform(part, part.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    EXPECT_EQ(find_adapter(part)->name, best->name);
}

TEST(Adapter, UnknownNameAndIndexAreErrorsThatSayWhatThereIs) {
    const auto best = find_adapter("");
    ASSERT_TRUE(best) << best.error().reason;
    const auto unknown = find_adapter("no such adapter");
    ASSERT_FALSE(unknown);
    EXPECT_THAT(unknown.error().reason, HasSubstr("no such adapter"));
    EXPECT_THAT(unknown.error().reason, HasSubstr(best->name));
    EXPECT_FALSE(find_adapter("999"));
    EXPECT_FALSE(find_adapter("99999999999999999999"));
}

TEST(Adapter, AnUnusableOneIsRefusedWithTheReason) {
    const auto adapters = list_adapters();
    ASSERT_TRUE(adapters);
    for (const Adapter& a : *adapters) {
        if (a.unusable.empty()) continue;
        const auto found = find_adapter(std::to_string(a.index));
        ASSERT_FALSE(found);
        EXPECT_THAT(found.error().reason, HasSubstr(a.unusable));
    }
}

TEST(Library, MissingIsSaidInWords) {
    const auto library = load_wgpu_library({"/nowhere/libwgpu_native.so"});
    ASSERT_FALSE(library);
    EXPECT_THAT(library.error().reason, HasSubstr("no GPU"));
    EXPECT_THAT(library.error().reason, HasSubstr("/nowhere/libwgpu_native.so"));
}

TEST(Library, AnotherLibraryIsRefused) {
    const auto library = load_wgpu_library({"libz.so.1"});
    ASSERT_FALSE(library);
    EXPECT_THAT(library.error().reason, HasSubstr("has no function wgpu"));
}

TEST(Library, TheEnvironmentNamesTheOnlyPlace) {
    const auto usual = wgpu_library_paths();
    EXPECT_EQ(usual.size(), 2u);
    EXPECT_EQ(usual.front().filename(), "libwgpu_native.so");
    setenv("WARPSHREW_WGPU_LIBRARY", "/elsewhere/lib.so", 1);
    const auto paths = wgpu_library_paths();
    unsetenv("WARPSHREW_WGPU_LIBRARY");
    EXPECT_EQ(paths, std::vector<std::filesystem::path>{"/elsewhere/lib.so"});
}

}  // namespace
}  // namespace warpshrew::gpu
