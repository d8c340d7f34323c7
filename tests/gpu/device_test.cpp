// Buffers, kernels and commands, on the best adapter there is (lavapipe where there is no GPU).

#include "gpu/device.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <optional>

#include "gpu/selftest.hpp"

namespace warpshrew::gpu {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using Words = std::vector<std::uint32_t>;

// out[i] = in[i] * FACTOR + plus
constexpr std::string_view scale = R"(
@group(0) @binding(0) var<storage, read> in: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(1) @binding(0) var<storage, read> plus: u32;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x < arrayLength(&out)) { out[id.x] = in[id.x] * FACTOR + plus; }
}
)";

KernelSource scale_by(std::uint32_t factor) {
    return {.name = "scale", .wgsl = "const FACTOR: u32 = " + std::to_string(factor) + "u;\n" + std::string(scale)};
}

class DeviceTest : public testing::Test {
 protected:
    void SetUp() override {
        const auto adapter = find_adapter("");
        ASSERT_TRUE(adapter) << adapter.error().reason;
        auto device = Device::open(*adapter);
        ASSERT_TRUE(device) << device.error().reason;
        device_.emplace(std::move(*device));
    }

    Device& device() { return *device_; }

    Buffer buffer(std::uint64_t size) {
        auto made = device().create_buffer(size);
        EXPECT_TRUE(made) << made.error().reason;
        return made.value_or(Buffer{});
    }
    Buffer buffer(const Words& words) {
        Buffer made = buffer(words.size() * 4);
        const auto written = device().write(made, 0, std::span<const std::uint32_t>(words));
        EXPECT_TRUE(written) << written.error().reason;
        return made;
    }
    Kernel compiled(const KernelSource& source) {
        auto kernel = device().compile(source);
        EXPECT_TRUE(kernel) << kernel.error().reason;
        return kernel.value_or(Kernel{});
    }
    Bindings bound(const Kernel& kernel, const std::vector<Binding>& places) {
        auto bindings = device().bind(kernel, places);
        EXPECT_TRUE(bindings) << bindings.error().reason;
        return bindings.value_or(Bindings{});
    }
    std::string bind_mistake(const Kernel& kernel, const std::vector<Binding>& places) {
        const auto bindings = device().bind(kernel, places);
        return bindings ? "none" : bindings.error().reason;
    }
    std::string run_mistake(const Commands& commands) {
        const auto run = device().run(commands);
        return run ? "none" : run.error().reason;
    }
    Words words_of(const Buffer& from) {
        Words words(from.size() / 4);
        const auto read = device().read(from, 0, std::span(words));
        EXPECT_TRUE(read) << read.error().reason;
        return words;
    }

    std::optional<Device> device_;
};

Words counting(std::size_t n) {
    Words words(n);
    std::iota(words.begin(), words.end(), 1u);
    return words;
}

TEST_F(DeviceTest, BufferIsZeroThenWhatIsWritten) {
    const Buffer b = buffer(std::uint64_t{4} * 1000);
    EXPECT_EQ(b.size(), 4000u);
    EXPECT_THAT(words_of(b), Each(0u));
    const Words words = counting(1000);
    ASSERT_TRUE(device().write(b, 0, std::span<const std::uint32_t>(words)));
    EXPECT_EQ(words_of(b), words);
    ASSERT_TRUE(device().write(b, 8, std::span<const std::uint32_t>(Words{70, 71})));
    Words part(4);
    ASSERT_TRUE(device().read(b, 4, std::span(part)));
    EXPECT_THAT(part, ElementsAre(2, 70, 71, 5));
}

TEST_F(DeviceTest, LargeBufferMakesTheRoundTrip) {
    const Words words = counting(5'000'001);
    EXPECT_EQ(words_of(buffer(words)), words);
}

TEST_F(DeviceTest, BufferSizesThatCannotBeAreErrors) {
    EXPECT_FALSE(device().create_buffer(0));
    EXPECT_FALSE(device().create_buffer(6));
    for (const std::uint64_t size : {device().limits().buffer_bytes / 4 * 4 + 4, std::uint64_t{1} << 62}) {
        const auto huge = device().create_buffer(size);
        ASSERT_FALSE(huge);
        EXPECT_THAT(huge.error().reason,
                    AllOf(HasSubstr(std::to_string(size)), HasSubstr(std::to_string(device().limits().buffer_bytes))));
    }
    EXPECT_FALSE(device().failed());
    EXPECT_THAT(words_of(buffer(4)), ElementsAre(0));
}

TEST_F(DeviceTest, BytesOutsideOfABufferAreErrors) {
    const Buffer b = buffer(16);
    const Words two{1, 2};
    const auto write = [&](std::uint64_t offset, std::span<const std::uint32_t> data) {
        return device().write(b, offset, data).has_value();
    };
    EXPECT_TRUE(write(8, two));
    EXPECT_TRUE(write(16, {}));
    EXPECT_FALSE(write(12, two));
    EXPECT_FALSE(write(20, {}));
    EXPECT_FALSE(write(2, two));
    EXPECT_FALSE(write(~std::uint64_t{3}, two));
    EXPECT_FALSE(device().write(b, 0, std::span<const std::uint8_t>(std::vector<std::uint8_t>(3))));
    EXPECT_FALSE(device().write(Buffer{}, 0, std::span<const std::uint32_t>(two)));
    Words out(2);
    EXPECT_FALSE(device().read(b, 12, std::span(out)));
    EXPECT_FALSE(device().read(b, 2, std::span(out)));
    EXPECT_FALSE(device().read(Buffer{}, 0, std::span(out)));
    EXPECT_THAT(words_of(b), ElementsAre(0, 0, 1, 2));
}

TEST_F(DeviceTest, KernelReadsAndWritesBuffersOfSeveralGroups) {
    const Words words = counting(1000);
    const Buffer out = buffer(std::uint64_t{4000});
    const Kernel kernel = compiled(scale_by(3));
    const Bindings places = bound(kernel, {{0, 0, buffer(words)}, {0, 1, out}, {1, 0, buffer(Words{7})}});
    Commands commands;
    EXPECT_TRUE(commands.empty());
    commands.dispatch(kernel, places, 16);
    EXPECT_FALSE(commands.empty());
    ASSERT_TRUE(device().run(commands));
    const Words results = words_of(out);
    for (std::size_t i = 0; i < words.size(); i++) ASSERT_EQ(results[i], words[i] * 3 + 7) << i;
}

TEST_F(DeviceTest, KernelWithBoundedLoopsComputesTheSame) {
    KernelSource source = scale_by(5);
    source.bounded_loops = true;
    const Buffer out = buffer(8);
    const Kernel kernel = compiled(source);
    Commands commands;
    commands.dispatch(kernel, bound(kernel, {{0, 0, buffer(Words{2, 3})}, {0, 1, out}, {1, 0, buffer(Words{1})}}), 1);
    ASSERT_TRUE(device().run(commands));
    EXPECT_THAT(words_of(out), ElementsAre(11, 16));
}

TEST_F(DeviceTest, EachCommandSeesWhatThoseBeforeItWrote) {
    const Buffer a = buffer(counting(4));
    const Buffer b = buffer(16);
    const Kernel kernel = compiled(scale_by(2));
    const Buffer plus = buffer(Words{1});
    const Bindings there = bound(kernel, {{0, 0, a}, {0, 1, b}, {1, 0, plus}});
    const Bindings back = bound(kernel, {{0, 0, b}, {0, 1, a}, {1, 0, plus}});
    Words first(4);
    Words second(4);
    Words third(4);
    Commands commands;
    commands.dispatch(kernel, there, 1);  // b: 3 5 7 9
    commands.dispatch(kernel, back, 1);   // a: 7 11 15 19
    commands.read(a, 0, std::span(first));
    commands.copy(a, 4, b, 0, 8);  // b: 11 15 7 9
    commands.clear(b, 8, 4);       // b: 11 15 0 9
    commands.read(b, 0, std::span(second));
    commands.dispatch(kernel, back, 1);  // a: 23 31 1 19
    commands.read(a, 0, std::span(third).first(3));
    ASSERT_TRUE(device().run(commands));
    EXPECT_THAT(first, ElementsAre(7, 11, 15, 19));
    EXPECT_THAT(second, ElementsAre(11, 15, 0, 9));
    EXPECT_THAT(third, ElementsAre(23, 31, 1, 0));
}

TEST_F(DeviceTest, ReadsOfSeveralSubmissionsAreThereAfterOneWait) {
    const Buffer b = buffer(Words{1});
    Words one(1);
    Words two(1);
    Commands first;
    first.read(b, 0, std::span(one));
    ASSERT_TRUE(device().submit(first));
    ASSERT_TRUE(device().write(b, 0, std::span<const std::uint32_t>(Words{2})));  // behind the first
    Commands second;
    second.read(b, 0, std::span(two));
    ASSERT_TRUE(device().submit(second));
    ASSERT_TRUE(device().wait());
    EXPECT_THAT(one, ElementsAre(1));
    EXPECT_THAT(two, ElementsAre(2));
    EXPECT_TRUE(device().wait());
    EXPECT_TRUE(device().run({}));
}

TEST_F(DeviceTest, MappedBytesAreThereAfterTheirWaitAndStay) {
    const Buffer b = buffer(Words{1, 2, 3, 4});
    Mapped one, two, never;
    EXPECT_TRUE(one.bytes().empty());
    EXPECT_FALSE(device().wait(one));  // nothing was submitted
    Words copied(1);
    Commands first;
    first.read(b, 0, std::span(copied));
    first.read(b, 4, 12, one);
    ASSERT_TRUE(device().submit(first));
    EXPECT_TRUE(one.bytes().empty());
    ASSERT_TRUE(device().write(b, 0, std::span<const std::uint32_t>(Words{5, 6, 7, 8})));
    Commands second;
    second.read(b, 0, 8, two);
    ASSERT_TRUE(device().submit(second));
    ASSERT_TRUE(device().wait(one));
    EXPECT_THAT(copied, ElementsAre(1));
    EXPECT_THAT(one.words(), ElementsAre(2, 3, 4));
    EXPECT_TRUE(two.bytes().empty());  // not waited for, done or not
    ASSERT_TRUE(device().wait(two));
    EXPECT_THAT(two.words(), ElementsAre(5, 6));
    EXPECT_TRUE(device().wait(one));  // again
    for (std::uint32_t i = 0; i < 10; i++) {
        Words word(4);
        ASSERT_TRUE(device().read(b, 0, std::span(word)));
    }
    EXPECT_THAT(one.words(), ElementsAre(2, 3, 4));
    EXPECT_FALSE(device().wait(never));
    device_.reset();
    EXPECT_THAT(one.words(), ElementsAre(2, 3, 4));
}

// What was submitted before is done with it, also if nobody waits for that alone.
TEST_F(DeviceTest, AWaitForTheSecondFillsTheFirst) {
    const Buffer b = buffer(Words{1, 2});
    Mapped one, two;
    {
        Mapped dropped;
        Commands commands;
        commands.read(b, 0, 8, dropped);
        ASSERT_TRUE(device().submit(commands));
    }
    Commands first, second;
    first.read(b, 0, 4, one);
    second.read(b, 4, 4, two);
    ASSERT_TRUE(device().submit(first));
    ASSERT_TRUE(device().submit(second));
    ASSERT_TRUE(device().wait(two));
    EXPECT_THAT(one.words(), ElementsAre(1));
    EXPECT_THAT(two.words(), ElementsAre(2));
    EXPECT_TRUE(device().wait(one));
}

TEST_F(DeviceTest, BindingIsAPartOfABuffer) {
    const std::uint32_t align = device().limits().binding_offset_align;
    Words words(align / 4 + 3);
    words[align / 4] = 5;
    words[align / 4 + 1] = 6;
    const Buffer in = buffer(words);
    const Buffer out = buffer(Words{90, 91, 92});
    const Kernel kernel = compiled(scale_by(1));
    const Buffer plus = buffer(4);
    Commands commands;
    commands.dispatch(kernel, bound(kernel, {{0, 0, in, align}, {0, 1, out, 0, 8}, {1, 0, plus}}), 1);
    ASSERT_TRUE(device().run(commands));
    EXPECT_THAT(words_of(out), ElementsAre(5, 6, 92));
    EXPECT_THAT(bind_mistake(kernel, {{0, 0, in, 4}, {0, 1, out}, {1, 0, plus}}), HasSubstr("multiple of"));
    EXPECT_THAT(bind_mistake(kernel, {{0, 0, in}, {0, 1, out, 0, 16}, {1, 0, plus}}), HasSubstr("buffer of 12"));
    EXPECT_THAT(bind_mistake(kernel, {{0, 0, in}, {0, 1, out, std::uint64_t{align} * 1000}, {1, 0, plus}}),
                HasSubstr("buffer of 12"));
}

TEST_F(DeviceTest, BindingsThatDoNotFitTheKernelAreErrors) {
    const Kernel kernel = compiled(scale_by(1));
    const Buffer a = buffer(16);
    const Buffer b = buffer(16);
    const Buffer c = buffer(16);
    EXPECT_THAT(bind_mistake(kernel, {{0, 0, a}, {0, 1, b}}), HasSubstr("nothing for @group(1) @binding(0)"));
    EXPECT_THAT(bind_mistake(kernel, {{0, 0, a}, {0, 1, b}, {1, 0, c}, {1, 1, c}}),
                HasSubstr("no @group(1) @binding(1)"));
    EXPECT_THAT(bind_mistake(kernel, {{0, 0, a}, {0, 1, b}, {0, 1, b}, {1, 0, c}}), HasSubstr("two for"));
    EXPECT_THAT(bind_mistake(kernel, {{0, 0, a}, {0, 1, {}}, {1, 0, c}}), HasSubstr("no buffer"));
    EXPECT_THAT(bind_mistake(Kernel{}, {}), HasSubstr("another device"));
}

TEST_F(DeviceTest, BindingAboveTheLimitIsAnError) {
    const std::uint64_t limit = device().limits().binding_bytes;
    if (limit >= device().limits().buffer_bytes / 4 * 4) GTEST_SKIP() << "no buffer is larger than a binding can be";
    if (limit > std::uint64_t{256} << 20) GTEST_SKIP() << "too much memory for a test";
    const Buffer large = buffer(limit / 4 * 4 + 4);
    const Kernel kernel = compiled(scale_by(1));
    EXPECT_THAT(bind_mistake(kernel, {{0, 0, large}, {0, 1, buffer(4)}, {1, 0, buffer(4)}}),
                HasSubstr("limit is " + std::to_string(limit)));
}

TEST_F(DeviceTest, CommandsThatCannotRunAreErrorsAndNoneOfThemRuns) {
    const Kernel kernel = compiled(scale_by(1));
    const Kernel other = compiled(scale_by(2));
    const Buffer in = buffer(Words{1, 2});
    const Buffer out = buffer(8);
    const Bindings places = bound(kernel, {{0, 0, in}, {0, 1, out}, {1, 0, buffer(4)}});
    const auto with = [&](const auto& add) {
        Commands commands;
        commands.dispatch(kernel, places, 1);
        add(commands);
        return run_mistake(commands);
    };
    EXPECT_THAT(with([&](Commands& c) { c.dispatch(other, places, 1); }), HasSubstr("another kernel"));
    EXPECT_THAT(with([&](Commands& c) { c.dispatch({}, {}, 1); }), HasSubstr("another kernel"));
    const std::uint32_t limit = device().limits().workgroups;
    EXPECT_THAT(with([&](Commands& c) { c.dispatch(kernel, places, limit + 1); }), HasSubstr(std::to_string(limit)));
    EXPECT_THAT(with([&](Commands& c) { c.dispatch(kernel, places, 1, 1, limit + 1); }), HasSubstr("workgroups"));
    EXPECT_THAT(with([&](Commands& c) { c.copy(in, 4, out, 0, 8); }), HasSubstr("copy"));
    EXPECT_THAT(with([&](Commands& c) { c.copy(in, 0, out, 4, 8); }), HasSubstr("copy"));
    EXPECT_THAT(with([&](Commands& c) { c.copy(in, 0, in, 4, 4); }), HasSubstr("itself"));
    EXPECT_THAT(with([&](Commands& c) { c.clear(out, 2, 4); }), HasSubstr("clear"));
    EXPECT_THAT(words_of(out), ElementsAre(0, 0)) << "a submission with a mistake ran in part";
    // one buffer read and written by one dispatch: wgpu-native's own check
    const Bindings both = bound(kernel, {{0, 0, in}, {0, 1, in}, {1, 0, buffer(4)}});
    EXPECT_THAT(with([&](Commands& c) { c.dispatch(kernel, both, 1); }), HasSubstr("commands: "));
    EXPECT_THAT(words_of(out), ElementsAre(0, 0)) << "a submission with a mistake ran in part";
    EXPECT_FALSE(device().failed());
    EXPECT_EQ(with([](Commands&) {}), "none");
    EXPECT_THAT(words_of(out), ElementsAre(1, 2));
}

TEST_F(DeviceTest, TooSmallABufferForTheKernelIsAnError) {
    const Kernel kernel = compiled({.name = "pair", .wgsl = R"(
        struct Pair { a: u64, b: u64 }
        @group(0) @binding(0) var<storage, read_write> pair: Pair;
        @compute @workgroup_size(1) fn main() { pair.a = pair.b; })"});
    const auto bindings = device().bind(kernel, std::vector<Binding>{{0, 0, buffer(8)}});
    if (bindings) {  // wgpu-native sees it at the dispatch
        Commands commands;
        commands.dispatch(kernel, *bindings, 1);
        EXPECT_NE(run_mistake(commands), "none");
    }
    EXPECT_FALSE(device().failed());
}

TEST_F(DeviceTest, InvalidKernelIsAnErrorWithTheCompilersMessage) {
    const auto message = [&](const std::string& wgsl, const std::string& entry = "main") {
        const auto kernel = device().compile({.name = "mistaken", .wgsl = wgsl, .entry = entry});
        return kernel ? "none" : kernel.error().reason;
    };
    EXPECT_THAT(message("@compute @workgroup_size(1) fn main() {\n let x: u32 = 1.5; }"),
                AllOf(HasSubstr("kernel mistaken"), HasSubstr("wgsl:2:6"), HasSubstr("u32")));
    EXPECT_THAT(message("this is not WGSL"), HasSubstr("wgsl:1:1"));
    EXPECT_NE(message(""), "none");
    EXPECT_NE(message("@compute @workgroup_size(1) fn main() {}", "other"), "none");
    const std::string large = std::to_string(device().limits().workgroup_invocations * 2);
    EXPECT_THAT(message("@compute @workgroup_size(" + large + ") fn main() {}"), HasSubstr(large));
    EXPECT_NE(message("@group(9) @binding(0) var<storage> a: u32; @compute @workgroup_size(1) fn main() {}"), "none");
    EXPECT_NE(message("@group(0) @binding(0) var<uniform> a: u32; @compute @workgroup_size(1) fn main() {}"), "none");
    EXPECT_EQ(message("@compute @workgroup_size(1) fn main() {}"), "none");
    EXPECT_FALSE(device().failed());
}

TEST_F(DeviceTest, TooManyBuffersForTheAdapterAreAnError) {
    if (device().limits().storage_buffers > 1000) GTEST_SKIP() << "the adapter takes more than a test makes";
    const auto kernel_with = [&](std::uint32_t n) {
        KernelSource source{.name = "many", .wgsl = {}};
        std::string body;
        for (std::uint32_t i = 0; i < n; i++) {
            const std::string number = std::to_string(i);
            source.wgsl.append("@group(0) @binding(").append(number).append(") var<storage, read_write> b");
            source.wgsl.append(number).append(": u32;\n");
            body.append("b").append(number).append(" = ").append(number).append("u;\n");
        }
        source.wgsl += "@compute @workgroup_size(1) fn main() {\n" + body + "}\n";
        return source;
    };
    const std::uint32_t limit = device().limits().storage_buffers;
    EXPECT_TRUE(device().compile(kernel_with(limit)));
    EXPECT_FALSE(device().compile(kernel_with(limit + 1)));
    EXPECT_FALSE(device().failed());
}

TEST_F(DeviceTest, ObjectsOfAnotherDeviceAreErrors) {
    auto other = Device::open(device().adapter());
    ASSERT_TRUE(other) << other.error().reason;
    const auto foreign = other->create_buffer(16);
    const auto foreign_kernel = other->compile(scale_by(1));
    ASSERT_TRUE(foreign && foreign_kernel);
    const Kernel kernel = compiled(scale_by(1));
    EXPECT_FALSE(device().write(*foreign, 0, std::span<const std::uint32_t>(Words{1})));
    EXPECT_THAT(bind_mistake(kernel, {{0, 0, *foreign}, {0, 1, buffer(16)}, {1, 0, buffer(16)}}),
                HasSubstr("another device"));
    EXPECT_THAT(bind_mistake(*foreign_kernel, {}), HasSubstr("another device"));
    Commands commands;
    commands.clear(*foreign, 0, 16);
    EXPECT_THAT(run_mistake(commands), HasSubstr("another device"));
}

TEST_F(DeviceTest, MayBeClosedBeforeWhatWasMadeFromIt) {
    const Buffer b = buffer(Words{1});
    const Kernel kernel = compiled(scale_by(1));
    const Bindings places = bound(kernel, {{0, 0, b}, {0, 1, buffer(4)}, {1, 0, buffer(4)}});
    Words out(1);
    Commands commands;
    commands.dispatch(kernel, places, 1);
    commands.read(b, 0, std::span(out));
    ASSERT_TRUE(device().submit(commands));
    device_.reset();
}

// A second of work on lavapipe, some milliseconds on a GPU.
constexpr std::string_view slow = R"(
@group(0) @binding(0) var<storage, read_write> out: array<u64>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    var a = u64(id.x) + 12345lu;
    for (var i = 0u; i < 60000u; i++) { a = a * 0xd1342543de82ef95lu + (a / ((a >> 7u) | 1lu)); }
    out[id.x & 63u] = a;
}
)";

TEST_F(DeviceTest, TimeOutIsAnErrorAndTheDeviceIsOfNoMoreUse) {
    for (const bool reads : {false, true}) {
        const Kernel kernel = compiled({.name = "slow", .wgsl = std::string(slow)});
        const Buffer out = buffer(64 * 8);
        std::vector<std::uint64_t> read(64);
        Commands commands;
        commands.dispatch(kernel, bound(kernel, {{0, 0, out}}), 64);
        if (reads) commands.read(out, 0, std::span(read));
        const auto start = std::chrono::steady_clock::now();
        const auto run = device().run(commands, Milliseconds(1));
        const auto took = std::chrono::steady_clock::now() - start;
        ASSERT_FALSE(run);
        EXPECT_THAT(run.error().reason, HasSubstr("1 ms"));
        EXPECT_LT(took, std::chrono::seconds(1));
        EXPECT_TRUE(device().failed());
        EXPECT_FALSE(device().create_buffer(4));
        EXPECT_FALSE(device().compile(scale_by(1)));
        EXPECT_FALSE(device().wait());
        EXPECT_FALSE(device().run({}));
        device_.reset();
        EXPECT_THAT(read, Each(0u)) << "read after the time-out";
        SetUp();
        EXPECT_THAT(words_of(buffer(Words{1})), ElementsAre(1)) << "the adapter opens again";
    }
}

TEST_F(DeviceTest, WaitWithoutReadsWaits) {
    const Kernel kernel = compiled({.name = "slow", .wgsl = std::string(slow)});
    const Buffer out = buffer(64 * 8);
    Commands commands;
    commands.dispatch(kernel, bound(kernel, {{0, 0, out}}), 64);
    ASSERT_TRUE(device().run(commands));
    const auto start = std::chrono::steady_clock::now();
    ASSERT_TRUE(device().wait(Milliseconds(0))) << "the first wait returned before all was done";
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(100));
}

// The compiler of wgpu-native 29.0 panics on this function, as wgpu-native does where a device is lost.
TEST_F(DeviceTest, PanicOfTheLibraryIsAnErrorAndTheProcessGoesOn) {
    const Buffer before = buffer(Words{1});
    const auto kernel = device().compile({.name = "panics", .wgsl = R"(
        @group(0) @binding(0) var<storage, read_write> a: u64;
        @compute @workgroup_size(1) fn main() { a = countLeadingZeros(a); })"});
    ASSERT_FALSE(kernel);
    EXPECT_THAT(kernel.error().reason, HasSubstr("panicked"));
    EXPECT_TRUE(device().failed());
    EXPECT_FALSE(device().create_buffer(4));
    device_.reset();
    SetUp();
    EXPECT_THAT(words_of(buffer(Words{1})), ElementsAre(1)) << "the adapter opens again";
}

// Runs out of memory in a process with little of it, which lavapipe calls a device without memory; wgpu-native then
// gives the device up for lost in a write. 0: all of that came as errors.
int run_out_of_memory() {
    constexpr std::size_t large = std::size_t{256} << 20;
    const rlimit limit{std::size_t{4} << 30, std::size_t{4} << 30};
    if (setrlimit(RLIMIT_AS, &limit) != 0) return 10;
    const auto adapter = find_adapter("");
    if (!adapter) return 11;
    auto device = Device::open(*adapter);
    if (!device) return 12;
    const std::unique_ptr<void, decltype(&std::free)> data(std::calloc(large, 1), std::free);
    // given back later: the errors themselves need some memory
    std::unique_ptr<void, decltype(&std::free)> reserve(std::malloc(std::size_t{64} << 20), std::free);
    const auto first = device->create_buffer(large);
    if (!first) return 13;
    std::vector<Buffer> buffers;
    while (auto buffer = device->create_buffer(large)) {
        buffers.push_back(*buffer);
        if (buffers.size() > 16) return 14;
    }
    reserve.reset();
    if (device->create_buffer(large) || device->failed()) return 15;
    const std::span<const std::byte> bytes(static_cast<const std::byte*>(data.get()), large);
    for (int i = 0; device->write(*first, 0, bytes); i++) {
        if (i > 16) return 16;
    }
    if (device->run({}) || !device->failed()) return 17;
    return device->create_buffer(4) ? 18 : 0;
}

TEST(DeviceDeathTest, OutOfMemoryAndALostDeviceAreErrors) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers need more address space than the test leaves";
#endif
    const auto adapter = find_adapter("");
    ASSERT_TRUE(adapter) << adapter.error().reason;
    if (adapter->type != "CPU") GTEST_SKIP() << "for lavapipe, whose memory is the process's";
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_EXIT(std::_Exit(run_out_of_memory()), testing::ExitedWithCode(0), "");
}

TEST_F(DeviceTest, AnUnusableAdapterDoesNotOpen) {
    Adapter adapter = device().adapter();
    adapter.unusable = "because of a test";
    const auto opened = Device::open(adapter);
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().reason, HasSubstr("because of a test"));
}

TEST_F(DeviceTest, SelftestPassesAndStopsAtAFailedDevice) {
    const auto cases = selftest_cases();
    ASSERT_FALSE(cases.empty());
    EXPECT_EQ(cases.front().name, "arithmetic");
    const std::vector<SelftestCase> some = {
        cases.front(),
        {"differs", [](Device&) -> Result<std::string> { return fail("3 instead of 4"); }},
        {"fails",
         [](Device& d) -> Result<std::string> {
             const auto kernel = d.compile({.name = "slow", .wgsl = std::string(slow)});
             const auto out = d.create_buffer(64 * 8);
             const auto places = d.bind(*kernel, std::vector<Binding>{{0, 0, *out}});
             Commands commands;
             commands.dispatch(*kernel, *places, 1);
             const auto run = d.run(commands, Milliseconds(0));
             return run ? Result<std::string>("too quick") : fail(run.error().reason);
         }},
        cases.front()};
    const auto results = run_selftest(device().adapter(), some);
    ASSERT_GE(results.size(), 4u);
    EXPECT_EQ(results[0].name, "open");
    EXPECT_TRUE(results[0].outcome);
    EXPECT_TRUE(results[1].outcome) << results[1].outcome.error().reason;
    ASSERT_FALSE(results[2].outcome);
    EXPECT_EQ(results[2].outcome.error().reason, "3 instead of 4");
    EXPECT_EQ(results.size(), results[3].outcome ? 5u : 4u);
}

}  // namespace
}  // namespace warpshrew::gpu
