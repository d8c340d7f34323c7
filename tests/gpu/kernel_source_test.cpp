// Kernels as text.

#include "gpu/kernel_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gpu/device.hpp"
#include "gpu/kernel_list.hpp"

namespace warpshrew::gpu {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<BindingSlot> slots(std::string_view wgsl) {
    const auto found = binding_slots(wgsl);
    EXPECT_TRUE(found) << found.error().reason;
    return found.value_or(std::vector<BindingSlot>{});
}

std::string mistake(std::string_view wgsl) {
    const auto found = binding_slots(wgsl);
    return found ? "none" : found.error().reason;
}

TEST(BindingSlots, AreSortedByGroupAndBinding) {
    EXPECT_THAT(slots("@group(1) @binding(0) var<storage, read_write> c: array<u32>;"
                      "@binding(7) @group(0) var<storage, read> b: array<u32>;"
                      "@group(0u)\n@binding(2u,)\tvar < storage , read_write > a: array<u32>;"),
                ElementsAre(BindingSlot{0, 2, true}, BindingSlot{0, 7, false}, BindingSlot{1, 0, true}));
    EXPECT_THAT(slots("@group(0) @binding(0) var<storage> read_only_by_default: array<u32>;"),
                ElementsAre(BindingSlot{0, 0, false}));
    EXPECT_THAT(slots("@compute @workgroup_size(1) fn main() {}"), IsEmpty());
    EXPECT_THAT(slots(""), IsEmpty());
}

TEST(BindingSlots, CommentsAreNotRead) {
    EXPECT_THAT(slots("// @group(0) @binding(1) var<storage, read> a: array<u32>;\n"
                      "/* @group(0) /* nested */ @binding(2) var<storage, read> b: array<u32>; */"
                      "@group(0) /* here too */ @binding(3) var<storage, read> c: array<u32>; // the end"),
                ElementsAre(BindingSlot{0, 3, false}));
}

TEST(BindingSlots, MistakesAreErrors) {
    EXPECT_THAT(mistake("@group(0) @binding(0) var<uniform> a: u32;"), HasSubstr("not a storage buffer"));
    EXPECT_THAT(mistake("@group(0) @binding(0) var t: texture_2d<f32>;"), HasSubstr("not a storage buffer"));
    EXPECT_THAT(mistake("@group(0) var<storage> a: u32;"), HasSubstr("without a number"));
    EXPECT_THAT(mistake("@group(G) @binding(0) var<storage> a: u32;"), HasSubstr("without a number"));
    EXPECT_THAT(mistake("@group(0) @binding(0) var<storage> a: u32; @group(0) @binding(0) var<storage> b: u32;"),
                HasSubstr("two variables at @group(0) @binding(0)"));
    EXPECT_THAT(mistake("@group(1) @binding(0) var<storage> a: u32;"), HasSubstr("no binding in group 0"));
    EXPECT_THAT(mistake("@group(0) @binding(0) var<storage> a: u32; @group(2) @binding(0) var<storage> b: u32;"),
                HasSubstr("no binding in group 1"));
    EXPECT_THAT(mistake("@group"), HasSubstr("without a number"));
    EXPECT_THAT(mistake("/* @group(0)"), HasSubstr("none"));
}

TEST(MakeKernel, PutsConstantsBeforeFilesInOrder) {
    const Constant constants[] = {{"WORKGROUP", 64}, {"ROUNDS", 4294967295}};
    const KernelSource kernel = make_kernel("k", constants, {"selftest.wgsl"});
    EXPECT_EQ(kernel.name, "k");
    EXPECT_EQ(kernel.entry, "main");
    EXPECT_TRUE(kernel.wgsl.starts_with("const WORKGROUP: u32 = 64u;\nconst ROUNDS: u32 = 4294967295u;\n"))
        << kernel.wgsl;
    EXPECT_THAT(kernel.wgsl, HasSubstr(kernel_file("selftest.wgsl")));
    EXPECT_THAT(kernel_file("selftest.wgsl"), HasSubstr("fn main("));
}

TEST(MakeKernel, AFileThatIsNotThereDoesNotCompile) {
    EXPECT_THAT(kernel_file("no_such.wgsl"), IsEmpty());
    const KernelSource kernel = make_kernel("k", {}, {"no_such.wgsl"});
    EXPECT_THAT(kernel.wgsl, HasSubstr("no_such.wgsl"));
    auto device = Device::open(*find_adapter(""));
    ASSERT_TRUE(device) << device.error().reason;
    EXPECT_FALSE(device->validate(kernel));
}

TEST(KernelList, EveryKernelIsValid) {
    auto device = Device::open(*find_adapter(""));
    ASSERT_TRUE(device) << device.error().reason;
    const std::vector<KernelSource> kernels = kernel_list();
    EXPECT_FALSE(kernels.empty());
    for (const KernelSource& kernel : kernels) {
        const auto valid = device->validate(kernel);
        EXPECT_TRUE(valid) << valid.error().reason;
    }
}

}  // namespace
}  // namespace warpshrew::gpu
